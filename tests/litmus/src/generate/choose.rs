//! Chooses the operations, places and shapes to test.

use crate::generate::call::{Call, Calls};
use crate::generate::case::Placement;
use crate::generate::rules::Between;
use crate::generate::shape::{Place, SHAPES, Shape};
use atomics_spec::model::op::{Form, Ordering};

/// The extent to which a family is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// In all shapes.
    Whole,
    /// Only in shapes that show each ordering, for a family that differs from a fully tested one
    /// only in width: the model gives its operations the same ordering.
    Width,
}

/// The places for [`Extent::Width`]. Each ordering makes the verdict `Never` in one of them.
const OF_WIDTH: [(&str, Place); 3] = [("MP", (0, 1)), ("MP", (1, 0)), ("SB", (0, 0))];

/// Places next to a barrier. The verdicts show whether the barrier orders the two halves of a
/// read-modify-write.
const BARRIERS: [(&str, Place, Between); 14] = [
    ("MP", (0, 0), Between::Wmb),
    ("MP", (0, 1), Between::Wmb),
    ("2+2W", (0, 0), Between::Wmb),
    ("MP", (1, 0), Between::Rmb),
    ("MP", (1, 1), Between::Rmb),
    ("R", (1, 0), Between::Rmb),
    ("S", (1, 1), Between::Rmb),
    ("SB", (0, 0), Between::Mb),
    ("SB", (0, 0), Between::AfterAtomic),
    ("SB", (0, 1), Between::BeforeAtomic),
    ("R", (0, 1), Between::BeforeAtomic),
    ("MP", (1, 0), Between::AfterAtomic),
    ("MP", (1, 1), Between::BeforeAtomic),
    ("WRC", (1, 0), Between::AfterAtomic),
];

/// Places with a dependency between the accesses.
const DEPENDENCIES: [(&str, Place, Between); 18] = [
    ("MP", (1, 0), Between::Address),
    ("MP", (1, 1), Between::Address),
    ("LB", (0, 0), Between::Address),
    ("LB", (0, 1), Between::Address),
    ("S", (1, 0), Between::Address),
    ("S", (1, 1), Between::Address),
    ("LB", (0, 0), Between::Data),
    ("LB", (0, 1), Between::Data),
    ("S", (1, 0), Between::Data),
    ("S", (1, 1), Between::Data),
    ("WRC", (1, 0), Between::Data),
    ("WRC", (1, 1), Between::Data),
    ("LB", (0, 0), Between::Control),
    ("LB", (0, 1), Between::Control),
    ("S", (1, 0), Between::Control),
    ("S", (1, 1), Between::Control),
    ("MP", (1, 0), Between::Control),
    ("MP", (1, 1), Between::Control),
];

/// All tests of a family.
pub(super) fn placements<'c, 's>(calls: &'c Calls<'s>, extent: Extent) -> Vec<Placement<'c, 's>> {
    let mut placements = Vec::new();
    for shape in SHAPES {
        for place in shape.places() {
            for call in &calls.tested {
                for fails in [false, true] {
                    let mut add = |between| {
                        placements.push(Placement {
                            calls,
                            call,
                            fails,
                            shape,
                            place,
                            between,
                        });
                    };
                    if extent == Extent::Width {
                        if OF_WIDTH.contains(&(shape.name, place)) && is_alone(shape, place, call) {
                            add(Between::Nothing);
                        }
                        continue;
                    }
                    if is_alone(shape, place, call) {
                        add(Between::Nothing);
                    }
                    let is_here = |t: &&(&str, Place, Between)| (t.0, t.1) == (shape.name, place);
                    let barriers = BARRIERS.iter().filter(is_here);
                    let dependencies = DEPENDENCIES.iter().filter(is_here);
                    barriers
                        .filter(|t| is_next_to(call, fails, t.2))
                        .chain(dependencies.filter(|t| can_depend(calls, call, fails, place, t.2)))
                        .for_each(|t| add(t.2));
                }
            }
        }
    }
    placements
}

/// Whether an operation is tested at a place without a barrier or dependency.
fn is_alone(shape: &Shape, (thread, at): Place, call: &Call<'_>) -> bool {
    let is_new = match (shape.threads[thread].len(), shape.threads.len()) {
        // The thread has no other access to order.
        (1, _) => return call.is_weakest(),
        // One of two equal threads is enough.
        (_, 2) => thread == 0 || shape.threads[0] != shape.threads[1],
        // The threads around the middle one are as in MP.
        _ => thread == 1,
    };
    is_new
        && match (call.ordering, at) {
            (Ordering::Full, _) | (Ordering::Acquire, 0) | (Ordering::Release, 1) => true,
            // The shapes that need the weakest order show that it orders nothing.
            (Ordering::Relaxed, _) => shape.threads.len() == 2,
            // One shape is enough to show that it does not order the other side.
            (Ordering::Acquire | Ordering::Release, _) => shape.name == "MP",
        }
}

/// Whether an operation is tested next to a barrier: only if it has no ordering of its own.
fn is_next_to(call: &Call<'_>, fails: bool, between: Between) -> bool {
    let is_unordered = call.ordering == Ordering::Relaxed;
    match between {
        // In the model, these barriers also work with an operation that fails. On x86 they are
        // no-ops that rely on the operation's locked instruction, which a failure may not execute.
        Between::BeforeAtomic | Between::AfterAtomic => {
            is_unordered && !fails && !matches!(call.form.form, Form::Load | Form::Store)
        }
        _ => is_unordered || (fails && call.is_weakest()),
    }
}

/// Whether an operation is tested with a dependency.
fn can_depend(
    calls: &Calls<'_>,
    call: &Call<'_>,
    fails: bool,
    place: Place,
    between: Between,
) -> bool {
    let is_weak = match fails {
        // A failed operation loses its ordering, but keeps its dependencies.
        true => call.is_weakest() || call.ordering == Ordering::Full,
        false => call.ordering == Ordering::Relaxed,
    };
    match (between, place.1) {
        // Only plain variables can be pointers.
        (Between::Address, 0) => calls.is_plain() && call.loads_pointers(),
        (Between::Address, _) => calls.is_plain() && is_weak,
        // A data dependency to the operation needs an operand that the written value depends on.
        (Between::Data, 1) => is_weak && call.data_operand().is_some(),
        _ => is_weak,
    }
}
