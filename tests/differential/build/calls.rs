//! Writes every legal call of every layer as data for the differential tests.

use std::fmt::Write as _;

use atomics_spec::expr::Yields;
use atomics_spec::model::op::{ArgKind, Form, Ordering};
use atomics_spec::model::ty::Type;
use atomics_spec::{FormOf, Spec, Variant, names};

/// Writes a function for each call, and the table of all calls. Both use the items of
/// `src/lib.rs`.
///
/// The functions are items rather than closures in the table: in an incremental build, checking the
/// types of one constant with thousands of closures takes longer than everything else together.
pub fn write_module(spec: &Spec) -> String {
    let mut calls = Calls::default();
    for variant in spec.variants() {
        calls.add_raw(&variant);
    }
    for form in spec.typed_forms() {
        for ty in spec
            .types
            .types
            .iter()
            .filter(|t| t.classes.contains(&form.meaning.class))
        {
            for &ordering in form.orderings() {
                calls.add_typed(&form, ty, ordering);
            }
        }
    }
    calls.finish()
}

/// The calls written so far.
#[derive(Default)]
struct Calls {
    count: usize,
    functions: String,
    table: String,
}

/// What a function does: an optional comment, and its statements.
struct Body {
    comment: Option<&'static str>,
    statements: Vec<String>,
}

impl Calls {
    /// The text of the module.
    fn finish(self) -> String {
        let Self {
            functions, table, ..
        } = self;
        format!("{functions}/// Every legal call.\npub const CALLS: &[Call] = &[\n{table}];\n")
    }

    /// Adds a call: its function, and its entry in the table.
    fn add(&mut self, layer: &str, name: &str, form: &FormOf<'_>, ty: &str, body: &Body) {
        let base = form.base();
        let function = format!("call_{}", self.count);
        self.count += 1;
        let operands = match form.op.operands().count() {
            0 => "_",
            _ => "a",
        };
        let _ = writeln!(
            self.functions,
            "fn {function}(x: Place<'_>, {operands}: &mut [i64]) -> Option<i64> {{"
        );
        if let Some(comment) = body.comment {
            let _ = writeln!(self.functions, "    // {comment}");
        }
        for statement in &body.statements {
            let _ = writeln!(self.functions, "    {statement}");
        }
        self.functions += "}\n\n";
        let _ = writeln!(
            self.table,
            "    Call {{\n        layer: Layer::{layer},\n        name: {name:?},\n        base: \
             {base:?},\n        ty: {ty:?},\n        run: {function},\n    }},"
        );
    }

    /// Adds the call of a function of the raw layer.
    fn add_raw(&mut self, v: &Variant<'_>) {
        let ty = match v.family.repr.rust() {
            "*const c_void" => "*const core::ffi::c_void",
            int => int,
        };
        let form = &v.of;
        let mut statements = Vec::new();
        let mut after = Vec::new();
        let mut args = Vec::new();
        for (index, arg) in form.op.operands().enumerate() {
            if arg.kind == ArgKind::Pointer {
                statements.push(format!("let mut p = {};", read_operand(index, ty)));
                after.push(format!("a[{index}] = p.to_word();"));
                args.push("&mut p".to_owned());
            } else {
                args.push(read_operand(index, ty));
            }
        }
        let call = format!("x.raw::<{ty}>().{}({})", v.function(), args.join(", "));
        let (call, result) = match form.result() {
            None => (format!("{call};"), "None"),
            Some(_) => (format!("let r = {call}.to_word();"), "Some(r)"),
        };
        statements.push(call);
        statements.extend(after);
        statements.push(result.to_owned());
        let body = Body {
            comment: None,
            statements,
        };
        self.add("Raw", &v.function(), form, ty, &body);
    }

    /// Adds the calls of a method of `Atomic<T>` and of the matching function on raw pointers.
    fn add_typed(&mut self, form: &FormOf<'_>, ty: &Type, ordering: Ordering) {
        let rust = rust_type(ty);
        let mut args: Vec<String> = (0..form.op.operands().count())
            .map(|index| read_operand(index, &rust))
            .collect();
        args.push(ordering.name().to_owned());
        let args = args.join(", ");
        let method = form.method();
        let calls = [
            (
                "Typed",
                None,
                format!("x.typed::<{rust}>().{}({args})", names::rust_ident(&method)),
            ),
            (
                "Pointer",
                Some("SAFETY: The variable is aligned, and only accessed atomically."),
                format!(
                    "unsafe {{ {}(x.pointer::<{rust}>(), {args}) }}",
                    names::pointer_function(&method)
                ),
            ),
        ];
        let name = format!("Atomic<{rust}>::{method}({})", ordering.name());
        for (layer, comment, call) in calls {
            let body = Body {
                comment,
                statements: use_result(form, &call),
            };
            self.add(layer, &name, form, &rust, &body);
        }
    }
}

/// The statements that make a call of the typed layers, and return its result as a word.
fn use_result(form: &FormOf<'_>, call: &str) -> Vec<String> {
    // Where C writes the old value through a pointer, these layers return it as a `Result`.
    if form.op.pointer().is_some() && matches!(form.form, Form::Truth(_)) {
        let at = form
            .op
            .operands()
            .position(|a| a.kind == ArgKind::Pointer)
            .unwrap_or(0);
        return vec![
            format!("let r = {call};"),
            format!("a[{at}] = r.unwrap_or_else(|found| found).to_word();"),
            "Some(r.is_ok().to_word())".to_owned(),
        ];
    }
    match form.result().map(|r| r.yields()) {
        None => vec![format!("{call};"), "None".to_owned()],
        Some(Yields::Value | Yields::Truth) => {
            vec![format!("let r = {call};"), "Some(r.to_word())".to_owned()]
        }
    }
}

/// The Rust source for a type.
fn rust_type(ty: &Type) -> String {
    if ty.is_pointer() {
        format!("{} u16", ty.name)
    } else {
        ty.name.clone()
    }
}

/// The expression that reads an operand as a value of a type.
fn read_operand(index: usize, ty: &str) -> String {
    format!("<{ty}>::from_word(a[{index}])")
}
