//! The command line.

use std::process::ExitCode;

use crate::output::{finish, parse};
use crate::{explain, generate, list, others};
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser};

/// A parsed command line.
enum Cli {
    Gen(generate::Gen),
    List(list::List),
    Explain(explain::Explain),
    /// A command of `xtask-checks`.
    Other,
}

// By hand: a derive would take longer to build than the generator.
impl Parser for Cli {}

impl CommandFactory for Cli {
    fn command() -> Command {
        Command::new("cargo xtask")
            .bin_name("cargo xtask")
            .about("Atomics under the Linux Kernel Memory Model: the generator and its tools")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(generate::options(Command::new("gen")))
            .subcommand(list::List::options(Command::new("list")))
            .subcommand(explain::Explain::options(Command::new("explain")))
            .subcommands(others::commands())
    }

    fn command_for_update() -> Command {
        Self::command()
    }
}

impl FromArgMatches for Cli {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(match matches.subcommand() {
            Some(("gen", options)) => Self::Gen(generate::Gen::new(options)?),
            Some(("list", options)) => Self::List(list::List::new(options)?),
            Some(("explain", options)) => Self::Explain(explain::Explain::new(options)?),
            _ => Self::Other,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Runs the command of the command line. Returns the exit status.
pub fn run() -> ExitCode {
    let cli: Cli = match parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    finish(match cli {
        Cli::Gen(args) => args.run(),
        Cli::List(args) => args.run(),
        Cli::Explain(args) => args.run(),
        Cli::Other => others::run(),
    })
}

/// All commands, with the options of those that are not forwarded.
pub fn command() -> Command {
    Cli::command()
}
