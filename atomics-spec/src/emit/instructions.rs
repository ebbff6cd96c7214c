//! Lines of templates with their operands filled in.

use crate::arch::{Arch, Template};

/// Fills the operands of an instruction: `{mem}` as the architecture writes memory, operands in
/// fixed registers as the names of these, and all others as `operand` says.
pub(super) fn fill_instruction(
    arch: &Arch,
    template: &Template,
    line: &str,
    bits: u32,
    operand: &dyn Fn(&str) -> String,
) -> String {
    let memory = arch.size(bits).map_or("", |s| s.memory.as_str());
    let line = line.replace("{mem}", memory);
    let mut out = String::new();
    let mut rest = line.as_str();
    while let Some((before, (name, after))) = rest
        .split_once('{')
        .and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
    {
        out.push_str(before);
        let (whole, half) = match name.split_once('.') {
            Some((whole, half)) => (whole, Some(half)),
            None => (name, None),
        };
        let fixed = template.fixed.iter().find(|(arg, _)| arg == whole);
        let scratch = template.scratch.iter().find(|s| s.name == whole);
        let bits = scratch.and_then(|s| s.bits).unwrap_or(bits);
        let fixed = fixed.and_then(|(_, register)| arch.register(register, bits));
        let fixed = match (fixed.and_then(|f| f.split_once('+')), half) {
            (Some((low, _)), Some("lo")) => Some(low),
            (Some((_, high)), _) => Some(high),
            (None, _) => fixed,
        };
        match fixed {
            Some(register) if arch.att_syntax => out.push_str(&format!("%{register}")),
            Some(register) => out.push_str(register),
            None => out.push_str(&operand(name)),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
