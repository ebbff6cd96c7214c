//! Runs the tests on a CPU: in QEMU, or on the machine's own CPU.

use std::env::consts::ARCH;
use std::fs::File;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use atomics_machine_code::target::{NATIVE, Programs};
use atomics_tools::CrossTools;
use atomics_tools::process::{tail, tie};
use wait_timeout::ChildExt as _;

use super::build::{LINES, Program};

/// How many times slower an emulated CPU is. The tests divide their work by this.
const SLOWNESS: &str = "5";
/// How often each kind of call is interrupted when the emulator checks for signals after each
/// instruction: often enough to interrupt a short loop several times.
const TIMES: &str = "20";
/// The time limit of a run. The tests take a fraction of it, unless the machine is busy; it ends a
/// loop that never terminates.
const LIMIT: Duration = Duration::from_secs(1200);
/// The test that is run with one instruction at a time.
const INTERRUPTS: &str = "interrupts::interrupted_calls_are_atomic";
/// The test that makes every call.
const CALLS: &str = "every_call_agrees_with_the_reference";
/// The signal for an illegal instruction.
const SIGILL: i32 = 4;

/// How a run ended.
pub enum TestRun {
    /// All tests passed; the number of tests.
    Passed(usize),
    /// Anything else; the exit status and the output.
    Other(String),
}

/// Whether a CPU needs an emulator.
pub fn is_emulated(cpu: &str) -> bool {
    cpu != NATIVE || ARCH != "x86_64"
}

/// Runs all tests. An emulator normally never interrupts a short loop, so in an emulator the test
/// of interrupts is left to [`run_by_instruction()`].
pub fn run_all(
    tools: &CrossTools,
    programs: &Programs,
    cpu: &str,
    program: &Program,
) -> Result<TestRun> {
    let mut command = emulate(tools, programs, cpu, false);
    command.arg(&program.0);
    if is_emulated(cpu) {
        command.args(["--skip", INTERRUPTS]);
    }
    judge(&mut command)
}

/// Runs the test of interrupted calls in an emulator that checks for signals after each
/// instruction.
pub fn run_by_instruction(
    tools: &CrossTools,
    programs: &Programs,
    cpu: &str,
    program: &Program,
) -> Result<TestRun> {
    let mut command = emulate(tools, programs, cpu, true);
    command.env("LKMM_TEST_INTERRUPTS", TIMES);
    command.arg(&program.0).args(["--exact", INTERRUPTS]);
    judge(&mut command)
}

/// Runs a test. Returns whether it died of an illegal instruction.
pub fn meets_illegal_instruction(
    tools: &CrossTools,
    programs: &Programs,
    cpu: &str,
    program: &Program,
) -> Result<bool> {
    let mut command = emulate(tools, programs, cpu, false);
    command.arg(&program.0).args(["--exact", CALLS]);
    let (status, _) = run(&mut command)?;
    Ok(status.signal() == Some(SIGILL))
}

/// A command that runs a program on a CPU. The caller appends the program.
fn emulate(tools: &CrossTools, programs: &Programs, cpu: &str, by_instruction: bool) -> Command {
    let prefix = tools.prefix(&programs.platform);
    if !is_emulated(cpu) {
        let mut command = Command::new(prefix.join("lib").join(programs.platform.loader));
        command.arg("--library-path").arg(prefix.join("lib"));
        return command;
    }
    let mut command = Command::new(tools.emulator(&programs.platform));
    let model = if cpu == NATIVE { "max" } else { cpu };
    // Without this, the dynamic linker would also search the machine's own folders, which may have
    // other libraries of the same architecture.
    let libraries = format!("LD_LIBRARY_PATH={}", prefix.join("lib").display());
    command.args(["-cpu", model, "-E", &libraries, "-L"]);
    command.arg(prefix);
    if by_instruction {
        command.arg("-one-insn-per-tb");
    }
    command.env("LKMM_TEST_SLOWNESS", SLOWNESS);
    command
}

/// Runs a command that runs tests, and returns the result of the tests.
fn judge(command: &mut Command) -> Result<TestRun> {
    let (status, text) = run(command)?;
    let passed = count_passed(&text).filter(|_| status.success());
    Ok(match passed {
        Some(passed) => TestRun::Passed(passed),
        None => TestRun::Other(format!("{status}{}", tail(&text, LINES))),
    })
}

/// The number of passed tests in the test harness's output. None if tests failed.
fn count_passed(text: &str) -> Option<usize> {
    let mut lines = text.lines();
    let counts = lines.find_map(|line| line.strip_prefix("test result: ok. "))?;
    counts.split_once(" passed")?.0.parse().ok()
}

/// Runs a command to its end. Returns its status and its output.
fn run(command: &mut Command) -> Result<(ExitStatus, String)> {
    // Write to a file: a pipe could fill up while this waits.
    let mut file = tempfile::tempfile().context("cannot create a temporary file")?;
    let duplicate = |file: &File| file.try_clone().context("cannot duplicate a file");
    command.stdin(Stdio::null());
    command.stdout(duplicate(&file)?).stderr(duplicate(&file)?);
    let mut child = tie(command)
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let status = child
        .wait_timeout(LIMIT)
        .context("cannot wait for a command")?;
    let Some(status) = status else {
        // An error means that the process has just ended.
        let _ = child.kill();
        let _ = child.wait();
        bail!(
            "still running after {} s{}",
            LIMIT.as_secs(),
            tail(&contents(&mut file)?, LINES)
        );
    };
    Ok((status, contents(&mut file)?))
}

/// Reads a whole file from its start.
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
        assert_eq!(
            count_passed(&format!("\nrunning 6 tests\n{line}\n")),
            Some(6)
        );
        assert_eq!(
            count_passed("test result: FAILED. 5 passed; 1 failed"),
            None
        );
        assert_eq!(count_passed("qemu: uncaught target signal 4"), None);
    }

    #[test]
    fn tells_a_failure_from_a_pass() {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            judge(&mut command).unwrap()
        };
        let passed = "echo 'test result: ok. 2 passed; 0 failed'";
        assert!(matches!(shell(passed), TestRun::Passed(2)));
        let died = shell(&format!("{passed}; kill -ILL $$"));
        assert!(matches!(died, TestRun::Other(text) if text.contains("SIGILL")));
        let silent = shell("echo to the point >&2");
        assert!(matches!(silent, TestRun::Other(text) if text.contains("to the point")));
    }
}
