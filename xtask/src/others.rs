//! Forwards commands to `xtask-checks`, which cargo builds when it is first needed.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Result, anyhow};
use clap::Args;
use xtask::repository;

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

/// Replaces this process by `xtask-checks`, run through cargo, with the same arguments.
///
/// # Errors
///
/// If cargo does not start.
pub fn run() -> Result<ExitCode> {
    let manifest = repository::root().join("Cargo.toml");
    // The environment stays the user's: the tests are to see their RUSTFLAGS, for instance.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["run", "--package", "xtask-checks", "--manifest-path"]);
    command.arg(manifest).arg("--");
    // Those that were parsed lack a leading `--`.
    command.args(env::args_os().skip(1));
    let error = command.exec();
    Err(anyhow!(error).context("cannot start cargo"))
}
