//! Generates the module `predefine`: which types are atomic, and which classes of operations they
//! have.

use std::collections::BTreeSet;

use super::text::Text;
use crate::model::Spec;
use crate::model::ty::{Operand, Type};
use crate::names;

/// The module.
pub fn module(spec: &Spec) -> String {
    let mut t = Text::default();
    let mut used: BTreeSet<String> = ["AtomicType".to_owned()].into();
    for ty in &spec.types.types {
        implement(&mut t, spec, ty, &mut used);
    }
    let mut head = Text::default();
    head.inner_doc("The primitive types that are atomic.");
    let has_pointer = spec.types.types.iter().any(Type::is_pointer);
    if has_pointer {
        head.line("use core::ffi::c_void;");
        head.line("");
    }
    head.finish() + &super::text::import("super", &used) + &t.finish()
}

fn implement(t: &mut Text, spec: &Spec, ty: &Type, used: &mut BTreeSet<String>) {
    let family = &spec.types.families[ty.family];
    let repr = family.repr.rust();
    let name = &ty.name;
    t.line("");
    let (head, proof) = match name.as_str() {
        "*const" | "*mut" => (
            format!("unsafe impl<T> AtomicType for {name} T"),
            format!(
                "`{name} T` with a `Sized` `T` has the size and the alignment of `{repr}`, and a \
                 cast to `{repr}` and back keeps address and provenance. A raw pointer is harmless \
                 until it is dereferenced in `unsafe` code."
            ),
        ),
        "bool" => (
            "unsafe impl AtomicType for bool".into(),
            format!(
                "A `bool` has the size and the alignment of `{repr}`, and its values are 0 and 1."
            ),
        ),
        _ if name == repr => (
            format!("unsafe impl AtomicType for {name}"),
            "The type is its own representation.".into(),
        ),
        _ => (
            format!("unsafe impl AtomicType for {name}"),
            format!(
                "`{name}` has the size and the alignment of `{repr}`, and every bit pattern is a \
                 value of both."
            ),
        ),
    };
    t.comment(&format!("SAFETY: {proof}"));
    t.block(&head, |t| t.line(format!("type Repr = {repr};")));
    let mut adds = false;
    for &index in &ty.classes {
        let class = &spec.types.classes[index];
        if class.operand == Operand::Stored {
            continue;
        }
        let class_trait = names::class_trait(class);
        used.insert(class_trait.clone());
        t.line("");
        t.comment("SAFETY: Every bit pattern is a value.");
        t.line(format!("unsafe impl {class_trait} for {name} {{}}"));
        // `AtomicAdd` is implemented once, even if several classes add.
        if class.operand == Operand::Delta && !std::mem::replace(&mut adds, true) {
            used.insert("AtomicAdd".into());
            t.line("");
            t.comment("SAFETY: Every bit pattern is a value, including that of a sum.");
            t.block(&format!("unsafe impl AtomicAdd<{name}> for {name}"), |t| {
                t.line("#[inline(always)]");
                t.block(&format!("fn rhs_into_delta(rhs: {name}) -> {repr}"), |t| {
                    t.line(if name == repr {
                        "rhs".into()
                    } else {
                        format!("rhs as {repr}")
                    });
                });
            });
        }
    }
}
