//! Generates the module `pointer`: the operations as functions on raw pointers, for fields shared
//! with C.

use std::collections::BTreeSet;

use super::accesses;
use super::example::{self, Layer};
use super::text::{Text, fresh};
use super::typed::{ORDERING_IS_A_TYPE, Typed};
use crate::model::Spec;
use crate::model::op::{Form, Ordering};
use crate::names::{self, rust_ident};

/// What the module is for.
const SUMMARY: &str =
    "The operations as functions on raw pointers, for fields that are shared with C.";

/// The rule on accesses of several sizes.
const MIXED: &str = "\
With these functions alone, and with C, concurrent accesses to the same memory may have different
sizes, as the LKMM allows: all of them are inline assembly or C. Accesses through [`Atomic`] are
accesses of `core::sync::atomic` to Rust, which allows one size only: what runs at the same time as a
method of [`Atomic`] or a function of `raw` has the size of its variable.";

/// The module; `path` is the path of the generated items in examples.
///
/// With `typed`, the loads and stores of `Atomic<T>` are others, which may not be mixed with accesses
/// of another size.
pub fn module(spec: &Spec, typed: bool, path: &str) -> String {
    let mut t = Text::default();
    let mut used: BTreeSet<String> = ["Atomic".into(), "AtomicType".into()].into();
    let mut internal = BTreeSet::new();
    let mut orderings = BTreeSet::new();
    let with_own = typed;
    for form in spec.typed_forms() {
        let typed = Typed { form };
        let is_own = with_own && accesses::is_form(form.form);
        if is_own {
            internal.insert(names::mixed_trait(form.class));
            if form.orderings().len() > 1 {
                orderings.insert("OrderingType".into());
            }
        }
        orderings.insert(names::ordering_trait(form.orderings()));
        for bound in typed.wheres(spec) {
            match bound.split_once(": ") {
                Some(("T", "AtomicAdd<Rhs>")) => drop(used.insert("AtomicAdd".into())),
                Some(("T", class)) => drop(used.insert(class.into())),
                Some((_, class)) => drop(internal.insert(class.to_owned())),
                None => {}
            }
        }
        t.line("");
        function(&mut t, spec, &typed, is_own, path);
    }
    let mut head = Text::default();
    let mut doc = SUMMARY.to_owned();
    if with_own {
        doc += &format!("\n\n{MIXED}");
    }
    head.inner_doc(&doc);
    head.finish()
        + &super::text::import("super::internal", &internal)
        + &super::text::import("super::ordering", &orderings)
        + &super::text::import("super", &used)
        + &t.finish()
}

fn function(t: &mut Text, spec: &Spec, typed: &Typed<'_>, is_own: bool, path: &str) {
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
        Form::Load | Form::Store => names::macro_aliases(form.op, form.form),
        // The C macro may have another name than the typed method.
        _ => vec![form.op.name.clone()],
    };
    for alias in aliases.into_iter().filter(|alias| name != *alias) {
        t.line(format!("#[doc(alias = {alias:?})]"));
    }
    if is_own {
        t.line(ORDERING_IS_A_TYPE);
    }
    typed.emit_must_use(t);
    t.line("#[inline(always)]");
    let (ptr, ordering) = (fresh("ptr", form.op), fresh("ordering", form.op));
    let mut params = vec![format!("{ptr}: *mut T")];
    params.extend(typed.operands());
    params.push(format!("{ordering}: {}", typed.ordering()));
    // Bounds on `T` itself go into its declaration; only a bound on its `Repr` needs a `where`.
    let bounds = typed.wheres(spec);
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
        if is_own {
            return own_body(t, typed, &ptr);
        }
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

/// The body of a load or store that is not that of `Atomic<T>`.
fn own_body(t: &mut Text, typed: &Typed<'_>, ptr: &str) {
    let form = &typed.form;
    let this = fresh("this", form.op);
    t.comment(
        "SAFETY: The caller fulfils the safety contract of `from_ptr()`, and what is stored is a \
         valid `T`.",
    );
    t.line(format!(
        "let {this} = unsafe {{ Atomic::from_ptr({ptr}).as_raw() }};"
    ));
    let operands = form.op.operands();
    let values = operands.map(|arg| format!("super::into_repr({})", rust_ident(&arg.name)));
    let args: Vec<String> = [this].into_iter().chain(values).collect();
    let mixed = names::mixed_trait(form.class);
    let call = |ordering: Ordering| {
        let variant = names::variant(form.op, form.form, ordering);
        let method = names::mixed_method(&variant);
        format!("{mixed}::{method}({})", args.join(", "))
    };
    let bits = fresh("bits", form.op);
    let (start, end) = match form.form {
        Form::Load => (format!("let {bits} = "), ";"),
        _ => (String::new(), ""),
    };
    match form.orderings() {
        [only] => t.line(format!(
            "{start}{}{}",
            call(*only),
            if end.is_empty() { ";" } else { end }
        )),
        [all @ .., last] => {
            t.line(format!("{start}match O::TYPE {{"));
            t.indented(|t| {
                for ordering in all {
                    let name = ordering.name();
                    t.line(format!("OrderingType::{name} => {},", call(*ordering)));
                }
                t.line(format!("_ => {},", call(*last)));
            });
            t.line(format!("}}{end}"));
        }
        [] => {}
    }
    if form.form == Form::Load {
        t.proven(
            "The bits are those that the variable held; the caller promises a valid `T`.",
            "",
            &format!("super::from_repr({bits})"),
            "",
        );
    }
}

/// The names of all functions of the module, sorted.
pub fn exports(spec: &Spec) -> BTreeSet<String> {
    spec.typed_forms()
        .map(|f| names::pointer_function(&f.method()))
        .collect()
}
