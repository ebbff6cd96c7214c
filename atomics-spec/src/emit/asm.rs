//! The inline-assembly backend of one architecture: one function per variant, with the name and the
//! arguments of the C function.

mod barriers;
mod call;
mod composed;
mod features;
mod native;
mod options;
mod pointer;
mod sentence;
mod surroundings;

pub use surroundings::{Hosted, Labels, Surroundings};

use super::barrier::has_store_mb;
use super::docs::strength;
use super::signature;
use super::text::{Text, fresh};
use crate::arch::{Arch, Features};
use crate::model::ty::Repr;
use crate::model::{Spec, Variant};
use crate::names::{self, rust_ident};
use crate::plan::{Choice, Missing, Plan, Planners};
use barriers::{emit_barrier, fence_name};
use call::{SAME_CONTRACT, format_call, own_args};
use composed::{emit_derived, emit_loop};
use features::{emit_detection, format_condition, indices};
use native::Native;

/// The module of one architecture.
///
/// # Errors
///
/// If a variant cannot be implemented with what the table has.
pub fn module(spec: &Spec, arch: &Arch, surroundings: Surroundings) -> Result<String, Missing> {
    let planners = Planners::new(spec, arch);
    let mut text = Text::default();
    text.inner_doc(&format!(
        "Inline assembly for {}.\n\n\
         Each function is the C function of its name. The comment above an instruction says what it\n\
         does.\n\n\
         No block has the options `nomem`, `readonly` or `pure`: to the compiler, each block accesses\n\
         any memory that it can reach, so it moves no access to such memory across it. That is the\n\
         compiler's part of every ordering. Plain accesses behind a `&mut` reference or to a local\n\
         variable are not ordered, since no other code can reach them: what others access must be\n\
         behind raw pointers, volatile or `Atomic`. A block also preserves dependencies, because the\n\
         compiler knows nothing of a value that comes out of it.\n\n\
         # Safety\n\n\
         The contract of every function: its pointers are valid for reads and writes, `v` is aligned\n\
         to the size of its type, and no concurrent access to `v` is a data race with an atomic\n\
         access. A `*const` pointer must be valid for writes, too, because some CPUs load a wide value\n\
         by storing the value that is there already.",
        arch.name
    ));
    text.line("use core::arch::asm;");
    if spec.variants().any(|v| v.family.repr == Repr::Pointer) {
        text.line("use core::ffi::c_void;");
    }
    let mut fences = Vec::new();
    let mut words = false;
    let mut features: Vec<usize> = Vec::new();
    for family in &spec.types.families {
        text.line("");
        text.doc(&format!("The functions `{}_*`.", family.name));
        text.line(format!(
            "pub(crate) mod {} {{",
            names::backend_module(family)
        ));
        text.line("    use super::*;");
        for variant in spec.variants_of(&family.name) {
            let choice = planners.choose(&variant)?;
            for plan in choice.plans() {
                match plan {
                    Plan::Fenced { before, after, .. } => fences.extend(before.iter().chain(after)),
                    Plan::Native(template) => words |= template.word.is_some(),
                    _ => {}
                }
            }
            collect_features(&choice, &mut features);
            text.line("");
            text.indented(|t| emit_function(t, arch, &variant, &choice, surroundings.labels));
        }
        text.line("}");
    }
    fences.sort_unstable();
    fences.dedup();
    for name in surroundings.barriers.backend(spec) {
        for (needs, _) in arch.barrier_choices(name) {
            features.extend(indices(arch, needs));
        }
    }
    for (index, feature) in arch.features.iter().enumerate() {
        if features.contains(&index) {
            text.line("");
            emit_detection(&mut text, feature, surroundings.hosted);
        }
    }
    if words {
        text.line("");
        text.lines(include_str!("templates/word.rs").trim_end());
    }
    for name in surroundings.barriers.backend(spec) {
        let choices = arch.barrier_choices(name).collect();
        emit_barrier(&mut text, name, &format!("`{name}()`."), choices, arch);
    }
    for fence in fences {
        let what = "A fence around relaxed operations.";
        let choices = arch.fence(fence).map(|fence| (Features::NONE, fence));
        let choices = choices.into_iter().collect();
        emit_barrier(&mut text, fence_name(fence), what, choices, arch);
    }
    if has_store_mb(spec) {
        text.line("");
        text.doc("Whether `smp_store_mb()` is an exchange.");
        let is_xchg = arch.store_mb_is_xchg;
        text.line(format!(
            "pub(crate) const STORE_MB_IS_XCHG: bool = {is_xchg};"
        ));
    }
    Ok(text.finish())
}

/// Adds the features that a choice depends on.
fn collect_features(choice: &Choice<'_>, features: &mut Vec<usize>) {
    if let Choice::If {
        features: own,
        then,
        otherwise,
    } = choice
    {
        features.extend(own);
        collect_features(then, features);
        collect_features(otherwise, features);
    }
}

/// Emits the function of a variant.
fn emit_function(
    text: &mut Text,
    arch: &Arch,
    v: &Variant<'_>,
    choice: &Choice<'_>,
    labels: Labels,
) {
    let has_condition = |plan: &&Plan<'_>| match plan {
        Plan::Native(template) => template.condition.is_some(),
        _ => false,
    };
    if let (Labels::If(option), true) = (labels, choice.plans().iter().any(has_condition)) {
        let both = [
            (option.to_owned(), Labels::Always),
            (format!("not({option})"), Labels::Never),
        ];
        for (index, (cfg, labels)) in both.iter().enumerate() {
            if index > 0 {
                text.line("");
            }
            text.line(format!("#[cfg({cfg})]"));
            emit_function(text, arch, v, choice, *labels);
        }
        return;
    }
    text.doc(&format!("`{}()`: {}.", v.function(), strength(v)));
    text.doc("");
    text.doc("# Safety");
    text.doc("");
    text.doc("See the [module](super).");
    if signature::ignores_operands(&v.of) {
        text.line("#[allow(unused_variables, reason = \"this form needs fewer than the others\")]");
    }
    text.line("#[inline(always)]");
    let head = format!("pub(crate) unsafe fn {}", rust_ident(&v.name()));
    text.signature(
        &head,
        &signature::params(v),
        signature::ret(v).as_deref(),
        &[],
    );
    text.indented(|t| emit_choice(t, arch, v, choice, labels));
    text.line("}");
}

/// Emits the body of a function.
fn emit_choice(t: &mut Text, arch: &Arch, v: &Variant<'_>, choice: &Choice<'_>, labels: Labels) {
    let mut rest = choice;
    let mut start = "if";
    loop {
        match rest {
            Choice::Same(plan) if start == "if" => return emit_plan(t, arch, v, plan, labels),
            Choice::Same(plan) => {
                t.line("} else {");
                t.indented(|t| emit_plan(t, arch, v, plan, labels));
                return t.line("}");
            }
            Choice::If {
                features,
                then,
                otherwise,
            } => {
                let has = format_condition(arch, "super::", features.iter().copied());
                t.line(format!("{start} {has} {{"));
                t.indented(|t| emit_choice(t, arch, v, then, labels));
                rest = otherwise;
                start = "} else if";
            }
        }
    }
}

/// Emits the body of a function, or of a branch in it, that follows one plan.
fn emit_plan(t: &mut Text, arch: &Arch, v: &Variant<'_>, plan: &Plan<'_>, labels: Labels) {
    match plan {
        Plan::Native(template) => Native {
            v,
            arch,
            template,
            labels: labels == Labels::Always,
        }
        .emit_body(t),
        Plan::Fenced {
            relaxed,
            before,
            after,
        } => {
            let returns = signature::ret(v).is_some();
            if let Some(fence) = before {
                t.line(format!("super::{}();", fence_name(*fence)));
            }
            let bind = returns && after.is_some();
            let result = fresh("result", v.of.op);
            let before = if bind {
                format!("let {result} = ")
            } else {
                String::new()
            };
            let end = if bind || !returns { ";" } else { "" };
            t.proven(
                SAME_CONTRACT,
                &before,
                &format_call(v, relaxed, &own_args(v)),
                end,
            );
            if let Some(fence) = after {
                t.line(format!("super::{}();", fence_name(*fence)));
            }
            if bind {
                t.line(result);
            }
        }
        Plan::Stronger(full) => {
            t.comment(&format!("Nothing weaker is cheaper on {}.", arch.name));
            let end = if signature::ret(v).is_some() { "" } else { ";" };
            t.proven(SAME_CONTRACT, "", &format_call(v, full, &own_args(v)), end);
        }
        Plan::Derived(derived) => emit_derived(t, v, derived),
        Plan::Loop { read, exchange } => emit_loop(t, v, read, exchange),
    }
}
