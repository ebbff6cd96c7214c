//! The drop-in for a kernel tree: its C helpers and its Rust module.

mod at_boot;
mod backend;
mod partial;
mod patched;
mod wrapper;

use super::file::{File, banner};
use super::modules::modules;
use crate::arch::Arch;
use crate::emit::barrier::{self, Barriers};
use crate::emit::c::{self, Style};
use crate::emit::c_barrier;
use crate::emit::c_rows;
use crate::emit::kunit;
use crate::emit::pointer;
use crate::emit::root::{self, Parts};
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
    /// With inline assembly in the kernels for which the table of the architecture allows it, unless
    /// one of [`CHECKERS`] is on; else by calling C helpers.
    Asm,
}

pub use backend::CHECKERS;

const RUST: &str = "// SPDX-License-Identifier: GPL-2.0";
const ASSEMBLY: &str = "/* SPDX-License-Identifier: GPL-2.0 */";
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
/// The Rust strings that the build of a kernel with inline assembly makes of C headers: for each, the
/// name of its source without the extensions, and the option of the kernel without which it is not
/// used.
pub fn kernel_sequences(spec: &Spec) -> impl Iterator<Item = (String, &str)> {
    backend::found_at_boot(spec).map(|feature| (feature.source().0, feature.option()))
}

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
    /// The barriers in it and in the C helpers. Without the Rust module, they are a file beside the
    /// kernel's own module, and the C helpers are [`kernel_barrier_helpers`].
    pub barriers: Option<&'s Spec>,
    /// Whether it re-exports `derive(AtomicType)`.
    pub derive: bool,
    /// Whether it has C's functions under their own names.
    pub raw: bool,
    /// The architectures on which only some operations are inlined, with the model of these. On the
    /// others for which a kernel has inline assembly, all are.
    pub partial: &'s [(String, Spec)],
}

impl<'s> KernelParts<'s> {
    /// All parts.
    pub fn all(spec: &'s Spec) -> Self {
        Self {
            helpers: Some(spec),
            operations: Some(spec),
            pointers: spec,
            tests: Some(spec),
            barriers: Some(spec),
            derive: true,
            raw: false,
            partial: &[],
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
        Some(_) => Barriers::Atomic,
        None => Barriers::None,
    };
    if let Some(spec) = has.helpers {
        add("helpers/atomic.c", upstream_helpers(spec));
        if let Some(arch) = spec.arch("kernel") {
            add("helpers/atomic_ext.c", other_helpers(spec, arch, barriers)?);
        }
    }
    let Some(spec) = has.operations else {
        if let Some(spec) = has.barriers {
            let text = barrier::module(spec, Barriers::Alone, PATH);
            add("kernel/sync/atomic/barrier.rs", text);
        }
        return Ok(files);
    };
    let parts = Parts {
        barriers,
        kunit: has.tests.is_some(),
        derive: has.derive.then_some("macros"),
        raw: has.raw,
        typed: false,
    };
    add("kernel/sync/atomic.rs", root::module(spec, parts, PATH));
    for (name, text) in modules(spec, parts, BYTE, PATH) {
        let text = match name {
            "pointer" => pointer::module(has.pointers, parts.typed, PATH),
            _ => text,
        };
        add(&format!("kernel/sync/atomic/{name}.rs"), text);
    }
    for (name, text) in has.tests.map(kunit::modules).unwrap_or_default() {
        add(&format!("kernel/sync/atomic/{name}.rs"), text);
    }
    let inline = backend == KernelBackend::Asm;
    for (name, text) in backend::modules(spec, barriers, inline, has.partial)? {
        add(&format!("kernel/sync/atomic/{name}.rs"), text);
    }
    if inline {
        for feature in backend::found_at_boot(spec) {
            let (name, text) = feature.source();
            files.push(File {
                path: format!("rust/kernel/{name}.rs.S"),
                contents: banner(&format!(" --kernel TREE{own}"), ASSEMBLY) + &text,
            });
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
    text += &barrier_helpers(spec, arch, barriers);
    Ok(text.trim_end().to_owned() + "\n")
}

/// The helpers of the barriers for which upstream has none.
fn barrier_helpers(spec: &Spec, arch: &Arch, barriers: Barriers) -> String {
    let own = barriers.backend(spec).filter(|name| *name != "smp_mb");
    c_barrier::barriers(spec, arch, own, STYLE)
}

/// The C helpers of the barriers, for a kernel without the others of the drop-in.
pub fn kernel_barrier_helpers(spec: &Spec) -> String {
    let arch = spec.arch("kernel");
    let text = arch.map(|arch| barrier_helpers(spec, arch, Barriers::Atomic));
    text.unwrap_or_default().trim_end().to_owned() + "\n"
}
