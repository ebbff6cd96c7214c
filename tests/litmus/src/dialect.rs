//! Translates machine code to herd7's assembly dialects.
//!
//! ```text
//! object --atomics-machine-code--> graph --thread--> lines of assembly --program--> file for herd7
//! ```
//!
//! Instructions are translated one by one. So each result depends on the same registers as in the
//! machine code, and the order of accesses and jumps does not change. The translations are in the
//! tables `dialect/*.tbl`; `dialect/README.md` explains them.

mod bank;
mod fault;
mod pattern;
mod program;
mod table;
mod thread;

#[cfg(test)]
mod check;
#[cfg(test)]
mod conditions;
#[cfg(test)]
mod tests;

use anyhow::Result;
use atomics_machine_code::cfg::Graph;
use atomics_machine_code::isa::Isa;
use atomics_machine_code::target::Target;
use atomics_spec::Source;

use table::Table;

pub use program::{Program, Thread, Value, Variable, Wanted};
pub use table::ObservedRegister;

/// The tables of herd7's dialects, by the name of our table of the architecture.
const TABLES: [(&str, &str); 6] = [
    ("aarch64", include_str!("dialect/aarch64.tbl")),
    ("arm", include_str!("dialect/arm.tbl")),
    ("powerpc64", include_str!("dialect/powerpc64.tbl")),
    ("riscv64", include_str!("dialect/riscv64.tbl")),
    ("x86", include_str!("dialect/x86.tbl")),
    ("x86_64", include_str!("dialect/x86_64.tbl")),
];

/// herd7's dialect of an architecture's machine code.
#[derive(Debug)]
pub struct Dialect {
    table: Table,
    text: &'static str,
    isa: Isa,
}

impl Dialect {
    /// The dialect of an architecture; `None` if herd7 has no model of it.
    ///
    /// # Errors
    ///
    /// If a table is wrong.
    pub fn find(target: &Target) -> Option<Result<Self>> {
        let (name, text) = TABLES.iter().find(|(name, _)| *name == target.name)?;
        let file = format!("dialect/{name}.tbl");
        let table = Table::parse(Source::new(&file, text));
        Some(table.map_err(Into::into).and_then(|table| {
            let isa = target.isa()?;
            Ok(Self { table, text, isa })
        }))
    }

    /// The text of its table.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// The options for herd7.
    ///
    /// One of them makes herd7 drop executions that jump back; `dialect/README.md` explains why no
    /// outcome is lost. herd7 then warns on standard error ("unrolling limit exceeded").
    pub fn options(&self) -> &[String] {
        &self.table.options
    }

    /// The text of the model file for herd7; `None` for herd7's default model.
    pub fn model(&self) -> Option<String> {
        let model = self.table.model.as_ref()?;
        let name = format!("{}, with more checks", self.table.arch);
        let checks = self.table.checks.join("\n");
        Some(format!("\"{name}\"\n\ninclude \"{model}\"\n\n{checks}\n"))
    }

    /// Whether herd7 can compare addresses.
    pub fn compares_addresses(&self) -> bool {
        !self.table.opaque_addresses
    }

    /// The argument registers, by their names in disassemblies.
    pub fn arguments(&self) -> &[String] {
        &self.table.arguments
    }

    /// The registers in which a thread leaves its observed values. The compiler may use all of
    /// them, and they may overlap with argument registers.
    pub fn observed(&self) -> &[ObservedRegister] {
        &self.table.observed
    }

    /// herd7's name, in its outcomes, of the register at `index` in [`Self::observed`]: `0:X9`.
    ///
    /// # Panics
    ///
    /// If `index` is out of range.
    pub fn observed_name(&self, thread: usize, index: usize) -> String {
        let code = &self.table.observed[index].code;
        format!("{thread}:{}", self.table.register(code))
    }

    /// The lines of assembly of a thread.
    ///
    /// # Errors
    ///
    /// If the table has no row for an instruction, or the thread needs too many registers.
    pub fn thread(&self, graph: &Graph) -> Result<Vec<String>> {
        thread::lines(&self.table, &self.isa, graph)
    }

    /// The input file for herd7.
    ///
    /// # Errors
    ///
    /// If a thread has more arguments or observed values than there are registers.
    pub fn program(&self, program: &Program) -> Result<String> {
        program::text(&self.table, program)
    }
}
