//! The files of `atomics-core`, and C helpers for user space.

use super::file::{File, MARKER, banner};
use super::modules::{compile_error, modules, native_bytes, without_table};
use crate::arch::{Arch, BARRIERS, Lang};
use crate::emit::asm::{self, Hosted, Labels, Surroundings};
use crate::emit::barrier::Barriers;
use crate::emit::c::{self, Style};
use crate::emit::c_barrier;
use crate::emit::extern_c::{self, Link};
use crate::emit::reference;
use crate::emit::root::{self, Parts};
use crate::emit::text::attribute;
use crate::model::Spec;
use crate::names;
use crate::plan::Missing;

/// The path of the header that bindgen reads, in the repository.
pub const CORE_HEADER: &str = "atomics-core/c/atomic.h";
/// The path of the Rust declarations that bindgen makes from it.
pub const CORE_BINDINGS: &str = "atomics-core/src/atomic/backend/bindings.rs";
/// The path of the page of the guide with the tables that follow from the model.
const CORE_REFERENCE: &str = "atomics-core/docs/reference.md";

/// C helpers for user space: a header, and the source that includes it as `atomic.h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CFiles {
    /// The types and the declarations.
    pub header: String,
    /// The definitions.
    pub source: String,
}

/// C helpers for user space whose names begin with `prefix`, made of GCC's and Clang's built-ins.
/// They must be compiled with `-fwrapv`. C has no fences that reach devices: the barriers that do
/// consist of instructions, and exist only on the architectures of the model.
///
/// # Errors
///
/// If the built-ins cannot implement a variant, or if there is no table `c`.
pub fn c_files(spec: &Spec, prefix: &str) -> Result<CFiles, Missing> {
    let style = Style {
        prefix,
        attribute: "",
    };
    let missing = || Missing {
        arch: "c".into(),
        variant: "any".into(),
        bits: 0,
        lack: None,
    };
    let arch = spec
        .arch("c")
        .filter(|a| a.lang == Lang::C)
        .ok_or_else(missing)?;
    let mut source = "#include \"atomic.h\"\n\n".to_owned();
    source += &c::helpers(spec, arch, spec.variants(), style)?;
    source += c_barrier::barriers(spec, arch, BARRIERS, style).trim_end();
    source.push('\n');
    Ok(CFiles {
        header: header(spec, arch, style),
        source,
    })
}

fn header(spec: &Spec, arch: &Arch, style: Style<'_>) -> String {
    let mut out = "#ifndef RUST_ATOMIC_H\n#define RUST_ATOMIC_H\n\n".to_owned();
    for include in &arch.includes {
        out.push_str(&format!("#include {include}\n"));
    }
    out.push('\n');
    for bits in ["8", "16", "32", "64"] {
        let name = format!("s{bits}");
        if spec.types.families.iter().any(|f| f.c_value == name) {
            out.push_str(&format!("typedef int{bits}_t {name};\n"));
        }
    }
    out.push('\n');
    for family in &spec.types.families {
        if let Some(object) = &family.c_object {
            let value = &family.c_value;
            out.push_str(&format!(
                "typedef struct {{\n\t{value} counter;\n}} {object};\n\n"
            ));
        }
    }
    out.push_str(&c::declarations(spec.variants(), style));
    out.push('\n');
    out.push_str(&c_barrier::declarations(spec, arch, style));
    out.push_str("\n#endif\n");
    out
}

/// The files of `atomics-core`, except the one that bindgen writes.
pub fn core_crate(spec: &Spec) -> Result<Vec<File>, Missing> {
    let path = "atomics_core";
    let parts = Parts {
        barriers: Barriers::All,
        kunit: false,
        raw: true,
        typed: true,
        derive: None,
    };
    let head = banner("", "");
    let mut files = Vec::new();
    let mut add = |name: &str, text: String| {
        files.push(File {
            path: format!("atomics-core/{name}"),
            contents: format!("{head}{text}"),
        });
    };
    add("src/atomic.rs", root::module(spec, parts, path));
    for (name, text) in modules(spec, parts, &native_bytes(spec), path) {
        add(&format!("src/atomic/{name}.rs"), text);
    }
    add("src/atomic/backend.rs", core_backend(spec));
    for arch in spec.asm_archs() {
        let surroundings = Surroundings {
            labels: Labels::Always,
            barriers: Barriers::All,
            hosted: Hosted::If("feature = \"std\""),
        };
        let text = asm::module(spec, arch, surroundings)?;
        add(&format!("src/atomic/backend/{}.rs", arch.name), text);
    }
    let link = Link::Bindgen {
        module: "super::bindings",
        prefix: names::CORE_PREFIX,
        long_is_isize: false,
    };
    let module = extern_c::with_typed(spec, link, Barriers::InC);
    add("src/atomic/backend/c.rs", module);
    let c = c_files(spec, names::CORE_PREFIX)?;
    add("c/atomic.c", c.source);
    add("c/atomic.h", c.header);
    files.push(File {
        path: CORE_REFERENCE.into(),
        contents: format!(
            "{}\n\n<!-- {MARKER}`. Not to be edited by hand. -->\n\n{}",
            reference::TITLE,
            reference::page(spec)?
        ),
    });
    Ok(files)
}

/// The way out for 32-bit targets without instructions.
const OWN_C: &str = "call C functions of your own through the macro `atomics!` of the crate \
     `atomics-macros`, with its option `backend = c(\"PREFIX\")`";

/// The module `backend` of `atomics-core`, which selects the backend.
fn core_backend(spec: &Spec) -> String {
    let mut out = "//! Selects the backend that implements the operations.\n\n".to_owned();
    let mut any = vec!["feature = \"c-helpers\"".to_owned()];
    // bindgen formats its output in its own style.
    let helpers = "#[cfg(all(feature = \"c-helpers\", target_pointer_width = \"64\"))]\n";
    out += &format!(
        "{helpers}#[rustfmt::skip]\n\
         #[allow(dead_code, reason = \"some barriers exist only on known architectures\")]\n\
         mod bindings;\n"
    );
    out += &format!("{helpers}mod c;\n");
    out += &format!("{helpers}pub(crate) use c::*;\n");
    for arch in spec.asm_archs() {
        let name = &arch.name;
        let own = arch.cfg();
        let inner = own.trim_start_matches("all(").trim_end_matches(')');
        let cfg = attribute(&format!("cfg(all({inner}, not(feature = \"c-helpers\")))"));
        out += &format!("\n{cfg}\nmod {name};\n{cfg}\npub(crate) use {name}::*;\n");
        any.push(arch.served());
    }
    // On 32-bit architectures, 64-bit accesses would be torn.
    out += "\n#[cfg(all(feature = \"c-helpers\", not(target_pointer_width = \"64\")))]\n";
    out += &compile_error(&format!(
        "the feature `c-helpers` supports only 64-bit targets: without it, there are instructions \
         for arm since ARMv7 and for x86; for other targets, {OWN_C}"
    ));
    let none = attribute(&format!("cfg(not(any({})))", any.join(", ")));
    let ways = format!(
        "on 64-bit targets, use the feature `c-helpers` to call C functions; on others, {OWN_C}"
    );
    out += &format!("\n{none}\n{}", without_table(&ways));
    out
}
