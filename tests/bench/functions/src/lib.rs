//! The functions that `cargo xtask bench` measures: each operation alone, and what code does with
//! atomics.
//!
//! They are written once, in `operations` and `realistic`, and compiled with the implementation
//! that a feature of this crate selects. `c/functions.c` has the same functions in C.
//!
//! Each function has two symbols: `bench_NAME`, which does it once and whose instructions are
//! counted, and `loop_NAME`, which does it in a loop and is timed.

#![no_std]

mod function;
mod implementation;
mod one;
mod operations;
mod realistic;
mod table;
mod world;

pub use function::{Function, Place};
#[cfg(not(feature = "c"))]
pub use one::count_one;
pub use table::functions;
pub use world::World;
