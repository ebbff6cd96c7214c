//! Compiles code for an architecture, and reads the resulting machine code.
//!
//! ```text
//! source --rustc--> object file --object, alternative--> instructions --cfg--> graph
//! ```
//!
//! - [`targets`] is the list of architectures.
//! - [`boot`] describes how the kernel of an architecture boots in QEMU.
//! - [`isa`] describes the effects of instructions, from the tables `isa/*.tbl`.
//! - [`event`] describes effects on memory and on the order of accesses.
//! - [`operands`] checks the rules about registers that an instruction must not combine.
//! - [`abi`] describes where a function gets its arguments.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a library prints nothing"
)]

pub mod abi;
pub mod alternative;
pub mod boot;
pub mod cfg;
pub mod event;
pub mod isa;
mod isa_table;
pub mod object;
pub mod operands;
pub mod rustc;
pub mod target;
pub mod targets;
