//! Generates litmus tests, each of which tests one operation in one place.
//!
//! A test puts one operation in the place of one access of a classical shape. In its thread, either
//! nothing else orders the two accesses, or one barrier or dependency whose effect on the operation
//! is tested. The other threads have `smp_mb()` between their accesses. So the verdict shows what
//! the operation's ordering does in this place. The expected verdict comes from our own rules;
//! herd7 has to agree.
//!
//! The operations are the functions of the table's families, and the kernel's macros for plain
//! variables. One family is tested in all shapes. The other families differ from it only in width,
//! and are tested only in the shapes that distinguish the orderings.

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
/// A family without a plain load or a plain store has no tests, because the other accesses of a
/// test use them. An operation is tested in a place only if some values make the outcome show what
/// it read and wrote.
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

/// The test of a placement; `None` if the operation cannot take that place.
fn write(placement: &Placement<'_, '_>) -> Option<Generated> {
    if !placement.is_possible() {
        return None;
    }
    let role = placement.shape.role(placement.place);
    let values = values(placement.call, placement.fails, role)?;
    let is_lone = placement.is_lone();
    let reason = (!is_lone).then(|| placement.reason()).flatten();
    // A single access cannot be reordered, and the other threads have smp_mb().
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

/// Chooses the core tests, which together cover every key. Tests that cover many new keys come
/// first. Among these, tests that forbid an outcome come first, since they can fail on any machine.
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
