//! One variant by the instructions of a template.

use super::super::text::{Text, fresh};
use super::{expected, read_pointer, rust, sentence, write_pointer};
use crate::arch::{Arch, Place, Template};
use crate::model::Variant;
use crate::names::rust_ident;
use crate::table::{ArgKind, Op};

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

    fn class(&self) -> String {
        self.arch
            .size(self.bits())
            .map_or_else(String::new, |s| s.class.clone())
    }

    /// The text of an instruction, as `asm!` takes it.
    fn instruction(&self, line: &str) -> String {
        crate::emit::instruction(self.arch, self.template, line, self.bits(), &|name| {
            let name = asm_name(name, self.v.of.op);
            let modifier = self.arch.size(self.bits()).and_then(|s| s.modifier.clone());
            match modifier {
                Some(modifier) => format!("{{{name}:{modifier}}}"),
                None => format!("{{{name}}}"),
            }
        })
    }

    /// The body of the function.
    pub fn body(&self, t: &mut Text) {
        let op = self.v.of.op;
        let value = self.v.family.repr.rust();
        let found = fresh("found", op);
        let result = fresh("r", op);
        let jumps = self.template.condition.is_some() && self.labels;
        let sets = self.template.condition.is_some() && !jumps;
        let flag = fresh("is", op);
        read_pointer(t, self.v);
        if op.pointer().is_some() {
            t.line(format!("let {found}: {value};"));
        }
        if self.template.result != Place::Nowhere {
            t.line(format!("let {result}: {value};"));
        }
        if sets {
            t.line(format!("let {flag}: u8;"));
        }
        t.comment(
            "SAFETY: The caller promises that `*v` may be accessed atomically; nothing else is \
             touched.",
        );
        t.block("unsafe", |t| {
            t.line("asm!(");
            t.indented(|t| {
                self.instructions(t, jumps, sets, &flag);
                self.operands(t, jumps, sets, &flag, &found, &result);
            });
            t.line(");");
        });
        if op.pointer().is_some() {
            // A comparison of what was found is for the compiler to see: it leaves it out where
            // nobody asks, and fuses it with a branch where somebody does.
            let meaning = self.v.of.meaning;
            if let Some(fails) = &meaning.fails {
                let failed = rust(self.v, &meaning.expand(fails), &found);
                write_pointer(t, self.v, &failed, &found);
            }
            if let Some(returned) = self.v.of.result() {
                t.line(rust(self.v, &meaning.expand(&returned), &found));
            }
        } else if sets {
            t.line(format!("{flag} != 0"));
        } else if jumps {
            t.line("false");
        } else if self.template.result != Place::Nowhere {
            t.line(result);
        }
    }

    fn instructions(&self, t: &mut Text, jumps: bool, sets: bool, flag: &str) {
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

    fn operands(&self, t: &mut Text, jumps: bool, sets: bool, flag: &str, found: &str, r: &str) {
        let op = self.v.of.op;
        let class = self.class();
        // A template calls the variable's address {v}, whatever the argument is called.
        t.line(format!("v = in(reg) {},", rust_ident(op.variable())));
        for arg in op.operands() {
            let fixed = self
                .template
                .fixed
                .iter()
                .find(|(name, _)| *name == arg.name);
            let fixed = fixed.and_then(|(_, reg)| self.arch.register(reg, self.bits()));
            let pointer = arg.kind == ArgKind::Pointer;
            let holds = self.template.result == Place::Arg(arg.name.clone());
            let value = if pointer {
                expected(self.v)
            } else {
                rust_ident(&arg.name)
            };
            let place = fixed.map_or_else(|| class.clone(), |reg| format!("{reg:?}"));
            let name = fixed.map_or_else(
                || format!("{} = ", asm_name(&arg.name, op)),
                |_| String::new(),
            );
            t.line(match (pointer, holds) {
                (true, _) => format!("{name}inout({place}) {value} => {found},"),
                (_, true) => format!("{name}inout({place}) {value} => {r},"),
                _ => format!("{name}in({place}) {value},"),
            });
        }
        // The only instruction has read its operands before it writes.
        let late = if self.template.lines.len() == 1 {
            "lateout"
        } else {
            "out"
        };
        if self.template.result == Place::Fresh {
            t.line(format!("r = {late}({class}) {r},"));
        }
        if sets {
            let byte = self.arch.size(8).map_or("reg", |s| s.class.as_str());
            t.line(format!("{flag} = lateout({byte}) {flag},"));
        }
        if jumps {
            let yes = fresh("yes", op);
            t.line(format!("{yes} = label {{ return true }},"));
        }
        if self.template.keeps_flags || !self.arch.flags {
            t.comment("The stack pointer and the condition codes stay.");
            t.line("options(nostack, preserves_flags),");
        } else {
            t.comment("The stack pointer stays; the condition codes change.");
            t.line("options(nostack),");
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
