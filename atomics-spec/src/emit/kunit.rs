//! The KUnit suite of the kernel drop-in: every operation on every type in every ordering, once
//! where it stores and, if it can fail, once where it fails, as a method and on a raw pointer.
//! What is expected comes from the reference interpreter.

use super::text::Text;
use crate::expr::Kind;
use crate::interp::{self, Outcome};
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};
use crate::table::{ArgKind, Form, Ordering};
use crate::types::{Type, Width};

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
        if arg.kind == ArgKind::Pointer && !returns_result(form) {
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
        _ if returns_result(form) && outcome.stored => {
            let at = form.op.operands().position(|a| a.kind == ArgKind::Pointer);
            format!("Ok({})", literal(ty, operands[at.unwrap_or(0)]))
        }
        _ if returns_result(form) => format!("Err({})", literal(ty, memory)),
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

/// Whether success is returned as a `Result`.
fn returns_result(form: &FormOf<'_>) -> bool {
    form.op.pointer().is_some() && matches!(form.form, Form::Truth(_))
}

fn bits(ty: &Type) -> u32 {
    match ty.width() {
        Width::Bits(bits) => bits,
        // What fits into 32 bits is the same in 64.
        Width::Pointer => 32,
    }
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

/// A value of the variable and operands with which the operation stores something new, or with
/// which it fails.
fn sample(form: &FormOf<'_>, ty: &Type, wanted: bool) -> Option<(i64, Vec<i64>)> {
    if !wanted && !form.can_fail() {
        return None;
    }
    let is_bool = ty.name == "bool";
    let shown = |value: i64| value >= 0 || !(ty.is_unsigned() || ty.is_pointer());
    let count = form.op.operands().count();
    let memories: &[i64] = if is_bool {
        &[0, 1]
    } else {
        &[42, 12, 1, 0, -1]
    };
    let choices: &[[i64; 3]] = match is_bool {
        true => &[[1, 0, 1], [0, 1, 0]],
        false => &[[10, 3, 5], [12, 7, 9], [1, 0, 2], [42, 43, 44]],
    };
    for &memory in memories.iter().filter(|m| shown(**m)) {
        for choice in choices {
            let operands: Vec<i64> = choice.iter().copied().cycle().take(count).collect();
            let outcome = interp::run(form, bits(ty), memory, &operands);
            let stored = outcome.stored || !form.can_fail();
            let shows = !wanted || form.form == Form::Load || outcome.memory != memory;
            let written = shown(outcome.memory) && outcome.result.is_none_or(shown);
            if stored == wanted && shows && written {
                return Some((memory, operands));
            }
        }
    }
    None
}
