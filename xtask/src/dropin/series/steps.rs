//! The order in which a series adds the drop-in, in the smallest steps that there are.
//!
//! Each step leaves a tree that builds, so what is called comes before its caller, and the first
//! state with the Rust module has all that Linux's own module has:
//!
//! 1. The C helpers. They have the names of Linux's helpers, which Linux's module goes on to call.
//! 2. The core: the new module with what users in the tree call. It takes the place of Linux's module
//!    file by file, as [`Stage`] says: the traits, which call the helpers; the methods, which
//!    call these; the functions on raw pointers, which call the methods; and the types. If Linux's module is not the one that the files fit into, all comes at once.
//! 3. The classes of operations, for the types that have C functions of their own. A class brings
//!    the trait, the methods, their documentation and examples.
//! 4. The same for narrow types, for which C has macros only.
//! 5. The functions on raw pointers, and the barriers: both call the operations.
//! 6. The derive: the trait that it implements is in the core, but nothing needs it.
//! 7. The tests, which use all of the above.
//! 8. The memory model. No code depends on it.
//! 9. One architecture after the other: none depends on another, and a maintainer of one need not
//!    wait for those of the others. What is not inlined yet calls the helpers, so the operations of
//!    one can come in several steps: those on 32 and 64 bits before those on 8 and 16 bits, class by
//!    class.

use atomics_spec::Spec;
use atomics_spec::model::op::Op;
use atomics_spec::model::ty::Operand;

use super::super::mixed::Stage;
use super::super::parts::{archs, helpers, is_core, is_narrow, operations, shown};
use super::super::state::{Ops, State};

/// What a step adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// C helpers.
    Helpers,
    /// The Rust module, with the API of Linux's own, up to this stage; or all of it at once.
    Core(Stage),
    /// Operations of a class.
    Class {
        /// The title of the class.
        title: String,
    },
    /// Operations of the narrow types.
    Narrow,
    /// Functions on raw pointers.
    Pointers,
    /// The barriers.
    Barriers,
    /// The derive.
    Derive,
    /// KUnit tests.
    Tests,
    /// The definitions for herd7.
    MemoryModel,
    /// Inline assembly for an architecture.
    Arch(String),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it adds.
    pub kind: Kind,
    /// Which of these it adds: the names of operations or families.
    pub names: Vec<String>,
    /// The part of its kind that it belongs to, if its kind has parts.
    pub group: Option<&'static str>,
    /// The state of the tree after it.
    pub state: State,
}

/// The types whose operations C has as functions.
const WIDE: &str = "32/64-bit";
/// The others.
const NARROW: &str = "8/16-bit";

/// All steps from a tree without the drop-in to the state `full`.
///
/// `fits` is whether the files of the new module fit into Linux's.
pub fn steps(full: &State, spec: &Spec, fits: bool) -> Vec<Step> {
    let mut line = Line {
        full,
        now: State::default(),
        group: None,
        steps: Vec::new(),
    };
    let core = || operations(spec).filter(|(family, op)| is_core(spec, family, op));
    let titled = |op: &Op| spec.class_of(op).map(|class| class.title.clone());

    // Linux's module calls the helpers of the core.
    let mut linux = Ops::default();
    for (family, op) in core() {
        linux.add(family, op);
    }
    let linux = helpers(spec, &linux);
    for family in &spec.types.families {
        let of_family = || operations(spec).filter(|(found, _)| *found == family);
        line.step(Kind::Helpers, &[&family.name], |state| {
            for (family, op) in operations(spec).filter(|(family, op)| linux.has(family, op)) {
                state.helpers.add(family, op);
            }
            for (family, op) in of_family() {
                state.helpers.add(family, op);
            }
        });
    }
    let stages = [Stage::Traits, Stage::Methods, Stage::Pointers, Stage::Whole];
    for stage in stages
        .into_iter()
        .filter(|stage| fits || *stage == Stage::Whole)
    {
        let named = if fits { stage } else { Stage::None };
        line.step(Kind::Core(named), &[], |state| {
            state.stage = stage;
            for (family, op) in core() {
                state.operations.add(family, op);
                state.pointers.add(family, op);
            }
        });
    }
    let ops = in_order_of_examples(spec);
    for narrow in [false, true] {
        for op in &ops {
            let kind = match (narrow, titled(op)) {
                (false, Some(title)) => Kind::Class { title },
                _ => Kind::Narrow,
            };
            line.step(kind, &[&op.name], |state| {
                for (family, of) in operations(spec) {
                    if of == *op && is_narrow(family) == narrow {
                        state.operations.add(family, op);
                    }
                }
            });
        }
    }
    for op in &spec.ops {
        line.step(Kind::Pointers, &[&op.name], |state| {
            for (family, _) in operations(spec).filter(|(_, of)| *of == op) {
                state.pointers.add(family, op);
            }
        });
    }
    line.step(Kind::Barriers, &[], |state| state.barriers = true);
    line.step(Kind::Derive, &[], |state| state.derive = true);
    // What tests have in common comes with the first ones, which must use all of it, or it would be
    // dead code: those of loads, stores and exchanges, the first that has a neutral operand, and the
    // last, which has a condition.
    let of = |operand: Operand| {
        let is_of = move |op: &&Op| spec.class_of(op).is_some_and(|c| c.operand == operand);
        spec.ops.iter().filter(is_of)
    };
    let neutral = of(Operand::Value).take(1);
    let chosen = of(Operand::Stored).chain(neutral).chain(spec.ops.last());
    let mut tested: Vec<&Op> = chosen.collect();
    let first = tested.len();
    tested.extend(
        spec.ops
            .iter()
            .filter(|op| !tested.contains(op))
            .collect::<Vec<_>>(),
    );
    // The tests of AtomicFlag come with those of the narrow types.
    let groups = std::iter::once((&tested[..first], false)).chain(
        std::iter::once((&tested[..first], true)).chain(tested.chunks(1).map(|ops| (ops, true))),
    );
    for (ops, narrow) in groups {
        let names: Vec<&str> = ops.iter().map(|op| &*op.name).collect();
        line.step(Kind::Tests, &names, |state| {
            let new = operations(spec).filter(|(_, of)| ops.contains(of));
            for (family, op) in new.filter(|(family, _)| narrow || !is_narrow(family)) {
                state.tests.add(family, op);
            }
        });
    }
    line.step(Kind::MemoryModel, &[], |state| state.memory_model = true);
    for arch in archs(spec) {
        for (narrow, group) in [(false, WIDE), (true, NARROW)] {
            for class in &spec.types.classes {
                line.group = Some(group);
                line.step(Kind::Arch(arch.clone()), &[&class.title], |state| {
                    let inlined = state.inlined.entry(arch.clone()).or_default();
                    for (family, op) in operations(spec) {
                        if is_narrow(family) == narrow && spec.class_of(op) == Some(class) {
                            inlined.add(family, op);
                        }
                    }
                });
            }
        }
    }
    line.steps
}

/// The operations, class by class, each behind those that its example calls: examples are compiled,
/// too. The order is otherwise that of the tables.
fn in_order_of_examples(spec: &Spec) -> Vec<&Op> {
    let class = |op: &Op| spec.class_of(op).map(|class| class.name.clone());
    let mut classes = Vec::new();
    for first in &spec.types.classes {
        visit(first.name.clone(), &mut classes, &mut |name| {
            let of_class = spec
                .ops
                .iter()
                .filter(|op| class(op).as_ref() == Some(name));
            let shown = of_class.flat_map(|op| shown(spec, op));
            shown
                .filter_map(class)
                .filter(|other| other != name)
                .collect()
        });
    }
    let mut ops = Vec::new();
    for name in &classes {
        for op in spec
            .ops
            .iter()
            .filter(|op| class(op).as_ref() == Some(name))
        {
            visit(op, &mut ops, &mut |op| {
                let same = |other: &&Op| class(other).as_ref() == Some(name);
                shown(spec, op).filter(same).collect()
            });
        }
    }
    ops
}

/// Adds a thing to a list, behind those that it needs and that are not yet there.
fn visit<T: Clone + PartialEq>(thing: T, list: &mut Vec<T>, needs: &mut impl FnMut(&T) -> Vec<T>) {
    let mut open = vec![(thing.clone(), needs(&thing))];
    while let Some((thing, left)) = open.last_mut() {
        let thing = thing.clone();
        if list.contains(&thing) {
            open.pop();
            continue;
        }
        match left.pop() {
            // Examples that call each other come together.
            Some(next) if !list.contains(&next) && open.iter().all(|(one, _)| *one != next) => {
                let more = needs(&next);
                open.push((next, more));
            }
            Some(_) => {}
            None => list.push(thing),
        }
    }
}

/// The steps so far.
struct Line<'a> {
    full: &'a State,
    now: State,
    group: Option<&'static str>,
    steps: Vec<Step>,
}

impl Line<'_> {
    /// Adds a step, without what is not wanted at the end. A step that adds nothing is left out.
    fn step(&mut self, kind: Kind, names: &[&str], add: impl FnOnce(&mut State)) {
        let mut state = self.now.clone();
        add(&mut state);
        state.keep(self.full);
        if state != self.now {
            self.now = state.clone();
            self.steps.push(Step {
                kind,
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                group: self.group,
                state,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::backend::Backend;
    use super::super::super::parts::Parts;
    use super::*;

    fn of(list: Option<&[&str]>) -> (State, Vec<Step>) {
        let spec = Spec::builtin().unwrap();
        let list: Option<Vec<String>> =
            list.map(|list| list.iter().map(|name| (*name).to_owned()).collect());
        let backend = Backend::Asm;
        let parts = Parts::new(list.as_deref(), &spec, backend).unwrap();
        let full = parts.state(&spec, backend, true);
        let steps = steps(&full, &spec, true);
        (full, steps)
    }

    #[test]
    fn the_last_step_is_the_whole() {
        for list in [
            None,
            Some(&["x86_64"][..]),
            Some(&["u8", "tests", "x86_64"]),
        ] {
            let (full, steps) = of(list);
            assert_eq!(
                steps.last().map(|step| &step.state),
                Some(&full),
                "{list:?}"
            );
            let mut last = State::default();
            for step in &steps {
                assert_ne!(step.state, last);
                last = step.state.clone();
            }
        }
    }

    #[test]
    fn the_module_is_never_less_than_that_of_linux() {
        let spec = Spec::builtin().unwrap();
        let (_, steps) = of(None);
        let first = steps
            .iter()
            .position(|step| matches!(step.kind, Kind::Core(_)));
        let first = first.expect("the core");
        assert!(steps[..first].iter().all(|step| step.kind == Kind::Helpers));
        for (family, op) in operations(&spec).filter(|(family, op)| is_core(&spec, family, op)) {
            let state = &steps[first].state;
            assert!(state.operations.has(family, op) && state.pointers.has(family, op));
        }
        // What is called is there before it is called.
        for Step { state, kind, .. } in &steps {
            for (family, op) in operations(&spec) {
                let has = |ops: &Ops| ops.has(family, op);
                let (called, caller) = (has(&state.helpers), has(&state.operations));
                assert!(called || !caller, "{kind:?}: {} {}", family.name, op.name);
                assert!(caller || !has(&state.pointers) && !has(&state.tests));
            }
        }
    }

    #[test]
    fn an_example_calls_what_is_there() {
        let spec = Spec::builtin().unwrap();
        for list in [None, Some(&["test", "x86_64"][..])] {
            let (_, steps) = of(list);
            for Step { state, kind, .. } in &steps {
                for (family, op) in operations(&spec).filter(|(f, _)| f.name == "atomic") {
                    if state.operations.has(family, op) {
                        for called in shown(&spec, op) {
                            let there = state.operations.has(family, called);
                            assert!(there, "{kind:?}: {} calls {}", op.name, called.name);
                        }
                    }
                }
            }
        }
        let names = in_order_of_examples(&spec).into_iter().map(|op| &*op.name);
        let mut sorted: Vec<&str> = names.collect();
        sorted.sort_unstable();
        let mut all: Vec<&str> = spec.ops.iter().map(|op| &*op.name).collect();
        all.sort_unstable();
        assert_eq!(sorted, all);
    }
}
