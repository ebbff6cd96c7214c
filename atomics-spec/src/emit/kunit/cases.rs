//! The tables of cases: what is in the variable, what an operation is given, what is in the
//! variable afterwards, and what is returned. The reference interpreter says it.
//!
//! A table has numbers of 64 bits, and one table serves the types of all widths, since a test
//! takes the sign and the low bits of a number: `MIN + 1` is `i8::MIN + 1` on an `i8`. What the
//! interpreter computes at a type's own width is brought into the same form, and types whose
//! tables then differ have tables of their own.

use crate::expr::Yields;
use crate::interp::{self, Outcome};
use crate::model::op::ArgKind;
use crate::model::ty::{Type, Width};
use crate::model::{FormOf, Spec};

/// The cases of a form on types that agree on them.
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

/// The tables of a form, the one that serves most types first.
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
        // Every value in memory with every list of operands; fewer where the lists are long.
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
            // A number that a table cannot say for both widths of a pointer is left out.
            if let Some(first) = first.filter(|f| texts.all(|t| t.as_ref() == Some(f))) {
                cases.push(first);
            }
        }
    }
    cases
}

/// The values that arithmetic turns on.
const EDGES: [i64; 5] = [0, 1, -1, i64::MIN, i64::MAX];
/// They and their neighbours.
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

/// All lists of `count` of `values`.
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

/// One case at one width, unless C is not uniform about it.
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

/// Whether C does the same everywhere. It does not where the condition compares the order of
/// values of which one wraps: instructions that subtract and branch on the sign of the true
/// difference take it for what it would be without wrapping (arm64's `atomic64_dec_if_positive()`
/// with LSE, on the least value), and the fallback in C for what it is.
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

/// What is returned.
fn returned(form: &FormOf<'_>, outcome: &Outcome, memory: i64, bits: u32) -> String {
    let say = |value: i64| number(widen(value, bits));
    if form.returns_result() {
        // What the pointer is left with: what was expected, or what was found.
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

/// The type of what a table says is returned.
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

/// The sign and the low bits of a number as a value of `bits` width.
pub(super) fn narrow(number: i64, bits: u32) -> i64 {
    let least = i64::MIN >> (64 - bits);
    let rest = number & !least;
    if number < 0 { rest | least } else { rest }
}

/// The number of a table whose sign and low bits are `value`: itself, or as far from the number's
/// limit as it is from its own.
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
