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

/// A barrier or a fence: its name, and its implementations with the features that they require. The
/// last one requires none.
pub(super) struct Barriers<'a> {
    pub name: &'a str,
    pub choices: Vec<(Features, &'a Barrier)>,
}

/// Emits the functions of barriers: rows of a macro, and functions for those that depend on features
/// or access the stack.
pub(super) fn emit_barriers(t: &mut Text, all: &[Barriers<'_>], arch: &Arch) {
    let is_row = |b: &&Barriers<'_>| match *b.choices {
        [(_, barrier)] => !barrier.uses_stack,
        _ => false,
    };
    let (rows, others): (Vec<_>, Vec<_>) = all.iter().partition(is_row);
    let has_block = |b: &Barriers<'_>| b.choices.iter().any(|(_, barrier)| !barrier.uses_stack);
    if all.iter().any(has_block) {
        emit_block_macro(t, arch);
    }
    if !rows.is_empty() {
        emit_macro(t);
        t.line("");
        t.block("barriers!", |t| {
            for row in rows {
                emit_row(t, row);
            }
        });
    }
    for other in others {
        emit_function(t, other, arch);
    }
}

/// The macro of the blocks.
fn emit_block_macro(t: &mut Text, arch: &Arch) {
    t.line("");
    t.doc("Runs the instructions of a barrier.");
    t.block("macro_rules! barrier", |t| {
        t.line("($($line:literal)*) => {");
        t.indented(|t| {
            t.comment(LEAVES);
            t.block("unsafe", |t| {
                t.line("asm!(");
                t.indented(|t| {
                    t.comment("At least one string, even if there is no instruction.");
                    t.line("\"\",");
                    t.line("$($line,)*");
                    emit_clobbers(t, arch, false);
                });
                t.line(");");
            });
        });
        t.line("};");
    });
}

/// The macro of the rows.
fn emit_macro(t: &mut Text) {
    t.line("");
    t.doc("Barriers, and fences around relaxed operations, with their instructions.");
    t.block("macro_rules! barriers", |t| {
        t.line("($($(#[$meta:meta])* $name:ident $($line:literal)*;)*) => {");
        t.indented(|t| {
            t.line("$(");
            t.indented(|t| {
                t.line("$(#[$meta])*");
                t.line("#[inline(always)]");
                t.block("pub(crate) fn $name()", |t| t.line("barrier!($($line)*);"));
            });
            t.line(")*");
        });
        t.line("};");
    });
}

/// Why the block of a barrier is sound.
const LEAVES: &str = "SAFETY: The block leaves memory and registers as they were. An instruction \
                      that writes memory writes back what it read, in one atomic access. Without \
                      an instruction, it only keeps the compiler from moving accesses across it.";

/// A row: the barrier and its instructions, each below what it does.
fn emit_row(t: &mut Text, row: &Barriers<'_>) {
    allow_c_name(t, row.name);
    let lines = row.choices.iter().flat_map(|(_, barrier)| &barrier.lines);
    let lines: Vec<_> = lines.collect();
    match lines.as_slice() {
        [] => {
            t.comment("No instruction: only the compiler could reorder the accesses.");
            t.line(format!("{};", row.name));
        }
        [one] => {
            t.comment(&format_sentence(&one.meaning));
            t.line(format!("{} {:?};", row.name, one.text));
        }
        [all @ .., last] => {
            t.line(row.name);
            t.indented(|t| {
                for line in all {
                    t.comment(&format_sentence(&line.meaning));
                    t.line(format!("{:?}", line.text));
                }
                t.comment(&format_sentence(&last.meaning));
                t.line(format!("{:?};", last.text));
            });
        }
    }
}

/// Emits the function of a barrier.
fn emit_function(text: &mut Text, barrier: &Barriers<'_>, arch: &Arch) {
    text.line("");
    text.doc(&format!("`{}()`.", barrier.name));
    allow_c_name(text, barrier.name);
    text.line("#[inline(always)]");
    text.block(&format!("pub(crate) fn {}()", barrier.name), |t| {
        let mut start = "if";
        for (needs, barrier) in &barrier.choices {
            let has = format_condition(arch, "", indices(arch, *needs));
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

/// Emits the block of a barrier.
fn emit_block(t: &mut Text, barrier: &Barrier, arch: &Arch) {
    if !barrier.uses_stack {
        barrier
            .lines
            .iter()
            .for_each(|line| t.comment(&format_sentence(&line.meaning)));
        let lines = barrier.lines.iter().map(|line| format!("{:?}", line.text));
        let lines: Vec<String> = lines.collect();
        return t.wide_line(&format!("barrier!({});", lines.join(" ")));
    }
    t.comment(LEAVES);
    t.block("unsafe", |t| {
        t.line("asm!(");
        t.indented(|t| {
            for line in &barrier.lines {
                t.comment(&format_sentence(&line.meaning));
                t.line(format!("{:?},", line.text));
            }
            emit_clobbers(t, arch, barrier.uses_stack);
        });
        t.line(");");
    });
}

/// Emits what the block of a barrier changes besides memory.
fn emit_clobbers(t: &mut Text, arch: &Arch, uses_stack: bool) {
    // A table cannot say that one barrier clobbers the flags, so the row `flags` decides.
    if let Some(register) = arch.flags_register.as_ref().filter(|_| arch.clobbers_flags) {
        t.comment("The condition codes change.");
        t.line(format!("out({register:?}) _,"));
    }
    emit_options(t, arch, uses_stack, !arch.clobbers_flags);
}
