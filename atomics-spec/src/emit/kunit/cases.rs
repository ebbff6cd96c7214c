//! The tables of test cases: the value before, the operands, the value afterwards, and the result,
//! as the reference interpreter computes them.
//!
//! A table has 64-bit numbers. One table serves the types of all widths, because a test takes the
//! sign and the low bits of a number: `MIN + 1` is `i8::MIN + 1` on an `i8`. The interpreter
//! computes at a type's own width, and its values are converted to such numbers; types whose tables
//! then differ have tables of their own.

use crate::expr::Yields;
use crate::interp::{self, Outcome};
use crate::model::op::ArgKind;
use crate::model::ty::{Type, Width};
use crate::model::{FormOf, Spec};

/// The cases of a form, and the types for which they hold.
pub(super) struct Group<'s> {
    /// The types.
    pub types: Vec<&'s Type>,
    /// The cases, as tuples of Rust.
    pub cases: Vec<String>,
}

/// The types that have a form.
pub(super) fn types<'s>(spec: &'s Spec, form: &FormOf<'s>) -> impl Iterator<Item = &'s Type> {
    let class = form.meaning.class;
    let types = spec.types.types.iter();
    types.filter(move |t| t.classes.contains(&class))
}

/// The tables of a form; the one for most types comes first.
pub(super) fn groups<'s>(spec: &'s Spec, form: &FormOf<'s>) -> Vec<Group<'s>> {
    let mut groups: Vec<Group<'s>> = Vec::new();
    for ty in types(spec, form) {
        let cases = cases(form, ty);
        match groups.iter_mut().find(|g| g.cases == cases) {
            Some(group) => group.types.push(ty),
            None => groups.push(Group {
                types: vec![ty],
                cases,
            }),
        }
    }
    groups.sort_by_key(|g| std::cmp::Reverse(g.types.len()));
    groups
}

/// The widths that a type has, depending on the kernel.
pub(super) fn widths(ty: &Type) -> Vec<u32> {
    match ty.width() {
        Width::Bits(bits) => vec![bits],
        Width::Pointer => vec![32, 64],
    }
}

fn cases(form: &FormOf<'_>, ty: &Type) -> Vec<String> {
    let is_bool = ty.name == "bool";
    let count = form.op.operands().count();
    let (memories, values): (&[i64], &[i64]) = match (is_bool, count) {
        (true, _) => (&[0, 1], &[0, 1]),
        // All values in memory with all lists of operands; fewer if there are several operands.
        (false, 0 | 1) => (&MEMORIES, &EDGES),
        (false, _) => (&EDGES, &EDGES),
    };
    let widths = widths(ty);
    let mut cases = Vec::new();
    for &memory in memories {
        for operands in tuples(values, count) {
            let mut texts = widths
                .iter()
                .map(|&bits| case(form, bits, memory, &operands));
            let first = texts.next().flatten();
            // A case that differs between the two widths of a pointer is left out.
            if let Some(first) = first.filter(|f| texts.all(|t| t.as_ref() == Some(f))) {
                cases.push(first);
            }
        }
    }
    cases
}

/// The limits of arithmetic.
const EDGES: [i64; 5] = [0, 1, -1, i64::MIN, i64::MAX];
/// The limits and the values next to them.
const MEMORIES: [i64; 9] = [
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

/// One case at one width; none if C's result differs between implementations.
fn case(form: &FormOf<'_>, bits: u32, memory: i64, operands: &[i64]) -> Option<String> {
    let at = |number: i64| narrow(number, bits);
    let (start, given) = (
        at(memory),
        operands.iter().map(|o| at(*o)).collect::<Vec<_>>(),
    );
    if !is_uniform(form, bits, start, &given) {
        return None;
    }
    let outcome = interp::run(form, bits, start, &given);
    let list: Vec<String> = operands.iter().map(|o| number(*o)).collect();
    Some(format!(
        "({}, [{}], {}, {})",
        number(memory),
        list.join(", "),
        number(widen(outcome.memory, bits)),
        returned(form, &outcome, start, bits)
    ))
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

/// The result of a case, as a table writes it.
fn returned(form: &FormOf<'_>, outcome: &Outcome, memory: i64, bits: u32) -> String {
    let say = |value: i64| number(widen(value, bits));
    if form.returns_result() {
        // `Ok` has the expected value, `Err` the value found.
        return match outcome.stored {
            true => format!("Ok({})", say(outcome.pointee.unwrap_or(memory))),
            false => format!("Err({})", say(memory)),
        };
    }
    let result = match (outcome.result, form.result().map(|r| r.yields())) {
        (Some(value), Some(Yields::Truth)) => (value != 0).to_string(),
        (Some(value), _) => say(value),
        (None, _) => "()".into(),
    };
    match outcome.pointee {
        Some(pointee) => format!("({}, {result})", say(pointee)),
        None => result,
    }
}

/// The type of the results in a table.
pub(super) fn returned_type(form: &FormOf<'_>, value: &str) -> String {
    if form.returns_result() {
        return format!("Result<{value}, {value}>");
    }
    let result = match form.result().map(|r| r.yields()) {
        Some(Yields::Truth) => "bool",
        Some(Yields::Value) => value,
        None => "()",
    };
    match form.op.operands().any(|a| a.kind == ArgKind::Pointer) {
        true => format!("({value}, {result})"),
        false => result.into(),
    }
}

/// The sign and the low bits of a number, as a value of width `bits`.
pub(super) fn narrow(number: i64, bits: u32) -> i64 {
    let least = i64::MIN >> (64 - bits);
    let rest = number & !least;
    if number < 0 { rest | least } else { rest }
}

/// The number of a table whose sign and low bits are `value`: `value` itself, or, near a limit of
/// its width, the number at the same distance from the 64-bit limit.
fn widen(value: i64, bits: u32) -> i64 {
    let least = i64::MIN >> (64 - bits);
    let half = least >> 1;
    match value {
        v if v >= half && v < -half => v,
        v if v < 0 => i64::MIN + (v - least),
        v => i64::MAX - (!least - v),
    }
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
