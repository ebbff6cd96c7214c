//! The project's own commands, as `cargo xtask COMMAND`.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the macros panic if nobody reads: xtask::output prints"
)]

mod bindings;
mod explain;
mod generate;
mod list;
mod others;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use others::Forwarded;
use xtask::output::{finish, parse};

/// Atomics under the Linux Kernel Memory Model: the generator and its tools.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Gen(generate::Gen),
    List(list::List),
    Explain(explain::Explain),
    /// Builds a kernel with the drop-in in a copy of a tree, runs its KUnit tests, and runs the
    /// kernel's own checks on the drop-in.
    Kernel(Forwarded),
    /// Compares the machine code of the kernel's C atomics with ours, variant by variant.
    Parity(Forwarded),
    /// Checks litmus tests: whether the Linux kernel's memory model allows every outcome that the
    /// machine code may have.
    Litmus(Forwarded),
    /// Runs the differential tests on other architectures, in an emulator where this machine's CPU
    /// cannot run them.
    Cross(Forwarded),
    /// Runs the test tiers whose tools are present, and lists what the other tiers lack.
    Test(Forwarded),
    /// Installs the tools that the tests need, on Debian.
    Setup(Forwarded),
}

fn main() -> ExitCode {
    let cli: Cli = match parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    finish(match cli.command {
        Command::Gen(args) => args.run(),
        Command::List(args) => args.run(),
        Command::Explain(args) => args.run(),
        Command::Kernel(_)
        | Command::Parity(_)
        | Command::Litmus(_)
        | Command::Cross(_)
        | Command::Test(_)
        | Command::Setup(_) => others::run(),
    })
}
