//! The types and the values that tests use.
//!
//! Tests have 64-bit numbers. One number serves the types of all widths, because a test takes its
//! sign and its low bits: `MIN + 1` is `i8::MIN + 1` on an `i8`.

use std::collections::BTreeSet;

use crate::expr::Yields;
use crate::model::op::ArgKind;
use crate::model::ty::{Type, Width};
use crate::model::{FormOf, Spec};
use crate::names::rust_ident;

/// The types that have a form.
pub(super) fn types<'s>(spec: &'s Spec, form: &FormOf<'s>) -> impl Iterator<Item = &'s Type> {
    let class = form.meaning.class;
    let types = spec.types.types.iter();
    types.filter(move |t| t.classes.contains(&class))
}

/// A type as Rust writes it.
pub(super) fn rust_type(ty: &Type) -> String {
    if ty.is_pointer() {
        format!("{} u8", ty.name)
    } else {
        ty.name.clone()
    }
}

/// The widths that a type has, depending on the kernel.
pub(super) fn widths(ty: &Type) -> Vec<u32> {
    match ty.width() {
        Width::Bits(bits) => vec![bits],
        Width::Pointer => vec![32, 64],
    }
}

/// The numbers of the values that variables and operands take.
const NUMBERS: [i64; 9] = [
    0,
    1,
    2,
    -1,
    -2,
    i64::MIN,
    i64::MIN + 1,
    i64::MAX,
    i64::MAX - 1,
];

/// The condition under which C's implementations have different results, if they ever have.
pub(super) fn where_architectures_differ(spec: &Spec, form: &FormOf<'_>) -> Option<String> {
    let count = form.op.operands().count();
    let widths: BTreeSet<u32> = types(spec, form).flat_map(widths).collect();
    let names = [form.op.variable()].into_iter();
    let names = names.chain(form.op.operands().map(|a| a.name.as_str()));
    let names: Vec<String> = names.map(rust_ident).collect();
    let differs = |case: &Vec<i64>| {
        widths.iter().any(|&bits| {
            let values: Vec<i64> = case.iter().map(|n| narrow(*n, bits)).collect();
            !is_uniform(form, bits, values[0], &values[1..])
        })
    };
    let conditions: Vec<String> = tuples(&NUMBERS, count + 1)
        .into_iter()
        .filter(differs)
        .map(|case| {
            let equals = names.iter().zip(case);
            let equals = equals.map(|(name, n)| format!("{name} == T::integer({})", number(n)));
            equals.collect::<Vec<_>>().join(" && ")
        })
        .collect();
    (!conditions.is_empty()).then(|| conditions.join(" || "))
}

/// All lists of `count` values from `values`.
pub(super) fn tuples(values: &[i64], count: usize) -> Vec<Vec<i64>> {
    (0..count).fold(vec![Vec::new()], |lists, _| {
        let longer = |list: &Vec<i64>| {
            let list = list.clone();
            values
                .iter()
                .map(move |v| [list.as_slice(), &[*v]].concat())
        };
        lists.iter().flat_map(longer).collect()
    })
}

/// Whether all of C's implementations have the same result. They differ if the condition is an
/// order comparison of a value that wraps: the C fallback compares the wrapped value, but
/// instructions that subtract and branch on the sign of the exact difference compare the value
/// before wrapping (arm64's `atomic64_dec_if_positive()` with LSE, on the least value).
pub(super) fn is_uniform(form: &FormOf<'_>, bits: u32, memory: i64, operands: &[i64]) -> bool {
    let meaning = form.meaning;
    let Some(fails) = meaning.fails.as_ref().map(|f| meaning.expand(f)) else {
        return true;
    };
    let lookup = |name: &str| {
        let at = form.op.operands().position(|a| a.name == name);
        at.and_then(|i| operands.get(i)).copied().unwrap_or(memory)
    };
    !(fails.is_signed() && fails.overflows(bits, &lookup))
}

/// The type that a call returns.
pub(super) fn returned_type(form: &FormOf<'_>) -> String {
    if form.returns_result() {
        return "Result<T, T>".into();
    }
    let result = match form.result().map(|r| r.yields()) {
        Some(Yields::Truth) => "bool",
        Some(Yields::Value) => "T",
        None => "()",
    };
    match form.op.operands().any(|a| a.kind == ArgKind::Pointer) {
        true => format!("(T, {result})"),
        false => result.into(),
    }
}

/// The sign and the low bits of a number, as a value of width `bits`.
pub(super) fn narrow(number: i64, bits: u32) -> i64 {
    let least = i64::MIN >> (64 - bits);
    let rest = number & !least;
    if number < 0 { rest | least } else { rest }
}

/// A number as a table writes it.
pub(super) fn number(value: i64) -> String {
    match value {
        i64::MIN => "MIN".into(),
        i64::MAX => "MAX".into(),
        v if v < i64::MIN / 2 => format!("MIN + {}", v - i64::MIN),
        v if v > i64::MAX / 2 => format!("MAX - {}", i64::MAX - v),
        v => v.to_string(),
    }
}
