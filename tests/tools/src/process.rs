//! Runs programs.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Output};

use anyhow::{Context, Result, bail};
use rustix::process::{
    Pid, Signal, getpid, getppid, kill_process, set_parent_process_death_signal,
};

/// How many lines of a failed command's output the error contains.
const TAIL: usize = 25;

/// Makes a command's process die with this one, however this one ends: a signal to it alone would
/// leave the process running. For a program without children of its own, or that starts another in
/// its place.
///
/// The thread that starts the command has to wait for it: the process dies with that thread, too.
pub fn tie(command: &mut Command) -> &mut Command {
    tie_with(command, Signal::KILL)
}

/// Like [`tie`], but with a signal that a program may act on. For a program with children of its
/// own: make ends them, and removes files that are half written. Not every program does: cargo ends
/// at once, and the compilers and tests that it has started run to their end.
pub fn tie_gently(command: &mut Command) -> &mut Command {
    tie_with(command, Signal::TERM)
}

/// Ends a process that was started with [`tie_gently`], and waits for it.
pub fn end_gently(child: &mut Child) {
    // An error means that the process has just ended.
    let _ = kill_process(Pid::from_child(child), Signal::TERM);
    let _ = child.wait();
}

fn tie_with(command: &mut Command, signal: Signal) -> &mut Command {
    let parent = getpid();
    let before_exec = move || {
        set_parent_process_death_signal(Some(signal))?;
        // The parent may have died before.
        if getppid() != Some(parent) {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        Ok(())
    };
    // SAFETY: Between fork and exec, the closure makes two system calls, and allocates nothing.
    unsafe { command.pre_exec(before_exec) }
}

/// Runs a command and returns its output.
///
/// # Errors
///
/// If it does not start, or fails. The error contains the end of its output.
pub fn output(command: &mut Command) -> Result<Output> {
    output_of(tie(command))
}

fn output_of(command: &mut Command) -> Result<Output> {
    let shown = format!("{command:?}");
    let output = command.output();
    let output = output.with_context(|| format!("cannot start {shown}"))?;
    if !output.status.success() {
        let all = [output.stdout, output.stderr].concat();
        let tail = tail(&String::from_utf8_lossy(&all), TAIL);
        bail!("{shown} failed ({}):{tail}", output.status);
    }
    Ok(output)
}

/// Runs a command to its end.
///
/// # Errors
///
/// The same as [`output`].
pub fn run(command: &mut Command) -> Result<()> {
    output(command).map(|_| ())
}

/// Runs a command to its end that has to be tied as [`tie_gently`] does it.
///
/// # Errors
///
/// The same as [`output`].
pub fn run_gently(command: &mut Command) -> Result<()> {
    output_of(tie_gently(command)).map(|_| ())
}

/// The last lines of a text, each indented on a line of its own.
pub fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(count)..];
    last.iter().map(|line| format!("\n    {line}")).collect()
}

/// Writes a file only if the contents change, so that files built from it stay up to date.
///
/// # Errors
///
/// If it cannot be written.
pub fn write_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    /// The thread that starts a process stands for its parent: the system treats both alike.
    #[test]
    fn a_tied_process_dies_with_its_parent() {
        for (tie, signal) in [
            (tie as fn(&mut Command) -> &mut Command, Signal::KILL),
            (tie_gently, Signal::TERM),
        ] {
            let start = move || tie(Command::new("sleep").arg("600")).spawn();
            let mut child = std::thread::spawn(start).join().unwrap().unwrap();
            let status = child.wait().unwrap();
            assert_eq!(status.signal(), Some(signal.as_raw()));
        }
    }

    #[test]
    fn a_process_is_ended_and_waited_for() {
        let mut child = tie_gently(Command::new("sleep").arg("600"))
            .spawn()
            .unwrap();
        end_gently(&mut child);
        let status = child.try_wait().unwrap().unwrap();
        assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
    }

    #[test]
    fn the_error_of_a_failing_command_contains_its_output() {
        let mut command = Command::new("sh");
        let told = run(command.args(["-c", "echo to the point >&2; exit 3"]));
        let told = told.unwrap_err().to_string();
        assert!(
            told.contains("exit status: 3") && told.ends_with("\n    to the point"),
            "{told}"
        );
        let told = run(&mut Command::new("no-such-program")).unwrap_err();
        assert!(told.to_string().contains("cannot start"), "{told}");
    }
}
