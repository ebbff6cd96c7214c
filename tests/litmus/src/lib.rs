//! Judges litmus tests: checks that the kernel's memory model (LKMM) allows every outcome that the
//! machine code may have.
//!
//! ```text
//! file --lang--> test --lkmm, model--> herd7 with the LKMM ----------> outcomes --+
//!                  |                                                              +--> finding
//!                  +--rust, compile, dialect--> herd7 with the architecture's ----+
//! ```
//!
//! ```no_run
//! use atomics_litmus::{Suite, Test, Tools, report};
//! use atomics_spec::Spec;
//!
//! # fn main() -> anyhow::Result<()> {
//! let spec = Spec::builtin()?;
//! let text = "C t\n{}\nP0(int *x)\n{\n\tWRITE_ONCE(*x, 1);\n}\nexists (x=1)\n";
//! let tests = [Test::parse(&spec, "t.litmus", text)?];
//! let tools = Tools::find(None)?;
//! for finding in Suite::new(&tools, &spec)?.check(&tests)? {
//!     println!("{}: {}", finding.test().name(), finding.is_good());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - [`read_files`] and [`read_generated`] read tests, and [`Files`] those of a run in which some
//!   files may be malformed; [`Targets`] selects the targets to judge
//!   them on.
//! - [`Suite`] checks tests; [`report`] prints the findings.
//! - [`archive`] checks a folder of thousands of files, and goes on where an earlier run stopped.
//! - [`litmus!`] is a test in a user's own Rust, and [`docs`] a walk through one; [`read_rust`] reads
//!   those of a file, and [`to_rust`] writes a test in C as one.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a library prints nothing"
)]

pub mod archive;
mod asker;
mod case;
mod compile;
mod dialect;
mod files;
mod finding;
mod folder;
mod forced;
mod from_rust;
mod generate;
mod herd;
mod judge;
mod judgement;
mod kept;
mod lang;
mod lkmm;
mod outcome;
mod own;
mod printable;
pub mod report;
mod run;
mod running;
mod rust;
mod said;
mod select;
mod settle;
mod stated;
mod suite;
mod test;
mod to_rust;
mod tools;
#[doc(hidden)]
pub mod user;
mod verdict;
mod work;

#[doc = include_str!("../docs/walk.md")]
pub mod docs {}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

pub use atomics_litmus_macros::{litmus, model};
pub use files::{Files, Foreign, Unread};
pub use finding::{Finding, Seen};
pub use from_rust::read_rust;
pub use generate::{Generated, tests as generated};
pub use judgement::{Judgement, JudgementKind};
pub use select::{Shard, Targets, load_spec, read_files, read_generated};
pub use stated::Stated;
pub use suite::Suite;
pub use test::Test;
pub use to_rust::to_rust;
pub use tools::Tools;
pub use verdict::Verdict;
