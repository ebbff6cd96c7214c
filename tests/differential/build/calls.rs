//! Every legal call, of every layer, as data for the differential tests.

use std::fmt::Write as _;

use atomics_spec::expr::Yields;
use atomics_spec::model::op::{ArgKind, Form, Ordering};
use atomics_spec::model::ty::Type;
use atomics_spec::{FormOf, Spec, Variant, names};

/// The table of calls; what it refers to is in `src/calls.rs`.
pub fn module(spec: &Spec) -> String {
    let mut out = "/// Every legal call.\npub const CALLS: &[Call] = &[\n".to_owned();
    for variant in spec.variants() {
        raw(&mut out, &variant);
    }
    for form in spec.typed_forms() {
        for ty in spec
            .types
            .types
            .iter()
            .filter(|t| t.classes.contains(&form.meaning.class))
        {
            for &ordering in form.orderings() {
                typed(&mut out, &form, ty, ordering);
            }
        }
    }
    out + "];\n"
}

/// A Rust type as it is written.
fn rust_type(ty: &Type) -> String {
    if ty.is_pointer() {
        format!("{} u16", ty.name)
    } else {
        ty.name.clone()
    }
}

fn entry(out: &mut String, layer: &str, name: &str, form: &FormOf<'_>, ty: &str, body: &str) {
    let base = form.base();
    let a = if form.op.operands().count() > 0 {
        "a"
    } else {
        "_"
    };
    let _ = writeln!(
        out,
        "    Call {{\n        layer: Layer::{layer},\n        name: {name:?},\n        base: \
         {base:?},\n        ty: {ty:?},\n        run: |x, {a}| {{\n            {body}\n        \
         }},\n    }},"
    );
}

fn operand(index: usize, ty: &str) -> String {
    format!("<{ty}>::from_word(a[{index}])")
}

fn raw(out: &mut String, v: &Variant<'_>) {
    let ty = match v.family.repr.rust() {
        "*const c_void" => "*const core::ffi::c_void",
        int => int,
    };
    let form = &v.of;
    let mut before = String::new();
    let mut after = String::new();
    let mut args = Vec::new();
    for (index, arg) in form.op.operands().enumerate() {
        if arg.kind == ArgKind::Pointer {
            let _ = write!(before, "let mut p = {}; ", operand(index, ty));
            let _ = write!(after, "a[{index}] = p.to_word(); ");
            args.push("&mut p".to_owned());
        } else {
            args.push(operand(index, ty));
        }
    }
    let call = format!("x.raw::<{ty}>().{}({})", v.function(), args.join(", "));
    entry(
        out,
        "Raw",
        &v.function(),
        form,
        ty,
        &body(form, &before, &call, &after),
    );
}

/// The statements around a call.
fn body(form: &FormOf<'_>, before: &str, call: &str, after: &str) -> String {
    match form.result() {
        None => format!("{before}{call}; {after}None"),
        Some(_) => format!("{before}let r = {call}.to_word(); {after}Some(r)"),
    }
}

fn typed(out: &mut String, form: &FormOf<'_>, ty: &Type, ordering: Ordering) {
    let rust = rust_type(ty);
    let results = form.op.pointer().is_some() && matches!(form.form, Form::Truth(_));
    let mut args: Vec<String> = (0..form.op.operands().count())
        .map(|index| operand(index, &rust))
        .collect();
    args.push(ordering.name().to_owned());
    let method = form.method();
    let ident = names::rust_ident(&method);
    let calls = [
        (
            "Typed",
            format!("x.typed::<{rust}>().{ident}({})", args.join(", ")),
        ),
        (
            "Pointer",
            format!(
                "// SAFETY: The variable is aligned, and only accessed atomically.\n            \
                 unsafe {{ {}(x.pointer::<{rust}>(), {}) }}",
                names::pointer_function(&method),
                args.join(", ")
            ),
        ),
    ];
    for (layer, call) in calls {
        let name = format!("Atomic<{rust}>::{method}({})", ordering.name());
        // A comment must stand right above its block.
        let (comment, call) = match call.split_once('\n') {
            Some((comment, call)) => (
                format!("{comment}\n            "),
                call.trim_start().to_owned(),
            ),
            None => (String::new(), call),
        };
        let body = match form.result().map(|r| r.yields()) {
            _ if results => {
                let at = form
                    .op
                    .operands()
                    .position(|a| a.kind == ArgKind::Pointer)
                    .unwrap_or(0);
                format!(
                    "{comment}let r = {call};\n            a[{at}] = \
                     r.unwrap_or_else(|found| found).to_word();\n            \
                     Some(r.is_ok().to_word())"
                )
            }
            None => format!("{comment}{call};\n            None"),
            Some(Yields::Value | Yields::Truth) => {
                format!("{comment}let r = {call};\n            Some(r.to_word())")
            }
        };
        entry(out, layer, &name, form, &rust, &body);
    }
}
