//! The command-line options that select the tables.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use atomics_spec::{Source, Spec, Tables, input};
use clap::Args;

/// The tables that replace the built-in tables.
#[derive(Args, Clone, Debug, Default)]
pub struct TableArgs {
    /// The operations, in the format of the kernel's atomics.tbl, instead of the built-in table.
    #[arg(long, value_name = "FILE")]
    pub table: Option<PathBuf>,
    /// The semantics of the operations, instead of the built-in semantics.tbl.
    #[arg(long, value_name = "FILE")]
    pub semantics: Option<PathBuf>,
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
        let mut tables = Tables::builtin();
        if let Some((name, bytes)) = &table {
            tables.ops = Source { name, bytes };
            // The other built-in tables may have rows for operations that this table lacks.
            tables.strict = false;
            tables.strict_archs = false;
        }
        if let Some((name, bytes)) = &semantics {
            tables.semantics = Source { name, bytes };
            tables.strict = true;
        }
        Ok(Spec::load(&tables)?)
    }
}

fn read(path: &Path) -> Result<(String, Vec<u8>)> {
    let name = path.display().to_string();
    let bytes = input::read(path).with_context(|| format!("cannot read the table {name}"))?;
    Ok((name, bytes))
}
