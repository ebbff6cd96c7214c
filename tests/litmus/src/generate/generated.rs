//! A generated test.

use crate::verdict::Verdict;

/// A litmus test that is generated from the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Its name, which is usable as a file name; the patterns are in [`atomics_spec::names`].
    pub name: String,
    /// Its text, in the format of the kernel's `tools/memory-model/litmus-tests`.
    pub text: String,
    /// The verdict that our rules predict.
    pub expected: Verdict,
    /// The family of the operation: the prefix of its functions, or `int` for the macros on plain
    /// variables.
    pub family: String,
    /// The C functions under test: the operation, and the barrier next to it if there is one.
    pub variants: Vec<String>,
    /// Whether it belongs to the core tests, a small set that covers each operation, and each
    /// ordering of each kind of operation in each role.
    pub core: bool,
}
