//! Generates the rows of the suite: for each form its signature, the expected value and result as
//! `semantics.tbl` gives them, its calls, and how several workers use it.

use std::collections::BTreeSet;

use super::calls::called;
use super::races::{self, Race};
use super::values::{number, returned_type, rust_type, types, where_architectures_differ};
use crate::emit::text::Text;
use crate::emit::typed::Typed;
use crate::model::op::ArgKind;
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};

/// The width of a line.
const WIDTH: usize = 100;
/// The width from which a list is broken.
const LONG: usize = 90;

/// The rows, class by class.
pub(super) fn rows(t: &mut Text, spec: &Spec) {
    let methods = spec.typed_forms().map(|f| f.method());
    let mut taken: BTreeSet<String> = methods.collect();
    for (index, class) in spec.types.classes.iter().enumerate() {
        let forms: Vec<_> = spec
            .forms()
            .filter(|f| f.meaning.class == index && types(spec, f).next().is_some())
            .collect();
        let Some(first) = forms.first() else { continue };
        let list: Vec<String> = types(spec, first).map(rust_type).collect();
        let mut bounds: Vec<String> = Vec::new();
        for form in &forms {
            let needs = match form.is_typed() {
                true => Typed { form: *form }.needs(),
                false => format!("T::Repr: {}", names::ops_trait(class)),
            };
            // The tests add a `T` to a `T`.
            bounds.push(needs.replace("<Rhs>", ""));
        }
        bounds.sort_unstable();
        bounds.dedup();
        t.line("");
        t.comment(&format!("The {} operations.", class.title));
        let bounds = format!("where {{ {} }}", bounds.join(", "));
        filled(t, format!("on [{}]", list.join(", ")), [&*bounds]);
        for form in &forms {
            row(t, spec, form, &mut taken);
        }
    }
}

/// Writes parts in as few lines as there is room for.
fn filled<'p>(t: &mut Text, first: String, parts: impl IntoIterator<Item = &'p str>) {
    const STEP: usize = 4;
    let mut lines = vec![first];
    for part in parts {
        let indent = STEP * if lines.len() == 1 { 1 } else { 2 };
        match lines.last_mut() {
            Some(line) if indent + line.len() + 1 + part.len() <= WIDTH => {
                *line += &format!(" {part}");
            }
            _ => lines.push(part.into()),
        }
    }
    let (first, rest) = lines.split_at(1);
    first.iter().for_each(|line| t.line(line));
    t.indented(|t| rest.iter().for_each(|line| t.line(line)));
}

/// The row of a form.
fn row(t: &mut Text, spec: &Spec, form: &FormOf<'_>, taken: &mut BTreeSet<String>) {
    let method = form.method();
    let name = match form.is_typed() {
        true => rust_ident(&method),
        false => names::kunit_raw(&form.base(), taken),
    };
    let mut args = vec![rust_ident(form.op.variable())];
    args.extend(form.op.operands().map(|a| rust_ident(&a.name)));
    let (after, result) = expected(form);
    let head = format!(
        "#[test] fn {name}({}) -> {} =",
        args.join(", "),
        returned_type(form)
    );
    let race = races::race(spec, form).filter(|_| form.is_typed());
    let mut parts = vec![format!("({after}, {result}),")];
    let unless = where_architectures_differ(spec, form);
    parts.extend(unless.map(|condition| format!("unless {condition},")));
    let end = if race.is_some() { "" } else { ";" };
    let calls = format!("in {}{end}", called(form));
    // A long list of functions is broken.
    match calls.len() {
        0..LONG => parts.push(calls),
        _ => parts.extend(
            calls
                .split_inclusive(", ")
                .map(|part| part.trim_end().to_owned()),
        ),
    }
    filled(t, head, parts.iter().map(String::as_str));
    if let Some(race) = race {
        let name = names::kunit_race(&method, taken);
        t.indented(|t| t.line(format!("#[test] fn {name}: {};", race_call(&race))));
    }
}

/// The value afterwards and the result, as expressions of integers.
fn expected(form: &FormOf<'_>) -> (String, String) {
    let meaning = form.meaning;
    let rust = |e: &crate::expr::Expr| e.wrapping(&|name| rust_ident(name));
    let old = rust_ident(form.op.variable());
    let new = meaning.new.as_ref().map_or_else(|| old.clone(), &rust);
    let fails = meaning.fails.as_ref().map(|f| rust(&meaning.expand(f)));
    let either = |failed: &str, stored: &str| match &fails {
        Some(fails) => format!("if {fails} {{ {failed} }} else {{ {stored} }}"),
        None => stored.to_owned(),
    };
    let pointer = form.op.operands().find(|a| a.kind == ArgKind::Pointer);
    let pointer = pointer.map(|a| rust_ident(&a.name));
    let after = either(&old, &new);
    let own = form.result().map(|r| rust(&meaning.expand(&r)));
    let own = own.unwrap_or_else(|| "()".into());
    let result = match pointer {
        // `Ok` has the expected value, `Err` the value found.
        Some(pointer) if form.returns_result() => {
            either(&format!("Err({old})"), &format!("Ok({pointer})"))
        }
        Some(pointer) => format!("({}, {own})", either(&old, &pointer)),
        None => own,
    };
    (after, result)
}

/// The call of the check by several workers.
fn race_call(race: &Race<'_>) -> String {
    let list = |numbers: &[i64]| {
        let numbers: Vec<String> = numbers.iter().map(|n| number(*n)).collect();
        format!("[{}]", numbers.join(", "))
    };
    let calls = |form: &FormOf<'_>| format!("calls::{}()", rust_ident(&form.method()));
    match race {
        Race::Repeat(rounds) => {
            let rounds: Vec<String> = rounds
                .iter()
                .map(|r| format!("({}, {})", number(r.start), list(&r.operands)))
                .collect();
            format!("repeat(&[{}])", rounds.join(", "))
        }
        Race::Retry { beyond } => format!("retry({})", list(beyond)),
        Race::Exchange => "exchange()".into(),
        Race::Identity {
            operands,
            increment,
            beyond,
        } => {
            let increments = calls(increment);
            format!(
                "identity({}, {increments}, {})",
                list(operands),
                list(beyond)
            )
        }
        Race::Whole { store } => format!("whole({})", calls(store)),
    }
}
