//! Compares the machine code of the kernel's C atomics with ours: checks that ours has the same
//! accesses and fences.
//!
//! Both sides are compiled and disassembled, and each path is reduced to the events that are
//! relevant to the order of accesses:
//!
//! ```text
//! point --kernel, ours--> objects --atomics-machine-code--> graph
//!     --track--> paths of events --order--> guarantees --verdict--> report
//! ```
//!
//! [`Suite::compare`] runs the comparison. [`report`] prints the result, and [`reasons`] checks it.
//! [`Suite::audit`] judges the kernel's code alone, and [`audit`] prints what it finds.
//! [`Suite::compare_drop_in`] compares what the build of a kernel makes of the drop-in. [`Kernel`]
//! compiles other C against a kernel's headers.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a library prints nothing"
)]

pub mod audit;
mod constants;
pub mod drop_in;
mod exec;
mod helpers;
mod kernel;
mod order;
mod ours;
mod point;
pub mod reasons;
pub mod report;
mod shown;
mod side;
mod sites;
mod suite;
mod track;
mod user;
mod value;
mod verdict;

#[cfg(test)]
mod tests;

pub use kernel::{Build, Edit, Kernel};
pub use ours::compile;
pub use suite::{Comparisons, Suite};
pub use verdict::Verdict;
