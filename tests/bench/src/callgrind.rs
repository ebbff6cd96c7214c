//! Counts the instructions that a call of each function executes, by Valgrind's tool Callgrind.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use atomics_tools::path::has_program;
use atomics_tools::process::tie;

/// The program.
pub const VALGRIND: &str = "valgrind";
/// The prefix of the symbols of the functions.
const PREFIX: &str = "bench_";

/// Whether Valgrind is installed.
pub fn is_here() -> bool {
    has_program(VALGRIND)
}

/// Runs every function of a program once. Returns the number of instructions of each, what it calls
/// included. `folder` is for Callgrind's file.
///
/// # Errors
///
/// If Valgrind does not start, or fails.
pub fn count(program: &Path, folder: &Path) -> Result<BTreeMap<String, u64>> {
    let out = folder.join("callgrind.out");
    let mut command = Command::new(VALGRIND);
    command
        .args(["--tool=callgrind", "--quiet", "--compress-strings=no"])
        .args(["--compress-pos=no", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={PREFIX}*"))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = tie(&mut command).spawn();
    let mut child = child.context("cannot start valgrind; `cargo xtask setup` installs it")?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "once").context("cannot talk to valgrind")?;
    }
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "valgrind {}: {}",
        program.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let text = fs::read_to_string(&out);
    Ok(read(&text.with_context(|| {
        format!("cannot read {}", out.display())
    })?))
}

/// The instructions of each function in Callgrind's file: its own, and those of what it calls.
fn read(text: &str) -> BTreeMap<String, u64> {
    let mut costs: HashMap<&str, u64> = HashMap::new();
    let mut function = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            function = name.strip_prefix(PREFIX);
        } else if line.starts_with(|c: char| c.is_ascii_digit())
            && let Some(name) = function
        {
            // A position and a cost. The line after `calls=` has the cost of the called function.
            let cost = line.split_whitespace().nth(1);
            let cost = cost.and_then(|cost| cost.parse::<u64>().ok());
            *costs.entry(name).or_default() += cost.unwrap_or_default();
        }
    }
    costs
        .into_iter()
        .map(|(name, cost)| (name.to_owned(), cost))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn costs_include_those_of_calls() {
        let text = "events: Ir\nfl=x.rs\nfn=bench_a\n0 3\ncfn=other\ncalls=1 0\n0 5\n1 2\n\
                    fn=other\n0 5\nfn=bench_b\n0 1\n";
        let found = read(text);
        assert_eq!(found["a"], 10);
        assert_eq!(found["b"], 1);
        assert_eq!(found.len(), 2);
    }
}
