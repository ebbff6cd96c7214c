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
mod generated;
mod prose;
mod rules;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod values;

use std::collections::BTreeSet;

use atomics_spec::Spec;

use crate::verdict::Verdict;
use call::Calls;
use case::{KEYS, Placement, barrier};
use choose::Extent;
use values::values;

pub use generated::Generated;

/// All tests, family by family.
///
/// A family whose table lacks a plain load or a plain store has none: the accesses around the
/// operation are such. An operation has tests where values exist with which the outcome shows
/// what it read and wrote.
pub fn tests(spec: &Spec) -> Vec<Generated> {
    let families = spec.types.families.iter();
    let mut all: Vec<_> = families.filter_map(|f| Calls::of_family(spec, f)).collect();
    all.push(Calls::plain(spec));
    let mut tests = Vec::new();
    for (index, calls) in all.iter().enumerate() {
        let whole = index == 0 || calls.is_plain();
        let extent = if whole { Extent::Whole } else { Extent::Width };
        for placement in choose::placements(calls, extent) {
            tests.extend(write(&placement).map(|test| (placement, test)));
        }
    }
    choose_core(&mut tests);
    tests.into_iter().map(|(_, test)| test).collect()
}

/// The test of a placement; none if the operation does not have the role.
fn write(placement: &Placement<'_, '_>) -> Option<Generated> {
    if !placement.is_possible() {
        return None;
    }
    let role = placement.shape.role(placement.place);
    let values = values(placement.call, placement.fails, role)?;
    let is_lone = placement.is_lone();
    let reason = (!is_lone).then(|| placement.reason()).flatten();
    // Nothing can be out of order in a lone access, and the other threads have smp_mb().
    let expected = match is_lone || reason.is_some() {
        true => Verdict::Never,
        false => Verdict::Sometimes,
    };
    let text = text::write(placement, &values, expected, reason)?;
    let function = placement.call.function.clone();
    let variants = [Some(function), barrier(placement.between)];
    Some(Generated {
        name: placement.name(),
        text,
        expected,
        family: placement.calls.family.clone(),
        variants: variants.into_iter().flatten().collect(),
        core: false,
    })
}

/// Marks tests such that each thing to cover is covered: those that cover much first, and of these
/// the ones that forbid something, which can fail on any machine.
fn choose_core(tests: &mut [(Placement<'_, '_>, Generated)]) {
    let mut covered = BTreeSet::new();
    for wanted in (1..=KEYS).rev() {
        for verdict in [Verdict::Never, Verdict::Sometimes] {
            for (placement, test) in tests.iter_mut().filter(|(_, t)| t.expected == verdict) {
                let keys = placement.keys(verdict);
                let new = keys.iter().filter(|key| !covered.contains(*key)).count();
                if new >= wanted {
                    test.core = true;
                    covered.extend(keys);
                }
            }
        }
    }
}
