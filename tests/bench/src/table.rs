//! The checked-in text with the counts of instructions: a line for each function.

use std::fmt::Write as _;

use anyhow::Result;
use atomics_tools::rust;

use crate::counts::{self, Count, Counter, Counts, Place};
use crate::implementation::Implementation;

/// The counts in one configuration of an architecture, ours and those of `core`.
#[derive(Clone, Debug)]
pub struct Block {
    /// The architecture and the configuration.
    pub place: Place,
    /// Ours.
    pub ours: Counts,
    /// Those of `core`.
    pub core: Counts,
}

impl Block {
    /// Each function, with ours and that of `core`.
    pub fn rows(&self) -> impl Iterator<Item = (&str, Count, Count)> {
        let rows = self.ours.iter();
        rows.filter_map(|(name, ours)| Some((name.as_str(), *ours, *self.core.get(name)?)))
    }

    /// The sums over the functions for which `wanted` is true, ours and those of `core`.
    pub fn sums(&self, wanted: impl Fn(&str) -> bool) -> (Count, Count) {
        let mut sums = (Count::default(), Count::default());
        for (_, ours, core) in self.rows().filter(|(name, _, _)| wanted(name)) {
            for (sum, count) in [(&mut sums.0, ours), (&mut sums.1, core)] {
                sum.instructions += count.instructions;
                sum.bytes += count.bytes;
            }
        }
        sums
    }
}

/// Counts what is checked in.
///
/// # Errors
///
/// If something does not compile.
pub fn blocks(counter: &Counter<'_>) -> Result<Vec<Block>> {
    let block = |place| {
        Ok(Block {
            place,
            ours: counter.count(place, Implementation::Ours)?,
            core: counter.count(place, Implementation::Core)?,
        })
    };
    counts::guarded().map(block).collect()
}

/// The version of the compiler, without which counts mean nothing.
///
/// # Errors
///
/// If rustc does not start.
pub fn compiler() -> Result<String> {
    let version = rust::rustc(&["--version"])?;
    Ok(version.split(" (").next().unwrap_or_default().to_owned())
}

/// The text of the table.
pub fn text(compiler: &str, blocks: &[Block]) -> String {
    let mut out = format!(
        "# Instructions and bytes of functions with atomics, compiled by {compiler}, by\n\
         # `cargo xtask bench --write`.\n#\n\
         # A line has the function, see tests/bench/functions; instructions and bytes of ours; and\n\
         # those of core::sync::atomic, whose SeqCst orders less than what is fully ordered here.\n"
    );
    for block in blocks {
        let (target, configuration) = block.place;
        let _ = writeln!(out, "\n[{} {}]", target.name, configuration.name);
        for (name, ours, core) in block.rows() {
            let _ = writeln!(
                out,
                "{name:<26} {:>3} {:>4}  {:>3} {:>4}",
                ours.instructions, ours.bytes, core.instructions, core.bytes
            );
        }
    }
    out
}
