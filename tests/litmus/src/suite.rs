//! Checks tests: asks the kernel's memory model, and judges the machine code.

use std::collections::BTreeMap;
use std::env;
use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use atomics_machine_code::rustc::Whole;
use atomics_spec::Spec;
use atomics_tools::progress::Meter;
use atomics_tools::{Progress, pool, rust};

use crate::asker::{self, Asker};
use crate::case::Case;
use crate::compile::{Compiler, Library};
use crate::dialect::Dialect;
use crate::files::{Answer, Unread};
use crate::finding::Finding;
use crate::herd::Ran;
use crate::judge::Judge;
use crate::judgement::Judgement;
use crate::kept::{Kept, digest};
use crate::lkmm::model::Model;
use crate::run;
use crate::said::Said;
use crate::select::{Selected, Targets};
use crate::settle::{Settled, settle};
use crate::test::Test;
use crate::tools::Tools;
use crate::work::Work;

/// The default time limit of herd7 for one test.
const LIMIT: Duration = Duration::from_secs(60);
/// How many tests are compiled at once: few enough to spread the compilers over the CPUs evenly.
const CHUNK: usize = 200;
/// In a run of so many tests, machine code and herd7's answers are kept.
const FEW: usize = 16;

/// Checks tests: the tools, the tables and the settings.
pub struct Suite<'a> {
    tools: &'a Tools,
    spec: &'a Spec,
    targets: Vec<(Selected, Dialect)>,
    jobs: usize,
    limit: Duration,
    progress: Progress<'a>,
    work: Work,
    kept: Option<Kept>,
    compare: bool,
    whole: Whole,
}

impl<'a> Suite<'a> {
    /// A suite for the operations of `spec`, on all targets that herd7 has a model of.
    ///
    /// # Errors
    ///
    /// If the temporary folder cannot be made.
    pub fn new(tools: &'a Tools, spec: &'a Spec) -> Result<Self> {
        let suite = Self {
            tools,
            spec,
            targets: Vec::new(),
            jobs: thread::available_parallelism().map_or(1, NonZero::get),
            limit: LIMIT,
            progress: &|_| {},
            work: Work::scratch()?,
            kept: None,
            compare: true,
            whole: Whole::Crate,
        };
        suite.targets(&Targets::all())
    }

    /// Judges on these targets only.
    ///
    /// # Errors
    ///
    /// If herd7 has no model of a target, or the table of its herd7 dialect is wrong.
    pub fn targets(mut self, targets: &Targets) -> Result<Self> {
        let targets = targets.iter().map(|selected| {
            let name = selected.target.name;
            let found = Dialect::find(selected.target);
            let dialect = found.with_context(|| format!("herd7 has no model of {name}"))??;
            Ok((selected, dialect))
        });
        self.targets = targets.collect::<Result<_>>()?;
        Ok(self)
    }

    /// Runs up to `jobs` herd7 processes at once. The default is the number of CPUs.
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// Sets the time limit of herd7 for one test. The default is one minute.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Puts the temporary folder with the intermediate files below `folder`; below the system's
    /// if this is not called. `run` executes a program there. Removes those of runs that were
    /// killed.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub fn scratch_below(mut self, folder: &Path) -> Result<Self> {
        self.work = Work::scratch_below(folder)?;
        Ok(self)
    }

    /// Keeps the intermediate files in a folder: herd7's input for the kernel's memory model and
    /// for each target, and the compiled code.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made, is in use, or has files that are not those of an earlier run.
    pub fn keep(mut self, folder: &Path) -> Result<Self> {
        self.work = Work::kept(folder)?;
        Ok(self)
    }

    /// Keeps what does not change in a folder, for the next run: the compiled modules, and in a run
    /// of few tests their machine code and herd7's answers. Several runs may use it at once.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub fn kept_in(mut self, folder: &Path) -> Result<Self> {
        self.kept = Some(Kept::at(folder)?);
        Ok(self)
    }

    /// Whether herd7 is asked about each unmodified file as well, for its verdict has to be the
    /// same. The default is yes.
    pub fn compare(mut self, compare: bool) -> Self {
        self.compare = compare;
        self
    }

    /// Whether the threads and the libraries are compiled with link-time optimisation, as by
    /// `lto = "fat"` in a profile of cargo. The default is no.
    pub fn lto(mut self, lto: bool) -> Self {
        self.whole = match lto {
            true => Whole::Program,
            false => Whole::Crate,
        };
        self
    }

    /// Sets the function that progress messages go to.
    pub fn progress(mut self, progress: Progress<'a>) -> Self {
        self.progress = progress;
        self
    }

    /// Checks tests: asks the kernel's memory model, and judges the machine code on each target.
    ///
    /// # Errors
    ///
    /// If the emitted modules do not compile, or a tool does not start. An error in a single test
    /// is recorded in its finding.
    pub fn check<'t>(&self, tests: &'t [Test]) -> Result<Vec<Finding<'t>>> {
        let mut findings = self.ask(tests)?;
        self.judge(&mut findings)?;
        Ok(findings)
    }

    /// Asks the kernel's memory model only.
    ///
    /// # Errors
    ///
    /// If the kernel tree has no memory model.
    pub fn ask<'t>(&self, tests: &'t [Test]) -> Result<Vec<Finding<'t>>> {
        let work = self.work.folder();
        let most = self.targets.iter().map(|(_, d)| d.observed().len()).min();
        let stems = stems(tests);
        let cases = tests.iter().zip(stems);
        let cases: Vec<_> = cases
            .map(|(test, stem)| Case::new(test, stem, most.unwrap_or(usize::MAX)))
            .collect();
        let (tools, spec) = (self.tools, self.spec);
        let asker = self.asker(cases.len())?;
        let model = Model::new(&tools.kernel_tree, work, &asker, spec)?;
        let start = Instant::now();
        let meter = Meter::new("LKMM", cases.len(), self.progress);
        let asked = pool::map(
            self.jobs,
            &cases,
            |_, case| {
                let path = work.join(format!("{}.lkmm.litmus", case.stem));
                case.ask(spec, &model, &path, self.compare)
            },
            |done| meter.show(done),
        )?;
        self.tell_time("LKMM", start);
        if self.work.is_kept() {
            for case in &cases {
                let path = work.join(format!("{}.litmus", case.stem));
                crate::work::write(&path, case.test.text())?;
            }
        }
        let findings = cases.into_iter().zip(asked);
        Ok(findings
            .map(|(case, asked)| Finding {
                case,
                allowed: asked.allowed,
                own: asked.own,
                judgements: Vec::new(),
                histogram: None,
            })
            .collect())
    }

    /// Asks herd7 for the verdict of the kernel's memory model on files that could not be read.
    ///
    /// # Errors
    ///
    /// If the kernel tree has no memory model.
    pub fn ask_unread(&self, unread: &mut [Unread]) -> Result<()> {
        let work = self.work.folder();
        let (tools, spec) = (self.tools, self.spec);
        let asker = self.asker(unread.len())?;
        let model = Model::new(&tools.kernel_tree, work, &asker, spec)?;
        let answers = pool::map(
            self.jobs,
            unread,
            |number, unread| {
                let Some(text) = &unread.text else {
                    return anyhow::Ok(Answer::Rejected);
                };
                let path = work.join(format!("unread{number}.lkmm.litmus"));
                crate::work::write(&path, text)?;
                Ok(match model.run(&path) {
                    Ok(Ran::Done(outcome)) => Answer::Verdict(Said::of(&outcome)),
                    Ok(Ran::TimedOut) => match settle(text, &model, &path)? {
                        Some(Settled::Verdict { verdict, .. }) => {
                            Answer::Verdict(Said::quickly(verdict, true))
                        }
                        Some(Settled::TimedOut) | None => Answer::TimedOut,
                    },
                    Err(_) => Answer::Rejected,
                })
            },
            |_| {},
        )?;
        for (unread, answer) in unread.iter_mut().zip(answers) {
            unread.answer = answer?;
        }
        Ok(())
    }

    /// Runs tests on this machine, each about `iterations` times. Runs only the tests whose allowed
    /// outcomes are known, and none with a data race, which is undefined behavior.
    ///
    /// # Errors
    ///
    /// If they do not compile, or the program fails.
    pub fn run(&self, findings: &mut [Finding<'_>], iterations: u64) -> Result<()> {
        let wanted: Vec<usize> = findings
            .iter()
            .enumerate()
            .filter(|(_, finding)| may_run(finding))
            .map(|(index, _)| index)
            .collect();
        let cases: Vec<_> = wanted.iter().map(|index| &findings[*index].case).collect();
        let build = self.work.build_folder();
        let library = Library::emit(self.spec, &build)?;
        let folder = build.join("run");
        let histograms = run::run(
            self.spec,
            &cases,
            &library,
            &folder,
            iterations,
            self.progress,
        )?;
        for (index, histogram) in wanted.into_iter().zip(histograms) {
            findings[index].histogram = Some(histogram);
        }
        Ok(())
    }

    /// Judges the machine code of tests on each target. Judges only the tests whose allowed
    /// outcomes are known.
    ///
    /// # Errors
    ///
    /// If the emitted modules do not compile.
    pub fn judge(&self, findings: &mut [Finding<'_>]) -> Result<()> {
        if self.targets.is_empty() {
            return Ok(());
        }
        let build = self.work.build_folder();
        let library = Library::emit(self.spec, &build)?;
        let kept = match &self.kept {
            Some(kept) => kept.clone(),
            None => Kept::at(&build.join("kept"))?,
        };
        let asker = self.asker(findings.len())?;
        // Few tests leave CPUs idle on one target.
        let at_once = if findings.len() < self.jobs {
            self.jobs
        } else {
            1
        };
        let findings_now: &[Finding<'_>] = findings;
        let judged = pool::map(
            at_once,
            &self.targets,
            |_, (selected, dialect)| {
                let start = Instant::now();
                let judged =
                    self.judge_on(*selected, dialect, (&library, &kept, &asker), findings_now);
                self.tell_time(selected.name, start);
                judged
            },
            |_| {},
        )?;
        for ((selected, _), judged) in self.targets.iter().zip(judged) {
            for (index, judgement) in judged? {
                findings[index].judgements.push((selected.name, judgement));
            }
        }
        Ok(())
    }

    /// Judges tests on one target. Returns the judgements with the indices of the tests.
    fn judge_on(
        &self,
        selected: Selected,
        dialect: &Dialect,
        (library, kept, asker): (&Library, &Kept, &Asker<'_>),
        findings: &[Finding<'_>],
    ) -> Result<Vec<(usize, Judgement)>> {
        let name = selected.name;
        let model = dialect.model().map(|text| {
            let path = self.work.folder().join(format!("{name}.cat"));
            crate::work::write(&path, &text)?;
            anyhow::Ok((path, text))
        });
        let on = (selected.target, selected.configuration);
        let build = self.work.build_folder();
        let tools = (build.as_path(), kept, &self.tools.toolchain);
        let judge = Judge {
            compiler: Compiler::new(library, self.whole, on, tools, self.progress)?,
            dialect,
            model: model.transpose()?,
            keep: self.kept.is_some() && findings.len() <= FEW,
        };
        let mut judged = Vec::new();
        let mut wanted = Vec::new();
        for (index, finding) in findings.iter().enumerate() {
            let (None, Some(allowed)) = (&finding.case.skipped, finding.states()) else {
                continue;
            };
            let allowed = (allowed, finding.race() == Some(true));
            match judge.excludes(self.spec, &finding.case) {
                Some(why) => judged.push((index, Judgement::Skipped(why))),
                None => wanted.push((index, &finding.case, allowed)),
            }
        }
        let chunk = wanted.len().div_ceil(self.jobs.max(1)).clamp(1, CHUNK);
        let chunks: Vec<_> = wanted.chunks(chunk).collect();
        (self.progress)(&format!("{name}: compiling {} tests", wanted.len()));
        let compiled = pool::map(
            self.jobs,
            &chunks,
            |number, chunk| {
                let cases: Vec<_> = chunk
                    .iter()
                    .map(|(index, case, _)| (*index, *case))
                    .collect();
                judge.compile(self.spec, &format!("threads{number}"), &cases)
            },
            |_| {},
        )?;
        let meter = Meter::new(name, wanted.len(), self.progress);
        let judgements = pool::map(
            self.jobs,
            &wanted,
            |number, (index, case, allowed)| {
                let path = format!("{}.{name}.litmus", case.stem);
                let path = self.work.folder().join(path);
                // If a chunk does not compile, each of its tests is compiled alone to find the
                // faulty one.
                let alone;
                let compiled = match &compiled[number / chunk] {
                    Ok(compiled) => compiled,
                    Err(_) => {
                        let name = format!("alone{index}");
                        let one = judge.compile(self.spec, &name, &[(*index, case)]);
                        alone = match one {
                            Ok(compiled) => compiled,
                            Err(error) => return not_compiled(case, &error),
                        };
                        &alone
                    }
                };
                let judged =
                    judge.judge(self.spec, (*index, case), compiled, *allowed, &path, asker);
                judged.unwrap_or_else(|error| Judgement::Failed(format!("{error:#}")))
            },
            |done| meter.show(done),
        )?;
        let indices = wanted.iter().map(|(index, ..)| *index);
        judged.extend(indices.zip(judgements));
        Ok(judged)
    }

    /// The time limit of herd7 for one test.
    pub(crate) fn time_limit(&self) -> Duration {
        self.limit
    }

    /// Stands for all that the findings depend on besides the tests and the time limit: this
    /// program, the tools, the tables and the targets.
    pub(crate) fn settings(&self) -> Result<String> {
        let work = self.work.folder();
        let asker = self.asker(usize::MAX)?;
        let model = Model::new(&self.tools.kernel_tree, work, &asker, self.spec)?;
        let library = Library::emit(self.spec, &self.work.build_folder())?;
        // Another build of this program may translate in another way.
        let own = env::current_exe().context("cannot find this program")?;
        let mut all = vec![
            asker::identity(&own)?,
            asker::identity(self.tools.herd.program())?,
            rust::rustc(&["--version", "--verbose"])?,
            model.digest().to_owned(),
            library.digest().to_owned(),
            format!("{} {:?}", self.compare, self.whole),
        ];
        for (selected, dialect) in &self.targets {
            let (table, isa) = (dialect.text(), selected.target.isa_text());
            all.extend([selected.name, table, isa].map(str::to_owned));
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        Ok(digest(&all))
    }

    /// herd7, for so many tests.
    fn asker(&self, tests: usize) -> Result<Asker<'_>> {
        let kept = self.kept.as_ref().filter(|_| tests <= FEW);
        Asker::new(&self.tools.herd, self.limit, kept)
    }

    fn tell_time(&self, name: &str, start: Instant) {
        let seconds = start.elapsed().as_secs_f64();
        (self.progress)(&format!("{name}: done in {seconds:.1} s"));
    }
}

/// The judgement of a test that does not compile. A user's own Rust may need more of its crate than
/// the macro has seen.
fn not_compiled(case: &Case<'_>, error: &anyhow::Error) -> Judgement {
    let error = format!("{error:#}");
    if case.test.own.is_none() {
        return Judgement::Failed(error);
    }
    let mut lines = error.lines().map(str::trim_start);
    let told = lines.find(|line| line.starts_with("error"));
    let told = told.unwrap_or(&error);
    Judgement::Skipped(format!("it does not compile outside of its crate: {told}"))
}

/// Whether a test may be run: what it may do is known, and defined.
fn may_run(finding: &Finding<'_>) -> bool {
    finding.states().is_some() && finding.case.skipped.is_none() && finding.race() == Some(false)
}

/// The file name stem of each test's intermediate files: the test's name, with a number appended if
/// an earlier test has the same name.
fn stems(tests: &[Test]) -> Vec<String> {
    let mut count = BTreeMap::new();
    let names = tests.iter().map(|test| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "+-_.".contains(c);
        let name: String = test
            .name()
            .chars()
            .map(|c| if plain(c) { c } else { '_' })
            .collect();
        let seen = count.entry(name.clone()).or_insert(0_usize);
        *seen += 1;
        match *seen {
            1 => name,
            number => format!("{name}~{number}"),
        }
    });
    names.collect()
}
