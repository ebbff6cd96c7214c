//! One variant by the instructions of a template.

mod operand;

use super::super::text::{Text, fresh};
use super::{expected, read_pointer, rust, sentence, write_pointer};
use crate::arch::{Arch, Place, Template};
use crate::model::Variant;
use crate::model::op::{Form, Op};
use crate::names::rust_ident;
use crate::plan::is_try_cmpxchg;
use operand::Shape;

/// One variant by a template.
pub(super) struct Native<'a> {
    pub v: &'a Variant<'a>,
    pub arch: &'a Arch,
    pub template: &'a Template,
    /// Whether it may jump.
    pub labels: bool,
}

impl Native<'_> {
    fn bits(&self) -> u32 {
        self.v.family.bits(self.arch.width)
    }

    /// The width of the values in its registers: that of the variable, or of the word around it.
    fn register_bits(&self) -> u32 {
        if self.template.word.is_some() {
            32
        } else {
            self.bits()
        }
    }

    /// The text of an instruction, as `asm!` takes it.
    fn instruction(&self, line: &str) -> String {
        let op = self.v.of.op;
        let (bits, word) = (self.register_bits(), fresh("word", op));
        crate::emit::instructions::instruction(self.arch, self.template, line, bits, &|name| {
            // A template calls the variable's address {v}, whatever the argument is called.
            if name == "v" {
                return format!(
                    "{{{}}}",
                    if self.template.word.is_some() {
                        &word
                    } else {
                        "v"
                    }
                );
            }
            if self.is_in_memory(name) {
                return format!("{{{}}}", asm_name(name, op));
            }
            let scratch = self.template.scratch.iter().find(|s| s.name == name);
            let bits = scratch.and_then(|s| s.bits).unwrap_or(match name {
                "shift" => 32,
                _ => bits,
            });
            let half = self.arch.is_pair(bits);
            let size = self.arch.size(if half { 32 } else { bits });
            let name = asm_name(&name.replace('.', "_"), op);
            match size.and_then(|s| s.modifier.as_deref()) {
                Some(modifier) => format!("{{{name}:{modifier}}}"),
                None => format!("{{{name}}}"),
            }
        })
    }

    /// The body of the function.
    pub fn body(&self, t: &mut Text) {
        let op = self.v.of.op;
        let pointer = op.pointer();
        // What jumps yields nothing else, so that what was found would be lost.
        let jumps = self.template.condition.is_some() && self.labels && pointer.is_none();
        let sets = self.template.condition.is_some() && !jumps;
        let flag = fresh("is", op);
        let found = pointer.map(|p| (fresh("found", op), self.shape(&p.name)));
        let result = match &self.template.result {
            Place::Nowhere => None,
            Place::Fresh => Some((fresh("r", op), self.shape("r"))),
            Place::Arg(arg) => Some((fresh("r", op), self.shape(arg))),
        };
        read_pointer(t, self.v);
        self.around(t);
        for (name, shape) in found.iter().chain(&result) {
            shape.declare(t, name);
        }
        if sets {
            t.line(format!("let {flag}: u8;"));
        }
        t.comment(match self.template.word {
            None if self.template.memory.is_empty() => {
                "SAFETY: The caller promises that `*v` may be accessed atomically; nothing else is \
                 touched."
            }
            None => {
                "SAFETY: The caller promises that `*v` may be accessed atomically. Of other memory, \
                 only our own arguments are read."
            }
            Some(_) => {
                "SAFETY: The caller promises that `*v` may be accessed atomically. The rest of the \
                 aligned word around it is on the same page, so it can be accessed, and is only \
                 ever stored as it was found, in one atomic access together with `*v`."
            }
        });
        t.block("unsafe", |t| {
            t.line("asm!(");
            t.indented(|t| {
                self.instructions(t, jumps, sets, &flag);
                self.operands(t, jumps, sets, &flag);
            });
            t.line(");");
        });
        for (name, shape) in found.iter().chain(&result) {
            shape.finish(t, name);
        }
        if let Some((found, _)) = found {
            // A comparison of what was found is for the compiler to see: it leaves it out where
            // nobody asks, and fuses it with a branch where somebody does.
            let meaning = self.v.of.meaning;
            if let Some(fails) = &meaning.fails {
                let failed = match sets && is_try_cmpxchg(&self.v.of) {
                    true => format!("{flag} == 0"),
                    false => rust(self.v, &meaning.expand(fails), &found),
                };
                write_pointer(t, self.v, &failed, &found);
            }
            if sets {
                t.line(format!("{flag} != 0"));
            } else if let Some(returned) = self.v.of.result() {
                t.line(rust(self.v, &meaning.expand(&returned), &found));
            }
        } else if sets {
            t.line(format!("{flag} != 0"));
        } else if jumps {
            t.line("false");
        } else if let (Some((name, shape)), Form::Truth(_)) = (&result, self.v.of.form) {
            // The old value tells.
            t.line(format!("let {name} = {};", shape.value(name)));
            let returned = self.v.of.result().map(|e| self.v.of.meaning.expand(&e));
            t.line(returned.map_or_else(String::new, |e| rust(self.v, &e, name)));
        } else if let Some((name, shape)) = result {
            t.line(shape.value(&name));
        }
    }

    /// Where the variable is in the word around it, if that is what is accessed.
    fn around(&self, t: &mut Text) {
        if self.template.word.is_none() {
            return;
        }
        let op = self.v.of.op;
        let (word, shift, mask) = (fresh("word", op), fresh("shift", op), fresh("mask", op));
        let variable = rust_ident(op.variable());
        t.line(format!("let ({word}, {shift}) = word_around({variable});"));
        let ones = self
            .template
            .filled
            .iter()
            .any(|(_, fill)| *fill == crate::arch::Fill::Ones);
        if ones || self.uses("mask") || self.uses("rest") {
            let unsigned = format!("u{}", self.bits());
            t.line(format!(
                "let {mask} = u32::from({unsigned}::MAX) << {shift};"
            ));
        }
    }

    /// Whether an argument is in memory, so that the template has its address.
    fn is_in_memory(&self, name: &str) -> bool {
        self.template.memory.iter().any(|arg| arg == name)
    }

    fn uses(&self, operand: &str) -> bool {
        let operand = format!("{{{operand}}}");
        self.template
            .lines
            .iter()
            .any(|l| l.text.contains(&operand))
    }

    fn instructions(&self, t: &mut Text, jumps: bool, sets: bool, flag: &str) {
        for (index, feature) in self.arch.features.iter().enumerate() {
            if let (true, Some(directive)) = (self.template.needs.has(index), &feature.directive) {
                t.comment(&format!("Tells the assembler about {}.", feature.name));
                t.line(format!("{directive:?},"));
            }
        }
        for line in &self.template.lines {
            t.comment(&sentence(&self.instruction_words(&line.meaning)));
            t.line(format!("{:?},", self.instruction(&line.text)));
        }
        let condition = self.template.condition.as_deref().unwrap_or("");
        let with = |line: &Option<String>, operand: &str, name: &str| {
            let line = line.as_deref().unwrap_or("").replace("{cc}", condition);
            line.replace(operand, &format!("{{{name}}}"))
        };
        if jumps {
            t.comment("Jumps right there if a caller branches on the result.");
            let yes = fresh("yes", self.v.of.op);
            t.line(format!("{:?},", with(&self.arch.branch, "{label}", &yes)));
        }
        if sets {
            t.comment("Keeps the result before other instructions change the condition codes.");
            t.line(format!("{:?},", with(&self.arch.setcc, "{r}", flag)));
        }
    }

    fn instruction_words(&self, words: &str) -> String {
        let mut words = words.to_owned();
        for name in self.arch.registers() {
            let register = self.arch.register(name, self.bits()).unwrap_or(name);
            words = words.replace(&format!("{{{name}}}"), register);
        }
        words
    }

    /// The rows of operands and options.
    fn operands(&self, t: &mut Text, jumps: bool, sets: bool, flag: &str) {
        let op = self.v.of.op;
        let address = match self.template.word {
            None => rust_ident(op.variable()),
            Some(_) => fresh("word", op),
        };
        let name = if self.template.word.is_some() {
            address.as_str()
        } else {
            "v"
        };
        t.line(format!("{name} = in({}) {address},", self.arch.address));
        for arg in op.operands() {
            self.argument(t, arg);
        }
        if self.template.word.is_some() {
            let fill = self.template.word.flatten();
            let mask = fresh("mask", op);
            for (name, value) in [("mask", mask.clone()), ("rest", format!("!{mask}"))] {
                if self.uses(name) {
                    let class = self.class(32);
                    t.line(format!(
                        "{name} = in({class}) {},",
                        operand::widened(&value, fill)
                    ));
                }
            }
            if self.uses("shift") {
                let class = self.class(32);
                t.line(format!("shift = in({class}) {},", fresh("shift", op)));
            }
        }
        self.outputs(t);
        if sets {
            t.line(format!("{flag} = lateout({}) {flag},", self.class(8)));
        }
        if jumps {
            let yes = fresh("yes", op);
            t.line(format!("{yes} = label {{ return true }},"));
        }
        let clobbered = self.arch.flags_register.as_ref();
        if let Some(register) = clobbered.filter(|_| !self.template.keeps_flags) {
            t.comment("The condition codes.");
            t.line(format!("out({register:?}) _,"));
        }
        if self.template.keeps_flags {
            t.comment("The stack pointer and the condition codes stay.");
            t.line("options(nostack, preserves_flags),");
        } else {
            t.comment("The stack pointer stays; the condition codes change.");
            t.line("options(nostack),");
        }
    }

    fn class(&self, bits: u32) -> &str {
        self.arch.size(bits).map_or("reg", |s| s.class.as_str())
    }

    /// How the value of an operand is in its registers.
    fn shape(&self, name: &str) -> Shape {
        let fill = self.template.filled.iter().find(|(arg, _)| arg == name);
        Shape {
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
fn asm_name(arg: &str, op: &Op) -> String {
    if rust_ident(arg) == arg {
        arg.into()
    } else {
        fresh(&format!("{arg}_"), op)
    }
}
