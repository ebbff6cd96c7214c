//! Prints the output of commands and turns their results into exit statuses.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Result;

/// Prints to standard output. A closed pipe is not an error.
///
/// # Errors
///
/// If writing fails for another reason.
pub fn print(text: &str) -> Result<ExitCode> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Prints the error of a command, if any, and returns the exit status.
pub fn finish(result: Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        // The report of a table error already begins with `error:`.
        let text = format!("{error:#}");
        let prefix = if text.starts_with("error:") {
            ""
        } else {
            "error: "
        };
        eprintln!("{prefix}{text}");
        ExitCode::FAILURE
    })
}
