//! The inline-assembly backend of one architecture: one function per variant, with the name and the
//! arguments of the C function.

mod barriers;
mod body;
mod call;
mod calls;
mod commented;
mod composed;
mod features;
mod fold;
mod folded;
mod function;
mod native;
mod options;
mod pointer;
mod rows;
mod sentence;
mod surroundings;
mod symbols;
mod typed;

pub use surroundings::{Hosted, Labels, Surroundings};

use super::text::Text;
use crate::arch::{Arch, Features};
use crate::model::ty::Repr;
use crate::model::{Spec, Variant};
use crate::plan::{Choice, Missing, Plan, Planners};
use barriers::{Barriers, emit_barriers, fence_name};
use features::{emit_detection, indices};
use fold::Instance;

/// The module of one architecture.
///
/// # Errors
///
/// If a variant cannot be implemented with what the table has.
pub fn module(spec: &Spec, arch: &Arch, surroundings: Surroundings) -> Result<String, Missing> {
    module_of(spec, arch, surroundings, &|_| true)
}

/// The module of one architecture, with only the functions of the variants for which `has` holds. They
/// are what they are in the whole module, so that they may call functions that are not there.
///
/// # Errors
///
/// If a variant cannot be implemented with what the table has.
pub fn module_of(
    spec: &Spec,
    arch: &Arch,
    surroundings: Surroundings,
    has: &dyn Fn(&Variant<'_>) -> bool,
) -> Result<String, Missing> {
    let planners = match surroundings.hosted {
        Hosted::Kernel => Planners::in_kernel(spec, arch),
        _ => Planners::new(spec, arch),
    };
    let mut text = Text::default();
    text.inner_doc(&format!(
        "Inline assembly for {}.\n\n\
         Each function is the C function of its name. The comment on an instruction says what it\n\
         does.\n\n\
         No block has the options `nomem`, `readonly` or `pure`: to the compiler, each block accesses\n\
         any memory that it can reach, so it moves no access to such memory across it. That is the\n\
         compiler's part of every ordering. Plain accesses behind a `&mut` reference or to a local\n\
         variable are not ordered, since no other code can reach them: what others access must be\n\
         behind raw pointers, volatile or `Atomic`. A block also preserves dependencies, because the\n\
         compiler knows nothing of a value that comes out of it. The option `nostack` says that the\n\
         block leaves the stack pointer as it is, `preserves_flags` the condition codes.\n\n\
         Functions of one shape are rows of a macro, and a function that only calls another one is a\n\
         row of `calls!`. A parameter `int` is the type of the values, `uint` the unsigned type of\n\
         their width; `m` is the modifier of their registers, `mem` the variable in memory, `also` an\n\
         instruction that only some rows have. The others have the names that the table of the\n\
         architecture gives them.\n\n\
         # Safety\n\n\
         The contract of every function: its pointers are valid for reads and writes, `v` is aligned\n\
         to the size of its type, and no concurrent access to `v` is a data race with an atomic\n\
         access. A `*const` pointer must be valid for writes, too, because some CPUs load a wide value\n\
         by storing the value that is there already.",
        arch.name
    ));
    text.line("use core::arch::asm;");
    let is_pointer = |v: Variant<'_>| v.family.repr == Repr::Pointer && has(&v);
    if spec.variants().any(is_pointer) {
        text.line("use core::ffi::c_void;");
    }
    let mut fences = Vec::new();
    let mut words = false;
    let mut features: Vec<usize> = Vec::new();
    let mut functions = Vec::new();
    for (index, family) in spec.types.families.iter().enumerate() {
        for variant in spec.variants_of(&family.name).filter(has) {
            let choice = planners.choose(&variant)?;
            for plan in choice.plans() {
                match plan {
                    Plan::Fenced { before, after, .. } => fences.extend(before.iter().chain(after)),
                    Plan::Native(template) => words |= template.word.is_some(),
                    _ => {}
                }
            }
            collect_features(&choice, &mut features);
            let function = function::function(arch, &variant, &choice, surroundings.labels);
            let instance = Instance::new(&variant, index, family.bits(arch.width));
            functions.push((function, instance));
        }
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
    let own = surroundings.barriers.backend(spec).map(|name| Barriers {
        name,
        choices: arch.barrier_choices(name).collect(),
    });
    let own: Vec<Barriers<'_>> = own
        .chain(fences.into_iter().map(|fence| {
            Barriers {
                name: fence_name(fence),
                choices: arch
                    .fence(fence)
                    .map(|b| (Features::NONE, b))
                    .into_iter()
                    .collect(),
            }
        }))
        .collect();
    emit_barriers(&mut text, &own, arch);
    if surroundings.barriers.has_store_mb(spec) {
        text.line("");
        text.doc("Whether `smp_store_mb()` is an exchange.");
        let is_xchg = arch.store_mb_is_xchg;
        text.line(format!(
            "pub(crate) const STORE_MB_IS_XCHG: bool = {is_xchg};"
        ));
    }
    let mut rows = Text::default();
    rows::emit(&mut rows, &spec.types.families, fold::groups(functions));
    let mut macros_of_typed = Text::default();
    if surroundings.hosted != Hosted::Kernel {
        typed::emit(&mut macros_of_typed, &mut rows, spec, arch, &planners)?;
    }
    let rows = rows.finish();
    let functions = include_str!("templates/backend.rs");
    let call = include_str!("templates/backend_call.rs");
    let has_filled = [8, 16, 32, 64]
        .iter()
        .any(|bits| arch.result_fill(*bits).is_some());
    let filled = match has_filled {
        true => include_str!("templates/backend_access_filled.rs"),
        false => "",
    };
    let access = include_str!("templates/backend_access.rs").replace("$filled\n", filled);
    let access_word = include_str!("templates/backend_access_word.rs");
    let calls = include_str!("templates/backend_calls.rs");
    let fenced = include_str!("templates/backend_fenced.rs");
    let macros: [(&[&str], &str); 6] = [
        (&["access!(", "condition!(access;"], &access),
        (&["access_word!(", "condition!(access_word;"], access_word),
        (&["functions!", "calls!"], functions),
        (&["calls!"], calls),
        (&["call!(", "fenced!("], call),
        (&["fenced!("], fenced),
    ];
    for (uses, definition) in macros {
        if uses.iter().any(|call| rows.contains(call)) {
            text.line("");
            text.lines(definition.trim_end());
        }
    }
    text.lines(macros_of_typed.finish().trim_end_matches('\n'));
    text.lines(rows.trim_end());
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
