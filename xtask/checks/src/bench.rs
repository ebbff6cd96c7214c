//! `cargo xtask bench`.

use std::process::ExitCode;

use anyhow::Result;
use atomics_bench::counts::Counter;
use atomics_bench::table;
use atomics_spec::Spec;
use atomics_tools::Toolchain;
use atomics_tools::process::write_changed;
use clap::Args;
use xtask::output::{print, tell};
use xtask::repository;

/// The path of the checked-in counts.
const COUNTS: &str = "tests/bench/counts.txt";

/// Counts the instructions of functions with atomics.
#[derive(Args)]
pub struct Bench {
    /// Updates the counts in tests/bench.
    #[arg(long)]
    write: bool,
}

impl Bench {
    /// Measures, and prints what is found.
    ///
    /// # Errors
    ///
    /// If something does not build, or cannot be read.
    pub fn run(&self) -> Result<ExitCode> {
        let root = repository::root();
        let spec = Spec::builtin()?;
        let tools = Toolchain::require()?;
        let counter = Counter {
            spec: &spec,
            functions: &root.join("tests/bench/functions"),
            folder: &root.join("target/bench/counts"),
            tools: &tools,
            progress: &|text| tell(&format!("bench: {text}")),
        };
        let text = table::text(&table::compiler()?, &table::blocks(&counter)?);
        if self.write {
            write_changed(&root.join(COUNTS), &text)?;
            tell(&format!("bench: wrote {COUNTS}"));
        } else {
            print(&text)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
