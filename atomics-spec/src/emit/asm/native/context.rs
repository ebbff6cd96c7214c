//! A variant with its template: what the emitters of its parts ask about it.

use super::encoding::Encoding;
use crate::arch::{Template, Truth};
use crate::emit::asm::body::Body;
use crate::emit::asm::surroundings::Labels;
use crate::emit::asm::symbols::Kind;
use crate::emit::text::fresh;
use crate::model::op::Op;
use crate::names::rust_ident;

/// How a block returns true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It does not.
    None,
    /// It jumps to a `label` block if the result is false.
    Exit,
    /// It saves a condition.
    Set,
    /// The macro `condition!` takes one of these.
    Either,
}

/// One variant, implemented by a template.
pub struct Native<'a> {
    pub body: &'a Body<'a>,
    pub template: &'a Template,
    /// Whether it can jump out of `asm!`.
    pub labels: Labels,
}

impl Native<'_> {
    /// The width of the variable.
    pub fn bits(&self) -> u32 {
        self.body.v.family.bits(self.body.arch.width)
    }

    /// The width of the values in registers: that of the variable or of the containing word.
    pub fn register_bits(&self) -> u32 {
        if self.template.word.is_some() {
            32
        } else {
            self.bits()
        }
    }

    /// How the block returns true or false.
    pub fn end(&self) -> End {
        match (&self.template.truth, self.labels) {
            (None, _) => End::None,
            (Some(Truth::Code(_)), _) if !self.template.exits() => End::Set,
            (Some(Truth::Code(_)), Labels::Never) => End::Set,
            (Some(Truth::Code(_)), Labels::If(_)) => End::Either,
            (Some(_), _) => End::Exit,
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

    /// The register class of a fixed width.
    pub fn plain_class(&self, bits: u32) -> String {
        let size = self.body.arch.size(bits);
        size.map_or("reg", |s| s.class.as_str()).to_owned()
    }

    /// The register class of values.
    pub fn class(&self) -> String {
        let bits = self.register_bits();
        match (bits == self.bits(), self.body.arch.is_pair(bits)) {
            (_, true) => self.plain_class(32),
            (false, false) => self.plain_class(bits),
            (true, false) => self.body.symbols.code("class", &self.plain_class(bits)),
        }
    }

    /// The unsigned type of the width of the variable.
    pub fn unsigned(&self) -> String {
        let name = format!("u{}", self.bits());
        self.body.symbols.code("uint", &name)
    }

    /// The operand modifier of a fixed width, with the colon before it.
    pub fn plain_modifier(&self, bits: u32) -> String {
        let half = self.body.arch.is_pair(bits);
        let size = self.body.arch.size(if half { 32 } else { bits });
        let modifier = size.and_then(|s| s.modifier.as_ref());
        modifier.map_or(String::new(), |m| format!(":{m}"))
    }

    /// The operand modifier of a width, with the colon before it.
    pub fn modifier(&self, bits: u32) -> String {
        let text = self.plain_modifier(bits);
        match bits == self.bits() && !self.body.arch.is_pair(bits) {
            true => self.body.symbols.mark(Kind::Text, "m", &text),
            false => text,
        }
    }

    /// How an operand is held in registers.
    pub fn encoding(&self, name: &str) -> Encoding {
        let fill = self.template.filled.iter().find(|(arg, _)| arg == name);
        let pair = self.body.arch.is_pair(self.bits());
        // A pointer fills its register, and must not become an integer.
        let is_whole = pair || self.body.is_pointer;
        Encoding {
            rust: self.body.v.family.repr.rust(),
            unsigned: self.unsigned(),
            pair,
            fill: fill.map(|(_, fill)| *fill).filter(|_| !is_whole),
            word: self.template.word,
            shift: fresh("shift", self.body.v.of.op),
            mask: fresh("mask", self.body.v.of.op),
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
