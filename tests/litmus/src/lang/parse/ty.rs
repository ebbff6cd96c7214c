//! Parses types.

use crate::lang::ast::Type;
use crate::lang::lex::Token;
use crate::lang::parse::parser::{Parsed, Parser};

/// Words that begin a type, besides names that end in `_t`.
const TYPE_WORDS: [&str; 17] = [
    "bool", "int", "long", "char", "short", "unsigned", "signed", "void", "struct", "s8", "s16",
    "s32", "s64", "u8", "u16", "u32", "u64",
];

/// Type words that end in `_t`, besides other names that do.
const TYPEDEFS: [&str; 12] = [
    "int8_t",
    "int16_t",
    "int32_t",
    "int64_t",
    "intptr_t",
    "uint8_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uintptr_t",
    "size_t",
    "ssize_t",
];

/// Type qualifiers, which do not affect values.
const QUALIFIERS: [&str; 2] = ["const", "volatile"];

impl Parser<'_> {
    /// Whether the next word begins a type: it is a known type word, or a name that ends in `_t`
    /// and is followed by another name or a `*`.
    pub fn begins_type(&self) -> bool {
        let Token::Word(word) = self.peek() else {
            return false;
        };
        let known = TYPE_WORDS.contains(&word.as_str()) || QUALIFIERS.contains(&word.as_str());
        let follows = matches!(self.second(), Token::Word(_) | Token::Sign("*"));
        known || (word.ends_with("_t") && follows)
    }

    /// Whether a type in parentheses is next, after the `(`, and an operand follows: a cast. A name
    /// that ends in `_t` is a type there if an operand follows that cannot follow a variable.
    pub fn begins_cast(&self) -> bool {
        let Token::Word(word) = self.peek() else {
            return false;
        };
        let is_typedef = TYPEDEFS.contains(&word.as_str());
        let closes = *self.second() == Token::Sign(")");
        let operand = || {
            matches!(
                self.ahead(2),
                Token::Word(_) | Token::Number(_) | Token::Sign("(")
            )
        };
        let stars = || {
            // `(type *)` and `(type **)`, rather than the product `(a * b)`.
            let mut count = 1;
            while *self.ahead(count) == Token::Sign("*") {
                count += 1;
            }
            count > 1 && *self.ahead(count) == Token::Sign(")")
        };
        match word.ends_with("_t") {
            true => is_typedef || (closes && operand()) || stars(),
            false => self.begins_type(),
        }
    }

    /// A type, with its `*`s.
    pub fn ty(&mut self) -> Parsed<Type> {
        let help = "a type is such as `int`, `long`, `atomic_t` or `int *`";
        let mut words: Vec<String> = Vec::new();
        while self.begins_type() || (words.is_empty() && self.begins_cast()) {
            let (word, _) = self.name("a type", help)?;
            if word == "struct" {
                let (tag, _) = self.name("the name of a structure", help)?;
                words.push(format!("struct {tag}"));
            } else if !QUALIFIERS.contains(&word.as_str()) {
                words.push(word);
            }
        }
        if words.is_empty() {
            return Err(self.expected("a type", help));
        }
        // The parts of a type in a cast do not count as parts of the expression around it.
        let outside = std::mem::take(&mut self.parts);
        let mut ty = Type::Named(words.join(" "));
        loop {
            if self.takes("*") {
                self.part(help)?;
                ty = Type::Pointer(Box::new(ty));
            } else if QUALIFIERS.iter().any(|q| self.is_word(q)) {
                self.advance();
            } else {
                self.parts = outside;
                return Ok(ty);
            }
        }
    }
}
