//! Machine code in the words of herd7's models of architectures.
//!
//! ```text
//! object --atomics-machine-code--> graph --thread--> lines of assembly --program--> file for herd7
//! ```
//!
//! Instructions are translated one by one, so that each result depends on just the registers that
//! it depends on in the machine code, and each access and each jump stays where it is. What becomes
//! of an instruction is in the tables `dialect/*.tbl`, which `dialect/README.md` explains.

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

pub use program::{Program, Thread, Value, Variable};
pub use table::ObservedRegister;

/// The dialects that herd7 speaks, by the name of our table of the architecture.
const TABLES: [(&str, &str); 6] = [
    ("aarch64", include_str!("dialect/aarch64.tbl")),
    ("arm", include_str!("dialect/arm.tbl")),
    ("powerpc64", include_str!("dialect/powerpc64.tbl")),
    ("riscv64", include_str!("dialect/riscv64.tbl")),
    ("x86", include_str!("dialect/x86.tbl")),
    ("x86_64", include_str!("dialect/x86_64.tbl")),
];

/// How herd7 is told of an architecture's machine code.
#[derive(Debug)]
pub struct Dialect {
    table: Table,
    isa: Isa,
}

impl Dialect {
    /// The dialect of an architecture; nothing if herd7 has no model of it.
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
            Ok(Self { table, isa })
        }))
    }

    /// The options that herd7 is to be started with.
    ///
    /// Among them is that it leaves out what jumps back: see `dialect/README.md` for why that loses
    /// no outcome. It warns of it ("unrolling limit exceeded") on standard error.
    pub fn options(&self) -> &[String] {
        &self.table.options
    }

    /// The model that herd7 is to be started with, as the text of a file; none if its own will do.
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

    /// The registers that arguments are in, as disassemblies call them.
    pub fn arguments(&self) -> &[String] {
        &self.table.arguments
    }

    /// The registers that a thread may leave in what is observed. The compiler may use all of them;
    /// an argument may be in one of them at first.
    pub fn observed(&self) -> &[ObservedRegister] {
        &self.table.observed
    }

    /// What herd7 calls the register of [`Self::observed`] at `index` in its outcomes: `0:X9`.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    pub fn observed_name(&self, thread: usize, index: usize) -> String {
        let code = &self.table.observed[index].code;
        format!("{thread}:{}", self.table.register(code))
    }

    /// One thread's lines of assembly.
    ///
    /// # Errors
    ///
    /// If no row of the table is for one of its instructions, or it needs more registers than there
    /// are.
    pub fn thread(&self, graph: &Graph) -> Result<Vec<String>> {
        thread::lines(&self.table, &self.isa, graph)
    }

    /// The file for herd7.
    ///
    /// # Errors
    ///
    /// If a thread has more arguments, or more that is observed, than there are registers.
    pub fn program(&self, program: &Program) -> Result<String> {
        program::text(&self.table, program)
    }
}
