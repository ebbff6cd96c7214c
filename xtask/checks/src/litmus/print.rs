//! `cargo xtask litmus --print`.

use std::process::ExitCode;

use anyhow::Result;
use atomics_litmus::{Files, to_rust};
use atomics_spec::Spec;
use clap::ValueEnum;
use xtask::output::{print, tell};

/// A language of litmus tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// The kernel's, for herd7.
    C,
    /// That of `litmus!`.
    Rust,
}

/// Prints tests in a language. What cannot be read, or is not in that language, is told of, and the
/// exit status is 2.
///
/// # Errors
///
/// If it cannot be printed.
pub fn tests(files: &Files, spec: &Spec, language: Language) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let mut out = Vec::new();
    for test in &files.tests {
        match language {
            Language::C => out.push(test.text().to_owned()),
            Language::Rust => match to_rust(spec, test) {
                Ok(text) => out.push(text),
                Err(why) => {
                    tell(&format!("{}: `litmus!` does not have {why}", test.file()));
                    code = ExitCode::from(2);
                }
            },
        }
    }
    for unread in &files.unread {
        tell(&unread.fault());
        code = ExitCode::from(2);
    }
    print(&out.join("\n"))?;
    Ok(code)
}
