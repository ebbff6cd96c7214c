//! What the tests of the workspace share.

pub mod project;
pub mod tree;

/// The README's first program runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
