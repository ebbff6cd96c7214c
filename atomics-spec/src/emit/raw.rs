//! Generates the module `raw`: one method for each C function, under the name of the function. A row
//! names the functions of all families that have the same example.

use std::collections::BTreeSet;

use super::accesses;
use super::docs::computes;
use super::example::{self, Raw};
use super::text::Text;
use crate::expr::Yields;
use crate::model::op::{ArgKind, Form, Ordering};
use crate::model::ty::{Family, Repr};
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};

/// The module; `path` is the path of the generated items in examples.
pub fn module(spec: &Spec, typed: bool, path: &str) -> String {
    let mut t = Text::default();
    let mut doc = "C's atomic functions: one method per function, under the function's name.\n\n\
         The types are C's `atomic_t`, `atomic64_t` and `atomic_long_t`, and variables that C\n\
         declares as plain values and accesses with macros such as `READ_ONCE()` and `xchg()`. A\n\
         method takes the arguments of the C function in the same order, without the variable. In\n\
         the descriptions, `v` is the value of the variable before the operation.\n\n\
         They are not listed, so that a search for a C name finds the method of\n\
         [`Atomic`](super::Atomic), whose documentation holds for them, too."
        .to_owned();
    doc += &port(spec, path);
    t.inner_doc(&doc);
    if spec.types.families.iter().any(|f| f.repr == Repr::Pointer) {
        t.line("use core::ffi::c_void;");
        t.line("");
    }
    if spec.variants().next().is_some() {
        let all = spec
            .variants()
            .map(|v| accesses::module_of(spec, typed, v.of.meaning.class));
        let modules: BTreeSet<&str> = all.collect();
        t.line(accesses::import(&modules));
    }
    t.line("use super::internal::AtomicRepr;");
    for family in &spec.types.families {
        let name = names::raw_type(family);
        let repr = family.repr.rust();
        t.line("");
        let what = match &family.c_object {
            Some(object) => format!("C's `{object}`."),
            None => format!("A variable that C declares as `{}`.", family.c_value),
        };
        t.doc(&what);
        t.line("#[allow(non_camel_case_types, reason = \"it is C's name\")]");
        t.line(format!("pub type {name} = AtomicRepr<{repr}>;"));
    }
    if spec.variants().next().is_some() {
        t.line("");
        t.lines(&include_str!("templates/functions.rs").replace("$path", path));
    }
    for index in 0..spec.types.classes.len() {
        class(&mut t, spec, typed, index);
    }
    t.finish()
}

/// What the module is for, with a function of C as an example, if the tables have what it calls.
fn port(spec: &Spec, path: &str) -> String {
    let calls = [
        "atomic_read",
        "atomic_add",
        "atomic_dec_and_test",
        "atomic_cmpxchg_acquire",
    ];
    if calls.iter().any(|name| spec.find(name).is_none()) {
        return String::new();
    }
    format!(
        "\n\n\
         It is for code that is ported from C a line at a time, and compared with it: the ordering is\n\
         in the name, as in C, and a result is what C's is, so that `atomic_cmpxchg()` returns the\n\
         value that it found. New code is shorter, and checked by the compiler for orderings that\n\
         there are, with the methods of [`Atomic`](super::Atomic).\n\n\
         # Examples\n\n\
         In C:\n\n\
         ```c\n\
         atomic_add(2, &users);\n\
         if (atomic_dec_and_test(&users))\n\
         \x20       release();\n\
         if (atomic_cmpxchg_acquire(&owner, 0, id) == 0)\n\
         \x20       enter();\n\
         ```\n\n\
         The same in Rust:\n\n\
         ```\n\
         use {path}::raw::atomic_t;\n\n\
         # fn release() {{ unreachable!() }}\n\
         # fn enter() {{}}\n\
         # let id = 7;\n\
         let (users, owner) = (atomic_t::new(1), atomic_t::new(0));\n\
         users.atomic_add(2);\n\
         if users.atomic_dec_and_test() {{\n\
         \x20   release();\n\
         }}\n\
         if owner.atomic_cmpxchg_acquire(0, id) == 0 {{\n\
         \x20   enter();\n\
         }}\n\
         # assert_eq!((users.atomic_read(), owner.atomic_read()), (2, 7));\n\
         ```"
    )
}

/// The functions of a class: for each set of families with the same examples, the rows.
fn class(t: &mut Text, spec: &Spec, typed: bool, index: usize) {
    let forms: Vec<FormOf<'_>> = spec.forms().filter(|f| f.meaning.class == index).collect();
    if forms.is_empty() {
        return;
    }
    let mut sets: Vec<(Vec<Option<Raw>>, Vec<&Family>)> = Vec::new();
    let families = spec.types.families.iter();
    for family in families.filter(|f| f.classes.contains(&index)) {
        let of_form = |f: &FormOf<'_>| example::raw(spec, f, family);
        let examples: Vec<Option<Raw>> = forms.iter().map(of_form).collect();
        match sets.iter_mut().find(|(known, _)| *known == examples) {
            Some((_, set)) => set.push(family),
            None => sets.push((examples, vec![family])),
        }
    }
    for (examples, families) in &sets {
        t.line("");
        t.comment(&format!(
            "The {} functions.",
            spec.types.classes[index].title
        ));
        t.block("functions!", |t| {
            t.block("families", |t| {
                let backend = accesses::module_of(spec, typed, index);
                families
                    .iter()
                    .for_each(|family| entry(t, spec, backend, family));
            });
            for (form, example) in forms.iter().zip(examples) {
                rows(t, form, families, example.as_ref());
            }
        });
    }
}

/// What the macro must know of a family: its Rust type, the module of its functions, its C type,
/// the function that reads it, and what its examples import.
fn entry(t: &mut Text, spec: &Spec, backend: &str, family: &Family) {
    let read = spec
        .forms()
        .find(|f| f.form == Form::Load && f.is_in(family));
    let read = read.map_or("_".into(), |read| {
        let variant = names::variant(read.op, read.form, Ordering::Relaxed);
        names::function(family, &variant)
    });
    let import = example::import_of(family);
    let import = import.map_or(String::new(), |line| format!("{line}\n"));
    let words = [
        format!("{}:", family.repr.rust()),
        format!("({backend}::{},", names::backend_module(family)),
        format!("{},", names::raw_type(family)),
        format!("{read},"),
        format!("{import:?})"),
    ];
    t.words(&words, ",");
}

/// The ordering of a variant, as a sentence without its full stop.
fn ordering_sentence(form: Form, ordering: Ordering) -> &'static str {
    match (form, ordering) {
        (Form::Void, _) => "Unordered",
        (_, Ordering::Full) => "Fully ordered",
        (_, Ordering::Acquire) => "Acquire ordering",
        (_, Ordering::Release) => "Release ordering",
        (_, Ordering::Relaxed) => "Relaxed ordering",
    }
}

/// The functions of a form: what they share, and a row per ordering.
fn rows(t: &mut Text, form: &FormOf<'_>, families: &[&Family], example: Option<&Raw>) {
    let op = form.op;
    let kind = |kind: ArgKind| match kind {
        ArgKind::Pointer => "pointer",
        _ => "value",
    };
    let this = rust_ident(op.variable());
    let operands = op.operands();
    let operands = operands.map(|a| format!(", {}: {}", rust_ident(&a.name), kind(a.kind)));
    let operands: String = operands.collect();
    let ret = match form.result().map(|result| result.yields()) {
        None => "",
        Some(Yields::Truth) => " -> truth",
        Some(Yields::Value) => " -> value",
    };
    let args: Vec<String> = op.args.iter().map(|a| rust_ident(&a.name)).collect();
    t.line("");
    t.line("{");
    t.indented(|t| {
        t.doc(&computes(form).join(" "));
        t.line(format!(
            "fn({this}{operands}){ret} = ({});",
            args.join(", ")
        ));
        if let Some(example) = example {
            t.line(format!("example {{ {} }}", example.tokens()));
        }
    });
    t.line("} => {");
    t.indented(|t| {
        for &ordering in form.orderings() {
            let failure = match form.can_fail() {
                true => "; unordered on failure.",
                false => ".",
            };
            let variant = names::variant(op, form.form, ordering);
            t.line(format!(
                "{}, \"{}{failure}\":",
                rust_ident(&variant),
                ordering_sentence(form.form, ordering)
            ));
            let functions = families.iter().map(|f| names::function(f, &variant));
            t.indented(|t| t.words(&functions.collect::<Vec<_>>(), ";"));
        }
    });
    t.line("}");
}
