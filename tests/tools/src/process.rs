//! Runs programs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// How many lines of a failed command's output the error contains.
const TAIL: usize = 25;

/// Runs a command and returns its output.
///
/// # Errors
///
/// If it does not start, or fails. The error contains the end of its output.
pub fn output(command: &mut Command) -> Result<Output> {
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
    use super::*;

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
