//! `cargo xtask explain`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use xtask::output::print;
use xtask::tables::TableArgs;

use crate::list;

/// Explains one variant by its C name, such as atomic64_fetch_add_acquire.
pub struct Explain {
    tables: TableArgs,
    name: String,
    archs: Vec<String>,
}

impl Explain {
    /// The options.
    pub fn options(command: Command) -> Command {
        let command =
            command.about("Explains one variant by its C name, such as atomic64_fetch_add_acquire");
        TableArgs::augment_args(command)
            .arg(
                Arg::new("name")
                    .value_name("NAME")
                    .required(true)
                    .help("The C name"),
            )
            .arg(
                Arg::new("arch")
                    .long("arch")
                    .value_name("ARCH")
                    .action(ArgAction::Append)
                    .help(
                        "Shows the instructions of this architecture instead of this machine's. May \
                         be given more than once",
                    ),
            )
    }

    /// Reads the options.
    ///
    /// # Errors
    ///
    /// If `matches` has other options.
    pub fn new(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let names = matches.get_many::<String>("arch").unwrap_or_default();
        Ok(Self {
            tables: TableArgs::from_arg_matches(matches)?,
            name: matches.get_one("name").cloned().unwrap_or_default(),
            archs: names.cloned().collect(),
        })
    }

    /// Prints the explanation.
    ///
    /// # Errors
    ///
    /// If a table has an error, or there is no such variant or architecture.
    pub fn run(&self) -> Result<ExitCode> {
        let spec = self.tables.load()?;
        let Some(variant) = spec.find(&self.name) else {
            bail!(list::unknown(&spec, &self.name))
        };
        let archs = list::archs(&spec, &self.archs)?;
        let text = atomics_spec::emit::explain::explain(&spec, &variant, &archs)?;
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
