//! How values are held in registers: what goes in, and what comes out.

use crate::arch::Fill;
use crate::emit::text::Text;

/// How a value is held in registers.
pub struct Encoding {
    /// The Rust type of the value.
    pub rust: &'static str,
    /// The unsigned type of its width.
    pub unsigned: String,
    /// Whether it takes two registers.
    pub pair: bool,
    /// What fills the register beyond the value.
    pub fill: Option<Fill>,
    /// Whether it is in its place in the containing word, and how that word is extended.
    pub word: Option<Option<Fill>>,
    /// The Rust variable with its shift in the word.
    pub shift: String,
    /// The Rust variable with its mask in the word.
    pub mask: String,
}

/// The suffixes of the two halves of a value.
pub(super) const HALVES: [&str; 2] = ["lo", "hi"];

impl Encoding {
    /// The Rust type of a register operand.
    pub fn register_type(&self) -> String {
        let fill = match self.word {
            Some(fill) => fill.map_or("u32", filled_type),
            None => self.fill.map_or(self.rust, filled_type),
        };
        if self.pair { "i32".into() } else { fill.into() }
    }

    /// The types of the register, of what is in it, and of the value, for a result whose register
    /// the instructions fill.
    pub fn filled(&self) -> Option<String> {
        let value = match self.fill? {
            Fill::Sign => self.rust,
            Fill::Zeros | Fill::Ones => &self.unsigned,
        };
        Some(format!(
            "{} as {value} as {}",
            self.register_type(),
            self.rust
        ))
    }

    /// The names of the Rust variables for its registers.
    pub fn parts(&self, name: &str) -> Vec<String> {
        if self.pair {
            HALVES.iter().map(|half| format!("{name}_{half}")).collect()
        } else {
            vec![name.into()]
        }
    }

    /// Emits the declarations of the variables for an output.
    pub fn emit_declaration(&self, t: &mut Text, name: &str) {
        for part in self.parts(name) {
            t.line(format!("let {part}: {};", self.register_type()));
        }
    }

    /// Emits the join of the two halves of an output.
    pub fn emit_join(&self, t: &mut Text, name: &str) {
        if self.pair {
            t.line(format!(
                "let {name} = i64::from({name}_hi) << 32 | i64::from({name}_lo as u32);"
            ));
        }
    }

    /// An output as an expression of the type of the value.
    pub fn decode(&self, name: &str) -> String {
        match self.word {
            Some(None) => format!("({name} >> {}) as {}", self.shift, self.rust),
            Some(Some(_)) => format!("(({name} as u32) >> {}) as {}", self.shift, self.rust),
            None if self.fill.is_some() => format!("{name} as {}", self.rust),
            None => name.into(),
        }
    }

    /// The expressions for the registers of an input.
    pub fn encode(&self, value: &str) -> Vec<String> {
        let unsigned = &self.unsigned;
        if self.pair {
            return vec![format!("{value} as i32"), format!("({value} >> 32) as i32")];
        }
        let Some(fill) = self.word else {
            return vec![match self.fill {
                None => value.into(),
                // The type of the value is signed, so the cast copies the sign.
                Some(Fill::Sign) => format!("{value} as isize"),
                Some(_) => format!("{value} as {unsigned} as usize"),
            }];
        };
        let placed = format!("u32::from({value} as {unsigned}) << {}", self.shift);
        let placed = match self.fill {
            Some(Fill::Ones) => format!("({placed} | !{})", self.mask),
            _ => format!("({placed})"),
        };
        let expression = widen(&placed, fill);
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

/// Extends a 32-bit expression to a full register.
pub(super) fn widen(value: &str, fill: Option<Fill>) -> String {
    match fill {
        None => value.into(),
        Some(Fill::Sign) => format!("{value} as i32 as isize"),
        Some(_) => format!("{value} as usize"),
    }
}
