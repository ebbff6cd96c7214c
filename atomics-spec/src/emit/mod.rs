//! From the model to files: one module per output, each a pure function.
//!
//! Generated code is text, in the shape that rustfmt gives it, with its comments; the macros
//! turn the same text into tokens. The parts of the generated crate that no table changes stand
//! in `templates/`.
//!
//! What the macros have no use for stands behind the feature `tools`.

pub mod asm;
pub mod barrier;
#[cfg(feature = "tools")]
pub mod c;
#[cfg(feature = "tools")]
mod c_expression;
pub mod docs;
mod example;
#[cfg(feature = "tools")]
pub mod explain;
pub mod extern_c;
#[cfg(feature = "tools")]
pub mod herd;
mod instructions;
pub mod internal;
#[cfg(feature = "tools")]
pub mod kunit;
pub mod layout;
pub mod ordering;
pub mod pointer;
pub mod predefine;
pub mod raw;
pub mod root;
mod sample;
mod signature;
mod text;
pub mod typed;

#[cfg(feature = "tools")]
pub use layout::{File, KernelBackend, core_crate, kernel};
pub use layout::{arch_items, module_tree};
