//! The Linux kernel's atomic operations as data, and the generator that uses it.
//!
//! ```text
//! tables/*.tbl --load--> Spec --variants()--> Variant --plan(arch)--> Plan --emit--> text
//! ```
//!
//! - [`model`] is the validated content of the tables; [`Spec::variants`] iterates over every
//!   combination of operation, form, ordering and family.
//! - [`plan`] decides how a variant is implemented on an architecture or in C.
//! - [`emit`] turns the model into files: pure functions from a [`Spec`] to paths and contents.
//! - [`interp`] is the reference implementation for the differential tests.
//!
//! It takes text, and returns a model, errors or text. Only [`input`] and
//! `OwnFiles` read files, for those who call this crate.

pub mod arch;
mod called;
mod clashes;
pub mod diag;
mod docs;
pub mod emit;
pub mod expr;
pub mod input;
pub mod interp;
pub mod lex;
pub mod model;
pub mod names;
#[cfg(feature = "tools")]
mod own_files;
pub mod plan;
#[cfg(feature = "tools")]
mod restrict;
pub mod semantics;
mod table;
mod types;

pub use diag::{Error, Errors};
pub use docs::Doc;
pub use lex::Source;
pub use model::{Added, FormOf, Options, Own, Spec, Tables, Variant};
#[cfg(feature = "tools")]
pub use own_files::OwnFiles;
