//! `cargo xtask cross`: the differential tests on other architectures, most of them emulated.
//!
//! One thread builds while another runs what is built, so that both of a machine's cores, if it has
//! but two, have something to do.

use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow, bail, ensure};

use crate::setup::CrossTools;
use build::Program;
use emulate::Verdict;
use targets::{Build, TARGETS, Target};

mod build;
mod emulate;
pub mod targets;

/// What to test.
pub struct Options {
    /// The names of the architectures; none for all.
    pub arches: Vec<String>,
    /// The only CPU to run on; without it, those of the list.
    pub cpu: Option<String>,
    /// Tests the C backend, which is for 64 bits only.
    pub c_helpers: bool,
}

/// A build and the CPUs that it is to run on.
struct Job<'a> {
    target: &'a Target,
    build: &'a Build,
    cpus: Vec<&'a str>,
    lacking: Option<&'a str>,
}

impl Job<'_> {
    /// The beginning of the lines about it.
    fn name(&self) -> String {
        let arch = self.target.arch;
        format!("{arch:<12} {:<15}", self.build.name())
    }
}

/// Builds and runs the tests, a line for each step.
///
/// # Errors
///
/// If tools are missing, or there is nothing to do.
pub fn run(options: &Options) -> Result<ExitCode> {
    let tools = CrossTools::find().map_err(|missing| {
        let missing = missing.join(", ");
        anyhow!("this lacks {missing}\n = help: `cargo xtask setup` installs it on Debian")
    })?;
    let jobs = jobs(options)?;
    let start = Instant::now();
    let (sender, built) = mpsc::sync_channel(jobs.len());
    let (failed, ran) = thread::scope(|scope| {
        let builder = scope.spawn(|| build_all(&tools, &jobs, options.c_helpers, sender));
        let (mut failed, ran) = run_all(&tools, built);
        // What it panics with is a mistake of ours, and has been printed.
        failed.extend(builder.join().unwrap_or_else(|_| vec!["the builds".into()]));
        (failed, ran)
    });
    let time = start.elapsed().as_secs_f64();
    println!();
    if failed.is_empty() {
        println!("{ran} runs passed in {time:.0} s");
        return Ok(ExitCode::SUCCESS);
    }
    println!("FAILED in {time:.0} s, of {ran} runs:");
    for name in failed {
        println!("  {name}");
    }
    Ok(ExitCode::FAILURE)
}

/// What follows from the options.
fn jobs(options: &Options) -> Result<Vec<Job<'_>>> {
    let wanted =
        |t: &&Target| options.arches.is_empty() || options.arches.iter().any(|a| *a == t.arch);
    let mut jobs = Vec::new();
    for target in TARGETS.iter().filter(wanted) {
        if options.c_helpers && target.bits != 64 {
            println!("{:<12} not run: the C helpers are for 64 bits", target.arch);
            continue;
        }
        let named = |build: &Build| {
            let cpu = options.cpu.as_deref()?;
            build.cpus.iter().copied().find(|listed| *listed == cpu)
        };
        let is_listed = target.builds.iter().any(|build| named(build).is_some());
        for build in target.builds {
            // C does it one way on all CPUs.
            if options.c_helpers && !build.is_plain() {
                continue;
            }
            let (cpus, lacking) = match &options.cpu {
                None => (build.cpus.to_vec(), build.lacking),
                Some(_) if is_listed => (named(build).into_iter().collect(), None),
                // One that is not listed runs what needs nothing that it may lack.
                Some(cpu) if build.is_plain() => (vec![cpu.as_str()], None),
                Some(_) => continue,
            };
            if !cpus.is_empty() {
                jobs.push(Job {
                    target,
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

/// Builds everything, and sends on what can be run. Returns the names of what could not be built.
fn build_all<'a>(
    tools: &CrossTools,
    jobs: &'a [Job<'a>],
    c_helpers: bool,
    sender: SyncSender<(&'a Job<'a>, Program)>,
) -> Vec<String> {
    let mut failed = Vec::new();
    for of_target in jobs.chunk_by(|a, b| a.target.arch == b.target.arch) {
        let first = &of_target[0];
        if !step(first, "Rust's library", || {
            build::library(tools, first.target)
        }) {
            failed.push(format!("{} Rust's library", first.name()));
            continue;
        }
        for job in of_target {
            let mut program = None;
            let built = step(job, "build", || {
                program = Some(build::tests(tools, job.target, job.build, c_helpers)?);
                Ok("built".into())
            });
            if !built {
                failed.push(format!("{} build", job.name()));
            }
            if let Some(program) = program
                && sender.send((job, program)).is_err()
            {
                // The other thread has panicked.
                return failed;
            }
        }
    }
    failed
}

/// Runs what comes in. Returns the names of what failed, and how many runs there were.
fn run_all(tools: &CrossTools, built: Receiver<(&Job<'_>, Program)>) -> (Vec<String>, usize) {
    let mut failed = Vec::new();
    let mut ran = 0;
    for (job, program) in built {
        for cpu in &job.cpus {
            ran += 1;
            if !step(job, cpu, || passes(tools, job.target, cpu, &program)) {
                failed.push(format!("{} {cpu}", job.name()));
            }
        }
        // The loops are the same on all CPUs of a build.
        if let Some(cpu) = job.cpus.iter().find(|cpu| emulate::is_emulated(cpu)) {
            ran += 1;
            let name = format!("{cpu} by instruction");
            if !step(job, &name, || interrupted(tools, job.target, cpu, &program)) {
                failed.push(format!("{} {name}", job.name()));
            }
        }
        if let Some(cpu) = job.lacking {
            ran += 1;
            if !step(job, cpu, || faults(tools, job.target, cpu, &program)) {
                failed.push(format!("{} {cpu}", job.name()));
            }
        }
    }
    (failed, ran)
}

/// Runs all tests on a CPU.
fn passes(tools: &CrossTools, target: &Target, cpu: &str, program: &Program) -> Result<String> {
    match emulate::all(tools, target, cpu, program)? {
        Verdict::Passed(0) => bail!("no test was run"),
        Verdict::Passed(count) => Ok(format!("{count} passed")),
        Verdict::Other(text) => bail!("{text}"),
    }
}

/// Runs the test of interrupted calls with an interrupt possible after each instruction.
fn interrupted(
    tools: &CrossTools,
    target: &Target,
    cpu: &str,
    program: &Program,
) -> Result<String> {
    match emulate::by_instruction(tools, target, cpu, program)? {
        Verdict::Passed(1) => Ok("1 passed".into()),
        Verdict::Passed(count) => bail!("{count} tests were run, and not one"),
        Verdict::Other(text) => bail!("{text}"),
    }
}

/// Runs a test that must die of an illegal instruction.
fn faults(tools: &CrossTools, target: &Target, cpu: &str, program: &Program) -> Result<String> {
    ensure!(
        emulate::faults(tools, target, cpu, program)?,
        "this CPU lacks the features, but the tests met with no illegal instruction"
    );
    Ok("illegal instruction, as it must be".into())
}

/// Does one step and prints its line. Whether it went well.
fn step(job: &Job<'_>, what: &str, run: impl FnOnce() -> Result<String>) -> bool {
    let start = Instant::now();
    let outcome = run();
    let time = start.elapsed().as_secs_f64();
    let name = format!("{} {what:<28}", job.name());
    match &outcome {
        Ok(told) => println!("{name} {time:6.1} s  {told}"),
        Err(error) => println!("{name} {time:6.1} s  FAILED: {error:#}"),
    }
    outcome.is_ok()
}
