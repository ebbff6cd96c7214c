//! Forwards commands to `xtask-checks`, which cargo builds when it is first needed.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use xtask::{cargo, repository};

/// The arguments of a forwarded command. `xtask-checks` parses them.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Forwarded {
    /// See `cargo xtask COMMAND --help`.
    #[arg(
        value_name = "ARGS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    args: Vec<OsString>,
}

/// Replaces this process by `xtask-checks NAME ARGS`, run through cargo.
///
/// # Errors
///
/// If cargo does not start.
pub fn run(name: &str, forwarded: Forwarded) -> Result<ExitCode> {
    let manifest = repository::root().join("Cargo.toml");
    let mut command = cargo::command();
    command.args(["run", "--package", "xtask-checks", "--manifest-path"]);
    command.arg(manifest).arg("--").arg(name);
    let error: Result<Infallible, io::Error> = Err(command.args(forwarded.args).exec());
    error
        .map(|never| match never {})
        .context("cannot start cargo")
}
