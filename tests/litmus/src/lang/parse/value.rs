//! Parses initial and final values of variables.

use crate::lang::ast::Value;
use crate::lang::lex::Token;
use crate::lang::parse::parser::{Parsed, Parser, is_keyword};

/// The initialisers that are macros: `ATOMIC_INIT(1)`.
const INITIALISERS: [&str; 3] = ["ATOMIC_INIT", "ATOMIC64_INIT", "ATOMIC_LONG_INIT"];

impl Parser<'_> {
    /// A value: a number, an address, or either in an initialiser or parentheses.
    pub fn value(&mut self) -> Parsed<Value> {
        let help = "a value is a number, or the address of a variable: `x = 1`, `p = &x`";
        self.part(help)?;
        let value = self.nested_value(help);
        self.parts -= 1;
        value
    }

    fn nested_value(&mut self, help: &str) -> Parsed<Value> {
        match self.peek().clone() {
            Token::Number(number) => {
                self.advance();
                Ok(Value::Number(number))
            }
            Token::Sign("-") => {
                self.advance();
                match self.value()? {
                    Value::Number(number) => Ok(Value::Number(number.wrapping_neg())),
                    Value::Address(_) => {
                        Err(self
                            .file
                            .error(self.before(), "an address cannot be negated", help))
                    }
                }
            }
            Token::Sign("&") => {
                self.advance();
                let (name, _) = self.name("a variable", help)?;
                Ok(Value::Address(name))
            }
            Token::Sign("(") => {
                self.advance();
                let value = self.value()?;
                self.need(")", help)?;
                Ok(value)
            }
            Token::Word(word) if INITIALISERS.contains(&word.as_str()) => {
                self.advance();
                self.need("(", help)?;
                let value = self.value()?;
                self.need(")", help)?;
                Ok(value)
            }
            Token::Word(name) if !is_keyword(&name) => {
                self.advance();
                Ok(Value::Address(name))
            }
            _ => Err(self.expected("a value", help)),
        }
    }
}
