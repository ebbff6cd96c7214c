//! From the model to files: one module per output, each a pure function.
//!
//! Generated code is text, in the shape that rustfmt gives it, with its comments; the macros
//! turn the same text into tokens. The parts of the generated crate that no table changes stand
//! in `templates/`.

pub mod asm;
pub mod barrier;
pub mod c;
pub mod docs;
mod example;
pub mod explain;
pub mod extern_c;
pub mod herd;
mod instructions;
pub mod internal;
pub mod kunit;
pub mod layout;
pub mod litmus;
pub mod ordering;
pub mod pointer;
pub mod predefine;
pub mod raw;
pub mod root;
mod sample;
mod signature;
mod text;
pub mod typed;

pub use layout::{File, KernelBackend, arch_items, core_crate, kernel, module_tree};
