//! Measures atomics beside other implementations.
//!
//! The package `functions` has what is measured: each operation alone, and what code does with
//! atomics.
//!
//! - [`counts`] compiles the functions for an architecture, and counts their instructions.
//! - [`table`] is the checked-in text with the counts, which a test compares with what it finds.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a library prints nothing"
)]

pub mod counts;
pub mod implementation;
pub mod table;
