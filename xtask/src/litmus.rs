//! `cargo xtask litmus`: whether what the machine code may do is allowed by the kernel's memory
//! model.
//!
//! ```text
//! file --lex, parse--> test --lkmm, model--> herd7 with the LKMM ----------> outcomes --+
//!                        |                                                              +--> report
//!                        +--rust, compile, dialect--> herd7 with the architecture's ----+
//! ```
//!
//! - [`choose`] says which tests, and on which targets.
//! - [`ast`] is a test, [`case`] one on its way through the tools.
//! - [`lkmm`] writes it for herd7, and [`model`] asks the kernel's memory model.
//! - [`rust`] makes Rust of its threads, [`compile`] machine code of that, and [`dialect`] what herd7
//!   reads; [`machine`] asks the architecture's model.
//! - [`run`](mod@run) runs tests on the machine at hand.
//! - [`observe`] brings outcomes to one form, and [`report`] says how they compare.

mod ast;
mod calls;
mod case;
mod choose;
mod compile;
mod dialect;
mod herd;
mod lex;
mod lkmm;
mod machine;
mod model;
mod observe;
mod parse;
mod pool;
mod report;
mod run;
mod rust;
mod types;
mod values;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use atomics_spec::Spec;

use crate::generate::repository_root;
use crate::setup::{Herd, Toolchain};
use case::Allowed;
use choose::Chosen;
pub use choose::Shard;
use compile::{Common, Compiler};
use dialect::Dialect;
use machine::{Judgement, Target};
use model::Model;
use report::{Finding, Report};

/// What the command is asked for.
pub struct Options {
    /// Litmus files, and folders with some; the generated tests if there are none.
    pub files: Vec<PathBuf>,
    /// The architectures; all that herd7 has a model of if there are none.
    pub archs: Vec<String>,
    /// The kernel's sources.
    pub tree: Option<PathBuf>,
    /// How many herd7s run at once.
    pub jobs: Option<usize>,
    /// What a test's name has in it.
    pub filter: Option<String>,
    /// Which part of the tests, of how many.
    pub shard: Option<Shard>,
    /// Whether to print JSON.
    pub json: bool,
    /// Where the intermediate files are to stay.
    pub keep: Option<PathBuf>,
    /// Whether all generated tests are run, and not the chosen ones.
    pub all: bool,
    /// How many seconds herd7 may take for a test.
    pub limit: u64,
    /// Whether the tests are run on this machine, and how often each.
    pub run: Option<u64>,
    /// Tables of architectures that replace the built-in ones of the same name.
    pub tables: Vec<PathBuf>,
}

/// Says on standard error what goes on.
fn progress(text: &str) {
    eprintln!("litmus: {text}");
}

/// Runs the tests.
///
/// # Errors
///
/// If a file is malformed or a tool is missing or fails.
pub fn run(options: &Options) -> Result<ExitCode> {
    let spec = choose::spec(&options.tables)?;
    // To run tests, no architecture's model is asked unless one is named.
    let chosen = match (options.run, options.archs.as_slice()) {
        (Some(_), []) => Vec::new(),
        _ => choose::chosen(&options.archs)?,
    };
    let dialects = chosen
        .iter()
        .map(|chosen| choose::dialect_of(chosen.machine));
    let dialects: Vec<Dialect> = dialects.collect::<Result<_>>()?;
    let most = dialects.iter().map(|d| d.observed().len()).min();
    let cases = choose::cases(options, &spec, most.unwrap_or(usize::MAX))?;
    ensure!(!cases.is_empty(), "there is no such test");
    let tree = choose::tree(options.tree.as_deref())?;
    let herd = Herd::find()?;
    let tools = Toolchain::find().map_err(|missing| {
        anyhow::anyhow!(
            "these tools are missing: {}; `cargo xtask setup` installs them",
            missing.join(", ")
        )
    })?;
    let root = repository_root().join("target/litmus");
    fs::create_dir_all(&root).with_context(|| format!("cannot make {}", root.display()))?;
    let scratch = tempfile::tempdir_in(&root).context("cannot make a folder for herd7's files")?;
    let work = match &options.keep {
        Some(folder) => {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
            // herd7 is started elsewhere.
            folder.canonicalize()?
        }
        None => scratch.path().to_owned(),
    };
    let limit = Duration::from_secs(options.limit);
    let jobs = options
        .jobs
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let model = Model::new(&tree, &work, limit, &herd, &spec)?;
    let names = choose::file_names(&cases);
    let start = Instant::now();
    let meter = Meter::new("LKMM", cases.len());
    let allowed = pool::map(
        jobs,
        &cases,
        |index, case| {
            let path = work.join(format!("{}.lkmm.litmus", names[index]));
            let allowed = case.allowed(&spec, &model, path);
            allowed.map_err(|error| format!("{error:#}"))
        },
        |done| meter.show(done),
    );
    progress(&format!(
        "LKMM: done in {:.1} s",
        start.elapsed().as_secs_f64()
    ));
    let findings = cases.iter().zip(allowed).map(|(case, allowed)| Finding {
        case,
        allowed,
        judgements: Vec::new(),
    });
    let mut report = Report {
        findings: findings.collect(),
        targets: chosen.iter().map(|chosen| chosen.name).collect(),
        histograms: Vec::new(),
    };
    let own_tables = (!options.tables.is_empty()).then_some(&spec);
    let common = Common::new(work.join("build"), &root, &tools, own_tables)?;
    if let Some(iterations) = options.run {
        report.histograms = run::run(&spec, &report.findings, &common, iterations)?;
    }
    for (
        Chosen {
            name,
            machine,
            branch,
        },
        dialect,
    ) in chosen.into_iter().zip(dialects)
    {
        let start = Instant::now();
        let model = dialect.model().map(|text| {
            let path = work.join(format!("{name}.cat"));
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            anyhow::Ok(path)
        });
        let target = Target {
            compiler: Compiler::new(&common, machine, branch)?,
            dialect,
            model: model.transpose()?,
        };
        let on = On {
            spec: &spec,
            target: &target,
            name,
            work: &work,
            names: &names,
            jobs,
            herd: &herd,
            limit,
        };
        on.judge(&mut report)?;
        progress(&format!(
            "{name}: done in {:.1} s",
            start.elapsed().as_secs_f64()
        ));
    }
    if let Some(folder) = &options.keep {
        for (case, name) in cases.iter().zip(&names) {
            let path = folder.join(format!("{name}.litmus"));
            fs::write(&path, &case.text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    if options.json {
        println!("{:#}", report.json());
    } else {
        print!("{}", report.text());
    }
    Ok(match report.is_good() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// A target, and what it needs to judge tests.
struct On<'a> {
    spec: &'a Spec,
    target: &'a Target<'a>,
    name: &'static str,
    work: &'a Path,
    names: &'a [String],
    jobs: usize,
    herd: &'a Herd,
    limit: Duration,
}

/// How many tests are compiled at once: few enough for one compiler not to be the last to end.
const CHUNK: usize = 200;

impl On<'_> {
    fn judge(&self, report: &mut Report<'_>) -> Result<()> {
        let mut wanted = Vec::new();
        for (index, finding) in report.findings.iter_mut().enumerate() {
            let (None, Ok(Allowed::Known(_, Some(states)))) =
                (&finding.case.skipped, &finding.allowed)
            else {
                continue;
            };
            match self.target.excludes(self.spec, finding.case) {
                Some(why) => {
                    let skipped = Judgement::Skipped(why);
                    finding.judgements.push((self.name, skipped));
                }
                None => wanted.push((index, finding.case, states.clone())),
            }
        }
        let chunks: Vec<_> = wanted.chunks(CHUNK).collect();
        progress(&format!("{}: compiling {} tests", self.name, wanted.len()));
        let compiled = pool::map(
            self.jobs,
            &chunks,
            |number, chunk| {
                let cases: Vec<_> = chunk
                    .iter()
                    .map(|(index, case, _)| (*index, *case))
                    .collect();
                self.target
                    .compile(self.spec, &format!("threads{number}"), &cases)
            },
            |_| {},
        );
        let meter = Meter::new(self.name, wanted.len());
        let judgements = pool::map(
            self.jobs,
            &wanted,
            |number, (index, case, states)| {
                let path = self
                    .work
                    .join(format!("{}.{}.litmus", self.names[*index], self.name));
                let herd = (self.herd.command(), self.limit);
                // If one of many does not compile, it is found by compiling each alone.
                let alone;
                let compiled = match &compiled[number / CHUNK] {
                    Ok(compiled) => compiled,
                    Err(_) => {
                        let name = format!("alone{index}");
                        let one = self.target.compile(self.spec, &name, &[(*index, case)]);
                        alone = match one {
                            Ok(compiled) => compiled,
                            Err(error) => return Judgement::Failed(format!("{error:#}")),
                        };
                        &alone
                    }
                };
                let judged =
                    self.target
                        .judge(self.spec, (*index, case), compiled, states, &path, herd);
                judged.unwrap_or_else(|error| Judgement::Failed(format!("{error:#}")))
            },
            |done| meter.show(done),
        );
        for ((index, ..), judgement) in wanted.iter().zip(judgements) {
            let finding = &mut report.findings[*index];
            finding.judgements.push((self.name, judgement));
        }
        Ok(())
    }
}

/// Says from time to time how far it has come.
struct Meter<'a> {
    name: &'a str,
    all: usize,
    last: Mutex<Instant>,
}

impl<'a> Meter<'a> {
    fn new(name: &'a str, all: usize) -> Self {
        Self {
            name,
            all,
            last: Mutex::new(Instant::now()),
        }
    }

    fn show(&self, done: usize) {
        let Ok(mut last) = self.last.lock() else {
            return;
        };
        if last.elapsed() > Duration::from_secs(5) {
            *last = Instant::now();
            progress(&format!("{}: {done} of {}", self.name, self.all));
        }
    }
}
