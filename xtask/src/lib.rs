//! The commands gen, list and explain, and what they share with the others: the drop-in, the writer,
//! and the tables named on the command line.
//!
//! This crate has few dependencies, because `cargo xtask gen --kernel TREE` waits for its build.
//! Code that needs bindgen, a C compiler or the crates below `tests/` is in separate crates.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the macros panic if nobody reads: xtask::output prints"
)]

mod bindings;
pub mod cargo;
pub mod cli;
pub mod dropin;
mod explain;
mod generate;
mod list;
mod others;
pub mod output;
pub mod repository;
pub mod tables;
pub mod write;
