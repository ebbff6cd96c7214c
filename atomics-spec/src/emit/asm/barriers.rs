//! Barriers and fences.

use super::features::{format_condition, indices};
use super::options::emit_options;
use super::sentence::format_sentence;
use crate::arch::{Arch, Barrier, Features, Fence};
use crate::emit::text::{Text, allow_c_name};

/// The function of a fence.
pub(super) fn fence_name(fence: Fence) -> &'static str {
    match fence {
        Fence::Acquire => "fence_acquire",
        Fence::Release => "fence_release",
        Fence::FullBefore => "fence_full_before",
        Fence::FullAfter => "fence_full_after",
    }
}

/// Emits the function of a barrier. `choices` are its implementations with the features that they
/// require. The last one requires none.
pub(super) fn emit_barrier(
    text: &mut Text,
    name: &str,
    doc: &str,
    choices: Vec<(Features, &Barrier)>,
    arch: &Arch,
) {
    text.line("");
    text.doc(doc);
    allow_c_name(text, name);
    text.line("#[inline(always)]");
    text.block(&format!("pub(crate) fn {name}()"), |t| {
        let mut start = "if";
        for (needs, barrier) in choices {
            let has = format_condition(arch, "", indices(arch, needs));
            match (has.is_empty(), start) {
                (true, "if") => return emit_block(t, barrier, arch),
                (true, _) => t.line("} else {"),
                (false, _) => t.line(format!("{start} {has} {{")),
            }
            t.indented(|t| emit_block(t, barrier, arch));
            start = "} else if";
        }
        t.line("}");
    });
}

/// Emits the `asm!` block of a barrier.
fn emit_block(t: &mut Text, barrier: &Barrier, arch: &Arch) {
    if barrier.lines.is_empty() {
        t.comment(
            "SAFETY: The block has no instruction. It only keeps the compiler from moving accesses \
             across it.",
        );
        t.line("unsafe { asm!(\"\", options(nostack, preserves_flags)) };");
        return;
    }
    t.comment(
        "SAFETY: The block leaves memory and registers as they were. An instruction that writes \
         memory writes back what it read, in one atomic access.",
    );
    t.block("unsafe", |t| {
        t.line("asm!(");
        t.indented(|t| {
            for line in &barrier.lines {
                t.comment(&format_sentence(&line.meaning));
                t.line(format!("{:?},", line.text));
            }
            // A table cannot say that one barrier clobbers the flags, so the row `flags` decides.
            if let Some(register) = arch.flags_register.as_ref().filter(|_| arch.clobbers_flags) {
                t.comment("The condition codes change.");
                t.line(format!("out({register:?}) _,"));
            }
            emit_options(
                t,
                "The stack pointer does not change.",
                barrier.uses_stack,
                !arch.clobbers_flags,
            );
        });
        t.line(");");
    });
}
