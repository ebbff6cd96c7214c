//! The module `barrier`.

use super::text::Text;
use crate::model::Spec;
use crate::names;

/// The module; `path` is the path of the generated items in examples.
pub fn module(spec: &Spec, path: &str) -> String {
    let mut impls = Text::default();
    let flavours = [("", ""), ("smp_", "<Smp>"), ("dma_", "<Dma>")];
    for (prefix, flavour) in flavours {
        for (what, stem) in [("Full", "mb"), ("Read", "rmb"), ("Write", "wmb")] {
            impls.line("");
            impls.block(&format!("impl MemoryBarrier{flavour} for {what}"), |t| {
                t.line("#[inline(always)]");
                t.block("fn run()", |t| {
                    t.line(format!("backend::{prefix}{stem}();"))
                });
            });
        }
    }
    let has = |name: &str| spec.typed_forms().find(|f| f.method() == name);
    let mut uses = "pub use super::ordering::Full;\n".to_owned();
    let mut store_mb = Text::default();
    if let (Some(store), Some(xchg)) = (has("store"), has("xchg")) {
        let mut internal: Vec<_> = [store, xchg]
            .map(|f| names::ops_trait(f.class))
            .into_iter()
            .collect();
        internal.sort();
        internal.dedup();
        uses.insert_str(
            0,
            &super::text::import("super::internal", &internal.iter().cloned().collect()),
        );
        uses += "use super::{Atomic, AtomicType, Relaxed};\n";
        let t = &mut store_mb;
        t.line("");
        t.doc("Stores `value`, and orders the store and all that precedes it before all that follows.");
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
        let wheres: Vec<_> = vec![format!("T::Repr: {}", internal.join(" + "))];
        let params = ["v: &Atomic<T>".to_owned(), "value: T".to_owned()];
        t.signature("pub fn smp_store_mb<T: AtomicType>", &params, None, &wheres);
        t.indented(|t| {
            t.lines(
                "if backend::STORE_MB_IS_XCHG {\n    v.xchg(value, Full);\n} else {\n    \
                 v.store(value, Relaxed);\n    smp_mb(Full);\n}",
            );
        });
        t.line("}");
    }
    include_str!("templates/barrier.rs")
        .replace("$uses\n", &uses)
        .replace("$impls\n", &(impls.finish() + "\n"))
        .replace("$store_mb\n", &store_mb.finish())
        .replace("$path", path)
}
