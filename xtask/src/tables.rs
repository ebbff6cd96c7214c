//! The command-line options that select the tables.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use atomics_spec::{Own, Source, Spec, Tables, input};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

/// The tables that replace the built-in tables, or are added to them.
#[derive(Clone, Debug, Default)]
pub struct TableArgs {
    /// The operations, in the format of the kernel's atomics.tbl, instead of the built-in table.
    pub table: Option<PathBuf>,
    /// The semantics of the operations, instead of the built-in semantics.tbl.
    pub semantics: Option<PathBuf>,
    /// Whether they are added to the built-in tables.
    pub extend: bool,
}

impl Args for TableArgs {
    fn augment_args(command: Command) -> Command {
        let file = |name| {
            let arg = Arg::new(name).long(name).value_name("FILE");
            arg.value_parser(value_parser!(PathBuf))
        };
        command
            .arg(file("table").help(
                "The operations, in the format of the kernel's atomics.tbl, instead of the \
                 built-in table",
            ))
            .arg(
                file("semantics")
                    .help("The semantics of the operations, instead of the built-in semantics.tbl"),
            )
            .arg(
                Arg::new("extend")
                    .long("extend")
                    .action(ArgAction::SetTrue)
                    .help(
                        "Adds the rows of --table and --semantics to the built-in tables, instead of \
                         replacing these",
                    ),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for TableArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self {
            table: matches.get_one("table").cloned(),
            semantics: matches.get_one("semantics").cloned(),
            extend: matches.get_flag("extend"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl TableArgs {
    /// Loads the model.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or a table has errors. All errors of all tables are reported.
    pub fn load(&self) -> Result<Spec> {
        let table = self.table.as_deref().map(read).transpose()?;
        let semantics = self.semantics.as_deref().map(read).transpose()?;
        let own = Own {
            ops: table.as_ref().map(source),
            semantics: semantics.as_ref().map(source),
            ..Own::default()
        };
        let tables = Tables::with(own, self.extend);
        Ok(Spec::load(&tables)?)
    }
}

/// What to tell the user of operations without a file in `docs`, if there are any.
pub fn undocumented(spec: &Spec) -> Option<String> {
    let all = spec.ops.iter().zip(&spec.docs);
    let files: Vec<String> = all
        .filter(|(_, doc)| doc.is_none())
        .map(|(op, _)| format!("docs/{}.md", op.name))
        .collect();
    (!files.is_empty()).then(|| {
        format!(
            "note: the documentation lacks prose and examples: atomics-spec/tables has no {}",
            files.join(", ")
        )
    })
}

fn source((name, bytes): &(String, Vec<u8>)) -> Source<'_> {
    Source { name, bytes }
}

fn read(path: &Path) -> Result<(String, Vec<u8>)> {
    let name = path.display().to_string();
    let bytes = input::read(path).with_context(|| format!("cannot read the table {name}"))?;
    Ok((name, bytes))
}
