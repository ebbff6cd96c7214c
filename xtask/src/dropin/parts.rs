//! The parts of the drop-in that `--only` names, and what each of them needs.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use atomics_spec::Spec;
use atomics_spec::model::op::Op;
use atomics_spec::model::ty::{Class, Family, Operand, Repr};

use super::backend::Backend;
use super::mixed::Stage;
use super::state::{Ops, State};

/// What Linux's own module has, with all operations of the classes that only store. Everything else
/// in Rust needs it.
const CORE: &str = "core";
/// The functions on raw pointers; those of Linux's own module are in the core.
const POINTERS: &str = "pointers";
/// The barriers around atomic operations.
const BARRIERS: &str = "barriers";
/// `derive(AtomicType)`.
const DERIVE: &str = "derive";
/// The KUnit tests of the parts that are there.
const TESTS: &str = "tests";
/// The definitions for herd7.
const MEMORY_MODEL: &str = "memory-model";

/// What parts need. Any other part needs the core.
const NEEDS: [(&str, &[&str]); 4] = [
    (CORE, &[]),
    // They are for any module with atomic operations, Linux's own, too.
    (BARRIERS, &[]),
    (MEMORY_MODEL, &[]),
    // They test these, too.
    (TESTS, &[CORE, BARRIERS, DERIVE]),
];

/// The methods of Linux's own module that compute a value.
const UPSTREAM: [&str; 3] = ["add", "fetch_add", "fetch_sub"];

/// Which parts of the drop-in there are to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The names that the user gave, if the parts are not simply all.
    list: Option<Vec<String>>,
    /// What was added because they need it.
    added: Vec<String>,
    has: BTreeSet<String>,
}

impl Parts {
    /// All parts, or those of a list and what they need.
    ///
    /// # Errors
    ///
    /// If the list has a name that is not that of a part, or of one that there cannot be.
    pub fn new(list: Option<&[String]>, spec: &Spec, backend: Backend) -> Result<Self> {
        let all = names(spec);
        let Some(list) = list else {
            return Ok(Self {
                list: None,
                added: Vec::new(),
                has: all.into_iter().collect(),
            });
        };
        let archs = archs(spec);
        for name in list {
            if !all.contains(name) {
                bail!(
                    "there is no part `{name}`\n = help: the parts are {}",
                    all.join(", ")
                );
            }
            if archs.contains(name) && backend != Backend::Asm {
                bail!(
                    "the part `{name}` is inline assembly, which the backend `{}` has not\n \
                     = help: give --backend asm",
                    backend.name()
                );
            }
        }
        if backend == Backend::Asm && !list.iter().any(|name| archs.contains(name)) {
            bail!(
                "--backend asm needs an architecture among the parts, of {}\n \
                 = help: without one, it is the backend `helpers`",
                archs.join(", ")
            );
        }
        let mut has: BTreeSet<String> = list.iter().cloned().collect();
        let needed = list.iter().flat_map(|name| {
            let needs = NEEDS.iter().find(|(part, _)| part == name);
            needs.map_or(&[CORE][..], |(_, needs)| needs)
        });
        let shown = list.iter().flat_map(|name| shown_classes(spec, name));
        let needed = needed.map(|name| (*name).to_owned()).chain(shown);
        let added: Vec<String> = needed.filter(|name| has.insert(name.clone())).collect();
        Ok(Self {
            list: Some(list.to_vec()),
            added,
            has,
        })
    }

    /// The names that the user gave, if the parts are not simply all.
    pub fn list(&self) -> Option<&[String]> {
        self.list.as_deref()
    }

    /// What was added because other parts need it, as text for the user.
    pub fn note(&self) -> Option<String> {
        let list = self.list.as_ref().filter(|_| !self.added.is_empty())?;
        let (added, list) = (self.added.join(" and "), list.join(", "));
        Some(format!("note: added {added}, which others need: {list}"))
    }

    /// Whether a part is there by its own name, and not as one of all.
    pub fn names_memory_model(&self) -> bool {
        self.list.is_some() && self.has(MEMORY_MODEL)
    }

    fn has(&self, name: &str) -> bool {
        self.has.contains(name)
    }

    /// The state of a tree with these parts. `memory_model` is whether the tree has a memory model.
    pub fn state(&self, spec: &Spec, backend: Backend, memory_model: bool) -> State {
        let mut state = State {
            barriers: self.has(BARRIERS),
            derive: self.has(DERIVE),
            memory_model: memory_model && self.has(MEMORY_MODEL),
            ..State::default()
        };
        if !self.has(CORE) {
            return state;
        }
        state.stage = Stage::Whole;
        for (family, op) in operations(spec) {
            let class = spec.class_of(op);
            let core = is_core(spec, family, op);
            let wanted = || {
                let of_core = UPSTREAM.iter().any(|method| has_method(spec, op, method));
                of_core || class.is_some_and(|class| self.has(&class.name))
            };
            let here = !is_narrow(family) || self.has_type_of(spec, family);
            if core || (here && wanted()) {
                state.operations.add(family, op);
                if core || self.has(POINTERS) {
                    state.pointers.add(family, op);
                }
            }
        }
        state.helpers = helpers(spec, &state.operations);
        if backend == Backend::Asm {
            let archs = archs(spec).into_iter().filter(|name| self.has(name));
            let inlined = archs.map(|name| (name, state.operations.clone()));
            state.inlined = inlined.collect();
        }
        if self.has(TESTS) {
            state.tests = state.operations.clone();
        }
        state
    }

    /// Whether a type of a family is a part that is there.
    fn has_type_of(&self, spec: &Spec, family: &Family) -> bool {
        let mut types = spec.types.types.iter();
        types.any(|ty| spec.types.families[ty.family] == *family && self.has(&ty.name))
    }
}

/// The names of all parts.
fn names(spec: &Spec) -> Vec<String> {
    let computes = |class: &&Class| class.operand != Operand::Stored;
    let classes = spec.types.classes.iter().filter(computes);
    let types = spec
        .types
        .types
        .iter()
        .filter(|ty| ty.is_integer() && is_narrow(&spec.types.families[ty.family]));
    let mut names = vec![CORE.to_owned()];
    names.extend(classes.map(|class| class.name.clone()));
    names.extend(types.map(|ty| ty.name.clone()));
    names.extend([POINTERS, BARRIERS, DERIVE, TESTS, MEMORY_MODEL].map(str::to_owned));
    names.extend(archs(spec));
    names
}

/// The architectures with inline assembly for a kernel.
pub fn archs(spec: &Spec) -> Vec<String> {
    let archs = spec.asm_archs().filter(|arch| arch.kernel);
    archs.map(|arch| arch.name.clone()).collect()
}

/// All operations of all families, in the order of the tables.
pub fn operations(spec: &Spec) -> impl Iterator<Item = (&Family, &Op)> {
    spec.types.families.iter().flat_map(move |family| {
        let ops = spec.ops.iter().zip(&spec.meanings);
        let of = ops.filter(|(_, meaning)| family.classes.contains(&meaning.class));
        of.map(move |(op, _)| (family, op))
    })
}

/// Whether C has no functions with the name of an integer family: its values are narrower than
/// those of `atomic_t`.
pub fn is_narrow(family: &Family) -> bool {
    family.c_object.is_none() && family.repr != Repr::Pointer
}

/// Whether an operation is in the core.
pub fn is_core(spec: &Spec, family: &Family, op: &Op) -> bool {
    let class = spec.class_of(op);
    class.is_some_and(|class| class.operand == Operand::Stored)
        || !is_narrow(family) && UPSTREAM.iter().any(|method| has_method(spec, op, method))
}

/// The operations that the example of an operation calls. Examples are compiled, too.
pub fn shown<'s>(spec: &'s Spec, op: &Op) -> impl Iterator<Item = &'s Op> {
    let own = spec.forms().find(|form| form.op == op);
    let text = own
        .and_then(|form| form.doc)
        .map(|doc| doc.example.join("\n"));
    let text = text.unwrap_or_default();
    let own = op.clone();
    let forms = spec.typed_forms();
    let called = forms.filter(move |form| text.contains(&format!(".{}(", form.method())));
    called.map(|form| form.op).filter(move |op| **op != own)
}

/// The other classes that the examples of a class call operations of, and those that the examples
/// of these call operations of; without those that the core has.
fn shown_classes(spec: &Spec, class: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![class.to_owned()];
    let mut at = 0;
    while let Some(class) = found.get(at).cloned() {
        at += 1;
        let is_of = |op: &&Op| spec.class_of(op).is_some_and(|c| c.name == class);
        for other in spec.ops.iter().filter(is_of).flat_map(|op| shown(spec, op)) {
            let of_core = UPSTREAM
                .iter()
                .any(|method| has_method(spec, other, method));
            let other = spec
                .class_of(other)
                .filter(|c| c.operand != Operand::Stored);
            match other {
                Some(other) if !of_core && !found.contains(&other.name) => {
                    found.push(other.name.clone());
                }
                _ => {}
            }
        }
    }
    found.split_off(1)
}

fn has_method(spec: &Spec, op: &Op, method: &str) -> bool {
    let mut forms = spec.typed_forms();
    forms.any(|form| form.op == op && form.method() == method)
}

/// The C helpers for these operations, and all those that Linux has.
pub fn helpers(spec: &Spec, needed: &Ops) -> Ops {
    let mut helpers = needed.clone();
    for (family, op) in operations(spec) {
        if ["atomic", "atomic64"].contains(&&*family.name) {
            helpers.add(family, op);
        }
    }
    helpers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(list: &[&str], backend: Backend) -> Result<Parts> {
        let list: Vec<String> = list.iter().map(|name| (*name).to_owned()).collect();
        Parts::new(Some(&list), &Spec::builtin()?, backend)
    }

    #[test]
    fn a_part_brings_what_it_needs() {
        let spec = Spec::builtin().unwrap();
        let state = |list: &[&str]| {
            let parts = parts(list, Backend::Helpers).unwrap();
            (parts.note(), parts.state(&spec, Backend::Helpers, true))
        };
        let (note, core) = state(&["core"]);
        assert_eq!(note, None);
        assert_eq!(core.operations, core.pointers);
        let (note, barriers) = state(&["barriers"]);
        assert_eq!(note, None);
        let only = State {
            barriers: true,
            ..State::default()
        };
        assert_eq!(barriers, only);
        let (note, derive) = state(&["barriers", "derive"]);
        let told = "note: added core, which others need: barriers, derive";
        assert_eq!(note.as_deref(), Some(told));
        let core_with_both = State {
            barriers: true,
            derive: true,
            ..core.clone()
        };
        assert_eq!(derive, core_with_both);
        // What herd7 knows depends on nothing.
        let (note, model) = state(&["memory-model"]);
        assert_eq!(note, None);
        let only = State {
            memory_model: true,
            ..State::default()
        };
        assert_eq!(model, only);

        let has = |state: &State, family: &str, op: &str| {
            let mut all = operations(&spec).filter(|(_, found)| found.name == op);
            let found = all.find(|(found, _)| found.name == family);
            let (family, op) = found.expect("an operation");
            state.operations.has(family, op)
        };
        let (_, bytes) = state(&["u8"]);
        assert!(has(&core, "atomic", "add") && !has(&core, "atomic_i8", "add"));
        assert!(has(&bytes, "atomic_i8", "add") && !has(&bytes, "atomic_i16", "add"));
        assert!(!has(&bytes, "atomic_i8", "or") && !has(&bytes, "atomic", "or"));
        let (_, both) = state(&["u8", "bitwise"]);
        assert!(has(&both, "atomic_i8", "or") && has(&both, "atomic", "or"));
        // The example of an operation calls this one.
        assert!(has(&both, "atomic", "inc") && !has(&bytes, "atomic", "inc"));
        assert!(!has(&both, "atomic_i16", "or") && !has(&both, "atomic", "inc_and_test"));
        assert_eq!(both.pointers, core.pointers);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let told = |list: &[&str], backend| parts(list, backend).unwrap_err().to_string();
        let unknown = told(&["core", "u32"], Backend::Helpers);
        assert!(unknown.starts_with("there is no part `u32`\n"), "{unknown}");
        let listed = "the parts are core, arithmetic, bitwise, test, conditional, signed, i8, i16, \
                      u8, u16, pointers, barriers, derive, tests, memory-model";
        assert!(unknown.contains(listed), "{unknown}");
        let inline = told(&["x86_64"], Backend::Helpers);
        assert!(inline.contains("is inline assembly"), "{inline}");
        let none = told(&["core"], Backend::Asm);
        assert!(
            none.starts_with("--backend asm needs an architecture"),
            "{none}"
        );
        assert!(parts(&["x86_64"], Backend::Asm).is_ok());
    }

    #[test]
    fn all_parts_have_everything() {
        let spec = Spec::builtin().unwrap();
        let state = Parts::new(None, &spec, Backend::Asm).unwrap();
        let state = state.state(&spec, Backend::Asm, true);
        for (family, op) in operations(&spec) {
            for ops in [
                &state.helpers,
                &state.operations,
                &state.pointers,
                &state.tests,
            ] {
                assert!(ops.has(family, op), "{} {}", family.name, op.name);
            }
        }
        assert!(state.barriers && state.derive && state.memory_model);
        assert_eq!(state.inlined.get("x86_64"), Some(&state.operations));
    }
}
