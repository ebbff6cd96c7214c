//! A variant with its template: what the emitters of its parts ask about it.

use super::encoding::Encoding;
use crate::arch::{Arch, Template};
use crate::emit::text::fresh;
use crate::model::Variant;
use crate::model::op::Op;
use crate::names::rust_ident;

/// One variant, implemented by a template.
pub struct Native<'a> {
    pub v: &'a Variant<'a>,
    pub arch: &'a Arch,
    pub template: &'a Template,
    /// Whether it can jump out of `asm!`.
    pub labels: bool,
}

impl Native<'_> {
    /// The width of the variable.
    pub fn bits(&self) -> u32 {
        self.v.family.bits(self.arch.width)
    }

    /// The width of the values in registers: that of the variable or of the containing word.
    pub fn register_bits(&self) -> u32 {
        if self.template.word.is_some() {
            32
        } else {
            self.bits()
        }
    }

    /// Whether an argument is passed in memory.
    pub fn is_in_memory(&self, name: &str) -> bool {
        self.template.memory.iter().any(|arg| arg == name)
    }

    /// Whether an instruction uses an operand.
    pub fn uses(&self, operand: &str) -> bool {
        let operand = format!("{{{operand}}}");
        self.template
            .lines
            .iter()
            .any(|l| l.text.contains(&operand))
    }

    /// The register class at a width.
    pub fn class(&self, bits: u32) -> &str {
        self.arch.size(bits).map_or("reg", |s| s.class.as_str())
    }

    /// How an operand is held in registers.
    pub fn encoding(&self, name: &str) -> Encoding {
        let fill = self.template.filled.iter().find(|(arg, _)| arg == name);
        Encoding {
            rust: self.v.family.repr.rust(),
            bits: self.bits(),
            pair: self.arch.is_pair(self.bits()),
            fill: fill
                .map(|(_, fill)| *fill)
                .filter(|_| self.bits() < self.arch.width),
            word: self.template.word,
            shift: fresh("shift", self.v.of.op),
            mask: fresh("mask", self.v.of.op),
        }
    }
}

/// The name of an operand of `asm!`, which cannot be a raw identifier.
pub fn asm_name(arg: &str, op: &Op) -> String {
    if rust_ident(arg) == arg {
        arg.into()
    } else {
        fresh(&format!("{arg}_"), op)
    }
}
