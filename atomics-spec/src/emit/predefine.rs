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
    let is_row = |ty: &&Type| ty.is_integer();
    let (rows, others): (Vec<&Type>, Vec<&Type>) = spec.types.types.iter().partition(is_row);
    for ty in others {
        implement(&mut t, spec, ty);
    }
    if !rows.is_empty() {
        t.line("");
        t.lines(include_str!("templates/integers.rs"));
        t.line("");
        t.block("integers!", |t| {
            rows.iter().for_each(|ty| row(t, spec, ty, &mut used));
        });
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

/// An integer type as a row: its representation, the traits of its classes, and `AtomicAdd` if it
/// has sums.
fn row(t: &mut Text, spec: &Spec, ty: &Type, used: &mut BTreeSet<String>) {
    let repr = spec.types.families[ty.family].repr.rust();
    let classes = ty.classes.iter().map(|index| &spec.types.classes[*index]);
    let classes: Vec<_> = classes.filter(|c| c.operand != Operand::Stored).collect();
    let adds = classes.iter().any(|c| c.operand == Operand::Delta);
    let mut words: Vec<String> = vec![ty.name.clone(), "as".into(), repr.into()];
    let traits: Vec<String> = classes.into_iter().map(names::class_trait).collect();
    if !traits.is_empty() {
        words[2].push(':');
        words.extend(traits.iter().cloned());
    }
    if adds {
        words.last_mut().into_iter().for_each(|last| last.push(','));
        words.push("AtomicAdd".into());
        used.insert("AtomicAdd".into());
    }
    used.extend(traits);
    t.words(&words, ";");
}

/// The implementation for a type without sums: `bool` or a pointer.
fn implement(t: &mut Text, spec: &Spec, ty: &Type) {
    let repr = spec.types.families[ty.family].repr.rust();
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
        _ => (
            format!("unsafe impl AtomicType for {name}"),
            format!(
                "A `{name}` has the size and the alignment of `{repr}`, and its values are 0 and 1."
            ),
        ),
    };
    t.comment(&format!("SAFETY: {proof}"));
    t.block(&head, |t| t.line(format!("type Repr = {repr};")));
}
