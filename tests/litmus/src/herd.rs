//! Runs herd7 and reads its output.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use atomics_tools::process::tie;
use wait_timeout::ChildExt as _;

use crate::lang::ast::Value;
use crate::running::Running;
use crate::verdict::Verdict;

/// The option with which herd7 stops at the first execution that the condition asks for, and asks
/// the model about no other.
pub const FIRST: [&str; 2] = ["-speedcheck", "fast"];
/// The option with which herd7 finds all executions that the condition asks for, and asks the model
/// about no other.
pub const WANTED: [&str; 2] = ["-speedcheck", "true"];

/// The flag of a data race (`linux-kernel.cat`).
pub const RACE: &str = "data-race";

/// The final values of the observed locations in an execution, by herd7's names of the locations.
/// The names of shared variables have no brackets.
pub type State = BTreeMap<String, Value>;

/// The result of a run of herd7 that completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// All final states.
    pub states: BTreeSet<State>,
    /// How often the condition held.
    pub verdict: Verdict,
    /// The flags that the model raised, such as a data race.
    pub flags: Vec<String>,
}

impl Outcome {
    /// Whether the model found a data race.
    pub fn races(&self) -> bool {
        self.flags.iter().any(|flag| flag == RACE)
    }
}

/// The result of a run of herd7.
#[derive(Clone, Debug)]
pub enum Ran {
    /// herd7 found all outcomes.
    Done(Outcome),
    /// herd7 took too long.
    TimedOut,
}

/// Runs herd7 on a file. Returns what it says and what that means; `None` if it takes longer than
/// `limit`.
///
/// # Errors
///
/// If herd7 does not start, or rejects the file; the error then has its messages.
pub fn run(
    mut command: Command,
    file: &Path,
    limit: Duration,
) -> Result<Option<(String, Outcome)>> {
    command.arg(file).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = tie(&mut command).spawn().context("cannot start herd7")?;
    let mut child = Running(child);
    let out = reader(child.stdout.take());
    let err = reader(child.stderr.take());
    let status = child.wait_timeout(limit).context("cannot wait for herd7")?;
    let Some(status) = status else {
        return Ok(None);
    };
    let (out, err) = (text(out)?, text(err)?);
    let shown = file.display();
    ensure!(status.success(), "herd7 {shown}: {status}\n{err}");
    // herd7 may reject a file with a mere warning and exit status 0; then there is no outcome.
    let outcome = read(&out).with_context(|| format!("herd7 {shown}:\n{}", err.trim()))?;
    Ok(Some((out, outcome)))
}

/// Reads a stream to its end in a thread of its own, so that the pipe of the other stream cannot
/// fill up meanwhile.
fn reader<R: std::io::Read + Send + 'static>(
    stream: Option<R>,
) -> thread::JoinHandle<std::io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut all)?;
        }
        Ok(all)
    })
}

fn text(reader: thread::JoinHandle<std::io::Result<Vec<u8>>>) -> Result<String> {
    let read = reader.join();
    let Ok(bytes) = read else {
        bail!("cannot read the output of herd7");
    };
    let bytes = bytes.context("cannot read the output of herd7")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads the output of herd7 for one test.
///
/// # Errors
///
/// If it is incomplete or malformed.
pub fn read(text: &str) -> Result<Outcome> {
    let mut lines = text.lines();
    let count = lines.find_map(|line| line.strip_prefix("States "));
    let count: usize = count.context("herd7 printed no outcomes")?.trim().parse()?;
    let mut states = BTreeSet::new();
    for _ in 0..count {
        let line = lines
            .next()
            .context("herd7's list of outcomes is cut off")?;
        states.insert(state(line)?);
    }
    let mut verdict = None;
    let mut flags = Vec::new();
    for line in lines {
        if let Some(flag) = line.strip_prefix("Flag ") {
            flags.push(flag.to_owned());
        }
        if let Some(rest) = line.strip_prefix("Observation ") {
            let mut words = rest.split_whitespace().rev().skip(2);
            verdict = words.next().and_then(Verdict::named);
            if states.is_empty() {
                verdict = Some(Verdict::Deadlock);
            }
        }
    }
    Ok(Outcome {
        states,
        verdict: verdict.context("herd7 printed no observation")?,
        flags,
    })
}

/// Reads a state such as `0:r0=1; [x]=y;`.
fn state(line: &str) -> Result<State> {
    let parts = line
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (location, value) = part
                .split_once('=')
                .with_context(|| format!("`{part}` in herd7's list of outcomes has no value"))?;
            let location = location.trim_matches(['[', ']']).to_owned();
            let value = match value.parse() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::Address(value.to_owned()),
            };
            Ok((location, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn shell(script: &str, limit: Duration) -> Result<Option<(String, Outcome)>> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command, Path::new("t.litmus"), limit)
    }

    #[test]
    fn what_takes_too_long_is_ended() {
        let start = Instant::now();
        let ran = shell("exec sleep 600", Duration::from_millis(50));
        assert!(matches!(ran, Ok(None)));
        assert!(start.elapsed() < Duration::from_secs(300));
    }

    #[test]
    fn outcomes_are_read() {
        let script = "printf 'Test t Allowed\\nStates 2\\n0:r0=1; [p]=x;\\n0:r0=-2; [p]=0;\\n\
                      Ok\\nWitnesses\\nObservation t Sometimes 1 1\\nFlag race\\n'";
        let Ok(Some((_, outcome))) = shell(script, Duration::from_secs(300)) else {
            panic!("the script succeeds");
        };
        assert_eq!(outcome.verdict, Verdict::Sometimes);
        assert_eq!(outcome.flags, ["race"]);
        let first = outcome.states.first().expect("a state");
        assert_eq!(first["0:r0"], Value::Number(-2));
        let last = outcome.states.last().expect("a state");
        assert_eq!(last["p"], Value::Address("x".into()));
    }

    #[test]
    fn what_goes_wrong_is_told_of() {
        let long = Duration::from_secs(300);
        let error = shell("echo no such register >&2; exit 2", long).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("t.litmus") && error.contains("no such register"));
        let error = format!("{:#}", shell("echo Warning >&2", long).unwrap_err());
        assert!(error.contains("no outcomes") && error.contains("Warning"));
    }
}
