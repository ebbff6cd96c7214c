//! Runs checks one after the other, with an output line, a progress display and a log for each.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use atomics_tools::process::{end_gently, tie_gently};
use xtask::output::{Closed, line, print, tell};

/// How often progress is shown, on a terminal and elsewhere.
const EVERY: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(20)];
/// How many lines of a failed command's output to show.
const TAIL: usize = 25;

/// Where the lines of a run go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// To standard output.
    Printed,
    /// To standard error, because standard output is for something else.
    Told,
}

impl Lines {
    fn put(self, text: &str) -> Result<()> {
        match self {
            Self::Printed => line(text),
            Self::Told => {
                tell(text);
                Ok(())
            }
        }
    }
}

/// The checks of one run.
pub struct Checks {
    logs: PathBuf,
    lines: Lines,
    done: Vec<Done>,
    start: Instant,
}

/// A check that was run or skipped.
#[derive(Clone, Debug)]
pub struct Done {
    /// The name of the check.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What it found, or why it failed or was skipped.
    pub found: String,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// It was not run.
    Skipped,
}

impl Checks {
    /// Starts a run with its logs in the existing folder `logs`.
    pub fn new(logs: PathBuf, lines: Lines) -> Self {
        Self {
            logs,
            lines,
            done: Vec::new(),
            start: Instant::now(),
        }
    }

    /// Runs one check and prints its result or its error. Returns whether it passed.
    ///
    /// # Errors
    ///
    /// If that cannot be printed.
    pub fn check(
        &mut self,
        name: &'static str,
        run: impl FnOnce(&mut Log) -> Result<String>,
    ) -> Result<bool> {
        let start = Instant::now();
        let before = self.done.iter().filter(|done| done.name == name).count();
        let path = self.logs.join(match before {
            0 => format!("{name}.log"),
            before => format!("{name}-{}.log", before + 1),
        });
        let result = Log::create(&path, name, self.lines).and_then(|mut log| {
            let result = run(&mut log);
            log.clear()?;
            result
        });
        let seconds = start.elapsed().as_secs_f64();
        let time = format!("{seconds:7.1} s");
        let (outcome, found) = match result {
            Ok(found) => {
                self.lines
                    .put(&format!("{name:<12} ok     {time}  {found}"))?;
                (Outcome::Passed, found)
            }
            // Not an error of the check.
            Err(error) if error.is::<Closed>() => return Err(error),
            Err(error) => {
                let found = format!("{error:#}");
                self.lines
                    .put(&format!("{name:<12} FAILED {time}  {found}"))?;
                self.lines
                    .put(&format!("{:<12} see the log {}", "", path.display()))?;
                (Outcome::Failed, found)
            }
        };
        self.done.push(Done {
            name,
            outcome,
            found,
            seconds,
        });
        Ok(outcome == Outcome::Passed)
    }

    /// Prints that checks were skipped, and why.
    ///
    /// # Errors
    ///
    /// If that cannot be printed.
    pub fn skip(&mut self, names: &[&'static str], why: &str) -> Result<()> {
        for name in names {
            self.lines.put(&format!("{name:<12} skipped: {why}"))?;
            self.done.push(Done {
                name,
                outcome: Outcome::Skipped,
                found: why.to_owned(),
                seconds: 0.0,
            });
        }
        Ok(())
    }

    /// Prints the summary of the run. Returns the checks.
    ///
    /// # Errors
    ///
    /// If that cannot be printed.
    pub fn finish(self) -> Result<Vec<Done>> {
        let time = self.start.elapsed().as_secs_f64();
        let failed = |done: &&Done| done.outcome == Outcome::Failed;
        let failed: Vec<&str> = self.done.iter().filter(failed).map(|d| d.name).collect();
        let skipped = |done: &Done| done.outcome == Outcome::Skipped;
        match failed.as_slice() {
            [] if self.done.iter().any(skipped) => {
                self.lines
                    .put(&format!("passed in {time:.0} s, but not all checks ran"))?;
            }
            [] => self
                .lines
                .put(&format!("all checks passed in {time:.0} s"))?,
            failed => self
                .lines
                .put(&format!("FAILED in {time:.0} s: {}", failed.join(", ")))?,
        }
        self.lines.put(&format!("logs: {}", self.logs.display()))?;
        Ok(self.done)
    }
}

/// The log of a check, with the output of its commands.
pub struct Log {
    file: File,
    name: &'static str,
    start: Instant,
    told: Instant,
    lines: Lines,
    is_terminal: bool,
}

impl Log {
    fn create(path: &Path, name: &'static str, lines: Lines) -> Result<Self> {
        let file = File::create(path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        let now = Instant::now();
        Ok(Self {
            file,
            name,
            start: now,
            told: now,
            lines,
            is_terminal: lines == Lines::Printed && std::io::stdout().is_terminal(),
        })
    }

    /// Writes a line to the log.
    pub fn note(&mut self, line: &str) -> Result<()> {
        self.progress(line)?;
        writeln!(self.file, "{line}").context("cannot write the log")
    }

    /// Runs a command to its end and returns its output.
    ///
    /// # Errors
    ///
    /// If it cannot be started, or fails. The error contains the end of its output.
    pub fn run(&mut self, command: &mut Command) -> Result<String> {
        let (ok, text) = self.run_any(command)?;
        if !ok {
            let lines: Vec<&str> = text.lines().collect();
            let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n    ");
            bail!("`{}` failed:\n    {tail}", format_command(command));
        }
        Ok(text)
    }

    /// Runs a command that may fail. Returns whether it succeeded, and its output.
    pub fn run_any(&mut self, command: &mut Command) -> Result<(bool, String)> {
        writeln!(self.file, "+ {}", format_command(command)).context("cannot write the log")?;
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = tie_gently(command)
            .spawn()
            .with_context(|| format!("cannot start `{}`", format_command(command)))?;
        let (sender, lines) = mpsc::channel();
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let readers = [
            out.map(|out| forward(out, sender.clone())),
            err.map(|err| forward(err, sender)),
        ];
        let mut text = String::new();
        let read = lines.into_iter().try_for_each(|line| {
            self.progress(&line)?;
            writeln!(self.file, "{line}").context("cannot write the log")?;
            text.push_str(&line);
            text.push('\n');
            anyhow::Ok(())
        });
        if let Err(error) = read {
            end_gently(&mut child);
            return Err(error);
        }
        for reader in readers.into_iter().flatten() {
            // The reader threads cannot panic.
            let _ = reader.join();
        }
        let status = child.wait().context("cannot wait for a command")?;
        Ok((status.success(), text))
    }

    /// Runs a command and writes its output to a separate file.
    ///
    /// # Errors
    ///
    /// If it cannot be started, fails, or takes longer than `timeout`. Then it is killed.
    pub fn run_into(
        &mut self,
        command: &mut Command,
        output: &Path,
        timeout: Duration,
    ) -> Result<()> {
        self.note(&format!(
            "+ {} > {}",
            format_command(command),
            output.display()
        ))?;
        let file = File::create(output);
        let file = file.with_context(|| format!("cannot write {}", output.display()))?;
        let too = file.try_clone().context("cannot duplicate a file")?;
        command.stdin(Stdio::null()).stdout(file).stderr(too);
        let start = Instant::now();
        let mut child = tie_gently(command)
            .spawn()
            .with_context(|| format!("cannot start `{}`", format_command(command)))?;
        loop {
            if let Some(status) = child.try_wait().context("cannot wait for a command")? {
                let command = format_command(command);
                ensure!(
                    status.success(),
                    "`{command}` failed; see {}",
                    output.display()
                );
                return Ok(());
            }
            if start.elapsed() > timeout {
                // An error means that the process has just ended.
                let _ = child.kill();
                let _ = child.wait();
                bail!(
                    "`{}` was still running after {} s; see {}",
                    format_command(command),
                    timeout.as_secs(),
                    output.display()
                );
            }
            thread::sleep(Duration::from_millis(50));
            if let Err(error) = self.progress("running") {
                end_gently(&mut child);
                return Err(error);
            }
        }
    }

    /// Shows progress from time to time.
    fn progress(&mut self, now: &str) -> Result<()> {
        let [terminal, other] = EVERY;
        let every = if self.is_terminal { terminal } else { other };
        if self.told.elapsed() < every {
            return Ok(());
        }
        self.told = Instant::now();
        let seconds = self.start.elapsed().as_secs();
        let now: String = now.trim().chars().take(70).collect();
        if self.is_terminal {
            print(&format!("\r\x1b[K{:<12} {seconds:4} s  {now}", self.name))
        } else {
            let text = format!("{:<12} ...    {seconds:5} s    {now}", self.name);
            self.lines.put(&text)
        }
    }

    /// Removes the progress line from the terminal.
    fn clear(&self) -> Result<()> {
        if self.is_terminal {
            print("\r\x1b[K")?;
        }
        Ok(())
    }
}

/// Starts a thread that sends the lines of a stream.
fn forward(stream: impl Read + Send + 'static, sender: Sender<String>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line);
            if sender.send(text.trim_end().to_owned()).is_err() {
                return;
            }
            line.clear();
        }
    })
}

/// Formats a command as text.
fn format_command(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|w| w.to_string_lossy().into_owned()).collect();
    words.join(" ")
}
