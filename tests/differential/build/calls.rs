//! Lists every legal call of every layer and calls with constant operands, and writes them as a
//! module.

use std::fmt::Write as _;

use atomics_spec::expr::Yields;
use atomics_spec::model::op::{ArgKind, Form, Ordering};
use atomics_spec::model::ty::Type;
use atomics_spec::{FormOf, Spec, Variant, names};

/// One way to call one operation, in one ordering, on one type.
pub struct Call<'s> {
    /// The interface: a variant of `Layer`.
    layer: &'static str,
    /// The name in test reports.
    name: String,
    /// The operation and its form.
    pub form: FormOf<'s>,
    /// The type of the variable.
    pub ty: String,
    /// The operands, if they are constants in the code.
    pub constants: Vec<i8>,
    /// The statements that make the call, and a comment before them.
    statements: Vec<String>,
    comment: Option<&'static str>,
}

impl Call<'_> {
    /// Whether it calls a function with C's name.
    pub fn is_raw(&self) -> bool {
        self.layer == "Raw"
    }

    /// How many operands it takes.
    pub fn operands(&self) -> usize {
        self.form.op.operands().count()
    }
}

/// Lists every legal call of every layer.
pub fn list(spec: &Spec) -> Vec<Call<'_>> {
    let mut calls: Vec<_> = spec.variants().map(|v| raw(v, Vec::new())).collect();
    for form in spec.typed_forms() {
        let has_form = |ty: &&Type| ty.classes.contains(&form.meaning.class);
        for ty in spec.types.types.iter().filter(has_form) {
            for &ordering in form.orderings() {
                calls.extend(typed(form, ty, ordering));
            }
        }
    }
    calls
}

/// The families that are called with constant operands: one for each way in which a backend passes
/// operands.
const CONSTANT_FAMILIES: [&str; 3] = ["atomic_i8", "atomic", "atomic64"];

/// Lists calls whose operands are constants. The compiler can hold a constant in a register that has
/// another purpose, or equal ones in the same register.
pub fn list_constant(spec: &Spec) -> Vec<Call<'_>> {
    let families = CONSTANT_FAMILIES.iter();
    let variants = families.flat_map(|family| spec.variants_of(family));
    let calls = variants.flat_map(|v| {
        let lists = constants(v.of.op.operands().count());
        lists.into_iter().map(move |operands| raw(v, operands))
    });
    calls.collect()
}

/// The lists of `count` constant operands.
fn constants(count: usize) -> Vec<Vec<i8>> {
    match count {
        0 => Vec::new(),
        1 => [0, 1, -1].map(|value| vec![value]).to_vec(),
        _ => {
            let pairs = [(0, 0), (1, 1), (-1, -1), (0, 1), (1, 0)];
            pairs
                .map(|(first, rest)| [vec![first], vec![rest; count - 1]].concat())
                .to_vec()
        }
    }
}

/// Writes a function for each call, and the tables of both kinds of call. All use the items of
/// `src/lib.rs`. `pointer` is the width of a pointer in bits.
///
/// The functions are items rather than closures in the tables: in an incremental build, checking the
/// types of one constant with thousands of closures takes longer than everything else together.
pub fn write_module(calls: &[Call<'_>], constant: &[Call<'_>], pointer: u32) -> String {
    let all = write_table(calls, "call", pointer);
    let constant = write_table(constant, "constant", pointer);
    format!(
        "{}/// Every legal call.\npub const CALLS: &[Call] = &[\n{}];\n\n{}/// Calls that ignore the \
         operands that they get, and have constant ones.\npub const CONSTANT_CALLS: &[Call] = \
         &[\n{}];\n",
        all.0, all.1, constant.0, constant.1
    )
}

/// Writes functions whose names begin with `prefix`, and the entries of their table.
fn write_table(calls: &[Call<'_>], prefix: &str, pointer: u32) -> (String, String) {
    let (mut functions, mut table) = (String::new(), String::new());
    for (index, call) in calls.iter().enumerate() {
        let Call {
            layer,
            name,
            ty,
            comment,
            statements,
            ..
        } = call;
        let uses_operands = statements.iter().any(|line| line.contains("a["));
        let parameter = if uses_operands { "a" } else { "_" };
        let _ = writeln!(
            functions,
            "fn {prefix}_{index}(x: Place<'_>, {parameter}: &mut [i64]) -> Option<i64> {{"
        );
        let comment = comment.map(|comment| format!("// {comment}"));
        for line in comment.iter().chain(statements) {
            let _ = writeln!(functions, "    {line}");
        }
        functions += "}\n\n";
        let base = call.form.base();
        let (bits, operands) = (bits(ty, pointer), call.operands());
        let _ = writeln!(
            table,
            "    Call {{ layer: Layer::{layer}, name: {name:?}, base: {base:?}, ty: {ty:?}, bits: \
             {bits}, operands: {operands}, run: {prefix}_{index} }},"
        );
    }
    (functions, table)
}

/// The width of a type in bits.
pub fn bits(ty: &str, pointer: u32) -> u32 {
    match ty {
        "bool" | "i8" | "u8" => 8,
        "i16" | "u16" => 16,
        "i32" | "u32" => 32,
        "i64" | "u64" => 64,
        _ => pointer,
    }
}

/// The call of a function with C's name, with `constants` as its operands, or, if there are none,
/// with those that it gets.
fn raw(v: Variant<'_>, constants: Vec<i8>) -> Call<'_> {
    let ty = match v.family.repr.rust() {
        "*const c_void" => "*const core::ffi::c_void",
        int => int,
    };
    let mut statements = Vec::new();
    let mut after = Vec::new();
    let mut args = Vec::new();
    for (index, arg) in v.of.op.operands().enumerate() {
        let operand = match constants.get(index) {
            Some(value) => format!("{value}_{ty}"),
            None => read_operand(index, ty),
        };
        if arg.kind == ArgKind::Pointer {
            statements.push(format!("let mut p = {operand};"));
            after.push(format!("a[{index}] = p.to_word();"));
            args.push("&mut p".to_owned());
        } else {
            args.push(operand);
        }
    }
    let call = format!("x.raw::<{ty}>().{}({})", v.function(), args.join(", "));
    let (call, result) = match v.of.result() {
        None => (format!("{call};"), "None"),
        Some(_) => (format!("let r = {call}.to_word();"), "Some(r)"),
    };
    statements.push(call);
    statements.extend(after);
    statements.push(result.to_owned());
    Call {
        layer: "Raw",
        name: v.function(),
        form: v.of,
        ty: ty.to_owned(),
        constants,
        statements,
        comment: None,
    }
}

/// The calls of a method of `Atomic<T>` and of the matching function on raw pointers.
fn typed<'s>(form: FormOf<'s>, ty: &Type, ordering: Ordering) -> [Call<'s>; 2] {
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
    calls.map(|(layer, comment, call)| Call {
        layer,
        name: format!("Atomic<{rust}>::{method}({})", ordering.name()),
        form,
        ty: rust.clone(),
        constants: Vec::new(),
        statements: use_result(&form, &call),
        comment,
    })
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
