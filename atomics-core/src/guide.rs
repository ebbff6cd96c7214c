//! The guide: how to use the crate, how to add to it, and how it is checked.
//!
//! Using it:
//!
//! - [`porting`]: C code, call for call.
//! - [`from_c`]: a driver in C and its port, step by step, in which both share a structure.
//! - [`sharing`]: a variable that C and Rust use at the same time.
//! - [`choosing`]: an ordering, and what it does not order.
//! - [`from_core`]: what differs from `core::sync::atomic`.
//! - [`reference`](mod@reference): tables of operations, orderings, types, plans and barriers.
//! - [`targets`]: architectures, backends, versions of Rust, sanitizers.
//! - [`kernel`]: the drop-in for a kernel tree, its patches and its tests.
//!
//! Adding to it:
//!
//! - [`types`]: your own type in an `Atomic`, or one more type in the crate.
//! - [`operations`]: a row in two tables.
//! - [`own_tables`]: operations of your own, without a change of this crate.
//! - [`architectures`]: a table of instructions, and what the tests need to know.
//!
//! Checking it:
//!
//! - [`checks`]: the comparison with the kernel's C, the litmus tests, and your own.
//!
//! Commands such as `cargo xtask explain` run in a clone of the repository.

// The links of the pages name the items of the crate.
#[cfg(doc)]
use crate::*;

#[doc = include_str!("../docs/architectures.md")]
pub mod architectures {}

#[doc = include_str!("../docs/checks.md")]
pub mod checks {}

#[doc = include_str!("../docs/choosing.md")]
pub mod choosing {}

#[doc = include_str!("../docs/from-c.md")]
pub mod from_c {}

#[doc = include_str!("../docs/from-core.md")]
pub mod from_core {}

#[doc = include_str!("../docs/kernel.md")]
pub mod kernel {}

#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

#[doc = include_str!("../docs/own-tables.md")]
pub mod own_tables {}

#[doc = include_str!("../docs/porting.md")]
pub mod porting {}

#[doc = include_str!("../docs/reference.md")]
pub mod reference {}

#[doc = include_str!("../docs/sharing.md")]
pub mod sharing {}

#[doc = include_str!("../docs/targets.md")]
pub mod targets {}

#[cfg_attr(feature = "derive", doc = include_str!("../docs/types.md"))]
#[cfg_attr(not(feature = "derive"), doc = "This page needs the feature `derive`.")]
pub mod types {}
