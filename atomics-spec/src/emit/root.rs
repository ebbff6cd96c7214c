//! The root module: `Atomic<T>`, `AtomicType` and the traits of the classes.

use super::accesses::Sizes;
use super::barrier::Barriers;
use super::called;
use super::text::{Text, list};
use super::typed;
use crate::model::ty::{Class, Operand};
use crate::model::{FormOf, Spec};
use crate::names;

/// The optional parts of the generated module.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// Which barriers the module `barrier` has.
    pub barriers: Barriers,
    /// The KUnit tests of a kernel.
    pub kunit: bool,
    /// The module `raw`, with the functions under their names in C.
    pub raw: bool,
    /// Whether the backend has the module `typed`, for variables that are accessed in their own size
    /// only.
    pub typed: bool,
    /// The crate with `derive(AtomicType)`, if the module re-exports the derive with the trait.
    pub derive: Option<&'static str>,
}

impl Parts {
    /// Whether the module is for programs. Only kernels have barriers of their own, and neither
    /// unwinding nor the atomics of `core`.
    pub fn is_hosted(self) -> bool {
        matches!(self.barriers, Barriers::All | Barriers::InC)
    }
}

/// Whether the model has the operations and types that `AtomicFlag` uses.
pub fn has_flag(spec: &Spec) -> bool {
    let is_in = |form: &FormOf<'_>, repr: &str| {
        let mut families = spec.types.families.iter();
        families.any(|f| f.repr.rust() == repr && form.is_in(f))
    };
    ["load", "store", "xchg", "cmpxchg"].iter().all(|method| {
        let form = called::find(spec, method);
        form.is_some_and(|f| is_in(&f, "i8") && is_in(&f, "i32"))
    })
}

/// The module; `path` is the path of the generated items in examples.
pub fn module(spec: &Spec, parts: Parts, path: &str) -> String {
    let types: Vec<String> = spec
        .types
        .types
        .iter()
        .map(|t| {
            if t.is_pointer() {
                format!("`{} T`", t.name)
            } else {
                format!("`{}`", t.name)
            }
        })
        .collect();
    let mut traits = Text::default();
    for (index, class) in spec.types.classes.iter().enumerate() {
        class_trait(&mut traits, spec, index, class);
    }
    let is_hosted = parts.is_hosted();
    let hosted = |text: &'static str| if is_hosted { text } else { "" };
    let load = spec.typed_forms().find(|f| f.method() == "load");
    let formats = match is_hosted {
        true => &["Debug", "Pointer"][..],
        false => &["Debug"],
    };
    let mut debug = Text::default();
    if let Some(load) = load {
        for name in formats {
            format_trait(&mut debug, spec, name, &load);
        }
    }
    let mut note = Text::default();
    note.indented(|t| {
        t.quoted(
            "note",
            &format!(
                "atomic types are {}, and those that implement `AtomicType`: see \
                 `#[derive(AtomicType)]`",
                list(&types, "and")
            ),
        );
    });
    let store = spec.typed_forms().find(|f| f.method() == "store");
    let store_ops = store.map_or("AtomicBasicOps".into(), |f| names::ops_trait(f.class));
    let sizes = Sizes::new(parts.typed);
    // A clause of its list is indented.
    let contract = sizes.contract.replace("/// ", "///   ");
    include_str!("templates/root.rs")
        .replace("$sizes", sizes.paragraph)
        .replace("$sized", &contract)
        .replace("$or_mixed", sizes.purpose)
        .replace("$store_ops", &store_ops)
        .replace("$modules\n", &modules(spec, parts))
        .replace("$uses\n", &uses(spec, parts))
        .replace("$derived\n", derived(parts))
        .replace("$class_traits\n", &(traits.finish() + "\n"))
        .replace("$from_mut\n", hosted(include_str!("templates/from_mut.rs")))
        .replace(
            "$core_names\n",
            hosted(include_str!("templates/core_names.rs")),
        )
        .replace("$hosted\n", hosted(include_str!("templates/hosted.rs")))
        .replace("$debug\n", &debug.finish())
        .replace("$note\n", &note.finish())
        .replace("$repr_bounds", &repr_bounds(spec))
        .replace("$path", path)
}

/// Implements a trait of `core::fmt` for variables, through the value.
fn format_trait(t: &mut Text, spec: &Spec, name: &str, load: &FormOf<'_>) {
    t.line("");
    let head = format!("impl<T: AtomicType + core::fmt::{name}> core::fmt::{name} for Atomic<T>");
    let format = |t: &mut Text| {
        t.block(
            "fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result",
            |t| t.line(format!("core::fmt::{name}::fmt(&self.load(Relaxed), f)")),
        );
    };
    if spec.is_on_all(load.meaning.class) {
        return t.block(&head, format);
    }
    t.line(head);
    t.line("where");
    t.line(format!("    T::Repr: {},", names::ops_trait(load.class)));
    t.line("{");
    t.indented(format);
    t.line("}");
}

/// What the representation of every type has: the operations that need nothing of a type.
fn repr_bounds(spec: &Spec) -> String {
    let classes = spec.types.classes.iter().enumerate();
    let all = classes.filter(|(index, c)| c.operand == Operand::Stored && spec.is_on_all(*index));
    let names: Vec<String> = all.map(|(_, class)| names::ops_trait(class)).collect();
    match names.is_empty() {
        true => "AtomicImpl".into(),
        false => names.join(" + "),
    }
}

fn modules(spec: &Spec, parts: Parts) -> String {
    let mut modules = vec![
        ("backend", ""),
        ("internal", ""),
        ("ordering", "pub "),
        ("pointer", ""),
        ("predefine", ""),
    ];
    if parts.barriers != Barriers::None {
        modules.push(("barrier", "pub "));
    }
    modules.extend(typed::names(spec).map(|name| (name, "")));
    if parts.raw {
        modules.push(("raw", "pub "));
    }
    if has_flag(spec) {
        modules.push(("flag", ""));
    }
    if parts.kunit {
        modules.push(("tests", "#[cfg(CONFIG_RUST_ATOMICS_KUNIT_TEST)]\n"));
    }
    modules.sort_unstable();
    modules
        .iter()
        .map(|(name, vis)| format!("{vis}mod {name};\n"))
        .collect()
}

/// The example that derives `AtomicType`, if the module has the derive.
fn derived(parts: Parts) -> &'static str {
    match parts.derive {
        Some(_) => include_str!("templates/derived.rs"),
        None => "",
    }
}

fn uses(spec: &Spec, parts: Parts) -> String {
    let mut uses = vec![
        "pub use ordering::{Acquire, Full, Relaxed, Release};\n".to_owned(),
        "pub use pointer::*;\n".to_owned(),
    ];
    if has_flag(spec) {
        uses.push("pub use flag::AtomicFlag;\n".to_owned());
    }
    uses.extend(parts.derive.map(|d| format!("pub use {d}::AtomicType;\n")));
    let ops = spec.types.classes.iter().map(names::ops_trait);
    let internal = ops
        .chain(["AtomicImpl".into(), "AtomicRepr".into()])
        .collect();
    let import = super::text::import("pub use internal", &internal);
    uses.push(import.replace("use pub use", "pub use"));
    uses.sort_unstable();
    uses.concat()
}

/// The trait that a type must implement to have a class, if the class needs one.
fn class_trait(t: &mut Text, spec: &Spec, index: usize, class: &Class) {
    if class.operand == Operand::Stored {
        return;
    }
    let types: Vec<String> = spec
        .types
        .types
        .iter()
        .filter(|ty| ty.classes.contains(&index))
        .map(|ty| format!("`{}`", ty.name))
        .collect();
    let have = if types.is_empty() {
        "no type has them".to_owned()
    } else {
        format!("the types that have them are {}", list(&types, "and"))
    };
    let (name, ops, title) = (
        names::class_trait(class),
        names::ops_trait(class),
        &class.title,
    );
    t.line("");
    t.doc(&format!("A type with {title} operations: {have}."));
    t.doc("");
    t.doc("# Safety");
    t.doc("");
    t.doc(
        "Every result that the operations of the class compute from values of the type, in the \
         arithmetic of its representation, is a value of the type. A type for which every bit \
         pattern is a value meets this requirement.",
    );
    on_unimplemented(
        t,
        &format!("`{{Self}}` has no atomic {title} operations"),
        &have,
    );
    t.line(format!(
        "pub unsafe trait {name}: AtomicType<Repr: {ops}> {{}}"
    ));
    let first = spec
        .types
        .classes
        .iter()
        .position(|c| c.operand == Operand::Delta);
    if first != Some(index) {
        return;
    }
    let all: Vec<String> = spec
        .types
        .classes
        .iter()
        .filter(|c| c.operand == Operand::Delta)
        .map(names::ops_trait)
        .collect();
    t.line("");
    t.doc(
        "A type to which a value of type `Rhs` can be added, and from which it can be subtracted.",
    );
    t.doc("");
    t.doc("# Safety");
    t.doc("");
    t.doc(
        "Adding a value that [`rhs_into_delta`](AtomicAdd::rhs_into_delta) returns to the bits of \
         any value of the type, or subtracting it from them, with wrapping, gives the bits of a \
         value of the type.",
    );
    let has = |method: &str| spec.typed_forms().any(|f| f.method() == method);
    let shows = spec.types.families.iter().any(|f| f.repr.rust() == "i32");
    if shows && has("add") && has("load") {
        t.doc("");
        t.doc("# Examples");
        t.doc("");
        t.doc_lines(ADD_EXAMPLE.lines());
    }
    on_unimplemented(t, "`{Self}` has no atomic arithmetic with `{Rhs}`", &have);
    let supertrait = format!("AtomicType<Repr: {}>", all.join(" + "));
    t.block(
        &format!("pub unsafe trait AtomicAdd<Rhs = Self>: {supertrait}"),
        |t| {
            t.doc("Converts `rhs` into the value that is added.");
            t.line("fn rhs_into_delta(rhs: Rhs) -> <Self::Repr as AtomicImpl>::Delta;");
        },
    );
}

/// An example that implements `AtomicAdd`.
const ADD_EXAMPLE: &str = "```
use $path::{Atomic, AtomicAdd, AtomicType, Relaxed};

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(transparent)]
struct Bytes(i32);

// SAFETY: `Bytes` has the layout and the values of an `i32`, and is `Send`.
unsafe impl AtomicType for Bytes {
    type Repr = i32;
}

// SAFETY: Every `i32` is a value of `Bytes`.
unsafe impl AtomicAdd<i32> for Bytes {
    fn rhs_into_delta(rhs: i32) -> i32 {
        rhs
    }
}

let sent = Atomic::new(Bytes(40));
sent.add(2, Relaxed);
assert_eq!(sent.load(Relaxed), Bytes(42));
```";

fn on_unimplemented(t: &mut Text, message: &str, have: &str) {
    t.line("#[diagnostic::on_unimplemented(");
    t.indented(|t| {
        t.line(format!("message = \"{message}\","));
        t.line("label = \"not an operation of this type\",");
        t.quoted("note", have);
    });
    t.line(")]");
}
