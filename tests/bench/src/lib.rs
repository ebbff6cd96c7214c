//! Measures atomics beside other implementations.
//!
//! The package `functions` has what is measured: each operation alone, and what code does with
//! atomics.
//!
//! - [`counts`] compiles the functions for an architecture, and counts their instructions.
//! - [`table`] is the checked-in text with the counts, which a test compares with what it finds.
//! - [`run`] runs programs with the functions, [`timing`] times them, and [`callgrind`] counts the
//!   instructions that they execute.
//! - [`report`] prints what was measured, [`plot`] draws it, [`readme`] shows it in a README, and
//!   [`goals`] says whether it is good enough.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a library prints nothing"
)]

pub mod callgrind;
pub mod counts;
pub mod goals;
pub mod groups;
pub mod implementation;
pub mod machine;
pub mod plot;
pub mod readme;
pub mod report;
pub mod run;
mod svg;
pub mod table;
pub mod timing;
