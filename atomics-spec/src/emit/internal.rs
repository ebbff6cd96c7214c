//! Generates the module `internal`: the types that C's operations take, and the operations as
//! traits.

use super::docs::summary;
use super::example;
use super::sample::Values;
use super::signature::{operands, returns};
use super::text::{Text, fresh, list};
use crate::model::ty::{Family, Repr, Width};
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};

/// The module; `path` is the path of the generated items in examples.
pub fn module(spec: &Spec, path: &str) -> String {
    let has_pointer = spec.types.families.iter().any(|f| f.repr == Repr::Pointer);
    let imports = if has_pointer {
        "use core::ffi::c_void;\n"
    } else {
        ""
    };
    let reprs: Vec<String> = spec
        .types
        .families
        .iter()
        .map(|f| format!("`{}`", f.repr.rust()))
        .collect();
    let mut t = Text::default();
    for family in &spec.types.families {
        let repr = family.repr.rust();
        t.line("");
        t.block(&format!("impl private::Sealed for {repr}"), |t| {
            let aligned = match is_wide(family) {
                true => "private::Align8",
                false => "Self",
            };
            t.line(format!("type Aligned = {aligned};"));
        });
        t.line("");
        t.block(&format!("impl AtomicImpl for {repr}"), |t| {
            let delta = if family.repr == Repr::Pointer {
                "isize"
            } else {
                "Self"
            };
            t.line(format!("type Delta = {delta};"));
        });
    }
    for index in 0..spec.types.classes.len() {
        class(&mut t, spec, index, path);
    }
    let mut title = Text::default();
    title.doc(&format!(
        "A type that C's atomic operations take: {}.",
        list(&reprs, "and")
    ));
    let values = example::family(spec, |_| true).map(Values::of_family);
    let import = values.and_then(Values::import);
    let use_values = import.map_or(String::new(), |line| format!("    /// {line}\n"));
    let literal = |value: i64| values.map_or(String::new(), |v| v.typed_literal(value));
    let aligned = match spec.types.families.iter().any(is_wide) {
        true => ALIGN_8,
        false => "",
    };
    let head = include_str!("templates/internal.rs")
        .replace("$aligned", aligned)
        .replace("$imports\n", imports)
        .replace("    /// $use_values\n", &use_values)
        .replace("$one", &literal(1))
        .replace("$two", &literal(2))
        .replace("$impl\n", &title.finish())
        .replace("$path", path);
    format!("{head}{}", t.finish())
}

/// Whether the values can be wider than a pointer; their alignment can then be below their size.
fn is_wide(family: &Family) -> bool {
    family.width == Width::Bits(64)
}

/// The declaration of a type with the alignment of a 64-bit variable.
const ALIGN_8: &str = "
    /// A type with the alignment of a 64-bit variable.
    #[repr(C, align(8))]
    pub struct Align8([u64; 0]);
";

/// The trait of a class, and its implementation for each family that has the class.
fn class(t: &mut Text, spec: &Spec, index: usize, path: &str) {
    let class = &spec.types.classes[index];
    let forms: Vec<_> = spec.forms().filter(|f| f.meaning.class == index).collect();
    let name = names::ops_trait(class);
    t.line("");
    t.doc(&format!(
        "The {} operations, under their C names.",
        class.title
    ));
    t.doc("");
    t.doc("The trait is sealed.");
    if let Some(example) = forms.iter().find_map(|f| example::ops(spec, f, path)) {
        example::section(t, &example);
    }
    t.block(&format!("pub trait {name}: AtomicImpl"), |t| {
        for (at, form) in forms.iter().enumerate() {
            for (n, &ordering) in form.orderings().iter().enumerate() {
                if at + n > 0 {
                    t.line("");
                }
                let variant = names::variant(form.op, form.form, ordering);
                t.doc(&summary(form, ordering));
                method(t, form, &variant, ";");
            }
        }
    });
    for family in spec
        .types
        .families
        .iter()
        .filter(|f| f.classes.contains(&index))
    {
        t.line("");
        t.block(&format!("impl {name} for {}", family.repr.rust()), |t| {
            let mut first = true;
            for v in forms.iter().flat_map(|f| f.variants(family)) {
                if !std::mem::take(&mut first) {
                    t.line("");
                }
                t.line("#[inline(always)]");
                method(t, &v.of, &v.name(), " {");
                let args: Vec<_> = v.of.op.operands().map(|a| rust_ident(&a.name)).collect();
                let end = if v.of.result().is_some() { "" } else { ";" };
                let callee = format!("{}.{}", fresh("this", v.of.op), v.function());
                t.indented(|t| t.call("", &callee, &args, end));
                t.line("}");
            }
        });
    }
}

fn method(t: &mut Text, form: &FormOf<'_>, variant: &str, end: &str) {
    let mut params = vec![format!("{}: &AtomicRepr<Self>", fresh("this", form.op))];
    params.extend(operands(form, "Self"));
    let ret = returns(form, "Self");
    let head = format!("fn {}", names::trait_method(variant));
    t.signature_ending(&head, &params, ret.as_deref(), &[], end);
}
