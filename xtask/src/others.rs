//! Forwards commands to `xtask-checks`, which cargo builds when it is first needed.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{self, ExitCode};

use crate::repository;
use anyhow::{Result, anyhow};
use clap::{Arg, ArgAction, Command, value_parser};

/// The commands that are forwarded, and what they do.
const COMMANDS: [(&str, &str); 8] = [
    (
        "kernel",
        "Builds a kernel with the drop-in in a copy of a tree, runs its KUnit tests, and runs the \
         kernel's own checks on the drop-in",
    ),
    (
        "parity",
        "Compares the machine code of the kernel's C atomics with ours, variant by variant",
    ),
    (
        "litmus",
        "Checks litmus tests: whether the Linux kernel's memory model allows every outcome that the \
         machine code may have",
    ),
    (
        "cross",
        "Runs the differential tests on other architectures, in an emulator where this machine's \
         CPU cannot run them",
    ),
    (
        "bench",
        "Counts the instructions of code with atomics, and times it, beside other implementations",
    ),
    (
        "test",
        "Runs the test tiers whose tools are present, and lists what the other tiers lack",
    ),
    ("setup", "Installs the tools that the tests need, on Debian"),
    (
        "completions",
        "Prints a script that completes the commands, their options and C names in a shell",
    ),
];

/// The commands that are forwarded. `xtask-checks` parses their arguments.
pub fn commands() -> impl Iterator<Item = Command> {
    COMMANDS.iter().map(|(name, about)| {
        let args = Arg::new("args")
            .value_name("ARGS")
            .help("See `cargo xtask COMMAND --help`")
            .action(ArgAction::Append)
            .num_args(0..)
            .value_parser(value_parser!(OsString))
            .trailing_var_arg(true)
            .allow_hyphen_values(true);
        let command = Command::new(*name).about(*about);
        command.disable_help_flag(true).arg(args)
    })
}

/// Replaces this process by `xtask-checks`, run through cargo, with the same arguments.
///
/// # Errors
///
/// If cargo does not start.
pub fn run() -> Result<ExitCode> {
    let manifest = repository::root().join("Cargo.toml");
    // The environment stays the user's: the tests are to see their RUSTFLAGS, for instance.
    let mut command = process::Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["run", "--package", "xtask-checks", "--manifest-path"]);
    command.arg(manifest).arg("--");
    // Those that were parsed lack a leading `--`.
    command.args(env::args_os().skip(1));
    let error = command.exec();
    Err(anyhow!(error).context("cannot start cargo"))
}
