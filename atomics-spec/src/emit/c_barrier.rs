//! Generates the C helpers of barriers.
//!
//! C has fences between CPUs, but none that reach devices. If the table in C has no expression for a
//! barrier that does, its helper has the instructions of the architecture for which it is compiled,
//! from that architecture's table. On an architecture without a table, the helper does not exist.

use super::barrier::{is_for_devices, same_width};
use super::c::{Style, comment, returning};
use crate::arch::{Arch, BARRIERS, Barrier, Lang};
use crate::model::Spec;
use crate::names;
use std::fmt::Write as _;

/// Why some helpers are missing.
const REASON: &str = "\
/*
 * C has no fences that reach devices. These functions consist of instructions, so they exist only on
 * architectures whose instructions the generator knows.
 */
";

/// The helpers of barriers, from the table `arch` in C and the tables of architectures.
pub fn barriers<'a>(
    spec: &Spec,
    arch: &Arch,
    names: impl IntoIterator<Item = &'a str>,
    style: Style<'_>,
) -> String {
    let (own, devices): (Vec<&str>, Vec<&str>) = names
        .into_iter()
        .partition(|name| !is_for_devices(arch, name));
    let mut out = String::new();
    for name in own {
        let mut body = String::new();
        for line in arch.barrier(name).into_iter().flat_map(|b| &b.lines) {
            body.extend(comment(&line.meaning).map(|comment| format!("\t{comment}\n")));
            let _ = writeln!(body, "\t{};", line.text);
        }
        out += &function(name, &body, style, "");
    }
    if devices.is_empty() {
        return out;
    }
    out += REASON;
    let mut word = "if";
    for target in same_width(spec, arch) {
        let _ = write!(out, "#{word} {}\n\n", target.c_condition());
        for name in &devices {
            let barrier = target.barrier(name).cloned().unwrap_or_default();
            // A function that is inlined could have a variable where the instructions write.
            let attribute = match barrier.uses_stack {
                true => "__attribute__((noinline)) ",
                false => "",
            };
            out += &function(name, &assembly(target, &barrier), style, attribute);
        }
        word = "elif";
    }
    match word {
        "if" => out,
        _ => out + "#endif\n",
    }
}

/// The declarations of the helpers of all barriers.
pub fn declarations(spec: &Spec, arch: &Arch, style: Style<'_>) -> String {
    let declare = |name: &&str| format!("void {}(void);\n", names::helper(style.prefix, name));
    let is_own = |name: &&str| !is_for_devices(arch, name);
    let own: String = BARRIERS
        .iter()
        .filter(|name| is_own(name))
        .map(declare)
        .collect();
    let devices: String = BARRIERS
        .iter()
        .filter(|name| !is_own(name))
        .map(declare)
        .collect();
    let conditions: Vec<String> = same_width(spec, arch).map(Arch::c_condition).collect();
    match devices.is_empty() || conditions.is_empty() {
        true => own,
        false => {
            let condition = conditions.join(" || \\\n\t");
            format!("{own}\n{REASON}#if {condition}\n{devices}#endif\n")
        }
    }
}

/// The helper of a barrier.
fn function(barrier: &str, body: &str, style: Style<'_>, attribute: &str) -> String {
    let name = names::helper(style.prefix, barrier);
    let returns = returning("void", style);
    format!("{attribute}{returns}\n{name}(void)\n{{\n{body}}}\n\n")
}

/// The statement with the instructions of a barrier. It is one, so that the compiler cannot insert
/// others between them.
fn assembly(target: &Arch, barrier: &Barrier) -> String {
    let clobbers = match target.clobbers_flags {
        true => "\"memory\", \"cc\"",
        false => "\"memory\"",
    };
    let block = |text: &str| format!("\t__asm__ __volatile__(\"{text}\" : : : {clobbers});\n");
    if barrier.lines.is_empty() {
        let comment = comment("only keeps the compiler from moving accesses across it");
        return format!("\t{}\n{}", comment.unwrap_or_default(), block(""));
    }
    let comments = barrier.lines.iter().filter_map(|line| {
        let comment = comment(&line.meaning.replace("*/", "* /"))?;
        Some(format!("\t{comment}\n"))
    });
    comments.collect::<String>() + &block(&in_c(target, barrier))
}

/// The instructions of a barrier as a string of C. C compilers take AT&T's syntax, Rust on x86 takes
/// Intel's unless the table says otherwise.
fn in_c(target: &Arch, barrier: &Barrier) -> String {
    let lines: Vec<&str> = barrier.lines.iter().map(|l| l.text.as_str()).collect();
    let text = lines
        .join("\n\t")
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('\n', "\\n")
        .replace('\t', "\\t");
    let is_x86 = target.lang == Lang::Asm && target.name.starts_with("x86");
    match is_x86 && !target.att_syntax && text.contains(' ') {
        true => format!(".intel_syntax noprefix\\n\\t{text}\\n\\t.att_syntax"),
        false => text,
    }
}
