//! The instructions of an `asm!` block, with their comments.

use super::context::{End, Native, asm_name};
use crate::arch::{NO, NO_LABEL, Truth};
use crate::emit::asm::sentence::format_sentence;
use crate::emit::asm::symbols::{self, Kind, instruction, instruction_before};
use crate::emit::text::{Text, fresh};

const SETS: &str = "Saves the result before other instructions change the condition codes.";

/// The start of RISC-V's directives for the assembler's options, which it can save and restore.
const OPTION: &str = ".option ";

impl Native<'_> {
    /// Emits the instructions.
    pub fn emit_lines(&self, t: &mut Text) {
        let arch = self.body.arch;
        let features = arch.features.iter().enumerate();
        let features = features.filter(|(index, _)| self.template.needs.has(*index));
        let directives = features.filter_map(|(_, f)| Some((&f.name, f.directive.as_deref()?)));
        let directives: Vec<(&String, &str)> = directives.collect();
        let are_saved = directives.iter().any(|(_, text)| text.starts_with(OPTION));
        if are_saved {
            t.comment("Saves the assembler's options.");
            t.line(instruction(".option push"));
        }
        for (name, directive) in directives {
            t.comment(&format!("Enables {name} in the assembler."));
            t.line(instruction(directive));
        }
        let mut passed = 0;
        for written in &self.template.written {
            let line = &written.line;
            // A macro passes an optional instruction as it is, so it cannot have operands.
            let is_passed = written.optional && !line.text.contains('{');
            if !written.present && !is_passed {
                continue;
            }
            t.comment(&format_sentence(&self.fill_meaning(&line.meaning)));
            if is_passed {
                let text = if written.present {
                    line.text.as_str()
                } else {
                    ""
                };
                // Each has a name of its own, even if several are absent.
                passed += 1;
                let name = match passed {
                    1 => "also".to_owned(),
                    number => format!("also{number}"),
                };
                t.line(self.body.symbols.mark(Kind::Line, &name, text));
            } else {
                t.line(instruction(&self.fill(&line.text)));
            }
        }
        if are_saved {
            t.comment("Restores the assembler's options.");
            t.line(instruction(".option pop"));
        }
        if self.end() == End::Set {
            t.comment(SETS);
            let label = match self.template.exits() {
                true => format!("{NO_LABEL}: "),
                false => String::new(),
            };
            t.line(instruction(&(label + &self.fill_set())));
        }
    }

    /// Emits how to save the condition, for the macro that does so if it has no labels.
    pub fn emit_set(&self, t: &mut Text) {
        t.comment(SETS);
        let end = format!(" => {}: {};", self.flag(), self.plain_class(8));
        t.line(instruction_before(&self.fill_set(), &end));
    }

    /// The variable for the condition.
    pub fn flag(&self) -> String {
        fresh("is", self.body.v.of.op)
    }

    /// The instruction that saves the condition.
    fn fill_set(&self) -> String {
        let condition = match &self.template.truth {
            Some(Truth::Code(code)) => code.as_str(),
            _ => "",
        };
        let condition = self.body.symbols.mark(Kind::Text, "cc", condition);
        let line = self.body.arch.setcc.as_deref().unwrap_or("");
        let line = line.replace("{cc}", &condition);
        line.replace("{r}", &format!("{{{}}}", self.flag()))
    }

    /// A meaning with the names of fixed registers.
    fn fill_meaning(&self, words: &str) -> String {
        let mut words = words.to_owned();
        for name in self.body.arch.registers() {
            let braced = format!("{{{name}}}");
            if words.contains(&braced) {
                let register = self.body.arch.register(name, self.bits()).unwrap_or(name);
                let mark = self
                    .body
                    .symbols
                    .mark(Kind::Words, &format!("in_{name}"), register);
                words = words.replace(&braced, &mark);
            }
        }
        for (name, text) in &self.template.lets {
            let braced = format!("{{{name}}}");
            if words.contains(&braced) {
                let mark = self
                    .body
                    .symbols
                    .mark(Kind::Words, &format!("so_{name}"), text);
                words = words.replace(&braced, &mark);
            }
        }
        words
    }

    /// The text of an instruction, as `asm!` takes it.
    fn fill(&self, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some((before, (name, after))) = rest
            .split_once('{')
            .and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
        {
            out.push_str(before);
            out.push_str(&self.fill_name(name));
            rest = after;
        }
        out + rest
    }

    /// What a name in braces stands for.
    fn fill_name(&self, name: &str) -> String {
        let symbols = self.body.symbols;
        if let Some((_, text)) = self.template.lets.iter().find(|(known, _)| known == name) {
            return symbols.mark(Kind::Text, name, text);
        }
        if name == NO && self.end() != End::None {
            return match self.end() {
                End::Either => symbols::call(NO),
                End::Set => format!("{NO_LABEL}f"),
                _ => format!("{{{NO}}}"),
            };
        }
        if name == "mem" {
            let memory = self.body.arch.size(self.register_bits());
            let memory = memory.map_or("", |size| size.memory.as_str());
            let memory = memory.replace("{v}", &self.fill_operand("v"));
            return symbols.mark(Kind::Text, "mem", &memory);
        }
        let (whole, half) = match name.split_once('.') {
            Some((whole, half)) => (whole, Some(half)),
            None => (name, None),
        };
        let fixed = self.template.fixed.iter().find(|(arg, _)| arg == whole);
        let scratch = self.template.scratch.iter().find(|s| s.name == whole);
        let own_width = scratch.and_then(|s| s.bits);
        let is_own = own_width.is_none() && self.template.word.is_none();
        let bits = own_width.unwrap_or_else(|| self.register_bits());
        let fixed = fixed.and_then(|(_, register)| self.body.arch.register(register, bits));
        let register = match (fixed, fixed.and_then(|f| f.split_once('+')), half) {
            (_, Some((low, _)), Some("lo")) => low.to_owned(),
            (_, Some((_, high)), _) => high.to_owned(),
            (Some(fixed), None, _) if is_own => {
                symbols.mark(Kind::Text, &format!("{whole}_register"), fixed)
            }
            (Some(fixed), None, _) => fixed.to_owned(),
            (None, _, _) => return self.fill_operand(name),
        };
        let sign = if self.body.arch.att_syntax { "%" } else { "" };
        format!("{sign}{register}")
    }

    /// An operand that has a name in `asm!`.
    fn fill_operand(&self, name: &str) -> String {
        let op = self.body.v.of.op;
        // {v} is the address of the variable, whatever the argument is called.
        if name == "v" {
            return match self.template.word {
                Some(_) => format!("{{{}}}", fresh("word", op)),
                None => "{v}".into(),
            };
        }
        if self.is_in_memory(name) {
            return format!("{{{}}}", asm_name(name, op));
        }
        let scratch = self.template.scratch.iter().find(|s| s.name == name);
        let fixed_width = scratch.and_then(|s| s.bits);
        let name = asm_name(&name.replace('.', "_"), op);
        let modifier = match (fixed_width, name.as_str()) {
            (Some(bits), _) => self.plain_modifier(bits),
            (None, "shift") => self.plain_modifier(32),
            (None, _) => self.modifier(self.register_bits()),
        };
        format!("{{{name}{modifier}}}")
    }
}
