//! The documentation of generated items: what an operation computes, how it is ordered, its
//! prose and its examples.

use super::example::{self, Layer};
use super::text::{Text, list};
use crate::docs::CRATE;
use crate::expr::{Expr, Yields};
use crate::model::op::{ArgKind, Form, Ordering};
use crate::model::{FormOf, Spec, Variant};
use crate::names;

/// The ordering of a variant, in a few words.
pub fn strength(v: &Variant<'_>) -> &'static str {
    match (v.of.form, v.ordering) {
        (Form::Void, _) => "unordered",
        (_, Ordering::Full) => "fully ordered",
        (_, Ordering::Acquire) => "acquire",
        (_, Ordering::Release) => "release",
        (_, Ordering::Relaxed) => "relaxed",
    }
}

/// A variant in one sentence: what it computes, and its ordering.
pub(super) fn summary(form: &FormOf<'_>, ordering: Ordering) -> String {
    let strength = match (form.form, ordering) {
        (Form::Void, _) => "unordered",
        (_, Ordering::Full) => "fully ordered",
        (_, Ordering::Acquire) => "acquire",
        (_, Ordering::Release) => "release",
        (_, Ordering::Relaxed) => "relaxed",
    };
    format!("{} ({strength})", computes(form)[0].trim_end_matches('.')) + "."
}

/// What a form computes, in sentences. `v` is the value of the variable before the operation.
pub fn computes(form: &FormOf<'_>) -> Vec<String> {
    let old = form.op.variable();
    let mut sentences = Vec::new();
    match (&form.meaning.new, form.form) {
        (None, _) => sentences.push("Reads the value of the variable.".into()),
        (Some(new), Form::Store) => sentences.push(format!("Sets the variable to `{new}`.")),
        (Some(new), _) if new.mentions(old) => sentences.push(format!(
            "Atomically updates the variable from `{old}` to `{new}`{}.",
            if wraps(new) { ", wrapping" } else { "" }
        )),
        (Some(new), _) => sentences.push(format!(
            "Atomically updates the variable from `{old}` to `{new}`."
        )),
    }
    if let Some(fails) = &form.meaning.fails {
        sentences.push(format!(
            "If `{}`, the operation fails and stores nothing.",
            form.meaning.expand(fails)
        ));
        if let Some(pointer) = form.op.pointer() {
            sentences.push(format!("On failure `*{}` is set to `{old}`.", pointer.name));
        }
    }
    match (form.form, form.meaning.result_of(form.op, form.form)) {
        (Form::Void | Form::Store, _) | (_, None) => {}
        (Form::Load, _) => sentences.push(format!("Returns `{old}`.")),
        (Form::Fetch(_), _) => sentences.push(format!("Returns the old value, `{old}`.")),
        (Form::Return, Some(new)) => sentences.push(format!("Returns the new value, `{new}`.")),
        (_, Some(result)) if result.yields() == Yields::Truth => {
            sentences.push(format!(
                "Returns whether `{}`.",
                form.meaning.expand(&result)
            ));
        }
        (_, Some(result)) => {
            let old = result == Expr::var(old);
            let what = if old { "the old value, " } else { "" };
            sentences.push(format!("Returns {what}`{}`.", form.meaning.expand(&result)));
        }
    }
    sentences
}

fn wraps(expr: &Expr) -> bool {
    let text = expr.to_string();
    text.contains('+') || text.contains('-')
}

/// Where the rules about ordering are.
const SOURCE: &str = "(`Documentation/atomic_t.txt`, section \"ORDERING\")";

/// The ordering rules of a form, in sentences, each with the source of the rule.
pub fn ordering_rules(form: &FormOf<'_>) -> Vec<String> {
    let mut rules = Vec::new();
    match form.form {
        Form::Void => rules.push(format!(
            "Takes `Relaxed` only. A read-modify-write that returns nothing is unordered {SOURCE}, \
             and `smp_rmb()` does not order it either: the memory model exempts its read from \
             read barriers."
        )),
        Form::Load => rules.push(
            "Takes `Relaxed`, C's `READ_ONCE()`, which orders only dependencies on the \
             value, or `Acquire`, C's `smp_load_acquire()`, which orders the load before all \
             later accesses."
                .into(),
        ),
        Form::Store => rules.push(
            "Takes `Relaxed`, C's `WRITE_ONCE()`, which orders nothing, or `Release`, C's \
             `smp_store_release()`, which orders all earlier accesses before the store."
                .into(),
        ),
        _ if form.orderings() == [Ordering::Full] => rules.push(format!(
            "Takes `Full` only, which orders as if a full memory barrier, `smp_mb()`, were \
             executed before and after the operation {SOURCE}."
        )),
        _ => rules.push(format!(
            "`Full` orders as if a full memory barrier, `smp_mb()`, were executed before and \
             after the operation; `Acquire` orders the read before all later accesses; `Release` \
             orders all earlier accesses before the write; `Relaxed` orders only dependencies \
             on the value {SOURCE}."
        )),
    }
    rules.extend(rule_of_failure(form));
    rules
}

/// What a form that fails orders.
fn rule_of_failure(form: &FormOf<'_>) -> Option<String> {
    (form.can_fail() && form.form != Form::Void).then(|| {
        "On failure it is unordered, whatever the ordering argument: it then orders no more \
         than a relaxed load (same section)."
            .into()
    })
}

/// The ordering rules of a form with one of its orderings.
#[cfg(feature = "tools")]
pub(super) fn ordering_rules_of(form: &FormOf<'_>, ordering: Ordering) -> Vec<String> {
    let rule = match (form.form, ordering) {
        (Form::Void, _) => return ordering_rules(form),
        (Form::Load, Ordering::Acquire) => {
            "`Acquire`, C's `smp_load_acquire()`, orders the load before all later accesses"
        }
        (Form::Load, _) => "`Relaxed`, C's `READ_ONCE()`, orders only dependencies on the value",
        (Form::Store, Ordering::Release) => {
            "`Release`, C's `smp_store_release()`, orders all earlier accesses before the store"
        }
        (Form::Store, _) => "`Relaxed`, C's `WRITE_ONCE()`, orders nothing",
        (_, Ordering::Full) => {
            "`Full` orders as if a full memory barrier, `smp_mb()`, were executed before and after \
             the operation"
        }
        (_, Ordering::Acquire) => "`Acquire` orders the read before all later accesses",
        (_, Ordering::Release) => "`Release` orders all earlier accesses before the write",
        (_, Ordering::Relaxed) => "`Relaxed` orders only dependencies on the value",
    };
    let mut rules = vec![format!("{rule} {SOURCE}.")];
    rules.extend(rule_of_failure(form));
    rules
}

/// The typed arguments of a form: its operands.
fn typed_operands(form: &FormOf<'_>) -> Vec<String> {
    form.op
        .operands()
        .map(|a| names::rust_ident(&a.name))
        .collect()
}

/// The documentation of a typed method.
pub(super) fn method(t: &mut Text, spec: &Spec, form: &FormOf<'_>, path: &str) {
    let old = form.op.variable();
    let sentences = computes(form);
    let results = form.op.pointer().is_some() && matches!(form.form, Form::Truth(_));
    t.doc(&sentences[0]);
    t.doc("");
    let mut rest: Vec<String> = match form.form {
        // The first sentence says it all.
        Form::Load => Vec::new(),
        _ => sentences[1..].to_vec(),
    };
    if results {
        rest.truncate(1);
        let pointer = form.op.pointer().map_or("", |p| p.name.as_str());
        rest.push(format!(
            "Returns `Ok({pointer})` on success and `Err({old})` on failure."
        ));
    }
    let named = format!("`{old}`");
    let mentions = rest.iter().any(|sentence| sentence.contains(&named));
    let new_mentions = form.meaning.new.as_ref().is_some_and(|e| e.mentions(old));
    if mentions || new_mentions || results {
        rest.push(format!(
            "Here `{old}` is the value of the variable before the operation."
        ));
    }
    if !rest.is_empty() {
        t.doc(&rest.join(" "));
        t.doc("");
    }
    if let Some(doc) = form.doc {
        t.doc_lines(doc.prose.iter().map(String::as_str));
        t.doc("");
    }
    t.doc("# Ordering");
    t.doc("");
    t.doc(&ordering_rules(form).join(" "));
    let mut examples = example::lines(spec, form, path, Layer::Method);
    // Only the first form shows the example of the operation.
    let is_first = form.op.forms.first() == Some(&form.form);
    if let Some(doc) = form.doc.filter(|_| is_first) {
        if !examples.is_empty() {
            examples.push(String::new());
        }
        examples.push("```".into());
        examples.extend(doc.example.iter().map(|l| l.replace(CRATE, path)));
        examples.push("```".into());
    }
    example::section(t, &examples);
}

/// The names of a form in C and in `core`, for `doc(alias)`: with `all`, of every ordering, and of
/// what `core` does with one method more. Without, those that a kernel's own module has.
pub(super) fn aliases(spec: &Spec, form: &FormOf<'_>, all: bool) -> Vec<String> {
    let families = || {
        let families = spec.types.families.iter();
        families.filter(|f| f.c_object.is_some() && form.is_in(f))
    };
    let base = names::base(form.op, form.form);
    let mut functions = vec![base];
    if all {
        let orderings = form.orderings().iter();
        functions.extend(orderings.map(|o| names::variant(form.op, form.form, *o)));
    }
    // The typed method replaces the operation without `try_`, so it has that name, too.
    let stem = |name: &String| name.strip_prefix("try_").map(str::to_owned);
    if form.op.pointer().is_some() {
        let stems: Vec<String> = functions.iter().filter_map(stem).collect();
        functions.extend(stems);
    }
    let mut aliases: Vec<String> = Vec::new();
    for function in functions {
        for alias in families().map(|family| names::function(family, &function)) {
            if !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
    }
    aliases.extend(names::macro_aliases(form.op, form.form));
    let core = names::std_aliases(&form.method());
    let count = if all { core.len() } else { core.len().min(1) };
    aliases.extend(core[..count].iter().map(|&alias| alias.to_owned()));
    aliases
}

/// The orderings of a set, as words joined by "or".
pub(super) fn ordering_list(orderings: &[Ordering]) -> String {
    let names: Vec<String> = orderings
        .iter()
        .map(|o| format!("`{}`", o.name()))
        .collect();
    list(&names, "or")
}

/// The Rust call of a variant, for `explain`.
pub fn rust_call(form: &FormOf<'_>, ordering: Ordering) -> String {
    let mut args: Vec<String> = typed_operands(form);
    for (arg, text) in form.op.operands().zip(args.iter_mut()) {
        let results = matches!(form.form, Form::Truth(_));
        if arg.kind == ArgKind::Pointer && !results {
            *text = format!("&mut {text}");
        }
    }
    args.push(ordering.name().into());
    format!(
        "{}.{}({})",
        form.op.variable(),
        names::rust_ident(&form.method()),
        args.join(", ")
    )
}
