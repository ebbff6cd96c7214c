//! The `cargo xtask` commands that need more than the generator.
//!
//! `cargo xtask COMMAND` builds this program and replaces its process by it.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the macros panic if nobody reads: xtask::output prints"
)]

mod bench;
mod completions;
mod cross;
mod kernel;
mod litmus;
mod parity;
mod setup;
mod test;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use xtask::output::{finish, parse};

/// Atomics under the Linux Kernel Memory Model: the checks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Kernel(kernel::KernelArgs),
    Parity(parity::Parity),
    Litmus(litmus::Litmus),
    Cross(cross::Cross),
    Bench(bench::Bench),
    Test(test::Test),
    Setup(setup::Setup),
    Completions(completions::Completions),
}

fn main() -> ExitCode {
    let cli: Cli = match parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    finish(match cli.command {
        Command::Kernel(args) => kernel::run(&args),
        Command::Parity(args) => args.run(),
        Command::Litmus(args) => args.run(),
        Command::Cross(args) => args.run(),
        Command::Bench(args) => args.run(),
        Command::Test(args) => args.run(),
        Command::Setup(args) => args.run(),
        Command::Completions(args) => args.run(&Cli::command()),
    })
}
