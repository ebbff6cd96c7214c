//! The functions that detect CPU features.

use super::surroundings::Hosted;
use crate::arch::{Arch, Feature, Features, KernelFeature};
use crate::emit::text::Text;
use crate::names::{self, rust_ident};

/// The condition that the CPU has all of these features; `path` leads to their functions.
pub(super) fn format_condition(
    arch: &Arch,
    path: &str,
    features: impl IntoIterator<Item = usize>,
) -> String {
    let calls = features.into_iter();
    let calls = calls.map(|index| format!("{path}{}()", rust_ident(&arch.features[index].name)));
    calls.collect::<Vec<_>>().join(" && ")
}

/// The indices of a set of features.
pub(super) fn indices(arch: &Arch, set: Features) -> impl Iterator<Item = usize> {
    (0..arch.features.len()).filter(move |index| set.has(*index))
}

/// Emits the function that returns whether the CPU has a feature.
pub(super) fn emit_detection(text: &mut Text, feature: &Feature, hosted: Hosted) {
    if hosted == Hosted::Kernel {
        return emit_in_kernel(text, feature);
    }
    let name = rust_ident(&feature.name);
    let target = &feature.target;
    let enabled = format!("cfg!(target_feature = {target:?})");
    let asks = feature.detect.as_ref();
    let asks = asks.map(|detect| format!("std::arch::{detect}!({target:?})"));
    text.doc(&match (&asks, hosted) {
        (None, _) | (_, Hosted::Never | Hosted::Kernel) => {
            format!("Whether {name} is enabled at compile time.")
        }
        (_, Hosted::Always) => format!("Whether the CPU has {name}."),
        (_, Hosted::If(_)) => format!(
            "Whether the CPU has {name}. Without `std`, whether {name} is enabled at compile time."
        ),
    });
    text.line("#[inline(always)]");
    text.block(&format!("fn {name}() -> bool"), |t| match (asks, hosted) {
        (None, _) | (_, Hosted::Never | Hosted::Kernel) => t.line(enabled),
        (Some(asks), Hosted::Always) => t.line(asks),
        (Some(asks), Hosted::If(option)) => {
            // The macro does not exist without `std`, so `cfg!` would not do.
            t.line(format!("#[cfg({option})]"));
            t.line(format!("return {asks};"));
            t.line(format!("#[cfg(not({option}))]"));
            t.line(enabled);
        }
    });
}

/// Emits the function that returns whether a kernel uses a feature.
fn emit_in_kernel(text: &mut Text, feature: &Feature) {
    let name = rust_ident(&feature.name);
    let (doc, value) = match &feature.kernel {
        None => (
            format!("Whether the CPU has {name}, which kernels do not use."),
            "false".to_owned(),
        ),
        Some(KernelFeature {
            sequence: Some(_), ..
        }) => (
            format!("Whether the kernel uses {name}."),
            format!("super::{}()", names::kernel_choice(&feature.name)),
        ),
        Some(KernelFeature { option, .. }) => (
            format!("Whether all CPUs that the kernel is for have {name}."),
            format!("cfg!({option})"),
        ),
    };
    text.doc(&doc);
    text.line("#[inline(always)]");
    text.block(&format!("fn {name}() -> bool"), |t| t.line(value));
}
