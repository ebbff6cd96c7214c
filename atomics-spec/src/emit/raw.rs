//! Generates the module `raw`: one method for each C function, under the name of the function.

use super::docs::computes;
use super::example;
use super::signature::returns;
use super::text::Text;
use crate::model::op::{ArgKind, Form, Ordering};
use crate::model::ty::Repr;
use crate::model::{Spec, Variant};
use crate::names::{self, rust_ident};

/// The module; `path` is the path of the generated items in examples.
pub fn module(spec: &Spec, path: &str) -> String {
    let mut t = Text::default();
    t.inner_doc(
        "C's atomic functions: one method per function, under the function's name.\n\n\
         The types are C's `atomic_t`, `atomic64_t` and `atomic_long_t`, and variables that C\n\
         declares as plain values and accesses with macros such as `READ_ONCE()` and `xchg()`. A\n\
         method takes the arguments of the C function in the same order, without the variable. In\n\
         the descriptions, `v` is the value of the variable before the operation.",
    );
    if spec.types.families.iter().any(|f| f.repr == Repr::Pointer) {
        t.line("use core::ffi::c_void;");
        t.line("");
    }
    if spec.variants().next().is_some() {
        t.line("use super::backend;");
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
        t.line("");
        if family.repr == Repr::Pointer {
            t.line("#[allow(");
            t.indented(|t| {
                t.line("clippy::not_unsafe_ptr_arg_deref,");
                t.line(
                    "reason = \"pointer arguments are values to store and are never dereferenced\"",
                );
            });
            t.line(")]");
        }
        t.block(&format!("impl AtomicRepr<{repr}>"), |t| {
            let mut first = true;
            for variant in spec.variants_of(&family.name) {
                if !std::mem::take(&mut first) {
                    t.line("");
                }
                method(t, spec, &variant, path);
            }
        });
    }
    t.finish()
}

/// The ordering of a variant, as a sentence without its full stop.
fn ordering_sentence(v: &Variant<'_>) -> &'static str {
    match (v.of.form, v.ordering) {
        (Form::Void, _) => "Unordered",
        (_, Ordering::Full) => "Fully ordered",
        (_, Ordering::Acquire) => "Acquire ordering",
        (_, Ordering::Release) => "Release ordering",
        (_, Ordering::Relaxed) => "Relaxed ordering",
    }
}

fn method(t: &mut Text, spec: &Spec, v: &Variant<'_>, path: &str) {
    let op = v.of.op;
    t.doc(&computes(&v.of).join(" "));
    t.doc("");
    let mut strength = ordering_sentence(v).to_owned();
    strength.push_str(if v.of.can_fail() {
        "; unordered on failure."
    } else {
        "."
    });
    t.doc(&strength);
    example::section(t, &example::raw(spec, v, path));
    t.line("#[inline(always)]");
    let repr = v.family.repr.rust();
    let mut params = vec!["&self".to_owned()];
    params.extend(op.operands().map(|a| {
        let ty = if a.kind == ArgKind::Pointer {
            format!("&mut {repr}")
        } else {
            repr.into()
        };
        format!("{}: {ty}", rust_ident(&a.name))
    }));
    let ret = returns(&v.of, repr);
    t.signature(
        &format!("pub fn {}", v.function()),
        &params,
        ret.as_deref(),
        &[],
    );
    t.indented(|t| {
        let args: Vec<String> = op
            .args
            .iter()
            .map(|a| match a.kind {
                ArgKind::Variable { .. } => "self.as_ptr()".into(),
                _ => rust_ident(&a.name),
            })
            .collect();
        let end = if ret.is_some() { "" } else { ";" };
        let call = format!(
            "backend::{}::{}({})",
            names::backend_module(v.family),
            rust_ident(&v.name()),
            args.join(", ")
        );
        t.proven(
            "The pointers come from references, so they are valid and aligned. Other accesses to \
             the variable go through such references, or do not race with this one by the \
             contract of `from_ptr()`.",
            "",
            &call,
            end,
        );
    });
    t.line("}");
}
