//! From the model to files: one module per output, each a pure function.
//!
//! Generated code is text with comments, formatted as rustfmt formats it; the macros turn the same
//! text into tokens. The parts of the generated crate that do not depend on the tables are in
//! `templates/`.
//!
//! Modules that the macros do not need are behind the feature `tools`.

mod accesses;
pub mod asm;
pub mod barrier;
#[cfg(feature = "tools")]
pub mod c;
#[cfg(feature = "tools")]
pub mod c_barrier;
#[cfg(feature = "tools")]
mod c_expression;
#[cfg(feature = "tools")]
pub mod c_rows;
mod called;
pub mod docs;
mod example;
#[cfg(feature = "tools")]
pub mod explain;
pub mod extern_c;
#[cfg(feature = "tools")]
pub mod herd;
#[cfg(feature = "tools")]
mod instructions;
pub mod internal;
#[cfg(feature = "tools")]
pub mod kunit;
pub mod layout;
pub mod ordering;
pub mod pointer;
pub mod predefine;
pub mod raw;
#[cfg(feature = "tools")]
pub mod reference;
pub mod root;
mod sample;
mod signature;
mod stand_in;
mod text;
pub mod typed;

#[cfg(feature = "tools")]
pub use layout::{File, KernelBackend, KernelParts, core_crate, kernel, kernel_parts};
pub use layout::{arch_items, arch_stand_in, module_tree};
pub use stand_in::{FAULT, stand_in};
