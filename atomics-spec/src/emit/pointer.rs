//! Generates the module `pointer`: the operations as functions on raw pointers, for fields shared
//! with C.

use std::collections::BTreeSet;

use super::example::{self, Layer};
use super::text::{Text, fresh};
use super::typed::Typed;
use crate::model::Spec;
use crate::model::op::Form;
use crate::names::{self, rust_ident};

/// The module; `path` is the path of the generated items in examples.
pub fn module(spec: &Spec, path: &str) -> String {
    let mut t = Text::default();
    let mut used: BTreeSet<String> = ["Atomic".into(), "AtomicType".into()].into();
    let mut internal = BTreeSet::new();
    let mut orderings = BTreeSet::new();
    for form in spec.typed_forms() {
        let typed = Typed { form };
        orderings.insert(names::ordering_trait(form.orderings()));
        for bound in typed.wheres() {
            match bound.split_once(": ") {
                Some(("T", "AtomicAdd<Rhs>")) => drop(used.insert("AtomicAdd".into())),
                Some(("T", class)) => drop(used.insert(class.into())),
                Some((_, class)) => drop(internal.insert(class.to_owned())),
                None => {}
            }
        }
        t.line("");
        function(&mut t, spec, &typed, path);
    }
    let mut head = Text::default();
    head.inner_doc(
        "The operations as functions on raw pointers, for fields that are shared with C.",
    );
    head.finish()
        + &super::text::import("super::internal", &internal)
        + &super::text::import("super::ordering", &orderings)
        + &super::text::import("super", &used)
        + &t.finish()
}

fn function(t: &mut Text, spec: &Spec, typed: &Typed<'_>, path: &str) {
    let form = &typed.form;
    let method = form.method();
    t.doc(&format!("[`Atomic::{method}`] on a raw pointer."));
    t.doc("");
    let c = match form.form {
        Form::Load => Some("`Relaxed` is C's `READ_ONCE()`, `Acquire` its `smp_load_acquire()`."),
        Form::Store => {
            Some("`Relaxed` is C's `WRITE_ONCE()`, `Release` its `smp_store_release()`.")
        }
        _ => None,
    };
    if let Some(c) = c {
        t.doc(c);
        t.doc("");
    }
    t.doc("# Safety");
    t.doc("");
    t.doc("- The pointer is valid for reads and writes, and aligned to the size of `T`.");
    t.doc("- It points to a valid `T`.");
    t.doc("- Concurrent accesses to the same memory, in Rust or in C, are atomic.");
    example::section(t, &example::lines(spec, form, path, Layer::Pointer));
    let name = names::pointer_function(&method);
    let aliases = match form.form {
        Form::Load => vec!["READ_ONCE", "smp_load_acquire"],
        Form::Store => vec!["WRITE_ONCE", "smp_store_release"],
        // The C macro may have another name than the typed method.
        _ => vec![form.op.name.as_str()],
    };
    for alias in aliases.into_iter().filter(|alias| name != *alias) {
        t.line(format!("#[doc(alias = {alias:?})]"));
    }
    t.line("#[inline(always)]");
    let (ptr, ordering) = (fresh("ptr", form.op), fresh("ordering", form.op));
    let mut params = vec![format!("{ptr}: *mut T")];
    params.extend(typed.operands());
    params.push(format!("{ordering}: {}", typed.ordering()));
    // Bounds on `T` itself go into its declaration; only a bound on its `Repr` needs a `where`.
    let bounds = typed.wheres();
    let (own, wheres): (Vec<_>, Vec<_>) = bounds.into_iter().partition(|b| b.starts_with("T: "));
    let own = own
        .first()
        .cloned()
        .unwrap_or_else(|| "T: AtomicType".into());
    let mut generics = vec![own];
    generics.extend(typed.generics());
    let head = format!("pub unsafe fn {name}<{}>", generics.join(", "));
    t.signature(&head, &params, typed.ret().as_deref(), &wheres);
    t.indented(|t| {
        let mut args: Vec<String> = form.op.operands().map(|a| rust_ident(&a.name)).collect();
        args.push(ordering);
        t.comment("SAFETY: The caller fulfils the safety contract of `from_ptr()`.");
        let end = if typed.ret().is_some() { "" } else { ";" };
        t.line(format!(
            "unsafe {{ Atomic::from_ptr({ptr}) }}.{}({}){end}",
            rust_ident(&method),
            args.join(", ")
        ));
    });
    t.line("}");
}

/// The names of all functions of the module, sorted.
pub fn exports(spec: &Spec) -> BTreeSet<String> {
    spec.typed_forms()
        .map(|f| names::pointer_function(&f.method()))
        .collect()
}
