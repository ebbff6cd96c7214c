//! Generates the module `ordering`: the orderings as types, and a trait for each set of orderings
//! that operations take.

use std::collections::BTreeSet;

use super::barrier::Barriers;
use super::docs::ordering_list;
use super::signature::{operands, returns};
use super::text::{self, Text, fresh, import};
use crate::model::op::{Form, Ordering, Strength};
use crate::model::{FormOf, Spec};
use crate::names;

/// One form for each set of orderings.
const SETS: [Form; 5] = [
    Form::Fetch(Strength::Any),
    Form::Load,
    Form::Store,
    Form::Void,
    Form::Fetch(Strength::Full),
];

/// The module. With `barriers`, the types that say what barriers order are in it, too, so that there
/// is one module of this name. `path` is the path of the generated items in examples.
pub fn module(spec: &Spec, barriers: Barriers, path: &str) -> String {
    let mut t = Text::default();
    let mut used = BTreeSet::new();
    let is_hosted = matches!(barriers, Barriers::All | Barriers::InC);
    for set in SETS {
        // Kernels do not use the atomics of `core`.
        let of_crate = is_hosted.then_some(path);
        ordering_set(&mut t, spec, set, of_crate, &mut used);
    }
    let mut imports = String::new();
    if !used.is_empty() {
        used.insert("AtomicRepr".into());
        imports = import("super::internal", &used);
    }
    let (of_barriers, generic) = match is_hosted {
        true => (
            include_str!("templates/ordering_barriers.rs"),
            include_str!("templates/ordering_generic.rs"),
        ),
        // What a maintainer reads is kept short.
        false => ("", ""),
    };
    let head = include_str!("templates/ordering.rs")
        .replace("$imports\n", &imports)
        .replace("$generic", generic)
        .replace("$full_names", if is_hosted { FULL_NAMES } else { "" })
        .replace("$barriers", of_barriers)
        .replace("$path", path);
    format!("{head}{}", t.finish())
}

/// What `Full` replaces in `core`.
const FULL_NAMES: &str = "#[doc(alias = \"SeqCst\")]\n#[doc(alias = \"AcqRel\")]\n";

/// The operations that take the orderings of a set.
fn purpose(set: Form) -> &'static str {
    match set {
        Form::Load => "operations that only load",
        Form::Store => "operations that only store",
        Form::Void => "operations that return nothing: an unordered read-modify-write",
        Form::Fetch(Strength::Full) => "operations that C has fully ordered only",
        _ => "operations that load, store and return a value",
    }
}

/// Why a set has no other orderings; the note of the compiler's error.
fn reason(set: Form) -> &'static str {
    match set {
        Form::Load => {
            "an operation that only loads has no store for `Release` to order, and C has no fully \
             ordered one: use a barrier"
        }
        Form::Store => {
            "an operation that only stores has no load for `Acquire` to order; for a fully ordered \
             store, use `smp_store_mb`"
        }
        Form::Void => {
            "a read-modify-write that returns nothing is never ordered in the LKMM; for an ordered \
             one, take a `fetch_` or `_return` method and drop its result"
        }
        Form::Fetch(Strength::Full) => {
            "C has this operation fully ordered only; for a weaker ordering, take a `_return` or \
             `fetch_` method, or a `cmpxchg` loop"
        }
        _ => "the orderings are the types `Full`, `Acquire`, `Release` and `Relaxed`",
    }
}

/// What becomes of the orderings of `core` that are not in a set; the second note of the error.
fn from_core(set: Form) -> &'static str {
    match set {
        Form::Load => {
            "`SeqCst` becomes `Acquire`, after `smp_mb(Full)` if an earlier store must come first"
        }
        Form::Store => {
            "`SeqCst` becomes `Release`, before `smp_mb(Full)` if a later load must come after it"
        }
        Form::Void => {
            "any other is for a `fetch_` method, where `AcqRel` and `SeqCst` become `Full`"
        }
        _ => "`AcqRel` and `SeqCst` become `Full`",
    }
}

fn ordering_set(
    t: &mut Text,
    spec: &Spec,
    set: Form,
    of_crate: Option<&str>,
    used: &mut BTreeSet<String>,
) {
    let orderings = set.orderings();
    let name = names::ordering_trait(orderings);
    let list = ordering_list(orderings);
    let dispatch = names::dispatch_trait(orderings);
    // A set with one ordering needs no dispatch.
    let chooses = orderings.len() > 1;
    t.line("");
    t.doc(&format!("The orderings of {}: {list}.", purpose(set)));
    t.doc("");
    t.doc(match orderings.len() == Ordering::ALL.len() {
        true => "An ordering is `Copy` and `Default`. The trait is sealed.",
        false => "The trait is sealed.",
    });
    t.line("#[diagnostic::on_unimplemented(");
    t.indented(|t| {
        t.line("message = \"`{Self}` is not an ordering of this operation\",");
        t.line(format!("label = \"the ordering must be {list}\","));
        let Some(path) = of_crate else {
            return t.quoted("note", reason(set));
        };
        // The compiler has one message for all types that are no orderings.
        let types = orderings.iter().map(|o| format!("`{path}::{}`", o.name()));
        let types: Vec<String> = types.collect();
        let types = text::list(&types, "or");
        let becomes = from_core(set);
        t.quoted_ending("note", reason(set), ",");
        t.quoted(
            "note",
            &format!("instead of an ordering of `core::sync::atomic`, pass {types}; {becomes}"),
        );
    });
    t.line(")]");
    let all = orderings.len() == Ordering::ALL.len();
    let parents = match (all, chooses) {
        (true, _) => format!("private::Sealed + {dispatch}"),
        (false, true) => format!("Ordering + {dispatch}"),
        (false, false) => "Ordering".into(),
    };
    if all {
        t.block(&format!("pub trait {name}: {parents}"), |t| {
            t.doc("The ordering as a value.");
            t.line("const TYPE: OrderingType;");
        });
    } else {
        t.line(format!("pub trait {name}: {parents} {{}}"));
    }
    for ordering in orderings {
        t.line("");
        let head = format!("impl {name} for {}", ordering.name());
        if all {
            t.block(&head, |t| {
                t.line(format!(
                    "const TYPE: OrderingType = OrderingType::{};",
                    ordering.name()
                ));
            });
        } else {
            t.line(format!("{head} {{}}"));
        }
    }
    if chooses {
        choose(t, spec, orderings, &dispatch, used);
    }
}

/// The hidden trait through which an ordering chooses the variant.
fn choose(
    t: &mut Text,
    spec: &Spec,
    orderings: &[Ordering],
    dispatch: &str,
    used: &mut BTreeSet<String>,
) {
    let forms: Vec<_> = spec
        .typed_forms()
        .filter(|f| f.orderings() == orderings)
        .collect();
    used.extend(forms.iter().map(|f| names::ops_trait(f.class)));
    t.line("");
    t.doc("Chooses the variant of an operation; not part of the interface.");
    t.line("#[doc(hidden)]");
    t.block(&format!("pub trait {dispatch}"), |t| {
        for form in &forms {
            t.doc(&format!("`{}`", form.base()));
            signature(t, form, ";");
        }
    });
    for ordering in orderings {
        t.line("");
        t.block(&format!("impl {dispatch} for {}", ordering.name()), |t| {
            for (index, form) in forms.iter().enumerate() {
                if index > 0 {
                    t.line("");
                }
                t.line("#[inline(always)]");
                signature(t, form, " {");
                let mut args = vec![fresh("this", form.op)];
                args.extend(form.op.operands().map(|a| names::rust_ident(&a.name)));
                let variant = names::variant(form.op, form.form, *ordering);
                let end = if form.result().is_some() { "" } else { ";" };
                let callee = format!("R::{}", names::trait_method(&variant));
                t.indented(|t| t.call("", &callee, &args, end));
                t.line("}");
            }
        });
    }
}

fn signature(t: &mut Text, form: &FormOf<'_>, end: &str) {
    let class = names::ops_trait(form.class);
    let head = format!("fn {}<R: {class}>", names::rust_ident(&form.base()));
    let mut params = vec![format!("{}: &AtomicRepr<R>", fresh("this", form.op))];
    params.extend(operands(form, "R"));
    let ret = returns(form, "R");
    t.signature_ending(&head, &params, ret.as_deref(), &[], end);
}
