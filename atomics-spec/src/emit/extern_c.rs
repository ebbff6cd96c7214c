//! Generates the C backend: one function per variant, which calls the C helper of the variant. A
//! row names both; a macro of the generated module makes the functions.

use std::convert::Infallible;

use super::accesses::{self, Accesses, Carrier, Way};
use super::barrier::{Barriers, Devices};
use super::signature;
use super::text::{Text, allow_c_name, attribute};
use crate::arch::Fill;
use crate::model::op::{ArgKind, Ordering};
use crate::model::ty::{Family, Repr};
use crate::model::{Spec, Variant};
use crate::names::{self, rust_ident};

/// Where the declarations of the C helpers are.
#[derive(Clone, Copy, Debug)]
pub enum Link<'a> {
    /// In a module that bindgen generates.
    Bindgen {
        /// Its path.
        module: &'a str,
        /// The prefix of the helpers in it.
        prefix: &'a str,
        /// Whether C's `long` is Rust's `isize` there, as in the kernel.
        long_is_isize: bool,
    },
    /// In the generated module itself.
    Extern {
        /// The prefix of the helpers.
        prefix: &'a str,
    },
}

/// The module, with the barriers that `barriers` needs, and with loads and stores of `core` for
/// `Atomic<T>`, which need no call.
pub fn with_typed(spec: &Spec, link: Link<'_>, barriers: Barriers) -> String {
    let mut t = Text::default();
    let families = spec.types.families.iter();
    let families: Vec<Accesses<'_>> = families.filter_map(|f| typed(spec, f)).collect();
    if !families.is_empty() {
        t.line("");
        t.lines(include_str!("templates/backend.rs"));
        t.line("");
        t.lines(&accesses::macros(
            &families,
            "options(nostack, preserves_flags)",
        ));
        t.line("");
        accesses::emit(&mut t, &families, &[]);
    }
    module(spec, link, barriers) + &t.finish()
}

/// The loads and stores of a family. Ordered ones are calls.
fn typed<'s>(spec: &'s Spec, family: &'s Family) -> Option<Accesses<'s>> {
    // The C helpers are for 64-bit architectures, on which every width has registers.
    let is_part = family.bits(64) < 64;
    let carrier = Carrier {
        wide: is_part.then_some(Fill::Zeros),
        class: "reg".into(),
        operand: "{r}".into(),
    };
    let way = |v: &Variant<'s>| match v.ordering {
        Ordering::Relaxed => Ok(Some(Way::Core)),
        _ => Ok::<_, Infallible>(None),
    };
    let Ok(accesses) = Accesses::new(spec, family, carrier, way);
    accesses
}

/// The module, with the barriers that `barriers` needs.
pub fn module(spec: &Spec, link: Link<'_>, barriers: Barriers) -> String {
    let mut t = Text::default();
    t.inner_doc(
        "Calls of the C helpers: one module per family of C functions.\n\n\
         # Safety\n\n\
         Every function has this contract: its pointers are valid for reads and writes (only\n\
         for reads, if they are `*const`) and aligned to the size of their type, and concurrent\n\
         accesses to `v` are atomic.",
    );
    if has_c_long(link) {
        t.line("const _: () = assert!(");
        t.indented(|t| {
            t.line("size_of::<core::ffi::c_long>() == size_of::<isize>(),");
            t.line("\"C's `long` must be as wide as a pointer on platforms with these helpers\"");
        });
        t.line(");");
        t.line("");
    }
    let targets = Devices::in_c(spec);
    let (devices, own): (Vec<&str>, Vec<&str>) = barriers
        .backend(spec)
        .partition(|name| targets.only_known(name));
    if let Link::Bindgen { module, .. } = link {
        t.line(format!("use {module};"));
        t.line("");
    }
    let (functions, of_barriers) = match link {
        Link::Bindgen { .. } => (
            include_str!("templates/helpers_bindgen.rs"),
            include_str!("templates/barriers_bindgen.rs"),
        ),
        Link::Extern { .. } => (
            include_str!("templates/helpers_extern.rs"),
            include_str!("templates/barriers_extern.rs"),
        ),
    };
    if spec.variants().next().is_some() {
        t.lines(functions);
        t.line("");
    }
    t.lines(of_barriers);
    for family in &spec.types.families {
        // Nothing names the module of a family without functions.
        if spec.variants_of(&family.name).next().is_some() {
            t.line("");
            family_module(&mut t, spec, family, link);
        }
    }
    t.line("");
    emit_barriers(&mut t, &own, link);
    if !devices.is_empty() {
        let cfg = attribute(&format!("cfg({})", targets.known));
        t.line("");
        t.doc("The barriers that reach devices, which only some architectures have.");
        t.lines(&cfg);
        t.block("mod devices", |t| {
            if let Link::Bindgen { module, .. } = link {
                t.line(format!("use super::{};", last(module)));
                t.line("");
            }
            emit_barriers(t, &devices, link);
        });
        t.lines(&cfg);
        t.line("pub(crate) use devices::*;");
    }
    if barriers.has_store_mb(spec) {
        t.line("");
        t.doc("Whether `smp_store_mb()` is implemented with an exchange.");
        t.line("pub(crate) const STORE_MB_IS_XCHG: bool = false;");
    }
    t.finish()
}

/// Whether C's `long` is not Rust's `isize`. It has the same width.
fn has_c_long(link: Link<'_>) -> bool {
    match link {
        Link::Bindgen { long_is_isize, .. } => !long_is_isize,
        Link::Extern { .. } => false,
    }
}

/// The functions of barriers, as rows.
fn emit_barriers(t: &mut Text, names: &[&str], link: Link<'_>) {
    t.block("barriers!", |t| {
        for name in names {
            allow_c_name(t, name);
            t.line(format!("{name} => {};", helper_name(link, name)));
        }
    });
}

/// The last segment of a path.
fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// The name of a C helper.
fn helper_name(link: Link<'_>, function: &str) -> String {
    match link {
        Link::Bindgen { prefix, .. } | Link::Extern { prefix } => names::helper(prefix, function),
    }
}

/// The functions of a family, as rows under their signatures.
fn family_module(t: &mut Text, spec: &Spec, family: &Family, link: Link<'_>) {
    // To Rust, C's `long` and `isize` are different types of the same width.
    let is_long = family.repr == Repr::Int("isize") && has_c_long(link);
    let is_plain = matches!(link, Link::Extern { .. }) || family.c_object.is_none();
    let mut groups: Vec<((String, String), Vec<String>)> = Vec::new();
    for v in spec.variants_of(&family.name) {
        let signature = signature(&v, is_long, is_plain);
        let row = format!(
            "{} => {}",
            rust_ident(&v.name()),
            helper_name(link, &v.function())
        );
        match groups.iter_mut().find(|(s, _)| *s == signature) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((signature, vec![row])),
        }
    }
    let what = match &family.c_object {
        Some(object) => format!("The functions on C's `{object}`."),
        None => format!("The functions on C's `{}`.", family.c_value),
    };
    t.doc(&what);
    let name = names::backend_module(family);
    if groups.is_empty() {
        return t.line(format!("pub(crate) mod {name} {{}}"));
    }
    t.block(&format!("pub(crate) mod {name}"), |t| {
        let mut imports = Vec::new();
        if is_long {
            imports.push("c_long");
        }
        if family.repr == Repr::Pointer {
            imports.push("c_void");
        }
        for import in &imports {
            t.line(format!("use core::ffi::{import};"));
        }
        if !imports.is_empty() {
            t.line("");
        }
        t.block("helpers!", |t| {
            for (signature, rows) in &groups {
                let (head, args) = signature;
                t.joined(head, &format!("{args}:"));
                t.indented(|t| t.lines(&format!("{};", rows.join(",\n"))));
            }
        });
    });
}

/// The signature of a function, and how it passes its arguments to the helper and returns the
/// result: `(fn(i: isize, v: *mut isize) -> isize;` and `(i as c_long, v.cast()) as isize)`.
fn signature(v: &Variant<'_>, is_long: bool, is_plain: bool) -> (String, String) {
    let args = v.of.op.args.iter().map(|a| {
        let name = rust_ident(&a.name);
        match a.kind {
            ArgKind::Value if is_long => format!("{name} as c_long"),
            ArgKind::Pointer if is_long => format!("{name}.cast()"),
            // In C, the value is the first member of a structure.
            ArgKind::Variable { .. } if !is_plain => format!("{name}.cast()"),
            _ => name,
        }
    });
    let args: Vec<String> = args.collect();
    let ret = signature::ret(v);
    let cast = match ret.as_deref() {
        Some("isize") if is_long => " as isize",
        _ => "",
    };
    let params = signature::params(v).join(", ");
    let ret = ret.map_or(String::new(), |r| format!(" -> {r}"));
    (
        format!("(fn({params}){ret};"),
        format!("({}){cast})", args.join(", ")),
    )
}
