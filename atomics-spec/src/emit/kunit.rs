//! The KUnit suite of the kernel drop-in: every operation on every type in every ordering, once
//! where it stores and, if it can fail, once where it fails, as a method and on a raw pointer.
//! What is expected comes from the reference interpreter.

use super::sample::{bits, sample};
use super::text::Text;
use crate::expr::Kind;
use crate::interp::{self, Outcome};
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};
use crate::table::{ArgKind, Ordering};
use crate::types::Type;

/// The module.
pub fn module(spec: &Spec) -> String {
    let mut t = Text::default();
    t.inner_doc("KUnit tests of the atomic operations.");
    t.line("#[macros::kunit_tests(rust_atomics)]");
    t.block("mod tests", |t| {
        t.line("use super::super::*;");
        if spec.types.types.iter().any(Type::is_pointer) {
            t.lines(POINTERS);
        }
        for form in spec.typed_forms() {
            for ty in spec
                .types
                .types
                .iter()
                .filter(|t| t.classes.contains(&form.meaning.class))
            {
                t.line("");
                test(t, &form, ty);
            }
        }
    });
    t.finish()
}

/// Pointers to nothing, to compare.
const POINTERS: &str = "
fn at(address: usize) -> *const u8 {
    core::ptr::without_provenance(address)
}

fn at_mut(address: usize) -> *mut u8 {
    core::ptr::without_provenance_mut(address)
}
";

/// The tests of one operation on one type.
fn test(t: &mut Text, form: &FormOf<'_>, ty: &Type) {
    let stem = ty.name.replace('*', "ptr_");
    t.line("#[test]");
    t.block(&format!("fn {}_{stem}()", form.method()), |t| {
        let mut first = true;
        for wanted in [true, false] {
            let Some((memory, operands)) = sample(form, ty, wanted) else {
                continue;
            };
            for &ordering in form.orderings() {
                if !std::mem::take(&mut first) {
                    t.line("");
                }
                case(t, form, ty, ordering, (memory, &operands));
            }
        }
    });
}

/// One call as a method, and the same on a raw pointer.
fn case(t: &mut Text, form: &FormOf<'_>, ty: &Type, ordering: Ordering, given: (i64, &[i64])) {
    let (memory, operands) = given;
    let outcome = interp::run(form, bits(ty), memory, operands);
    let rust = rust_type(ty);
    let mut args: Vec<String> = operands.iter().map(|v| literal(ty, *v)).collect();
    for (arg, text) in form.op.operands().zip(&mut args) {
        if arg.kind == ArgKind::Pointer && !form.returns_result() {
            *text = format!("&mut {text}");
        }
    }
    args.push(ordering.name().into());
    let args = args.join(", ");
    let method = form.method();
    t.line(format!(
        "let x = Atomic::<{rust}>::new({});",
        literal(ty, memory)
    ));
    check(
        t,
        form,
        ty,
        &format!("x.{}({args})", rust_ident(&method)),
        &outcome,
        given,
    );
    t.line(format!(
        "assert_eq!({}, x.load(Relaxed));",
        literal(ty, outcome.memory)
    ));
    t.line(format!(
        "let x = Atomic::<{rust}>::new({});",
        literal(ty, memory)
    ));
    t.comment("SAFETY: The pointer is to a variable that nobody else has.");
    let function = rust_ident(&names::pointer_function(&method));
    let call = format!("unsafe {{ {function}(x.as_ptr(), {args}) }}");
    check(t, form, ty, &call, &outcome, given);
    t.line(format!(
        "assert_eq!({}, x.load(Relaxed));",
        literal(ty, outcome.memory)
    ));
}

/// The call with what it must return.
fn check(
    t: &mut Text,
    form: &FormOf<'_>,
    ty: &Type,
    call: &str,
    outcome: &Outcome,
    given: (i64, &[i64]),
) {
    let (memory, operands) = given;
    let expected = match (outcome.result, form.result().map(|r| r.kind())) {
        _ if form.returns_result() && outcome.stored => {
            let at = form.op.operands().position(|a| a.kind == ArgKind::Pointer);
            format!("Ok({})", literal(ty, operands[at.unwrap_or(0)]))
        }
        _ if form.returns_result() => format!("Err({})", literal(ty, memory)),
        (Some(value), Some(Kind::Truth)) => (value != 0).to_string(),
        (Some(value), _) => literal(ty, value),
        (None, _) => {
            t.line(format!("{call};"));
            return;
        }
    };
    // A call that may break a line stands alone.
    t.line(format!("let r = {call};"));
    t.line(format!("assert_eq!({expected}, r);"));
}

fn rust_type(ty: &Type) -> String {
    if ty.is_pointer() {
        format!("{} u8", ty.name)
    } else {
        ty.name.clone()
    }
}

/// A value of a type.
fn literal(ty: &Type, value: i64) -> String {
    match ty.name.as_str() {
        "bool" => (value != 0).to_string(),
        "*const" => format!("at({value})"),
        "*mut" => format!("at_mut({value})"),
        _ => value.to_string(),
    }
}
