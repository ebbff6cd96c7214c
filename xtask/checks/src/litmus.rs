//! `cargo xtask litmus`.

mod archive;
mod print;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use atomics_litmus::{
    Files, Finding, Foreign, Shard, Suite, Targets, Tools, Unread, load_spec, read_generated,
    report,
};
use atomics_spec::Spec;
use clap::Args;
use xtask::output::{self, tell};
use xtask::repository;

use archive::Wanted;
use print::Language;

/// Checks litmus tests: whether every outcome of the machine code that ours compiles to, by herd7's
/// model of the architecture, is allowed by the Linux kernel's memory model.
///
/// The exit status is 1 if one is not, if a test does not give the result that it states, or if
/// something fails or takes too long; else 2 if a file is malformed, which does not keep the others
/// from being checked; else 0. About a test with a data race the model promises nothing, so that any
/// outcome is right; its comment has to state the race, as in `Result: Never DATARACE`.
///
/// The results for the files of a suite are written to a file as they come, a line of JSON for each.
/// A run that is ended can be started again: it goes on with the files that are missing there, and
/// those that changed since. With a longer `--limit` it also goes on with those that took too long,
/// and with no others.
#[derive(Args)]
pub struct Litmus {
    /// C litmus files in the kernel's format, or folders with some, or Rust files with `litmus!`; the
    /// tests that are generated from the table if there are none.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The architecture; all that herd7 has a model of if not given. May be given more than once.
    #[arg(long = "arch", value_name = "ARCH")]
    archs: Vec<String>,
    /// The kernel's sources, for its memory model; without it, those that `cargo xtask setup`
    /// unpacked.
    #[arg(long = "kernel", value_name = "TREE")]
    tree: Option<PathBuf>,
    /// How many tests are judged at once; as many as there are CPUs if not given.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Only tests with TEXT in their names.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Only the Ith of N parts of the tests, such as 2/5.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Checks the litmus files in DIR and below it, which may be thousands, and reports what is
    /// skipped, takes too long, fails or disagrees by its reason.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["files", "all", "run", "json"])]
    suite: Option<PathBuf>,
    /// The file with the results of the suite; in target/litmus/suite if not given. Those of several
    /// parts may be put together, one after the other.
    #[arg(long, value_name = "FILE", requires = "suite")]
    results: Option<PathBuf>,
    /// Also asks herd7 for its verdict on each file of the suite as it stands, which has to be the
    /// same as ours. It is always asked about single files.
    #[arg(long, requires = "suite")]
    compare: bool,
    /// Prints the tests in a language instead of checking them: those in Rust in C, or those in C as
    /// `litmus!` takes them.
    #[arg(long, value_name = "LANGUAGE", conflicts_with_all = ["json", "run", "keep", "suite"])]
    print: Option<Language>,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Keeps the intermediate files in DIR: what herd7 is given for the LKMM and for each
    /// architecture.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// All generated tests instead of a chosen set.
    #[arg(long, conflicts_with = "files")]
    all: bool,
    /// Compiles the threads and the libraries with link-time optimisation.
    #[arg(long)]
    lto: bool,
    /// How long herd7 may take for a test, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    limit: u64,
    /// Runs the tests on this machine, N times each, and prints how often each outcome was seen;
    /// one that the LKMM forbids is a failure.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "100000",
          require_equals = true)]
    run: Option<u64>,
    /// A table that replaces the built-in one of the architecture with the same file name. May be
    /// given more than once.
    #[arg(long, value_name = "FILE")]
    arch_table: Vec<PathBuf>,
}

impl Litmus {
    /// Checks the tests, and prints the report.
    ///
    /// # Errors
    ///
    /// If a tool is missing or fails.
    pub fn run(&self) -> Result<ExitCode> {
        let spec = load_spec(&self.arch_table)?;
        // To run tests, no architecture's model is asked unless one is named.
        let targets = match (self.run, self.archs.as_slice()) {
            (Some(_), []) => Targets::none(),
            (_, names) => Targets::select(names)?,
        };
        if let Some(folder) = &self.suite {
            let tools = Tools::find(self.tree.as_deref())?;
            let suite = self.suite(&tools, &spec, &targets)?;
            let wanted = Wanted {
                folder,
                filter: self.filter.as_deref(),
                shard: self.shard,
                results: self.results.as_deref(),
                below: &repository::root().join("target/litmus/suite"),
            };
            // It has a progress of its own.
            let suite = suite.compare(self.compare).progress(&|_| {});
            return wanted.check(&suite, &spec, &targets);
        }
        let mut files = match self.files.as_slice() {
            [] => Files {
                tests: read_generated(&spec, self.all)?,
                ..Files::default()
            },
            paths => Files::read(&spec, paths),
        };
        if let Some(text) = &self.filter {
            files.filter(text);
        }
        if let Some(shard) = self.shard {
            shard.retain(&mut files.tests);
            shard.retain(&mut files.unread);
            shard.retain(&mut files.foreign);
        }
        ensure!(!files.is_empty(), "there is no such test");
        if let Some(language) = self.print {
            return print::tests(&files, &spec, language);
        }
        let Files {
            tests,
            mut unread,
            foreign,
        } = files;
        let tools = match Tools::find(self.tree.as_deref()) {
            Ok(tools) => tools,
            // Without herd7, it is still known what is wrong.
            Err(_) if tests.is_empty() => return self.report(&[], &unread, &foreign, &targets),
            Err(error) => return Err(error),
        };
        let suite = self.suite(&tools, &spec, &targets)?;
        if !unread.is_empty() {
            let asked = suite.ask_unread(&mut unread);
            if tests.is_empty() {
                return self.report(&[], &unread, &foreign, &targets);
            }
            asked?;
        }
        let mut findings = suite.ask(&tests)?;
        if let Some(iterations) = self.run {
            suite.run(&mut findings, iterations)?;
        }
        suite.judge(&mut findings)?;
        self.report(&findings, &unread, &foreign, &targets)
    }

    /// The engine, with the settings of the command line.
    fn suite<'a>(&self, tools: &'a Tools, spec: &'a Spec, targets: &Targets) -> Result<Suite<'a>> {
        let folder = repository::root().join("target/litmus");
        let mut suite = Suite::new(tools, spec)?
            .targets(targets)?
            .scratch_below(&folder)?
            .kept_in(&folder.join("kept"))?
            .limit(Duration::from_secs(self.limit))
            .lto(self.lto)
            .progress(&|text| tell(&format!("litmus: {text}")));
        if let Some(jobs) = self.jobs {
            suite = suite.jobs(jobs);
        }
        if let Some(folder) = &self.keep {
            suite = suite.keep(folder)?;
        }
        Ok(suite)
    }

    /// Prints the report.
    fn report(
        &self,
        findings: &[Finding<'_>],
        unread: &[Unread],
        foreign: &[Foreign],
        targets: &Targets,
    ) -> Result<ExitCode> {
        output::print(&if self.json {
            report::json_with(findings, unread, foreign)? + "\n"
        } else {
            let files = report::files(unread, foreign);
            files + &report::text(findings, &targets.names())
        })?;
        Ok(report::status(findings, unread).into())
    }
}
