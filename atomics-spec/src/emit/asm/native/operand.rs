//! The operands of a template: how values get into registers and out of them.

use super::{Native, asm_name, expected};
use crate::arch::{Fill, Place};
use crate::emit::text::{Text, fresh};
use crate::model::op::{Arg, ArgKind};
use crate::names::rust_ident;

/// How a value is in its registers.
pub(super) struct Shape {
    /// The Rust type of the value.
    pub rust: &'static str,
    /// Its width.
    pub bits: u32,
    /// Whether it takes two registers.
    pub pair: bool,
    /// What fills the register beyond it.
    pub fill: Option<Fill>,
    /// Whether it is a part of the word around the variable.
    pub word: Option<Option<Fill>>,
    /// The variable that says how far it is shifted in the word.
    pub shift: String,
    /// The variable with ones where it is in the word.
    pub mask: String,
}

/// What the parts of a value are called: the value itself, or its halves.
const HALVES: [&str; 2] = ["lo", "hi"];

impl Shape {
    /// The type of the Rust value that is in a register.
    fn register_type(&self) -> String {
        let fill = match self.word {
            Some(fill) => fill.map_or("u32", filled_type),
            None => self.fill.map_or(self.rust, filled_type),
        };
        if self.pair { "i32".into() } else { fill.into() }
    }

    /// The names of its parts.
    fn parts(&self, name: &str) -> Vec<String> {
        if self.pair {
            HALVES.iter().map(|half| format!("{name}_{half}")).collect()
        } else {
            vec![name.into()]
        }
    }

    /// Declares the variables that take the parts of an output.
    pub fn declare(&self, t: &mut Text, name: &str) {
        for part in self.parts(name) {
            t.line(format!("let {part}: {};", self.register_type()));
        }
    }

    /// Makes of the variables that took an output one of the type of the value.
    pub fn finish(&self, t: &mut Text, name: &str) {
        if self.pair {
            t.line(format!(
                "let {name} = i64::from({name}_hi) << 32 | i64::from({name}_lo as u32);"
            ));
        }
    }

    /// The value of an output.
    pub fn value(&self, name: &str) -> String {
        match self.word {
            Some(None) => format!("({name} >> {}) as {}", self.shift, self.rust),
            Some(Some(_)) => format!("(({name} as u32) >> {}) as {}", self.shift, self.rust),
            None if self.fill.is_some() => format!("{name} as {}", self.rust),
            None => name.into(),
        }
    }

    /// The expressions that are put into registers for a value.
    fn inputs(&self, value: &str) -> Vec<String> {
        let unsigned = format!("u{}", self.bits);
        if self.pair {
            return vec![format!("{value} as i32"), format!("({value} >> 32) as i32")];
        }
        let Some(fill) = self.word else {
            return vec![match self.fill {
                None => value.into(),
                // A signed value keeps its sign.
                Some(Fill::Sign) => format!("{value} as isize"),
                Some(_) => format!("{value} as {unsigned} as usize"),
            }];
        };
        let placed = format!("u32::from({value} as {unsigned}) << {}", self.shift);
        let placed = match self.fill {
            Some(Fill::Ones) => format!("({placed} | !{})", self.mask),
            _ => format!("({placed})"),
        };
        let expression = widened(&placed, fill);
        let bare = expression
            .strip_prefix('(')
            .and_then(|e| e.strip_suffix(')'));
        vec![
            bare.filter(|_| fill.is_none())
                .unwrap_or(&expression)
                .to_owned(),
        ]
    }
}

fn filled_type(fill: Fill) -> &'static str {
    match fill {
        Fill::Sign => "isize",
        _ => "usize",
    }
}

/// A value of 32 bits in a wider register.
pub(super) fn widened(value: &str, fill: Option<Fill>) -> String {
    match fill {
        None => value.into(),
        Some(Fill::Sign) => format!("{value} as i32 as isize"),
        Some(_) => format!("{value} as usize"),
    }
}

impl Native<'_> {
    /// The registers of an operand: in fixed ones without a name, else with the name that the
    /// template has for it.
    fn places(&self, name: &str, bits: u32) -> Vec<(String, String)> {
        let op = self.v.of.op;
        let parts: Vec<String> = if self.arch.is_pair(bits) {
            HALVES.iter().map(|half| format!("{name}_{half}")).collect()
        } else {
            vec![name.into()]
        };
        let fixed = self.template.fixed.iter().find(|(n, _)| n == name);
        match fixed.and_then(|(_, register)| self.arch.register(register, bits)) {
            Some(registers) => {
                let registers = registers.split('+');
                registers
                    .map(|r| (String::new(), format!("{r:?}")))
                    .collect()
            }
            None => {
                let class = self.class(if self.arch.is_pair(bits) { 32 } else { bits });
                let named = |part: &String| format!("{} = ", asm_name(part, op));
                parts
                    .iter()
                    .map(|part| (named(part), class.to_owned()))
                    .collect()
            }
        }
    }

    /// The rows of an argument.
    pub(super) fn argument(&self, t: &mut Text, arg: &Arg) {
        let op = self.v.of.op;
        if self.is_in_memory(&arg.name) {
            let (name, value) = (asm_name(&arg.name, op), rust_ident(&arg.name));
            return t.line(format!(
                "{name} = in({}) &raw const {value},",
                self.arch.address
            ));
        }
        let shape = self.shape(&arg.name);
        let is_pointer = arg.kind == ArgKind::Pointer;
        let value = if is_pointer {
            expected(self.v)
        } else {
            rust_ident(&arg.name)
        };
        let out = if is_pointer {
            Some(fresh("found", op))
        } else {
            let holds = self.template.result == Place::Arg(arg.name.clone());
            holds.then(|| fresh("r", op))
        };
        let places = self.places(&arg.name, self.register_bits());
        let outs = out.map(|out| shape.parts(&out));
        for (index, ((name, place), input)) in places.iter().zip(shape.inputs(&value)).enumerate() {
            t.line(match outs.as_ref().and_then(|outs| outs.get(index)) {
                Some(out) => format!("{name}inout({place}) {input} => {out},"),
                None => format!("{name}in({place}) {input},"),
            });
        }
    }

    /// The rows of a result in a register of its own, and of scratch registers.
    pub(super) fn outputs(&self, t: &mut Text) {
        // The only instruction has read its operands before it writes, if it may write there.
        let late = if self.template.lines.len() == 1 && !self.template.apart {
            "lateout"
        } else {
            "out"
        };
        if self.template.result == Place::Fresh {
            let parts = self.shape("r").parts(&fresh("r", self.v.of.op));
            let places = self.places("r", self.register_bits());
            for ((name, place), part) in places.iter().zip(parts) {
                t.line(format!("{name}{late}({place}) {part},"));
            }
        }
        for scratch in &self.template.scratch {
            let bits = scratch.bits.unwrap_or_else(|| self.register_bits());
            for (name, place) in self.places(&scratch.name, bits) {
                t.line(format!("{name}{late}({place}) _,"));
            }
        }
    }
}
