//! Code shared by the tests of the workspace.

pub mod project;
pub mod rustc;
pub mod tree;

/// Runs the programs in the README as doctests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
