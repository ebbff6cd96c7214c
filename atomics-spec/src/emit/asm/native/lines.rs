//! The instructions of an `asm!` block, with their comments.

use super::context::{Native, asm_name};
use crate::emit::asm::sentence::format_sentence;
use crate::emit::instructions::fill_instruction;
use crate::emit::text::{Text, fresh};

impl Native<'_> {
    /// Emits the instructions.
    pub fn emit_lines(&self, t: &mut Text, jumps: bool, sets: bool, flag: &str) {
        for (index, feature) in self.arch.features.iter().enumerate() {
            if let (true, Some(directive)) = (self.template.needs.has(index), &feature.directive) {
                t.comment(&format!("Enables {} in the assembler.", feature.name));
                t.line(format!("{directive:?},"));
            }
        }
        for line in &self.template.lines {
            t.comment(&format_sentence(&self.fill_meaning(&line.meaning)));
            t.line(format!("{:?},", self.fill(&line.text)));
        }
        let condition = self.template.condition.as_deref().unwrap_or("");
        let with = |line: &Option<String>, operand: &str, name: &str| {
            let line = line.as_deref().unwrap_or("").replace("{cc}", condition);
            line.replace(operand, &format!("{{{name}}}"))
        };
        if jumps {
            t.comment("Jumps directly to the target if the caller branches on the result.");
            let yes = fresh("yes", self.v.of.op);
            t.line(format!("{:?},", with(&self.arch.branch, "{label}", &yes)));
        }
        if sets {
            t.comment("Saves the result before other instructions change the condition codes.");
            t.line(format!("{:?},", with(&self.arch.setcc, "{r}", flag)));
        }
    }

    /// A meaning with the names of fixed registers.
    fn fill_meaning(&self, words: &str) -> String {
        let mut words = words.to_owned();
        for name in self.arch.registers() {
            let register = self.arch.register(name, self.bits()).unwrap_or(name);
            words = words.replace(&format!("{{{name}}}"), register);
        }
        words
    }

    /// The text of an instruction, as `asm!` takes it.
    fn fill(&self, line: &str) -> String {
        let op = self.v.of.op;
        let (bits, word) = (self.register_bits(), fresh("word", op));
        fill_instruction(self.arch, self.template, line, bits, &|name| {
            // {v} is the address of the variable, whatever the argument is called.
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
}
