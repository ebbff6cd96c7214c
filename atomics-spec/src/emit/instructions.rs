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
        match (fixed.and_then(|f| f.split_once('+')), half) {
            (Some((low, _)), Some("lo")) => out.push_str(low),
            (Some((_, high)), _) => out.push_str(high),
            (None, _) => out.push_str(fixed.unwrap_or(&operand(name))),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
