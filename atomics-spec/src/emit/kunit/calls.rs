//! Generates the calls that the tests make: for each form a function that returns all its calls, in
//! every ordering, as a method and on a raw pointer. A form without a method is called in each
//! family under its C names.

use super::cases::{returned_type, types};
use crate::emit::text::{CALL, Text, fresh};
use crate::emit::typed::Typed;
use crate::expr::Yields;
use crate::model::op::{Arg, ArgKind, Ordering};
use crate::model::ty::{Family, Type};
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};

/// The name of the function.
pub(super) fn name(form: &FormOf<'_>) -> String {
    names::kunit_calls(&form.method())
}

/// The name of the function, in a family, of a form without a method.
fn raw_name(form: &FormOf<'_>, family: &Family) -> String {
    names::kunit_calls(&names::function(family, &form.base()))
}

/// The name of the function for a type.
pub(super) fn name_on(spec: &Spec, form: &FormOf<'_>, ty: &Type) -> String {
    match form.is_typed() {
        true => name(form),
        false => raw_name(form, &spec.types.families[ty.family]),
    }
}

/// The names of all functions.
pub(super) fn all_names(spec: &Spec) -> impl Iterator<Item = String> {
    spec.forms().flat_map(move |form| {
        let types = types(spec, &form).collect::<Vec<_>>();
        types.into_iter().map(move |ty| name_on(spec, &form, ty))
    })
}

/// The module.
pub(super) fn module(spec: &Spec) -> String {
    let mut t = Text::default();
    t.inner_doc("The calls that are tested.");
    t.line("use super::super::*;");
    t.line("use super::table::{Call, Value};");
    for form in spec.forms() {
        if form.is_typed() {
            t.line("");
            function(&mut t, form);
            continue;
        }
        for (index, family) in spec.types.families.iter().enumerate() {
            if types(spec, &form).any(|ty| ty.family == index) {
                t.line("");
                raw_function(&mut t, &form, family);
            }
        }
    }
    t.finish()
}

fn function(t: &mut Text, form: FormOf<'_>) {
    let method = form.method();
    t.doc(&format!(
        "`{method}` in every ordering, as a method and on a raw pointer."
    ));
    let head = format!("pub(super) fn {}<T>", name(&form));
    let ret = format!(
        "[Call<T, {}, {}>; {}]",
        form.op.operands().count(),
        returned_type(&form, "T"),
        2 * form.orderings().len()
    );
    let mut wheres = Typed { form }.wheres();
    // The tests add a `T` to a `T`.
    for bound in &mut wheres {
        *bound = bound.replace("<Rhs>", "");
    }
    wheres.insert(0, "T: Value".into());
    t.signature(&head, &[], Some(&ret), &wheres);
    t.indented(|t| {
        t.line("[");
        t.indented(|t| {
            for &ordering in form.orderings() {
                call(t, &form, ordering, false);
                call(t, &form, ordering, true);
            }
        });
        t.line("]");
    });
    t.line("}");
}

/// One call and its name in reports.
fn call(t: &mut Text, form: &FormOf<'_>, ordering: Ordering, on_pointer: bool) {
    let x = fresh("x", form.op);
    let result = fresh("result", form.op);
    let method = form.method();
    let function = names::pointer_function(&method);
    let is_out = |kind: ArgKind| kind == ArgKind::Pointer && !form.returns_result();
    let named = |out: &str| -> Vec<String> {
        let operands = form.op.operands().map(|a| {
            let out = if is_out(a.kind) { out } else { "" };
            format!("{out}{}", rust_ident(&a.name))
        });
        operands.collect()
    };
    let pattern = named("mut ").join(", ");
    let mut args = named("&mut ");
    args.push(ordering.name().into());
    let left: Vec<String> = form
        .op
        .operands()
        .filter(|a| is_out(a.kind))
        .map(|a| rust_ident(&a.name))
        .collect();
    let (label, call) = if on_pointer {
        args.insert(0, format!("{x}.as_ptr()"));
        let call = format!(
            "unsafe {{ {}({}) }}",
            rust_ident(&function),
            args.join(", ")
        );
        (format!("{function}(ptr, {})", ordering.name()), call)
    } else {
        let call = format!("{x}.{}({})", rust_ident(&method), args.join(", "));
        (format!("{method}({})", ordering.name()), call)
    };
    let closure = format!("|{x}, [{pattern}]|");
    let short = format!("\"{label}\", {closure} {call}");
    if !on_pointer && left.is_empty() && short.chars().count() <= CALL {
        t.line(format!("({short}),"));
        return;
    }
    t.line(format!("(\"{label}\", {closure} {{"));
    t.indented(|t| {
        if on_pointer {
            t.comment("SAFETY: The pointer is to a variable that is only accessed atomically.");
        }
        match left.first() {
            None => t.line(&call),
            Some(left) => {
                t.line(format!("let {result} = {call};"));
                t.line(format!("({left}, {result})"));
            }
        }
    });
    t.line("}),");
}

fn raw_function(t: &mut Text, form: &FormOf<'_>, family: &Family) {
    let base = names::function(family, &form.base());
    t.doc(&format!("`{base}` in every ordering."));
    let head = format!("pub(super) fn {}<T>", raw_name(form, family));
    let ret = format!(
        "[Call<T, {}, {}>; {}]",
        form.op.operands().count(),
        returned_type(form, "T"),
        form.orderings().len()
    );
    let repr = family.repr.rust().replace("c_void", "core::ffi::c_void");
    t.signature(
        &head,
        &[],
        Some(&ret),
        &[format!("T: Value<Repr = {repr}>")],
    );
    t.indented(|t| {
        t.line("[");
        t.indented(|t| {
            for variant in form.variants(family) {
                raw_call(t, form, &variant.function());
            }
        });
        t.line("]");
    });
    t.line("}");
}

/// One call of a C function, through the method of that name.
fn raw_call(t: &mut Text, form: &FormOf<'_>, function: &str) {
    let x = fresh("x", form.op);
    let result = fresh("result", form.op);
    let found = fresh("found", form.op);
    let is_pointer = |a: &&Arg| a.kind == ArgKind::Pointer;
    let pointer = form.op.operands().find(is_pointer);
    let names = form.op.operands().map(|a| rust_ident(&a.name));
    let pattern = names.collect::<Vec<_>>().join(", ");
    let args = form.op.operands().map(|a| match a.kind {
        ArgKind::Pointer => format!("&mut {found}"),
        _ => format!("into_repr({})", rust_ident(&a.name)),
    });
    let args: Vec<String> = args.collect();
    let typed = |t: &mut Text, before: &str, bits: &str, after: &str| {
        let proof = "As above, the bits are those of a `T`.";
        t.proven(proof, before, &format!("from_repr({bits})"), after);
    };
    let kind = form.result().map(|r| r.yields());
    let bind = format!("let {result} = ");
    let (before, after) = match (pointer, kind) {
        // The closure returns the result of the call.
        (None, Some(Yields::Truth)) => ("", ""),
        (_, None) => ("", ";"),
        _ => (bind.as_str(), ";"),
    };
    t.line(format!("(\"{function}\", |{x}, [{pattern}]| {{"));
    t.indented(|t| {
        let proof = "The types have the class of the operation, so the value that is stored is \
                     a `T`.";
        t.proven(proof, &format!("let {x} = "), &format!("{x}.as_raw()"), ";");
        if let Some(pointer) = pointer {
            let name = rust_ident(&pointer.name);
            t.line(format!("let mut {found} = into_repr({name});"));
        }
        t.call(before, &format!("{x}.{function}"), &args, after);
        if pointer.is_none() {
            if kind == Some(Yields::Value) {
                typed(t, "", &result, "");
            }
            return;
        }
        typed(t, &format!("let {found} = "), &found, ";");
        if form.returns_result() {
            t.line(format!("if {result} {{"));
            t.indented(|t| t.line(format!("Ok({found})")));
            t.line("} else {");
            t.indented(|t| t.line(format!("Err({found})")));
            t.line("}");
            return;
        }
        if kind == Some(Yields::Value) {
            typed(t, &bind, &result, ";");
        }
        let result = kind.map_or("()", |_| &result);
        t.line(format!("({found}, {result})"));
    });
    t.line("}),");
}
