//! `cargo xtask list`, and the help for a name that does not exist.

use std::fmt::Write as _;

use anyhow::Result;
use atomics_spec::emit::docs::{rust_call, strength};
use atomics_spec::{Spec, Variant};
use serde_json::json;

/// The names of C's functions, one a line, sorted. Variables that C has as plain values have
/// macros instead, and no names here.
pub fn names(spec: &Spec) -> String {
    let functions = spec.variants().filter(|v| v.family.c_object.is_some());
    let mut names: Vec<String> = functions.map(|v| v.function()).collect();
    names.sort_unstable();
    names
        .iter()
        .fold(String::new(), |out, name| out + name + "\n")
}

/// The typed call of a variant.
fn call(v: &Variant<'_>, spec: &Spec) -> String {
    let twin = spec.typed_forms().find(|f| f.method() == v.of.base());
    rust_call(twin.as_ref().unwrap_or(&v.of), v.ordering)
}

/// Every variant in columns.
pub fn table(spec: &Spec) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:<36} {:<16} {:<14} Rust",
        "variant", "on", "ordering"
    );
    for v in spec.variants() {
        let _ = writeln!(
            out,
            "{:<36} {:<16} {:<14} {}",
            v.function(),
            v.family.repr.rust(),
            strength(&v),
            call(&v, spec)
        );
    }
    out
}

/// Every variant as JSON.
pub fn json(spec: &Spec) -> Result<String> {
    let variants: Vec<_> = spec
        .variants()
        .map(|v| {
            let meaning = v.of.meaning;
            let text = |e: &atomics_spec::expr::Expr| e.to_string();
            json!({
                "function": v.function(),
                "is_c_function": v.family.c_object.is_some(),
                "op": v.of.op.name,
                "family": v.family.name,
                "repr": v.family.repr.rust(),
                "ordering": v.ordering.name(),
                "class": v.of.class.name,
                "args": v.of.op.args.iter().map(|a| &a.name).collect::<Vec<_>>(),
                "new": meaning.new.as_ref().map(text),
                "fails": meaning.fails.as_ref().map(|e| text(&meaning.expand(e))),
                "result": v.of.result().map(|e| text(&meaning.expand(&e))),
                "method": v.of.is_typed().then(|| v.of.method()),
                "rust": call(&v, spec),
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&variants)? + "\n")
}

/// What to say of a name that no variant has.
pub fn unknown(spec: &Spec, name: &str) -> String {
    let best = spec
        .variants()
        .map(|v| v.function())
        .min_by_key(|known| distance(known, name))
        .unwrap_or_default();
    format!(
        "no variant is called `{}`\n = help: did you mean `{best}`? `cargo xtask list --names` has \
         all names",
        name.chars().take(80).collect::<String>()
    )
}

/// How many characters must be changed, added or removed to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(80).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
