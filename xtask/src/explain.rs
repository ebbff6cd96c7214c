//! `cargo xtask explain`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use xtask::output::print;
use xtask::tables::TableArgs;

use crate::list;

/// Explains one variant by its C name, such as atomic64_fetch_add_acquire.
#[derive(Args)]
pub struct Explain {
    #[command(flatten)]
    tables: TableArgs,
    /// The C name.
    name: String,
    /// Shows the instructions of this architecture instead of this machine's. May be given more
    /// than once.
    #[arg(long, value_name = "ARCH")]
    arch: Vec<String>,
}

impl Explain {
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
        let archs = list::archs(&spec, &self.arch)?;
        let text = atomics_spec::emit::explain::explain(&spec, &variant, &archs)?;
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
