//! Generates the C backend: one function per variant, which calls the C helper of the variant.

use super::barrier::{Barriers, Devices, has_store_mb};
use super::signature;
use super::text::{Text, allow_c_name, attribute};
use crate::arch::BARRIERS;
use crate::model::op::ArgKind;
use crate::model::ty::Repr;
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

/// The module, with the barriers that `barriers` needs.
pub fn module(spec: &Spec, link: Link<'_>, barriers: Barriers) -> String {
    let mut t = Text::default();
    t.inner_doc(
        "Calls of the C helpers.\n\n\
         # Safety\n\n\
         Every function has this contract: its pointers are valid for reads and writes (only\n\
         for reads, if they are `*const`) and aligned to the size of their type, and concurrent\n\
         accesses to `v` are atomic.",
    );
    let has_pointer = spec.variants().any(|v| v.family.repr == Repr::Pointer);
    if has_pointer {
        t.line("use core::ffi::c_void;");
        t.line("");
    }
    if let Link::Bindgen {
        long_is_isize: false,
        ..
    } = link
    {
        t.line("const _: () = assert!(");
        t.indented(|t| {
            t.line("size_of::<core::ffi::c_long>() == size_of::<isize>(),");
            t.line("\"C's `long` must be as wide as a pointer on platforms with these helpers\"");
        });
        t.line(");");
        t.line("");
    }
    match link {
        Link::Bindgen { module, .. } => t.line(format!("use {module};")),
        Link::Extern { prefix } => t.block("mod helpers", |t| {
            if has_pointer {
                t.line("use core::ffi::c_void;");
                t.line("");
            }
            declare(t, spec, prefix);
        }),
    }
    for family in &spec.types.families {
        t.line("");
        t.doc(&format!("The functions `{}_*`.", family.name));
        t.block(
            &format!("pub(crate) mod {}", names::backend_module(family)),
            |t| {
                t.line("use super::*;");
                for v in spec.variants_of(&family.name) {
                    t.line("");
                    function(t, &v, link);
                }
            },
        );
    }
    let targets = Devices::in_c(spec);
    let (devices, own): (Vec<&str>, Vec<&str>) = barriers
        .backend(spec)
        .partition(|name| targets.only_known(name));
    own.iter().for_each(|name| barrier(&mut t, name, link));
    if !devices.is_empty() {
        let cfg = attribute(&format!("cfg({})", targets.known));
        t.line("");
        t.doc("The barriers that reach devices, which only some architectures have.");
        t.lines(&cfg);
        t.block("mod devices", |t| {
            t.line(match link {
                Link::Bindgen { module, .. } => format!("use super::{};", last(module)),
                Link::Extern { .. } => "use super::*;".into(),
            });
            devices.iter().for_each(|name| barrier(t, name, link));
        });
        t.lines(&cfg);
        t.line("pub(crate) use devices::*;");
    }
    if has_store_mb(spec) {
        t.line("");
        t.doc("Whether `smp_store_mb()` is implemented with an exchange.");
        t.line("pub(crate) const STORE_MB_IS_XCHG: bool = false;");
    }
    t.finish()
}

/// The function of a barrier.
fn barrier(t: &mut Text, name: &str, link: Link<'_>) {
    t.line("");
    t.doc(&format!("`{name}()`."));
    allow_c_name(t, name);
    t.line("#[inline(always)]");
    t.block(&format!("pub(crate) fn {name}()"), |t| {
        let call = format!("{}()", path(link, name));
        t.proven("A barrier accesses no memory.", "", &call, ";");
    });
}

/// The last segment of a path.
fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// The path of a C helper.
fn path(link: Link<'_>, function: &str) -> String {
    match link {
        Link::Bindgen { module, prefix, .. } => {
            format!("{}::{}", last(module), names::helper(prefix, function))
        }
        Link::Extern { prefix } => format!("helpers::{}", names::helper(prefix, function)),
    }
}

fn declare(t: &mut Text, spec: &Spec, prefix: &str) {
    t.block("unsafe extern \"C\"", |t| {
        for v in spec.variants() {
            let ret = signature::ret(&v).map_or(String::new(), |r| format!(" -> {r}"));
            let name = names::helper(prefix, &v.function());
            t.line(format!(
                "pub(super) fn {name}({}){ret};",
                signature::params(&v).join(", ")
            ));
        }
        for barrier in BARRIERS {
            let name = names::helper(prefix, barrier);
            t.line(format!("pub(super) fn {name}();"));
        }
    });
}

fn function(t: &mut Text, v: &Variant<'_>, link: Link<'_>) {
    t.doc(&format!(
        "`{}()`: {}.",
        v.function(),
        super::docs::strength(v)
    ));
    t.doc("");
    t.doc("# Safety");
    t.doc("");
    t.doc("See the [module](super).");
    t.line("#[inline(always)]");
    let ret = signature::ret(v);
    let head = format!("pub(crate) unsafe fn {}", rust_ident(&v.name()));
    t.signature(&head, &signature::params(v), ret.as_deref(), &[]);
    // To Rust, C's `long` and `isize` are different types of the same width.
    let is_long = v.family.repr == Repr::Int("isize")
        && matches!(
            link,
            Link::Bindgen {
                long_is_isize: false,
                ..
            }
        );
    let plain = matches!(link, Link::Extern { .. });
    let args: Vec<String> =
        v.of.op
            .args
            .iter()
            .map(|a| {
                let name = rust_ident(&a.name);
                match a.kind {
                    ArgKind::Value if is_long => format!("{name} as core::ffi::c_long"),
                    ArgKind::Pointer if is_long => format!("{name}.cast()"),
                    // In C, the value is the first member of a structure.
                    ArgKind::Variable { .. } if !plain && v.family.c_object.is_some() => {
                        format!("{name}.cast()")
                    }
                    _ => name,
                }
            })
            .collect();
    let value = ret.as_deref() == Some("isize");
    let after = match (&ret, is_long && value) {
        (None, _) => ";",
        (Some(_), true) => " as isize",
        (Some(_), false) => "",
    };
    t.indented(|t| {
        let call = format!("{}({})", path(link, &v.function()), args.join(", "));
        let before = if after == " as isize" {
            "let result = "
        } else {
            ""
        };
        let end = if before.is_empty() { after } else { ";" };
        t.proven(
            "The caller fulfils the safety contract of the C function.",
            before,
            &call,
            end,
        );
        if !before.is_empty() {
            t.line("result as isize");
        }
    });
    t.line("}");
}
