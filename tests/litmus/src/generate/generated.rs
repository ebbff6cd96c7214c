//! What is generated.

use crate::verdict::Verdict;

/// A litmus test that is made from the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Its name, which can be the name of a file; the patterns are in [`atomics_spec::names`].
    pub name: String,
    /// Its text, in the format of the kernel's `tools/memory-model/litmus-tests`.
    pub text: String,
    /// The verdict that follows from the ordering of the operation.
    pub expected: Verdict,
    /// The family of the operation: the prefix of its functions, or `int` for the macros on plain
    /// variables.
    pub family: String,
    /// The C functions under test: the operation, and the barrier next to it if there is one.
    pub variants: Vec<String>,
    /// Whether it is one of the few that cover each ordering of each kind of operation in each
    /// role, and each operation.
    pub core: bool,
}
