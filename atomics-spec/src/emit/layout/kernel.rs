//! The drop-in for a kernel tree: its C helpers and its Rust module.

use super::file::{File, banner};
use super::modules::modules;
use crate::arch::Arch;
use crate::emit::asm::{self, Hosted, Labels, Surroundings};
use crate::emit::barrier::Barriers;
use crate::emit::c::{self, Style};
use crate::emit::c_barrier;
use crate::emit::c_rows;
use crate::emit::extern_c::{self, Link};
use crate::emit::kunit;
use crate::emit::pointer;
use crate::emit::root::{self, Parts};
use crate::emit::text::attribute;
use crate::model::Spec;
use crate::model::ty::Family;
use crate::names;
use crate::plan::Missing;

/// How a kernel's Rust code implements the operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelBackend {
    /// By calling C helpers.
    #[default]
    Helpers,
    /// With inline assembly on the architectures whose tables allow it in a kernel, unless one of
    /// [`CHECKERS`] is on; else by calling C helpers.
    Asm,
}

const RUST: &str = "// SPDX-License-Identifier: GPL-2.0";
const STYLE: Style<'static> = Style {
    prefix: names::HELPER_PREFIX,
    attribute: "__rust_helper",
};
/// The families whose helpers upstream's own script generates.
const UPSTREAM: [&str; 2] = ["atomic", "atomic64"];
/// The path of the module.
const PATH: &str = "kernel::sync::atomic";
/// The architectures with an instruction that exchanges bytes.
const BYTE: &str = "any(CONFIG_X86_64, CONFIG_UML, CONFIG_ARM, CONFIG_ARM64)";
/// Options that instrument each access in C, but not in inline assembly. If one of them is on, C
/// helpers are called.
pub const CHECKERS: [&str; 4] = [
    "CONFIG_KASAN",
    "CONFIG_KCSAN",
    "CONFIG_KMSAN",
    "CONFIG_DEBUG_ATOMIC",
];
/// The crate `kernel` does not enable unstable `label` operands, and compilers from 1.85 build it.
/// This is the oldest option that implies a compiler with stable ones: it is on from 1.88.
const LABELS: Labels = Labels::If("CONFIG_RUSTC_HAS_SPAN_FILE");

/// What a drop-in has: for each part that is there, the model of its operations.
#[derive(Clone, Copy, Debug)]
pub struct KernelParts<'s> {
    /// The C helpers.
    pub helpers: Option<&'s Spec>,
    /// The Rust module, which replaces the kernel's own.
    pub operations: Option<&'s Spec>,
    /// The functions on raw pointers in it.
    pub pointers: &'s Spec,
    /// The KUnit tests in it.
    pub tests: Option<&'s Spec>,
    /// Whether it, and the C helpers, have the barriers.
    pub barriers: bool,
    /// Whether it re-exports `derive(AtomicType)`.
    pub derive: bool,
}

impl<'s> KernelParts<'s> {
    /// All parts.
    pub fn all(spec: &'s Spec) -> Self {
        Self {
            helpers: Some(spec),
            operations: Some(spec),
            pointers: spec,
            tests: Some(spec),
            barriers: true,
            derive: true,
        }
    }
}

/// The files of the drop-in.
pub fn kernel(spec: &Spec, backend: KernelBackend) -> Result<Vec<File>, Missing> {
    kernel_parts(KernelParts::all(spec), backend)
}

/// The files of a drop-in with these parts.
///
/// # Errors
///
/// If a table cannot implement a variant.
pub fn kernel_parts(has: KernelParts<'_>, backend: KernelBackend) -> Result<Vec<File>, Missing> {
    let own = match backend {
        KernelBackend::Helpers => "",
        KernelBackend::Asm => " --backend asm",
    };
    let mut files = Vec::new();
    let mut add = |name: &str, text: String| {
        // Files that do not depend on the backend do not name it in their first line.
        let of_backend = name.contains("/backend");
        let command = format!(" --kernel TREE{}", if of_backend { own } else { "" });
        files.push(File {
            path: format!("rust/{name}"),
            contents: banner(&command, RUST) + &in_kernel_style(&text),
        });
    };
    let barriers = match has.barriers {
        true => Barriers::Atomic,
        false => Barriers::None,
    };
    if let Some(spec) = has.helpers {
        add("helpers/atomic.c", upstream_helpers(spec));
        if let Some(arch) = spec.arch("kernel") {
            add("helpers/atomic_ext.c", other_helpers(spec, arch, barriers)?);
        }
    }
    let Some(spec) = has.operations else {
        return Ok(files);
    };
    let parts = Parts {
        barriers,
        kunit: has.tests.is_some(),
        derive: has.derive.then_some("macros"),
        raw: false,
    };
    add("kernel/sync/atomic.rs", root::module(spec, parts, PATH));
    for (name, text) in modules(spec, parts, BYTE, PATH) {
        let text = match name {
            "pointer" => pointer::module(has.pointers, PATH),
            _ => text,
        };
        add(&format!("kernel/sync/atomic/{name}.rs"), text);
    }
    for (name, text) in has.tests.map(kunit::modules).unwrap_or_default() {
        add(&format!("kernel/sync/atomic/{name}.rs"), text);
    }
    match backend {
        KernelBackend::Helpers => add(
            "kernel/sync/atomic/backend.rs",
            rust_helpers(spec, barriers),
        ),
        KernelBackend::Asm => {
            add("kernel/sync/atomic/backend.rs", choice(spec));
            add(
                "kernel/sync/atomic/backend/helpers.rs",
                rust_helpers(spec, barriers),
            );
            for arch in inline_archs(spec) {
                let surroundings = Surroundings {
                    labels: LABELS,
                    barriers,
                    hosted: Hosted::Never,
                };
                let text = asm::module(spec, arch, surroundings)?;
                add(
                    &format!("kernel/sync/atomic/backend/{}.rs", arch.name),
                    text,
                );
            }
        }
    }
    Ok(files)
}

/// Formats imports in kernel style (`Documentation/rust/coding-guidelines.rst`, section "Imports"):
/// one name per line, and a comment that keeps rustfmt from joining them. It also turns `allow` of
/// a naming lint into `expect`.
pub fn in_kernel_style(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        let is_import = start.starts_with("use ") || start.starts_with("pub use ");
        let Some((head, first)) = line.split_once("::{").filter(|_| is_import) else {
            out.push_str(&line.replace("#[allow(non_", "#[expect(non_"));
            out.push('\n');
            continue;
        };
        let mut list = first.to_owned();
        while !list.contains("};") {
            let Some(more) = lines.next() else { break };
            list.push_str(more);
        }
        let margin = &line[..line.len() - start.len()];
        let names = list.trim_end_matches("};").split(',').map(str::trim);
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        out.push_str(&format!("{head}::{{\n"));
        for (index, name) in names.iter().enumerate() {
            let last = if index + 1 == names.len() { " //" } else { "" };
            out.push_str(&format!("{margin}    {name},{last}\n"));
        }
        out.push_str(&format!("{margin}}};\n"));
    }
    out
}

/// The architectures for which a kernel may have inline assembly.
fn inline_archs(spec: &Spec) -> impl Iterator<Item = &Arch> {
    spec.asm_archs().filter(|arch| arch.kernel)
}

/// Whether upstream's own script generates the helpers of a family.
fn is_upstream(family: &Family) -> bool {
    UPSTREAM.contains(&family.name.as_str()) && family.c_object.is_some()
}

/// Upstream's helpers, as upstream's script writes them.
fn upstream_helpers(spec: &Spec) -> String {
    let mut text = String::from(
        "/*\n * This file provides helpers for the various atomic functions for Rust.\n */\n\
         #ifndef _RUST_ATOMIC_API_H\n#define _RUST_ATOMIC_API_H\n\n#include <linux/atomic.h>\n\n",
    );
    for family in spec.types.families.iter().filter(|f| is_upstream(f)) {
        text += &c::wrappers(spec.variants_of(&family.name), STYLE);
    }
    text + "#endif /* _RUST_ATOMIC_API_H */\n"
}

/// The helpers of the other families, and of the barriers for which upstream has no helpers.
fn other_helpers(spec: &Spec, arch: &Arch, barriers: Barriers) -> Result<String, Missing> {
    let mut text = String::new();
    for include in &arch.includes {
        text += &format!("#include {include}\n");
    }
    text.push('\n');
    text += &format!("{}\n", c_rows::shapes());
    let own: Vec<&Family> = spec
        .types
        .families
        .iter()
        .filter(|f| !is_upstream(f))
        .collect();
    let (wrapped, plain): (Vec<&Family>, Vec<&Family>) = own
        .into_iter()
        .partition(|family| family.c_object.is_some());
    for family in wrapped {
        text += &format!("{}\n", c_rows::wrappers(spec, family));
    }
    match c_rows::helpers(spec, arch, &plain)? {
        Some(rows) => text += &rows,
        None => {
            for family in plain {
                text += &c::helpers(spec, arch, spec.variants_of(&family.name), STYLE)?;
            }
        }
    }
    let own = barriers.backend(spec).filter(|name| *name != "smp_mb");
    text += &c_barrier::barriers(spec, arch, own, STYLE);
    Ok(text.trim_end().to_owned() + "\n")
}

/// The Rust side of the helpers.
fn rust_helpers(spec: &Spec, barriers: Barriers) -> String {
    let link = Link::Bindgen {
        module: "crate::bindings",
        prefix: "",
        long_is_isize: true,
    };
    // A plain load or store is atomic with respect to an RMW only if the RMW takes no lock.
    let guard = "\nconst _: () = assert!(\n    cfg!(CONFIG_ARCH_SUPPORTS_ATOMIC_RMW),\n    \
                 \"loads and stores are atomic with respect to other operations only if those \
                 take no lock\"\n);\n";
    extern_c::module(spec, link, barriers) + guard
}

/// The module `backend`, which selects inline assembly or helpers.
fn choice(spec: &Spec) -> String {
    let mut out = "\
//! Selects the backend that implements the operations.
//!
//! Inline assembly is used if the architecture has one set of instructions for all CPUs that the
//! kernel runs on. If the kernel chooses between two sets at boot, as arm64 does between LL/SC and
//! LSE, the C helpers are called, because they follow that choice. They are also called if KASAN,
//! KCSAN, KMSAN or DEBUG_ATOMIC is on, because these instrument C code, but not inline assembly.
"
    .to_owned();
    let checked = format!("any({})", CHECKERS.join(", "));
    let mut any = Vec::new();
    for arch in inline_archs(spec) {
        let name = &arch.name;
        let target = format!("target_arch = \"{name}\"");
        let cfg = attribute(&format!("cfg(all({target}, not({checked})))"));
        out += &format!("\n{cfg}\nmod {name};\n{cfg}\npub(crate) use {name}::*;\n");
        any.push(target);
    }
    let cfg = match any.as_slice() {
        [] => String::new(),
        [one] => attribute(&format!("cfg(any(not({one}), {checked}))")) + "\n",
        all => {
            attribute(&format!(
                "cfg(any(not(any({})), {checked}))",
                all.join(", ")
            )) + "\n"
        }
    };
    out + &format!("\n{cfg}mod helpers;\n{cfg}pub(crate) use helpers::*;\n")
}
