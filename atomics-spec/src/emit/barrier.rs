//! Generates the module `barrier`.

use std::collections::BTreeSet;

use super::called;
use super::text::{Text, attribute};
use crate::arch::BARRIERS;
use crate::model::Spec;
use crate::names;

/// Which barriers the generated module has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barriers {
    /// All of them.
    All,
    /// Only those around atomic operations, for a kernel, which already has the others.
    Atomic,
}

impl Barriers {
    /// The barriers that a backend must provide for the module.
    pub(super) fn backend(self, spec: &Spec) -> impl Iterator<Item = &'static str> {
        let store_mb = has_store_mb(spec);
        BARRIERS.into_iter().filter(move |name| {
            self == Self::All || name.ends_with("_atomic") || (*name == "smp_mb" && store_mb)
        })
    }
}

/// Why there are no barriers for devices on an architecture without a table.
const MISSING: &str =
    "`mb` and `dma_mb` do not exist on this target: no table has its instructions";

/// The `cfg` predicate of the architectures whose barriers for devices are known.
pub(super) fn known_devices(spec: &Spec) -> String {
    let archs = spec.asm_archs();
    let archs: Vec<String> = archs
        .map(|a| format!("target_arch = {:?}", a.name))
        .collect();
    format!("any({})", archs.join(", "))
}

/// Whether the model has the operations that `smp_store_mb()` uses.
pub(super) fn has_store_mb(spec: &Spec) -> bool {
    ["store", "xchg"]
        .iter()
        .all(|method| called::find(spec, method).is_some())
}

/// The module; `path` is the path of the generated items in examples.
pub fn module(spec: &Spec, barriers: Barriers, path: &str) -> String {
    let store_mb = store_mb(spec, path);
    let mut uses = "use super::backend;\n".to_owned();
    let mut out = match barriers {
        Barriers::All => {
            if let Some(store_mb) = &store_mb {
                uses += &super::text::import("super::internal", &store_mb.traits);
            }
            uses += "pub use super::ordering::Full;\n";
            include_str!("templates/barrier.rs")
                .replace("$attributes\n", &unimplemented(spec))
                .replace("$known\n", &statement(&known_devices(spec)))
                .replace(
                    "$unknown\n",
                    &statement(&format!("not({})", known_devices(spec))),
                )
                .replace("$impls\n", &(impls(spec) + "\n"))
        }
        Barriers::Atomic => {
            if let Some(store_mb) = &store_mb {
                uses += &super::text::import("super::internal", &store_mb.traits);
                uses += "use super::ordering::Full;\n";
            }
            "//! The memory barriers around atomic operations.\n//!\n\
             //! The others are in `kernel::sync::barrier`.\n\n$uses\n"
                .to_owned()
        }
    };
    if store_mb.is_some() {
        uses += "use super::{Atomic, AtomicType, Relaxed};\n";
    }
    out = out.replace("$uses\n", &uses);
    out.push('\n');
    out.push_str(include_str!("templates/barrier_atomic.rs"));
    if let Some(store_mb) = store_mb {
        out.push_str(&store_mb.text);
    }
    out.replace("$path", path)
}

/// What the compiler adds to an error about a barrier that does not exist.
fn unimplemented(spec: &Spec) -> String {
    attribute(&format!(
        "cfg_attr(not({}), diagnostic::on_unimplemented(note = {MISSING:?}))",
        known_devices(spec)
    )) + "\n"
}

/// The attribute of a statement that only some targets have.
fn statement(predicate: &str) -> String {
    let mut t = Text::default();
    t.indented(|t| t.lines(&attribute(&format!("cfg({predicate})"))));
    t.finish()
}

/// The implementations of `MemoryBarrier`.
fn impls(spec: &Spec) -> String {
    let mut t = Text::default();
    emit_impls(&mut t, "smp_", "<Smp>");
    t.line("");
    t.lines(&attribute(&format!("cfg({})", known_devices(spec))));
    t.block("mod devices", |t| {
        t.line("use super::{Dma, Full, MemoryBarrier, Read, Write, backend};");
        emit_impls(t, "", "");
        emit_impls(t, "dma_", "<Dma>");
    });
    t.finish()
}

/// The implementations for one flavour.
fn emit_impls(t: &mut Text, prefix: &str, flavour: &str) {
    for (what, stem) in [("Full", "mb"), ("Read", "rmb"), ("Write", "wmb")] {
        t.line("");
        t.block(&format!("impl MemoryBarrier{flavour} for {what}"), |t| {
            t.line("#[inline(always)]");
            t.block("fn run()", |t| {
                t.line(format!("backend::{prefix}{stem}();"));
            });
        });
    }
}

/// `smp_store_mb()`, and the traits of the operations that it uses.
struct StoreMb {
    text: String,
    traits: BTreeSet<String>,
}

fn store_mb(spec: &Spec, path: &str) -> Option<StoreMb> {
    let (store, xchg) = (called::find(spec, "store")?, called::find(spec, "xchg")?);
    let traits: BTreeSet<String> = [store, xchg]
        .map(|f| names::ops_trait(f.class))
        .into_iter()
        .collect();
    let mut text = Text::default();
    let t = &mut text;
    t.line("");
    t.doc("Stores `value`, and orders the store and all earlier accesses before all later ones.");
    t.doc("");
    t.doc("# Examples");
    t.doc("");
    t.doc_lines(
        [
            "```".to_owned(),
            format!("use {path}::barrier::smp_store_mb;"),
            format!("use {path}::{{Atomic, Relaxed}};"),
            String::new(),
            "let wanted = Atomic::new(false);".into(),
            "smp_store_mb(&wanted, true);".into(),
            "assert!(wanted.load(Relaxed));".into(),
            "```".into(),
        ]
        .iter()
        .map(String::as_str),
    );
    t.line("#[inline(always)]");
    let bounds: Vec<&str> = traits.iter().map(String::as_str).collect();
    let wheres: Vec<_> = vec![format!("T::Repr: {}", bounds.join(" + "))];
    let params = ["v: &Atomic<T>".to_owned(), "value: T".to_owned()];
    t.signature("pub fn smp_store_mb<T: AtomicType>", &params, None, &wheres);
    t.indented(|t| {
        t.lines(
            "if backend::STORE_MB_IS_XCHG {\n    v.xchg(value, Full);\n} else {\n    \
                 v.store(value, Relaxed);\n    backend::smp_mb();\n}",
        );
    });
    t.line("}");
    Some(StoreMb {
        text: text.finish(),
        traits,
    })
}
