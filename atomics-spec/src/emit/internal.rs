//! Generates the module `internal`: the types that C's operations take, and the operations as
//! traits.

use super::accesses;
use super::docs::summary;
use super::example;
use super::sample::Values;
use super::signature::{operands, returns};
use super::text::{Text, fresh, list};
use crate::model::op::ArgKind;
use crate::model::ty::{Family, Repr, Width};
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};

/// The module; `path` is the path of the generated items in examples.
pub fn module(spec: &Spec, typed: bool, path: &str) -> String {
    let has_pointer = spec.types.families.iter().any(|f| f.repr == Repr::Pointer);
    let mut imports = String::new();
    if has_pointer {
        imports += "use core::ffi::c_void;\n";
    }
    if spec.variants().next().is_some() {
        let all = (0..spec.types.classes.len()).filter(|class| has_variants(spec, *class));
        let all = all.flat_map(|class| {
            // Functions on raw pointers do not use the module `typed`.
            let mixed = accesses::is_mixed(spec, typed, class).then_some("backend");
            mixed
                .into_iter()
                .chain([accesses::module_of(spec, typed, class)])
        });
        imports += &format!("\n{}\n\n", accesses::import(&all.collect()));
    }
    let reprs: Vec<String> = spec
        .types
        .families
        .iter()
        .map(|f| format!("`{}`", f.repr.rust()))
        .collect();
    let mut t = Text::default();
    represent(&mut t, spec);
    if spec.forms().next().is_some() {
        t.line("");
        t.lines(include_str!("templates/operations.rs"));
    }
    for index in 0..spec.types.classes.len() {
        class(&mut t, spec, typed, index, path);
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
        .replace("$imports\n", &imports)
        .replace("    /// $use_values\n", &use_values)
        .replace("$sized", accesses::Sizes::new(typed).contract)
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

/// The types that C's operations take, as rows.
fn represent(t: &mut Text, spec: &Spec) {
    t.line("");
    t.lines(include_str!("templates/represent.rs"));
    t.line("");
    t.block("represent!", |t| {
        for family in &spec.types.families {
            let aligned = match is_wide(family) {
                true => "private::Align8",
                false => "Self",
            };
            let delta = match family.repr {
                Repr::Pointer => "isize",
                Repr::Int(_) => "Self",
            };
            let repr = family.repr.rust();
            t.line(format!("{repr}: Aligned = {aligned}, Delta = {delta};"));
        }
    });
}

/// The trait of a class, and its implementation for each family that has the class.
fn class(t: &mut Text, spec: &Spec, typed: bool, index: usize, path: &str) {
    let class = &spec.types.classes[index];
    let forms: Vec<_> = spec.forms().filter(|f| f.meaning.class == index).collect();
    let name = names::ops_trait(class);
    let mut head = Text::default();
    head.doc(&format!(
        "The {} operations, under their C names.",
        class.title
    ));
    head.doc("");
    head.doc("The trait is sealed.");
    if let Some(example) = forms.iter().find_map(|f| example::ops(spec, f, path)) {
        example::section(&mut head, &example);
    }
    let head = head.finish();
    let is_mixed = accesses::is_mixed(spec, typed, index);
    let base = match is_mixed {
        true => names::mixed_trait(class),
        false => "AtomicImpl".into(),
    };
    t.line("");
    if forms.is_empty() {
        t.lines(&head);
        t.line(format!("pub trait {name}: AtomicImpl {{}}"));
        for family in &spec.types.families {
            if family.classes.contains(&index) {
                t.line("");
                t.line(format!("impl {name} for {} {{}}", family.repr.rust()));
            }
        }
        return;
    }
    t.block("operations!", |t| {
        t.lines(&head);
        t.block(&format!("pub trait {name}: {base}"), |t| {
            for form in &forms {
                for &ordering in form.orderings() {
                    t.doc(&summary(form, ordering));
                    let variant = names::variant(form.op, form.form, ordering);
                    row(t, form, &variant, &names::trait_method(&variant));
                }
            }
        });
        let backend = accesses::module_of(spec, typed, index);
        implementations(t, spec, index, backend);
    });
    if is_mixed {
        mixed(t, spec, index, &base, &forms);
    }
}

/// The families with a class, each with its module in the backend.
fn implementations(t: &mut Text, spec: &Spec, index: usize, backend: &str) {
    for family in &spec.types.families {
        if family.classes.contains(&index) {
            let module = names::backend_module(family);
            let repr = family.repr.rust();
            t.line(format!("impl {repr} => {backend}::{module};"));
        }
    }
}

/// The hidden trait with the loads and stores of a class for functions on raw pointers.
fn mixed(t: &mut Text, spec: &Spec, index: usize, name: &str, forms: &[FormOf<'_>]) {
    t.line("");
    t.block("operations!", |t| {
        t.doc(
            "The loads and stores of variables that may be accessed in several sizes; not part of \
             the interface.",
        );
        t.line("#[doc(hidden)]");
        t.block(&format!("pub trait {name}: AtomicImpl"), |t| {
            for form in forms.iter().filter(|form| accesses::is_form(form.form)) {
                for &ordering in form.orderings() {
                    t.doc(&summary(form, ordering));
                    let variant = names::variant(form.op, form.form, ordering);
                    row(t, form, &variant, &names::mixed_method(&variant));
                }
            }
        });
        implementations(t, spec, index, "backend");
    });
}

/// Whether a family has operations of a class.
fn has_variants(spec: &Spec, class: usize) -> bool {
    spec.variants().any(|v| v.of.meaning.class == class)
}

/// The method `method`, and the backend's function with its arguments in their order in C.
fn row(t: &mut Text, form: &FormOf<'_>, variant: &str, method: &str) {
    let this = fresh("this", form.op);
    let params: Vec<String> = [vec![this.clone()], operands(form, "Self")].concat();
    let ret = returns(form, "Self").map_or(String::new(), |ret| format!(" -> {ret}"));
    let args = form.op.args.iter().map(|arg| match arg.kind {
        ArgKind::Variable { .. } => format!("{this}.as_ptr()"),
        _ => rust_ident(&arg.name),
    });
    let args: Vec<String> = args.collect();
    let head = format!("fn {method}({}){ret}", params.join(", "));
    let call = format!("{}({});", rust_ident(variant), args.join(", "));
    t.joined(&format!("{head} ="), &call);
}
