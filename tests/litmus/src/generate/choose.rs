//! Which operations are tested in which places of which shapes.

use crate::generate::call::{Call, Calls};
use crate::generate::case::Placement;
use crate::generate::rules::Between;
use crate::generate::shape::{Place, SHAPES, Shape};
use atomics_spec::model::op::{Form, Ordering};

/// How much of the shapes a family goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of them.
    Whole,
    /// Those in which each ordering shows, for a family that is another's with another width: on
    /// what its operations order, the model says the same.
    Width,
}

/// Where [`Extent::Width`] has the operations: each ordering makes a verdict `Never` in one of
/// them.
const OF_WIDTH: [(&str, Place); 3] = [("MP", (0, 1)), ("MP", (1, 0)), ("SB", (0, 0))];

/// Places next to a barrier; the verdicts are those that the barrier gives, or not, to the two
/// halves of a read-modify-write.
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

/// Whether an operation is tested at a place with nothing else.
fn is_alone(shape: &Shape, (thread, at): Place, call: &Call<'_>) -> bool {
    let is_new = match (shape.threads[thread].len(), shape.threads.len()) {
        // Its ordering has nothing to order there.
        (1, _) => return call.is_weakest(),
        // One of two threads that are alike is enough.
        (_, 2) => thread == 0 || shape.threads[0] != shape.threads[1],
        // What comes before and after the thread in the middle is as in MP.
        _ => thread == 1,
    };
    is_new
        && match (call.ordering, at) {
            (Ordering::Full, _) | (Ordering::Acquire, 0) | (Ordering::Release, 1) => true,
            // That it orders nothing shows where least is needed.
            (Ordering::Relaxed, _) => shape.threads.len() == 2,
            // That it orders nothing on the wrong side shows in one shape.
            (Ordering::Acquire | Ordering::Release, _) => shape.name == "MP",
        }
}

/// Whether an operation is tested next to a barrier: if it does not bring an ordering along.
fn is_next_to(call: &Call<'_>, fails: bool, between: Between) -> bool {
    let is_unordered = call.ordering == Ordering::Relaxed;
    match between {
        // The model has these work with an operation that fails, and x86, where they are
        // nothing, has no instruction in it then that they could rely on.
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
        // Dependencies hold where orderings do not.
        true => call.is_weakest() || call.ordering == Ordering::Full,
        false => call.ordering == Ordering::Relaxed,
    };
    match (between, place.1) {
        // Pointers are plain variables.
        (Between::Address, 0) => calls.is_plain() && call.loads_pointers(),
        (Between::Address, _) => calls.is_plain() && is_weak,
        // That the value decides about itself needs an operation that writes.
        (Between::Data, 1) => is_weak && call.data_operand().is_some(),
        _ => is_weak,
    }
}
