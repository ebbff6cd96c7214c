//! Inline assembly for a kernel that chooses between two sets of instructions when it boots.
//!
//! The instructions are compiled twice, once for each choice, so that a function has the kernel's
//! jump once, however many others it calls.

use super::partial::Inlined;
use crate::arch::{Arch, Feature, KernelFeature, Sequence};
use crate::emit::signature;
use crate::emit::text::Text;
use crate::model::ty::{Family, Repr};
use crate::model::{Spec, Variant};
use crate::names::{self, rust_ident};
use crate::plan::{Choice, Missing, Planners};

/// The module for CPUs without the feature.
const BASE: &str = "base";
/// The module with the instructions.
const INSTRUCTIONS: &str = "instructions";

/// A feature that a kernel finds at boot.
#[derive(Clone, Copy)]
pub struct Patched<'a> {
    feature: &'a Feature,
    kernel: &'a KernelFeature,
    sequence: &'a Sequence,
}

impl<'a> Patched<'a> {
    /// The feature of an architecture that its kernels find at boot, if there is one.
    pub fn of(arch: &'a Arch) -> Option<Self> {
        arch.features.iter().find_map(|feature| {
            let kernel = feature.kernel.as_ref()?;
            let sequence = kernel.sequence.as_ref()?;
            Some(Self {
                feature,
                kernel,
                sequence,
            })
        })
    }

    /// The name of the C source of its sequence, and its contents: the build of a kernel turns it
    /// into a Rust string. The kernel's own `rust/kernel/generated_arch_*_asm.rs.S` are like it.
    pub fn source(&self) -> (String, String) {
        let mut text = String::new();
        for header in &self.sequence.headers {
            text += &format!("#include {header}\n");
        }
        let body = &self.sequence.text;
        text += &format!("\n// Cut here.\n\n::kernel::concat_literals!({body})\n");
        (names::kernel_sequence(&self.feature.name), text)
    }

    /// The option of the kernel without which it never uses the feature.
    pub fn option(&self) -> &'a str {
        &self.kernel.option
    }

    /// The module of the architecture and those below it, by their paths below `backend`, for
    /// `instructions` with the instructions of both choices.
    pub fn modules(
        &self,
        spec: &Spec,
        arch: &Arch,
        inlined: &Inlined,
        instructions: String,
    ) -> Result<Vec<(String, String)>, Missing> {
        let name = &arch.name;
        let feature = rust_ident(&self.feature.name);
        let file = |module: &str| format!("{name}/{module}");
        let lists = self.lists(spec, arch, inlined)?;
        if lists.is_empty() {
            // Nothing is there of which there could be two.
            return Ok(vec![(name.clone(), instructions)]);
        }
        Ok(vec![
            (name.clone(), self.choice(arch, &lists)),
            (file(BASE), self.chosen(false)),
            (file(&feature), self.chosen(true)),
            (file(INSTRUCTIONS), instructions),
        ])
    }

    /// A module with one of the choices.
    fn chosen(&self, has: bool) -> String {
        let feature = &self.feature.name;
        let mut t = Text::default();
        let with = if has { "with" } else { "without" };
        t.inner_doc(&format!("The instructions for CPUs {with} {feature}."));
        t.doc(&format!("Whether the CPU has {feature}."));
        let constant = names::kernel_choice(feature);
        t.line(format!("const {constant}: bool = {has};"));
        t.line("");
        t.line(format!("#[path = \"{INSTRUCTIONS}.rs\"]"));
        t.line(format!("mod {INSTRUCTIONS};"));
        t.line("");
        t.line(format!("pub(crate) use {INSTRUCTIONS}::*;"));
        t.finish()
    }

    /// The module that follows the kernel's choice.
    fn choice(&self, arch: &Arch, lists: &[List<'_>]) -> String {
        let mut t = Text::default();
        let feature = rust_ident(&self.feature.name);
        t.inner_doc(&format!(
            "Inline assembly for {}, which follows the choice that the kernel makes when it boots.\n\n\
             The module `{BASE}` has the instructions for CPUs without {feature}, the module `{feature}` \
             those for\nCPUs with it. A function that differs in them starts with the kernel's own \
             sequence for the\nchoice.",
            arch.name
        ));
        for module in [BASE, &feature] {
            t.line("#[allow(dead_code, reason = \"only some functions are used\")]");
            t.line(format!("#[path = \"{}/{module}.rs\"]", arch.name));
            t.line(format!("mod {module};"));
        }
        t.line("");
        t.line(format!("pub(crate) use {BASE}::*;"));
        t.line("");
        self.emit_detection(&mut t);
        t.line("");
        t.lines(
            CHOOSE
                .replace("BASE", BASE)
                .replace("FEATURE", &feature)
                .trim_end(),
        );
        for list in lists {
            t.line("");
            let families: Vec<String> = list.families.iter().map(|f| f.name.clone()).collect();
            t.doc(&format!("What differs in {}.", families.join(", ")));
            t.line(format!("macro_rules! {} {{", list.name()));
            t.indented(|t| {
                t.line("($family:ident: $value:ty) => {");
                t.indented(|t| {
                    t.block("choose!", |t| {
                        t.line("$family;");
                        list.rows.iter().for_each(|row| t.line(row));
                    });
                });
                t.line("};");
            });
            t.line("}");
            for family in &list.families {
                let module = names::backend_module(family);
                let value = match family.repr {
                    Repr::Int(name) => name,
                    Repr::Pointer => "*const core::ffi::c_void",
                };
                t.line("");
                t.doc(&format!("The functions `{}_*`.", family.name));
                t.block(&format!("pub(crate) mod {module}"), |t| {
                    t.line(format!("pub(crate) use super::{BASE}::{module}::*;"));
                    t.line("");
                    t.line(format!("{}!({module}: {value});", list.name()));
                });
            }
        }
        t.finish()
    }

    /// Emits the function that returns what the kernel chose.
    fn emit_detection(&self, t: &mut Text) {
        let name = &self.feature.name;
        let yes = self.sequence.jumps_if_yes;
        let never = if yes { "does" } else { "does not" };
        t.doc(&format!(
            "Whether the kernel uses {name}. There is a jump here, which the kernel keeps if it \
             {never}, and replaces by a NOP otherwise."
        ));
        t.line("#[inline(always)]");
        t.block(&format!("fn has_{name}() -> bool"), |t| {
            // Tests on the host have no kernel that patches them.
            let has = format!("all({}, not(testlib))", self.kernel.option);
            t.line(format!("#[cfg({has})]"));
            t.comment("SAFETY: The block jumps to its label or does nothing.");
            t.block("unsafe", |t| {
                t.line("crate::asm!(");
                t.indented(|t| {
                    let file = names::kernel_sequence(name);
                    t.line(format!(
                        "include!(concat!(env!(\"OBJTREE\"), \"/rust/kernel/{file}.rs\"));"
                    ));
                    let label = self.sequence.label();
                    t.line(format!("{label} = label {{ return {yes} }},"));
                    t.line("options(nomem, nostack, preserves_flags),");
                });
                t.line(");");
            });
            match yes {
                true => t.line("false"),
                false => t.line(format!("cfg!({has})")),
            }
        });
    }

    /// What differs between the choices, for each family. Families in which the same functions
    /// differ have one list.
    fn lists<'s>(
        &self,
        spec: &'s Spec,
        arch: &'s Arch,
        inlined: &Inlined,
    ) -> Result<Vec<List<'s>>, Missing> {
        let planners = Planners::new(spec, arch);
        let mut lists: Vec<List<'_>> = Vec::new();
        for family in &spec.types.families {
            let mut rows = Vec::new();
            for variant in spec.variants_of(&family.name) {
                if inlined.has(&variant) && differs(&planners, &variant)? {
                    rows.push(row(&variant));
                }
            }
            match lists.iter_mut().find(|list| list.rows == rows) {
                _ if rows.is_empty() => {}
                Some(same) => same.families.push(family),
                None => lists.push(List {
                    families: vec![family],
                    rows,
                }),
            }
        }
        Ok(lists)
    }
}

/// The functions that differ in some families.
struct List<'s> {
    families: Vec<&'s Family>,
    rows: Vec<String>,
}

impl List<'_> {
    /// The name of the macro with the list.
    fn name(&self) -> String {
        let first = self.families.first().map_or("", |f| f.name.as_str());
        format!("choose_{first}")
    }
}

/// Whether a variant, or one that it calls, has other instructions with the feature.
fn differs<'s>(planners: &Planners<'s>, variant: &Variant<'s>) -> Result<bool, Missing> {
    let choice = planners.choose(variant)?;
    let Choice::Same(plan) = choice else {
        return Ok(true);
    };
    for callee in plan.callees() {
        if differs(planners, &callee)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The signature of a variant, with the macro's `$value`.
fn row(variant: &Variant<'_>) -> String {
    let value = variant.family.repr.rust();
    let generic = |text: &str| match text.split_once(": ") {
        Some((name, of)) => format!("{name}: {}", of.replace(value, "$value")),
        None => text.replace(value, "$value"),
    };
    let params: Vec<String> = signature::params(variant)
        .iter()
        .map(|p| generic(p))
        .collect();
    let name = rust_ident(&variant.name());
    let returned = signature::ret(variant).map(|ret| format!(" -> {}", generic(&ret)));
    format!(
        "{name}({}){};",
        params.join(", "),
        returned.unwrap_or_default()
    )
}

/// The macro that makes the functions.
const CHOOSE: &str = "\
/// Makes functions that follow the kernel's choice.
macro_rules! choose {
    ($family:ident; $($name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        $(
            /// The C function of this name in the family.
            ///
            /// # Safety
            ///
            /// See the module with the instructions.
            #[inline(always)]
            pub(crate) unsafe fn $name($($arg: $type),*) $(-> $result)? {
                if super::has_FEATURE() {
                    // SAFETY: The caller upholds the contract, which the functions share.
                    unsafe { super::FEATURE::$family::$name($($arg),*) }
                } else {
                    // SAFETY: The caller upholds the contract, which the functions share.
                    unsafe { super::BASE::$family::$name($($arg),*) }
                }
            }
        )*
    };
}
";
