//! The module of a user's own tables, for the macros: one tree of inline modules.

use super::modules::{modules, native_bytes, without_table};
use crate::arch::Arch;
use crate::emit::asm::{self, Hosted, Labels, Surroundings};
use crate::emit::barrier::Barriers;
use crate::emit::extern_c::{self, Link};
use crate::emit::root::{self, Parts};
use crate::model::Spec;
use crate::plan::Missing;

/// How the operations of a user's own module are implemented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// With inline assembly, for the architectures of the model.
    Asm,
    /// By calling C helpers with a prefix.
    C {
        /// The prefix.
        prefix: String,
    },
}

/// The instructions of one architecture, for a user's own module.
///
/// # Errors
///
/// If its table cannot implement a variant.
pub fn arch_items(spec: &Spec, arch: &Arch) -> Result<String, Missing> {
    let surroundings = Surroundings {
        labels: Labels::Always,
        barriers: Barriers::All,
        hosted: Hosted::Never,
    };
    asm::module(spec, arch, surroundings)
}

/// What stands for the instructions of a target that has none, or whose table has a fault, in a
/// user's own module: calls of C functions that do not exist. The compiler then finds nothing wrong
/// but the error that comes with them.
pub fn arch_stand_in(spec: &Spec) -> String {
    extern_c::with_typed(spec, Link::Extern { prefix: "" }, Barriers::All)
}

/// Everything as one tree of inline modules, which a macro expands to. `path` is the path of the
/// expansion, for the examples; without it, examples are not run. `later` turns the name of an
/// architecture into a macro call that expands to its [`arch_items`], so that they are only made
/// for the target; without it, the tree has the items of all architectures.
///
/// # Errors
///
/// If a table of an architecture cannot implement a variant.
pub fn module_tree(
    spec: &Spec,
    backend: &Backend,
    path: Option<&str>,
    later: Option<&dyn Fn(&str) -> String>,
) -> Result<String, Missing> {
    let parts = Parts {
        barriers: match backend {
            Backend::Asm => Barriers::All,
            Backend::C { .. } => Barriers::InC,
        },
        kunit: false,
        raw: true,
        // C helpers of a user may do more than C's own, for all accesses.
        typed: *backend == Backend::Asm,
        derive: None,
    };
    let shown = path.unwrap_or("crate");
    let mut out = root::module(spec, parts, shown);
    for (name, text) in modules(spec, parts, &native_bytes(spec), shown) {
        inline(&mut out, name, &text);
    }
    let backend = match backend {
        Backend::C { prefix } => extern_c::module(spec, Link::Extern { prefix }, Barriers::InC),
        Backend::Asm => {
            let mut text = String::new();
            let mut any = Vec::new();
            for arch in spec.asm_archs() {
                let name = &arch.name;
                let cfg = format!("#[cfg({})]", arch.cfg());
                let module = match later {
                    Some(later) => later(name),
                    None => arch_items(spec, arch)?,
                };
                text += &format!(
                    "{cfg}\nmod {name} {{\n{module}}}\n{cfg}\npub(crate) use {name}::*;\n"
                );
                any.push(arch.served());
            }
            text += &format!(
                "#[cfg(not(any({})))]\n{}",
                any.join(", "),
                without_table(
                    "use the option `backend = c(\"PREFIX\")` to call C functions, or `arch` for a \
                     table of your own"
                )
            );
            text
        }
    };
    inline(&mut out, "backend", &backend);
    // The examples in the templates use loads and stores.
    let shows = ["load", "store"]
        .iter()
        .all(|m| spec.typed_forms().any(|f| f.method() == *m));
    if path.is_none() || !shows {
        out = unrun(&out);
    }
    Ok(out)
}

/// Replaces `mod name;` with the module itself.
fn inline(out: &mut String, name: &str, text: &str) {
    *out = out.replacen(
        &format!("mod {name};\n"),
        &format!("mod {name} {{\n{text}}}\n"),
        1,
    );
}

/// Keeps examples from being run.
fn unrun(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        out.push_str(line);
        if ["/// ```", "//! ```"]
            .iter()
            .any(|fence| line.trim_start().starts_with(fence))
        {
            if !inside {
                out.push_str("ignore");
            }
            inside = !inside;
        }
        out.push('\n');
    }
    out
}
