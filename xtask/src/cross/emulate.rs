//! Runs the tests on a CPU: QEMU's, or the machine's own.

use std::env::consts::ARCH;
use std::fs::File;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::build::{Program, last_lines};
use super::targets::{NATIVE, Target};
use crate::setup::CrossTools;

/// How many times slower an emulated CPU is. By the tests' own rule, they do a fifth.
const SLOWNESS: &str = "5";
/// How often each kind of call is interrupted when the emulator looks for signals after each
/// instruction: often enough to hit a loop of few instructions several times.
const TIMES: &str = "20";
/// The tests take a fraction of it, unless the machine is busy; a loop that never ends takes this
/// long.
const LIMIT: Duration = Duration::from_secs(1200);
/// The test that is run by the instruction.
const INTERRUPTS: &str = "interrupts::interrupted_calls_are_atomic";
/// The test that makes every call.
const CALLS: &str = "every_call_agrees_with_the_reference";
/// The signal that comes of an illegal instruction.
const SIGILL: i32 = 4;

/// How a run ended.
pub enum Verdict {
    /// So many tests passed, and none failed.
    Passed(usize),
    /// What was said instead.
    Other(String),
}

/// Whether a CPU is another one than the machine's.
pub fn is_emulated(cpu: &str) -> bool {
    cpu != NATIVE || ARCH != "x86_64"
}

/// Runs all tests. An emulator never interrupts the few instructions of a loop, unless it goes by
/// the instruction; so that test is left to [`by_instruction()`].
pub fn all(tools: &CrossTools, target: &Target, cpu: &str, program: &Program) -> Result<Verdict> {
    let mut command = emulate(tools, target, cpu, false);
    command.arg(&program.0);
    if is_emulated(cpu) {
        command.args(["--skip", INTERRUPTS]);
    }
    verdict(&mut command)
}

/// Runs the test of interrupted calls with an emulator that looks for signals after each
/// instruction.
pub fn by_instruction(
    tools: &CrossTools,
    target: &Target,
    cpu: &str,
    program: &Program,
) -> Result<Verdict> {
    let mut command = emulate(tools, target, cpu, true);
    command.env("LKMM_TEST_INTERRUPTS", TIMES);
    command.arg(&program.0).args(["--exact", INTERRUPTS]);
    verdict(&mut command)
}

/// Runs a test, and says whether it died of an illegal instruction.
pub fn faults(tools: &CrossTools, target: &Target, cpu: &str, program: &Program) -> Result<bool> {
    let mut command = emulate(tools, target, cpu, false);
    command.arg(&program.0).args(["--exact", CALLS]);
    let (status, _) = run(&mut command)?;
    Ok(status.signal() == Some(SIGILL))
}

/// A command that runs the program that follows on a CPU.
fn emulate(tools: &CrossTools, target: &Target, cpu: &str, by_instruction: bool) -> Command {
    let prefix = tools.prefix(target);
    if !is_emulated(cpu) {
        let mut command = Command::new(prefix.join("lib").join(target.loader));
        command.arg("--library-path").arg(prefix.join("lib"));
        return command;
    }
    let mut command = Command::new(tools.emulator(target));
    let model = if cpu == NATIVE { "max" } else { cpu };
    // A program's loader would look into the machine's own folders as well, where other libraries
    // of the same architecture may be.
    let libraries = format!("LD_LIBRARY_PATH={}", prefix.join("lib").display());
    command.args(["-cpu", model, "-E", &libraries, "-L"]);
    command.arg(prefix);
    if by_instruction {
        command.arg("-one-insn-per-tb");
    }
    command.env("LKMM_TEST_SLOWNESS", SLOWNESS);
    command
}

/// What became of the tests that a command runs.
fn verdict(command: &mut Command) -> Result<Verdict> {
    let (status, text) = run(command)?;
    let passed = passed(&text).filter(|_| status.success());
    Ok(match passed {
        Some(passed) => Verdict::Passed(passed),
        None => Verdict::Other(format!("{status}{}", last_lines(&text))),
    })
}

/// How many tests passed, from the line of the test harness that says so.
fn passed(text: &str) -> Option<usize> {
    let mut lines = text.lines();
    let counts = lines.find_map(|line| line.strip_prefix("test result: ok. "))?;
    counts.split_once(" passed")?.0.parse().ok()
}

/// Runs a command to its end: its status, and what it printed.
fn run(command: &mut Command) -> Result<(ExitStatus, String)> {
    // A file takes any amount of output while this waits.
    let mut file = tempfile::tempfile().context("cannot make a temporary file")?;
    let duplicate = |file: &File| file.try_clone().context("cannot duplicate a file");
    command.stdin(Stdio::null());
    command.stdout(duplicate(&file)?).stderr(duplicate(&file)?);
    let start = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let status = loop {
        if let Some(status) = child.try_wait().context("cannot wait for a command")? {
            break status;
        }
        if start.elapsed() > LIMIT {
            // It may have ended just now.
            let _ = child.kill();
            let _ = child.wait();
            bail!(
                "was still running after {} s{}",
                LIMIT.as_secs(),
                last_lines(&contents(&mut file)?)
            );
        }
        thread::sleep(Duration::from_millis(20));
    };
    Ok((status, contents(&mut file)?))
}

/// All that is in a file.
fn contents(file: &mut File) -> Result<String> {
    use std::io::Seek;
    let mut bytes = Vec::new();
    file.rewind().context("cannot read a temporary file")?;
    file.read_to_end(&mut bytes)
        .context("cannot read a temporary file")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_passed() {
        let line = "test result: ok. 6 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(passed(&format!("\nrunning 6 tests\n{line}\n")), Some(6));
        assert_eq!(passed("test result: FAILED. 5 passed; 1 failed"), None);
        assert_eq!(passed("qemu: uncaught target signal 4"), None);
    }

    #[test]
    fn tells_a_failure_from_a_pass() {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            verdict(&mut command).unwrap()
        };
        let passed = "echo 'test result: ok. 2 passed; 0 failed'";
        assert!(matches!(shell(passed), Verdict::Passed(2)));
        let died = shell(&format!("{passed}; kill -ILL $$"));
        assert!(matches!(died, Verdict::Other(text) if text.contains("SIGILL")));
        let silent = shell("echo to the point >&2");
        assert!(matches!(silent, Verdict::Other(text) if text.contains("to the point")));
    }
}
