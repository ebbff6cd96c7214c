//! `cargo xtask cross`: the differential tests on other architectures, most of them emulated.
//!
//! One thread builds the tests while others run those already built.

use std::num::NonZero;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow, bail, ensure};

use atomics_machine_code::target::{Build, Programs, Target};
use atomics_machine_code::targets::{TARGETS, platforms};
use atomics_tools::CrossTools;
use clap::Args;
use clap::builder::PossibleValuesParser;
use xtask::output::line;

use build::Program;
use emulate::TestRun;

mod build;
mod emulate;

/// Runs the differential tests on other architectures, in an emulator where this machine's CPU
/// cannot run them.
///
/// Exits with 1 if a test fails or something does not build, and with 2 if the command line is wrong.
#[derive(Args)]
pub struct Cross {
    /// The architecture (default: all). May be given more than once.
    #[arg(long = "arch", value_name = "ARCH", value_parser = names())]
    arches: Vec<String>,
    /// Runs on this CPU only: a QEMU CPU model, with options.
    #[arg(long, value_name = "MODEL")]
    cpu: Option<String>,
    /// Tests the C backend instead of inline assembly, on architectures that support it.
    #[arg(long)]
    c_helpers: bool,
}

impl Cross {
    /// Builds and runs the tests, and prints a line for each step.
    ///
    /// # Errors
    ///
    /// If tools are missing, or there is nothing to run.
    pub fn run(&self) -> Result<ExitCode> {
        run(self)
    }
}

/// The names of the architectures that have programs to run.
fn names() -> PossibleValuesParser {
    let targets = TARGETS.iter().filter(|target| target.programs.is_some());
    PossibleValuesParser::new(targets.map(|target| target.name))
}

/// A build, and the CPUs to run it on.
struct Job<'a> {
    target: &'a Target,
    programs: &'a Programs,
    build: &'a Build,
    cpus: Vec<&'a str>,
    lacking: Option<&'a str>,
}

impl Job<'_> {
    /// The start of the output lines about this job.
    fn name(&self) -> String {
        let arch = self.target.name;
        format!("{arch:<12} {:<15}", self.build.name())
    }
}

fn run(options: &Cross) -> Result<ExitCode> {
    let tools = CrossTools::find(platforms()).map_err(|missing| {
        let missing = missing.join(", ");
        anyhow!("missing tools: {missing}\n = help: `cargo xtask setup` installs them on Debian")
    })?;
    let jobs = jobs(options)?;
    let start = Instant::now();
    let (sender, built) = mpsc::channel();
    let (failed, ran) = thread::scope(|scope| {
        let builder = scope.spawn(|| build_all(&tools, &jobs, options.c_helpers, sender));
        // If this fails, the builder notices when it sends the next run.
        let ran = run_all(&tools, built);
        // A panic is a bug, and its message has been printed.
        let not_built = builder
            .join()
            .unwrap_or_else(|_| Ok(vec!["the builds".into()]));
        let (mut failed, ran) = ran?;
        failed.extend(not_built?);
        anyhow::Ok((failed, ran))
    })?;
    let time = start.elapsed().as_secs_f64();
    if failed.is_empty() {
        line(&format!("\n{ran} runs passed in {time:.0} s"))?;
        return Ok(ExitCode::SUCCESS);
    }
    line(&format!("\nFAILED in {time:.0} s, of {ran} runs:"))?;
    for name in failed {
        line(&format!("  {name}"))?;
    }
    Ok(ExitCode::FAILURE)
}

/// The jobs that the options select.
fn jobs(options: &Cross) -> Result<Vec<Job<'_>>> {
    let wanted =
        |t: &&Target| options.arches.is_empty() || options.arches.iter().any(|a| *a == t.name);
    let mut jobs = Vec::new();
    for target in TARGETS.iter().filter(wanted) {
        let Some(programs) = &target.programs else {
            continue;
        };
        if options.c_helpers && target.bits != 64 {
            line(&format!(
                "{:<12} skipped: the C helpers support only 64-bit architectures",
                target.name
            ))?;
            continue;
        }
        let named = |build: &Build| {
            let cpu = options.cpu.as_deref()?;
            build.cpus.iter().copied().find(|listed| *listed == cpu)
        };
        let is_listed = programs.builds.iter().any(|build| named(build).is_some());
        for build in programs.builds {
            // The C backend does not depend on the CPU's features.
            if options.c_helpers && !build.is_plain() {
                continue;
            }
            let (cpus, lacking) = match &options.cpu {
                None => (build.cpus.to_vec(), build.lacking),
                Some(_) if is_listed => (named(build).into_iter().collect(), None),
                // A CPU that is not listed may lack any optional feature.
                Some(cpu) if build.is_plain() => (vec![cpu.as_str()], None),
                Some(_) => continue,
            };
            if !cpus.is_empty() {
                jobs.push(Job {
                    target,
                    programs,
                    build,
                    cpus,
                    lacking,
                });
            }
        }
    }
    ensure!(!jobs.is_empty(), "there is nothing to run");
    Ok(jobs)
}

/// A run that waits, and its program.
type Waiting<'a> = (&'a Job<'a>, Run<'a>, Arc<Program>);

/// Builds all jobs, and sends the runs of each program to the running threads. Returns the names of
/// the builds that failed.
fn build_all<'a>(
    tools: &CrossTools,
    jobs: &'a [Job<'a>],
    c_helpers: bool,
    sender: Sender<Waiting<'a>>,
) -> Result<Vec<String>> {
    let mut failed = Vec::new();
    for of_target in jobs.chunk_by(|a, b| a.target.name == b.target.name) {
        let first = &of_target[0];
        if !step(first, "Rust library", || {
            build::library(tools, first.programs)
        })? {
            failed.push(format!("{} Rust library", first.name()));
            continue;
        }
        for job in of_target {
            let mut program = None;
            let built = step(job, "build", || {
                program = Some(build::tests(tools, job.programs, job.build, c_helpers)?);
                Ok("built".into())
            })?;
            if !built {
                failed.push(format!("{} build", job.name()));
            }
            let Some(program) = program.map(Arc::new) else {
                continue;
            };
            for run in list_runs(job) {
                if sender.send((job, run, program.clone())).is_err() {
                    // The receiving threads have failed.
                    return Ok(failed);
                }
            }
        }
    }
    Ok(failed)
}

/// One run of a job's program.
enum Run<'a> {
    /// All tests, on a CPU.
    Tests(&'a str),
    /// The test of interrupted calls, on a CPU whose emulator checks for signals after each
    /// instruction.
    Interrupts(&'a str),
    /// A test on a CPU that lacks the features of the build.
    Fault(&'a str),
}

impl Run<'_> {
    /// What the output line calls the run.
    fn name(&self) -> String {
        match self {
            Self::Tests(cpu) | Self::Fault(cpu) => (*cpu).to_owned(),
            Self::Interrupts(cpu) => format!("{cpu} by instruction"),
        }
    }
}

/// The runs of a job.
fn list_runs<'a>(job: &Job<'a>) -> Vec<Run<'a>> {
    let mut runs: Vec<_> = job.cpus.iter().copied().map(Run::Tests).collect();
    // The loops are the same on all CPUs of a build, so one CPU is enough.
    let emulated = job
        .cpus
        .iter()
        .copied()
        .find(|cpu| emulate::is_emulated(cpu));
    runs.extend(emulated.map(Run::Interrupts));
    runs.extend(job.lacking.map(Run::Fault));
    runs
}

/// Runs the programs as they arrive, as many at a time as this machine has cores: most of the time,
/// a run uses one. Returns the names of the failed runs, and the number of runs.
fn run_all(tools: &CrossTools, built: Receiver<Waiting<'_>>) -> Result<(Vec<String>, usize)> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let built = Mutex::new(built);
    let work = || {
        let (mut failed, mut ran) = (Vec::new(), 0);
        // The lock is held while this waits, and released before the run.
        let next = || built.lock().unwrap_or_else(PoisonError::into_inner).recv();
        while let Ok((job, run, program)) = next() {
            ran += 1;
            let name = run.name();
            let passed = step(job, &name, || match run {
                Run::Tests(cpu) => check_pass(tools, job.programs, cpu, &program),
                Run::Interrupts(cpu) => check_interrupts(tools, job.programs, cpu, &program),
                Run::Fault(cpu) => check_fault(tools, job.programs, cpu, &program),
            })?;
            if !passed {
                failed.push(format!("{} {name}", job.name()));
            }
        }
        anyhow::Ok((failed, ran))
    };
    let ended: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join()).collect()
    });
    let (mut failed, mut ran) = (Vec::new(), 0);
    for end in ended {
        // A panic is a bug, and its message has been printed.
        let (some, count) = end.unwrap_or_else(|_| Ok((vec!["the runs".into()], 0)))?;
        failed.extend(some);
        ran += count;
    }
    Ok((failed, ran))
}

/// Runs all tests on a CPU. They must pass.
fn check_pass(
    tools: &CrossTools,
    programs: &Programs,
    cpu: &str,
    program: &Program,
) -> Result<String> {
    match emulate::run_all(tools, programs, cpu, program)? {
        TestRun::Passed(0) => bail!("no test was run"),
        TestRun::Passed(count) => Ok(format!("{count} passed")),
        TestRun::Other(text) => bail!("{text}"),
    }
}

/// Runs the test of interrupted calls, with an interrupt possible after each instruction.
fn check_interrupts(
    tools: &CrossTools,
    programs: &Programs,
    cpu: &str,
    program: &Program,
) -> Result<String> {
    match emulate::run_by_instruction(tools, programs, cpu, program)? {
        TestRun::Passed(1) => Ok("1 passed".into()),
        TestRun::Passed(count) => bail!("{count} tests were run instead of one"),
        TestRun::Other(text) => bail!("{text}"),
    }
}

/// Runs a test on a CPU without the features. It must die of an illegal instruction.
fn check_fault(
    tools: &CrossTools,
    programs: &Programs,
    cpu: &str,
    program: &Program,
) -> Result<String> {
    ensure!(
        emulate::meets_illegal_instruction(tools, programs, cpu, program)?,
        "this CPU lacks the features, but the test executed no illegal instruction"
    );
    Ok("illegal instruction, as expected".into())
}

/// Runs one step and prints a line about it. Returns whether it succeeded.
///
/// # Errors
///
/// If the line cannot be printed.
fn step(job: &Job<'_>, what: &str, run: impl FnOnce() -> Result<String>) -> Result<bool> {
    let start = Instant::now();
    let outcome = run();
    let time = start.elapsed().as_secs_f64();
    let name = format!("{} {what:<28}", job.name());
    match &outcome {
        Ok(told) => line(&format!("{name} {time:6.1} s  {told}"))?,
        Err(error) => line(&format!("{name} {time:6.1} s  FAILED: {error:#}"))?,
    }
    Ok(outcome.is_ok())
}
