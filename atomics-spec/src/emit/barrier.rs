//! Generates the module `barrier`.

use std::collections::BTreeSet;

use super::called;
use super::text::{Text, attribute};
use crate::arch::{Arch, BARRIERS, Lang, reaches_devices};
use crate::model::Spec;
use crate::names;

/// Which barriers the generated module has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barriers {
    /// All of them, for a backend that is inline assembly, or can be.
    All,
    /// All of them, for a backend that is always in C.
    InC,
    /// Only those around atomic operations, for a kernel, which already has the others.
    Atomic,
    /// The same, beside the kernel's own module: there is no backend, and they call the helpers.
    Alone,
    /// None, for a kernel without this part of the drop-in.
    None,
}

impl Barriers {
    /// The barriers that a backend must provide for the module.
    pub(super) fn backend(self, spec: &Spec) -> impl Iterator<Item = &'static str> {
        let store_mb = has_store_mb(spec);
        BARRIERS.into_iter().filter(move |name| match self {
            Self::All | Self::InC => true,
            Self::Atomic => name.ends_with("_atomic") || (*name == "smp_mb" && store_mb),
            Self::Alone | Self::None => false,
        })
    }

    /// Whether the module has `smp_store_mb()`.
    pub(super) fn has_store_mb(self, spec: &Spec) -> bool {
        self != Self::None && has_store_mb(spec)
    }
}

/// The flavours of barriers: the prefix of their C names, and their Rust type.
const FLAVOURS: [(&str, &str); 3] = [("smp_", "Smp"), ("", ""), ("dma_", "Dma")];

/// What a barrier orders: its Rust type, and its C name without the prefix.
const KINDS: [(&str, &str); 3] = [("Full", "mb"), ("Read", "rmb"), ("Write", "wmb")];

/// Where the barriers that reach devices exist.
pub(super) struct Devices<'s> {
    /// The C table, if the backend is in C.
    c: Option<&'s Arch>,
    /// The `cfg` predicate of the architectures whose instructions are known.
    pub known: String,
}

impl<'s> Devices<'s> {
    /// Those of inline assembly, or of a backend that can be either.
    fn in_asm(spec: &'s Spec) -> Self {
        Self {
            c: None,
            known: any(spec.asm_archs()),
        }
    }

    /// Those of a backend in C.
    pub fn in_c(spec: &'s Spec) -> Self {
        let c = spec.arch("c").filter(|arch| arch.lang == Lang::C);
        let known = match c {
            Some(c) => any(same_width(spec, c)),
            None => any(spec.asm_archs()),
        };
        Self { c, known }
    }

    /// Whether a barrier exists only on the architectures whose instructions are known.
    pub fn only_known(&self, barrier: &str) -> bool {
        match self.c {
            Some(c) => is_for_devices(c, barrier),
            None => reaches_devices(barrier),
        }
    }
}

/// The `cfg` predicate of some architectures.
fn any<'s>(archs: impl Iterator<Item = &'s Arch>) -> String {
    let archs: Vec<String> = archs
        .map(|a| format!("target_arch = {:?}", a.name))
        .collect();
    format!("any({})", archs.join(", "))
}

/// The architectures on which a table in C can be used: their pointers have its width.
pub(super) fn same_width<'s>(spec: &'s Spec, c: &Arch) -> impl Iterator<Item = &'s Arch> + use<'s> {
    let width = c.width;
    spec.asm_archs().filter(move |target| target.width == width)
}

/// Whether the C helper of a barrier has the instructions of architectures: it reaches devices, and
/// the table in C has no expression for it.
pub(super) fn is_for_devices(c: &Arch, barrier: &str) -> bool {
    reaches_devices(barrier) && c.barrier(barrier).is_none_or(|b| b.lines.is_empty())
}

/// Whether the model has the operations that `smp_store_mb()` uses.
pub(super) fn has_store_mb(spec: &Spec) -> bool {
    ["store", "xchg"]
        .iter()
        .all(|method| called::find(spec, method).is_some())
}

/// Why the call of a helper is sound.
const PROOF: &str = "// SAFETY: A barrier accesses no memory.";

/// The module; `path` is the path of the generated items in examples.
pub fn module(spec: &Spec, barriers: Barriers, path: &str) -> String {
    let alone = barriers == Barriers::Alone;
    let store_mb = store_mb(spec, alone, path);
    let mut uses = "use super::backend;\n".to_owned();
    let mut out = match barriers {
        Barriers::All | Barriers::InC => {
            let devices = match barriers {
                Barriers::InC => Devices::in_c(spec),
                _ => Devices::in_asm(spec),
            };
            let known = any(spec.asm_archs());
            if let Some(store_mb) = &store_mb {
                uses += &super::text::import("super::internal", &store_mb.traits);
            }
            // `kernel::sync::barrier` has its types under the path `ordering`, too.
            uses += "#[doc(no_inline)]\npub use super::ordering;\n\
                     #[doc(no_inline)]\npub use super::ordering::{Full, Read, Write};\n";
            include_str!("templates/barrier.rs")
                .replace("$attributes\n", &unimplemented(&devices))
                .replace("$known\n", &statement(&known))
                .replace("$unknown\n", &statement(&format!("not({known})")))
                .replace("$impls\n", &(impls(&devices) + "\n"))
        }
        Barriers::Atomic | Barriers::Alone => {
            if let Some(store_mb) = &store_mb {
                uses += &super::text::import("super::internal", &store_mb.traits);
                uses += "use super::ordering::Full;\n";
            }
            "//! The memory barriers around atomic operations.\n//!\n\
             //! The others are in `kernel::sync::barrier`.\n\n$uses\n"
                .to_owned()
        }
        Barriers::None => return String::new(),
    };
    if store_mb.is_some() {
        uses += "use super::{Atomic, AtomicType, Relaxed};\n";
    }
    if alone {
        uses = uses.replace("use super::backend;\n", "use crate::bindings;\n\n");
        uses = uses.replace("use super::ordering::Full;\n", "");
    }
    out = out.replace("$uses\n", &uses);
    out.push('\n');
    let around = include_str!("templates/barrier_atomic.rs");
    let store_mb = store_mb.map(|store_mb| store_mb.text).unwrap_or_default();
    for line in around.lines().chain(store_mb.lines()) {
        let call = line.trim_start().strip_prefix("backend::");
        match call
            .and_then(|call| call.strip_suffix(';'))
            .filter(|_| alone)
        {
            Some(call) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                out += &format!("{indent}{PROOF}\n{indent}unsafe {{ bindings::{call} }};\n");
            }
            None => out.extend([line, "\n"]),
        }
    }
    out.replace("$path", path)
}

/// What the compiler adds to an error about a barrier on an architecture without a table.
fn unimplemented(devices: &Devices<'_>) -> String {
    let missing: Vec<String> = barriers()
        .filter(|barrier| devices.only_known(&barrier.name()))
        .map(|Barrier { flavour, kind }| format!("`{}mb({})`", flavour.0, kind.0))
        .collect();
    let missing = match missing.len() {
        0 => return String::new(),
        // All that there are.
        6 => "`mb` and `dma_mb`".to_owned(),
        // `attribute` breaks lines at commas.
        _ => missing.join(" and "),
    };
    let note = format!("the C helpers have no instructions of this target for {missing}");
    attribute(&format!(
        "cfg_attr(not({}), diagnostic::on_unimplemented(note = {note:?}))",
        devices.known
    )) + "\n"
}

/// The attribute of a statement that only some targets have.
fn statement(predicate: &str) -> String {
    let mut t = Text::default();
    t.indented(|t| t.lines(&attribute(&format!("cfg({predicate})"))));
    t.finish()
}

/// A barrier: one of `FLAVOURS`, and one of `KINDS`.
struct Barrier {
    flavour: (&'static str, &'static str),
    kind: (&'static str, &'static str),
}

impl Barrier {
    /// Its C name.
    fn name(&self) -> String {
        format!("{}{}", self.flavour.0, self.kind.1)
    }
}

/// The barriers with a type for what they order.
fn barriers() -> impl Iterator<Item = Barrier> {
    FLAVOURS
        .into_iter()
        .flat_map(|flavour| KINDS.map(|kind| Barrier { flavour, kind }))
}

/// The barrier that restrains the compiler alone.
#[cfg(feature = "tools")]
pub(super) const OF_COMPILER: &str = "barrier";

/// How a barrier orders, in a few words.
#[cfg(feature = "tools")]
pub(super) fn strength(name: &str) -> &'static str {
    match find(name).map(|barrier| barrier.kind.0) {
        Some("Read") => "orders loads",
        Some("Write") => "orders stores",
        _ if name == OF_COMPILER => "compiler barrier",
        _ => "full barrier",
    }
}

/// The Rust call of a barrier.
#[cfg(feature = "tools")]
pub fn rust_call(name: &str) -> String {
    match find(name) {
        Some(Barrier { flavour, kind }) => format!("{}mb({})", flavour.0, kind.0),
        None => format!("{name}()"),
    }
}

/// What a barrier orders, in sentences, with the source of the rule.
#[cfg(feature = "tools")]
pub(super) fn rule(name: &str) -> String {
    const SOURCE: &str = "(`Documentation/memory-barriers.txt`, section \"CPU MEMORY BARRIERS\")";
    if name == OF_COMPILER {
        return "Keeps the compiler from moving accesses across it, and restrains no CPU. Every \
                other barrier does that, too, and every fully ordered operation that succeeds."
            .into();
    }
    let Some(Barrier { flavour, kind }) = find(name) else {
        let rule = match name.ends_with("before_atomic") {
            true => {
                "Before an atomic operation that reads and writes, it orders all earlier accesses \
                 before the operation and before all that follows it"
            }
            false => {
                "After an atomic operation that reads and writes, it orders the operation and all \
                 earlier accesses before all that follows"
            }
        };
        return format!("{rule} (`Documentation/atomic_t.txt`, section \"ORDERING\").");
    };
    let what = match kind.0 {
        "Read" => "all earlier loads before all later loads",
        "Write" => "all earlier stores before all later stores",
        _ => "all earlier accesses before all later accesses",
    };
    let to_whom = match flavour.0 {
        "smp_" => "as other CPUs see them, and not as devices do",
        "dma_" => {
            "also as devices with coherent access to the memory see them, and no accesses to registers"
        }
        _ => "also as devices see them, and accesses to devices as well",
    };
    format!("Orders {what}, {to_whom} {SOURCE}.")
}

/// The barrier with a C name, if it has a type for what it orders.
#[cfg(feature = "tools")]
fn find(name: &str) -> Option<Barrier> {
    barriers().find(|barrier| barrier.name() == name)
}

/// The implementations of `MemoryBarrier`.
fn impls(devices: &Devices<'_>) -> String {
    let mut t = Text::default();
    let (known, own): (Vec<Barrier>, Vec<Barrier>) =
        barriers().partition(|barrier| devices.only_known(&barrier.name()));
    for barrier in &own {
        emit_impl(&mut t, barrier);
    }
    if !known.is_empty() {
        t.line("");
        t.lines(&attribute(&format!("cfg({})", devices.known)));
        t.block("mod devices", |t| {
            let types = known.iter().flat_map(|b| [b.flavour.1, b.kind.0]);
            let mut uses: BTreeSet<&str> = types.filter(|name| !name.is_empty()).collect();
            uses.extend(["MemoryBarrier", "backend"]);
            let uses: Vec<&str> = uses.into_iter().collect();
            t.line(format!("use super::{{{}}};", uses.join(", ")));
            for barrier in &known {
                emit_impl(t, barrier);
            }
        });
    }
    t.finish()
}

/// The implementation for one barrier.
fn emit_impl(t: &mut Text, barrier: &Barrier) {
    let flavour = match barrier.flavour.1 {
        "" => String::new(),
        flavour => format!("<{flavour}>"),
    };
    t.line("");
    let head = format!("impl MemoryBarrier{flavour} for {}", barrier.kind.0);
    t.block(&head, |t| {
        t.line("#[inline(always)]");
        t.block("fn run(self)", |t| {
            t.line(format!("backend::{}();", barrier.name()));
        });
    });
}

/// `smp_store_mb()`, and the traits of the operations that it uses.
struct StoreMb {
    text: String,
    traits: BTreeSet<String>,
}

fn store_mb(spec: &Spec, alone: bool, path: &str) -> Option<StoreMb> {
    let (store, xchg) = (called::find(spec, "store")?, called::find(spec, "xchg")?);
    let bounded = [store, xchg].into_iter();
    let bounded = bounded.filter(|f| !spec.is_on_all(f.meaning.class));
    let traits: BTreeSet<String> = bounded.map(|f| names::ops_trait(f.class)).collect();
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
    let wheres: Vec<_> = match bounds.is_empty() {
        true => Vec::new(),
        false => vec![format!("T::Repr: {}", bounds.join(" + "))],
    };
    let params = ["v: &Atomic<T>".to_owned(), "value: T".to_owned()];
    t.signature("pub fn smp_store_mb<T: AtomicType>", &params, None, &wheres);
    t.indented(|t| {
        t.lines(match alone {
            true => "v.store(value, Relaxed);\nbackend::smp_mb();",
            false => {
                "if backend::STORE_MB_IS_XCHG {\n    v.xchg(value, Full);\n} else {\n    \
                 v.store(value, Relaxed);\n    backend::smp_mb();\n}"
            }
        });
    });
    t.line("}");
    Some(StoreMb {
        text: text.finish(),
        traits,
    })
}
