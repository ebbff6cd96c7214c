//! Litmus tests: what the memory model says about each operation, one question at a time.
//!
//! A test puts one operation in the place of one access of a classical shape. In its thread
//! nothing else orders the two accesses, or one barrier or dependency whose effect on the
//! operation is in question; the other threads have `smp_mb()`. So the verdict tells what the
//! operation's ordering does in this place. It comes from rules of ours, for herd7 to agree with.
//!
//! The operations are the functions of the table's families, and the kernel's macros for plain
//! variables. One family goes through all shapes; the others, which differ from it in width
//! alone, through those that tell the orderings apart.

mod call;
mod case;
mod choose;
mod prose;
mod rules;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod values;

use std::collections::BTreeSet;
use std::fmt;

use crate::model::Spec;
use call::Calls;
use choose::Extent;

/// What the memory model says about the outcome that a test asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is forbidden.
    Never,
    /// It is possible.
    Sometimes,
    /// There is no other.
    Always,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "Never",
            Self::Sometimes => "Sometimes",
            Self::Always => "Always",
        })
    }
}

/// A litmus test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LitmusTest {
    /// Its name, which can be the name of a file; the patterns are in [`crate::names`].
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

/// All tests, family by family.
///
/// A family whose table lacks a plain load or a plain store has none: the accesses around the
/// operation are such. An operation has tests where values exist with which the outcome shows
/// what it read and wrote.
pub fn tests(spec: &Spec) -> Vec<LitmusTest> {
    let families = spec.types.families.iter();
    let mut all: Vec<_> = families.filter_map(|f| Calls::of_family(spec, f)).collect();
    all.push(Calls::plain(spec));
    let mut tests = Vec::new();
    for (index, calls) in all.iter().enumerate() {
        let whole = index == 0 || calls.is_plain();
        let extent = if whole { Extent::Whole } else { Extent::Width };
        for case in choose::cases(calls, extent) {
            tests.extend(case.test().map(|test| (case, test)));
        }
    }
    choose_core(&mut tests);
    tests.into_iter().map(|(_, test)| test).collect()
}

/// Marks tests such that each thing to cover is covered: those that cover much first, and of these
/// the ones that forbid something, which can fail on any machine.
fn choose_core(tests: &mut [(case::Case<'_, '_>, LitmusTest)]) {
    let mut covered = BTreeSet::new();
    for wanted in (1..=case::KEYS).rev() {
        for verdict in [Verdict::Never, Verdict::Sometimes] {
            for (case, test) in tests.iter_mut().filter(|(_, t)| t.expected == verdict) {
                let keys = case.keys(verdict);
                let new = keys.iter().filter(|key| !covered.contains(*key)).count();
                if new >= wanted {
                    test.core = true;
                    covered.extend(keys);
                }
            }
        }
    }
}
