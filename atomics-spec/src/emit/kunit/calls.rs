//! The calls that the tests make: for each form a function that gives all of them, in every
//! ordering, as a method and on a raw pointer.

use super::cases::returned_type;
use crate::emit::text::{CALL, Text, fresh};
use crate::emit::typed::Typed;
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};
use crate::table::{ArgKind, Ordering};

/// The name of the function.
pub(super) fn name(form: &FormOf<'_>) -> String {
    format!("{}_calls", form.method())
}

/// The module.
pub(super) fn module(spec: &Spec) -> String {
    let mut t = Text::default();
    t.inner_doc("The calls that are tested.");
    t.line("use super::super::*;");
    t.line("use super::table::{Call, Value};");
    for form in spec.typed_forms() {
        t.line("");
        function(&mut t, form);
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
    // What is added to a `T` is a `T`.
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

/// One call with what it is called.
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
        (format!("{function}({})", ordering.name()), call)
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
