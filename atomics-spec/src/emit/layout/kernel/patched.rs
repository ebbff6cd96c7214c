//! The modules of an architecture whose kernels choose between sets of instructions when they boot.
//!
//! A function asks where it can use a feature, as C does. If it would ask again in a function that it
//! calls, the instructions are compiled twice, once for each choice, so that it has the kernel's jump
//! once.

use super::at_boot::AtBoot;
use super::partial::Inlined;
use crate::arch::Arch;
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

/// How the modules of an architecture follow the choices of a kernel.
pub enum Patched<'a> {
    /// Each function asks.
    Once(&'a Arch, Vec<AtBoot<'a>>),
    /// The instructions are compiled for both choices.
    Twice(&'a Arch, AtBoot<'a>),
}

impl<'a> Patched<'a> {
    /// The way of an architecture.
    ///
    /// # Errors
    ///
    /// If a variant cannot be implemented with what the table has.
    pub fn of(spec: &Spec, arch: &'a Arch) -> Result<Self, Missing> {
        let all: Vec<AtBoot<'_>> = AtBoot::of(arch).collect();
        Ok(match all.as_slice() {
            [one] if asks_again(spec, arch)? => Self::Twice(arch, *one),
            _ => Self::Once(arch, all),
        })
    }

    /// Whether the instructions are compiled twice.
    pub fn is_twice(&self) -> bool {
        matches!(self, Self::Twice(..))
    }

    /// The module of the architecture and those below it, by their paths below `backend`, for
    /// `instructions` with the instructions of all choices.
    ///
    /// # Errors
    ///
    /// If a variant cannot be implemented with what the table has.
    pub fn modules(
        &self,
        spec: &Spec,
        inlined: &Inlined,
        instructions: String,
    ) -> Result<Vec<(String, String)>, Missing> {
        match self {
            Self::Once(arch, all) => Ok(once(arch, all, instructions)),
            Self::Twice(arch, feature) => {
                let twice = Twice {
                    arch,
                    feature: *feature,
                };
                twice.modules(spec, inlined, instructions)
            }
        }
    }
}

/// Whether a variant that chooses calls one that chooses, too.
fn asks_again(spec: &Spec, arch: &Arch) -> Result<bool, Missing> {
    let planners = Planners::in_kernel(spec, arch);
    for variant in spec.variants() {
        let choice = planners.choose(&variant)?;
        if let Choice::If { .. } = choice {
            for callee in choice.plans().into_iter().flat_map(|plan| plan.callees()) {
                if differs(&planners, &callee)? {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// The modules if each function asks.
fn once(arch: &Arch, all: &[AtBoot<'_>], instructions: String) -> Vec<(String, String)> {
    let name = &arch.name;
    let is_used = |feature: &&AtBoot<'_>| {
        let function = names::kernel_choice(&feature.feature.name);
        instructions.contains(&format!("super::{function}()"))
    };
    let used: Vec<&AtBoot<'_>> = all.iter().filter(is_used).collect();
    if used.is_empty() {
        return vec![(name.clone(), instructions)];
    }
    let mut t = Text::default();
    t.inner_doc(&format!(
        "Inline assembly for {name}, which follows the choices that the kernel makes when it boots.\n\n\
         A function that can use an extension asks by the kernel's own sequence, as in C."
    ));
    t.line(format!("#[path = \"{name}/{INSTRUCTIONS}.rs\"]"));
    t.line(format!("mod {INSTRUCTIONS};"));
    t.line("");
    t.line(format!("pub(crate) use {INSTRUCTIONS}::*;"));
    for feature in used {
        t.line("");
        feature.emit_detection(&mut t);
    }
    vec![
        (name.clone(), t.finish()),
        (format!("{name}/{INSTRUCTIONS}"), instructions),
    ]
}

/// An architecture whose instructions are compiled twice.
struct Twice<'a> {
    arch: &'a Arch,
    feature: AtBoot<'a>,
}

impl Twice<'_> {
    fn modules(
        &self,
        spec: &Spec,
        inlined: &Inlined,
        instructions: String,
    ) -> Result<Vec<(String, String)>, Missing> {
        let name = &self.arch.name;
        let feature = rust_ident(&self.feature.feature.name);
        let file = |module: &str| format!("{name}/{module}");
        let lists = self.lists(spec, inlined)?;
        if lists.is_empty() {
            // Nothing is there of which there could be two.
            return Ok(vec![(name.clone(), instructions)]);
        }
        Ok(vec![
            (name.clone(), self.choice(&lists)),
            (file(BASE), self.chosen(false)),
            (file(&feature), self.chosen(true)),
            (file(INSTRUCTIONS), instructions),
        ])
    }

    /// A module with one of the choices.
    fn chosen(&self, has: bool) -> String {
        let feature = &self.feature.feature.name;
        let mut t = Text::default();
        let with = if has { "with" } else { "without" };
        t.inner_doc(&format!("The instructions for CPUs {with} {feature}."));
        t.doc(&format!("Whether the CPU has {feature}."));
        t.line("#[inline(always)]");
        let function = names::kernel_choice(feature);
        t.block(&format!("fn {function}() -> bool"), |t| {
            t.line(has.to_string())
        });
        t.line("");
        t.line(format!("#[path = \"{INSTRUCTIONS}.rs\"]"));
        t.line(format!("mod {INSTRUCTIONS};"));
        t.line("");
        t.line(format!("pub(crate) use {INSTRUCTIONS}::*;"));
        t.finish()
    }

    /// The module that follows the kernel's choice.
    fn choice(&self, lists: &[List<'_>]) -> String {
        let mut t = Text::default();
        let feature = rust_ident(&self.feature.feature.name);
        t.inner_doc(&format!(
            "Inline assembly for {}, which follows the choice that the kernel makes when it boots.\n\n\
             The module `{BASE}` has the instructions for CPUs without {feature}, the module `{feature}` \
             those for\nCPUs with it. A function that differs in them starts with the kernel's own \
             sequence for the\nchoice.",
            self.arch.name
        ));
        for module in [BASE, &feature] {
            t.line("#[allow(dead_code, reason = \"only some functions are used\")]");
            t.line(format!("#[path = \"{}/{module}.rs\"]", self.arch.name));
            t.line(format!("mod {module};"));
        }
        t.line("");
        t.line(format!("pub(crate) use {BASE}::*;"));
        t.line("");
        self.feature.emit_detection(&mut t);
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

    /// What differs between the choices, for each family. Families in which the same functions
    /// differ have one list.
    fn lists<'s>(&self, spec: &'s Spec, inlined: &Inlined) -> Result<Vec<List<'s>>, Missing> {
        let planners = Planners::in_kernel(spec, self.arch);
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
