//! Runs the programs of the implementations, one request after the other.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use atomics_tools::process::tie;

use crate::implementation::Implementation;

/// What a function accesses, as the programs say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An operation alone.
    Operation,
    /// What code does with operations.
    Realistic,
}

/// A running program with an implementation. It ends with this.
pub struct Program {
    /// The implementation.
    pub implementation: Implementation,
    path: PathBuf,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts a program.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start(implementation: Implementation, path: &Path) -> Result<Self> {
        let mut command = Command::new(path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = tie(&mut command).spawn();
        let mut child = child.with_context(|| format!("cannot start {}", path.display()))?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("a program has no output")?;
        Ok(Self {
            implementation,
            path: path.to_owned(),
            child,
            input,
            output: BufReader::new(output),
        })
    }

    /// The answer to a request.
    ///
    /// # Errors
    ///
    /// If the program ends.
    pub fn ask(&mut self, request: &str) -> Result<String> {
        let input = self.input.as_mut().context("a program has no input")?;
        let mut answer = String::new();
        let asked = writeln!(input, "{request}").and_then(|()| input.flush());
        asked
            .and_then(|()| self.output.read_line(&mut answer))
            .with_context(|| format!("cannot talk to {}", self.path.display()))?;
        ensure!(
            answer.ends_with('\n'),
            "{} ended at `{request}`",
            self.path.display()
        );
        Ok(answer.trim_end().to_owned())
    }

    /// The number that is the answer to a request.
    ///
    /// # Errors
    ///
    /// If the program ends, or answers something else.
    pub fn number(&mut self, request: &str) -> Result<i64> {
        let answer = self.ask(request)?;
        answer
            .parse()
            .with_context(|| format!("{} answers `{answer}`", self.path.display()))
    }

    /// The functions.
    ///
    /// # Errors
    ///
    /// If the program ends, or answers something else.
    pub fn functions(&mut self) -> Result<Vec<(String, Kind)>> {
        let answer = self.ask("list")?;
        let names = answer.split_whitespace().map(|word| {
            let (name, place) = word.split_once(':').context("a function has no place")?;
            let kind = match place {
                "world" => Kind::Realistic,
                _ => Kind::Operation,
            };
            Ok((name.to_owned(), kind))
        });
        names.collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It ends when it has read all of its input.
        self.input = None;
        let _ = self.child.wait();
    }
}

/// Checks that all programs compute the same: the results of the functions, and what they leave in
/// the variables.
///
/// # Errors
///
/// If one computes something else. The message has all differences.
pub fn check(programs: &mut [Program], functions: &[(String, Kind)]) -> Result<()> {
    let mut differences = Vec::new();
    for (name, _) in functions {
        let mut expected = None;
        for program in programs.iter_mut() {
            let found = program.number(&format!("check {name}"))?;
            let (first, title) = *expected.get_or_insert((found, program.implementation.title()));
            if found != first {
                let other = program.implementation.title();
                differences.push(format!(
                    "{name} of {other} does not do what that of {title} does"
                ));
            }
        }
    }
    if !differences.is_empty() {
        bail!("{}", differences.join("\n"));
    }
    Ok(())
}
