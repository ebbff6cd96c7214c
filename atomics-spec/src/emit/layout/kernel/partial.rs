//! Inline assembly for only some operations of an architecture. The others are the C helpers, as on
//! an architecture without inline assembly, so that a kernel builds after each part.

use std::collections::BTreeSet;

use crate::arch::Arch;
use crate::emit::text::Text;
use crate::model::{Spec, Variant};
use crate::names;

/// The helpers, for a module anywhere below `backend`.
const HELPERS: &str = "crate::sync::atomic::backend::helpers";

/// Which operations of an architecture are inline assembly.
pub struct Inlined {
    /// Their C functions, if they are not simply all.
    functions: Option<BTreeSet<String>>,
}

impl Inlined {
    /// Those of an architecture: all of them, or those of its model in `partial`.
    pub fn new(arch: &Arch, partial: &[(String, Spec)]) -> Self {
        let own = partial.iter().find(|(name, _)| *name == arch.name);
        let functions = |spec: &Spec| spec.variants().map(|v| v.function()).collect();
        Self {
            functions: own.map(|(_, spec)| functions(spec)),
        }
    }

    /// Whether a variant is one of them.
    pub fn has(&self, variant: &Variant<'_>) -> bool {
        let mut functions = self.functions.iter();
        functions.all(|functions| functions.contains(&variant.function()))
    }

    /// Adds the helpers of the others to the text of the module. A function of the module hides the
    /// helper of the same name. With `is_choice`, the module is one of two sets of instructions, of
    /// which a kernel uses only what the other lacks.
    pub fn with_helpers(&self, spec: &Spec, text: String, is_choice: bool) -> String {
        let mut text = text;
        for family in &spec.types.families {
            let variants: Vec<Variant<'_>> = spec.variants_of(&family.name).collect();
            if variants.iter().all(|variant| self.has(variant)) {
                continue;
            }
            let module = names::backend_module(family);
            let mut uses = Text::default();
            if is_choice {
                uses.line("#[allow(unused_imports, reason = \"those for other CPUs are used\")]");
            }
            let head = format!("\npub(crate) mod {module} {{\n");
            if variants.iter().any(|variant| self.has(variant)) {
                uses.line(format!("pub(crate) use {HELPERS}::{module}::*;"));
                let uses = uses.finish();
                let lines = uses.lines().map(|line| format!("    {line}\n"));
                let lines: String = lines.collect();
                text = text.replacen(&head, &format!("{head}{lines}\n"), 1);
            } else {
                uses.line(format!("pub(crate) use {HELPERS}::{module};"));
                text += &format!("\n{}", uses.finish());
            }
        }
        text
    }
}
