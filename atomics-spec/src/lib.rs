//! The Linux kernel's atomic operations as data, and the generator that works from it.
//!
//! ```text
//! tables/*.tbl --load--> Spec --variants()--> Variant --plan(arch)--> Plan --emit--> text
//! ```
//!
//! - [`model`] is the validated content of the tables; [`Spec::variants`] is the one iterator
//!   over operation x form x ordering x family.
//! - [`plan`] decides how a variant is carried out on an architecture or in C.
//! - [`emit`] turns the model into files: pure functions from a [`Spec`] to paths and contents.
//! - [`interp`] is the reference that the differential tests compare everything with.
//!
//! Nothing here reads or writes files: text in, model or errors out, text out.

pub mod arch;
pub mod diag;
mod docs;
pub mod emit;
pub mod expr;
pub mod interp;
pub mod lex;
pub mod model;
pub mod names;
pub mod plan;
pub mod semantics;
mod table;
mod types;

pub use diag::{Error, Errors};
pub use docs::Doc;
pub use lex::Source;
pub use model::{FormOf, Spec, Tables, Variant};
