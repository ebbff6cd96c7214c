//! Prints the output of commands and turns their results into exit statuses. All output of the
//! commands goes through here.

use std::env;
use std::fmt;
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

/// The exit status of a command whose reader has closed the pipe: what a shell shows for a program
/// that SIGPIPE ended.
const CLOSED: u8 = 128 + 13;

/// The error that the reader of standard output has closed the pipe, as `head` does. It ends a
/// command without a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the reader of standard output has closed the pipe")
    }
}

impl std::error::Error for Closed {}

/// How the parts of a text are shown: with colours on a terminal, and as they are elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    colours: bool,
}

impl Style {
    /// That of standard output: colours if it is a terminal that knows them, unless the user does
    /// not want any (`NO_COLOR`, see <https://no-color.org>).
    pub fn of_stdout() -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self {
            colours: !unwanted && !dumb && io::stdout().is_terminal(),
        }
    }

    /// What stands out.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// A title.
    pub fn title(self, text: &str) -> String {
        self.with("36", text)
    }

    /// What is less important.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        match self.colours && !text.trim().is_empty() {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

/// Prints text to standard output.
///
/// # Errors
///
/// [`Closed`] if nobody reads it, or another error if it cannot be written.
pub fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// Prints text and the end of the line to standard output.
///
/// # Errors
///
/// The same as [`print()`].
pub fn line(text: &str) -> Result<()> {
    print(&format!("{text}\n"))
}

/// Prints bytes to standard output.
///
/// # Errors
///
/// The same as [`print()`].
pub fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    // Without the flush, an error of the last part would be lost.
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Closed.into()),
        result => result.context("cannot write to standard output"),
    }
}

/// Prints a line to standard error. An error is ignored: there is nowhere to report it.
pub fn tell(text: &str) {
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Parses the command line. If that fails, or asks for help, prints what clap says and returns the
/// exit status.
///
/// # Errors
///
/// The exit status.
pub fn parse<C: Parser>() -> Result<C, ExitCode> {
    C::try_parse().map_err(|said| {
        let text = said.to_string();
        if said.use_stderr() {
            tell(text.trim_end());
            return ExitCode::from(2);
        }
        finish(print(&text).map(|()| ExitCode::SUCCESS))
    })
}

/// Prints the error of a command, if any, and returns the exit status.
pub fn finish(result: Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        if error.is::<Closed>() {
            return ExitCode::from(CLOSED);
        }
        // The report of a table error already begins with `error:`.
        let text = format!("{error:#}");
        let prefix = if text.starts_with("error:") {
            ""
        } else {
            "error: "
        };
        tell(&format!("{prefix}{text}"));
        ExitCode::FAILURE
    })
}
