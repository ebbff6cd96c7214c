//! Reads C litmus files, in the format of the kernel's tools/memory-model: a header, initial values
//! in braces, the threads as C functions, and a condition.

use atomics_spec::diag::Error;

use crate::lang::ast::{
    Init, Litmus, Location, Parameter, Proposition, Quantifier, Register, Thread, Type, Value,
};
use crate::lang::lex::{self, Token};
use crate::lang::source::{File, Span};
use crate::printable;
use crate::stated::Stated;
use parser::{Parsed, Parser};

mod condition;
mod expr;
mod locals;
mod parser;
mod statement;
#[cfg(test)]
mod tests;
mod ty;
mod value;

/// Reads a file.
///
/// # Errors
///
/// The first syntax error.
pub fn parse(file: File<'_>) -> Result<Litmus, Error> {
    let header = file.text.lines().next().unwrap_or_default();
    // The initial values may begin on the same line.
    let header = header.split('{').next().unwrap_or_default();
    let whole = Span {
        start: 0,
        end: header.len(),
    };
    let name = match header.trim().split_once(char::is_whitespace) {
        Some(("C", name)) if !name.trim().is_empty() => printable::name(name.trim()),
        _ => {
            let help = "a litmus test in C begins with a line `C NAME`";
            return Err(file.error(whole, "this is not a litmus test in C", help));
        }
    };
    let words = lex::words(file, header.len())?;
    let result = words.result;
    Parser::new(file, words.tokens).test(name, result)
}

impl Parser<'_> {
    fn test(mut self, name: String, result: Option<Stated>) -> Parsed<Litmus> {
        let (init, registers) = self.init()?;
        let mut threads = Vec::new();
        while let Some(number) = self.thread_number() {
            if number != threads.len() {
                let message = format!("expected thread {}, found {number}", threads.len());
                let help = "threads are called P0, P1 and so on, in that order";
                return Err(self.file.error(self.span(), message, help));
            }
            threads.push(self.thread()?);
        }
        if threads.is_empty() {
            return Err(self.expected("a thread", "a thread is `P0(int *x, int *y) { .. }`"));
        }
        let mut test = Litmus {
            name,
            result,
            init,
            registers,
            threads,
            locations: Vec::new(),
            filter: None,
            quantifier: Quantifier::Exists,
            condition: Proposition::True,
            skipped: None,
        };
        locals::add(&mut test);
        self.end(&mut test)?;
        test.skipped = self.skipped;
        Ok(test)
    }

    /// The thread number in the next word, if it is the name of a thread. Skips a `void` before it.
    fn thread_number(&mut self) -> Option<usize> {
        if self.is_word("void") {
            self.advance();
        }
        let Token::Word(word) = self.peek() else {
            return None;
        };
        condition::thread_number(word)
    }

    /// The initial values of shared and of local variables.
    fn init(&mut self) -> Parsed<(Vec<Init>, Vec<Register>)> {
        let help = "the initial values are in braces: `{ int x = 1; }`, or `{}`";
        self.need("{", help)?;
        let mut all = Vec::new();
        let mut registers = Vec::new();
        while !self.takes("}") {
            if self.takes(";") {
                continue;
            }
            let start = self.span();
            let ty = match self.begins_type() {
                true => Some(self.ty()?),
                false => None,
            };
            if self.at_local() {
                let register = self.register(ty, start)?;
                let is_known = |known: &Register| {
                    known.thread == register.thread && known.name == register.name
                };
                self.once(
                    registers.iter().any(is_known),
                    &register.name,
                    register.span,
                )?;
                registers.push(register);
            } else {
                let init = self.one_init(ty, start, help)?;
                let is_known = |known: &Init| known.name == init.name;
                self.once(all.iter().any(is_known), &init.name, init.span)?;
                all.push(init);
            }
            if !self.is_sign("}") {
                self.need(";", help)?;
            }
        }
        Ok((all, registers))
    }

    /// Fails if a variable already has an initial value.
    fn once(&self, is_known: bool, name: &str, span: Span) -> Parsed<()> {
        if !is_known {
            return Ok(());
        }
        let message = format!("`{name}` already has an initial value");
        let help = "give each variable one initial value";
        Err(self.file.error(span, message, help))
    }

    /// The initial value of a local variable: `0:r0 = 1`.
    fn register(&mut self, ty: Option<Type>, start: Span) -> Parsed<Register> {
        let location = self.location()?;
        let Location::Local(thread, name) = location else {
            return Err(self.expected("a local variable", "it is written as `0:r0`"));
        };
        let value = self.initial()?;
        Ok(Register {
            ty,
            thread,
            name,
            value,
            span: start.to(self.before()),
        })
    }

    /// The value after `=`, or 0.
    fn initial(&mut self) -> Parsed<Value> {
        self.parts = 0;
        match self.takes("=") {
            true => self.value(),
            false => Ok(Value::Number(0)),
        }
    }

    fn one_init(&mut self, ty: Option<Type>, start: Span, help: &str) -> Parsed<Init> {
        // A variable may be written as its location, `[x]`.
        let brackets = self.takes("[");
        let (name, span) = self.name("a variable", help)?;
        if brackets {
            self.need("]", help)?;
        }
        let mut value = Value::Number(0);
        if self.is_sign("[") {
            self.skip_index()?;
            self.skipped("an array", span);
            if self.takes("=") {
                self.skip_values("an array")?;
            }
        } else {
            value = self.initial()?;
        }
        Ok(Init {
            ty,
            name,
            value,
            span: start.to(self.before()),
        })
    }

    fn thread(&mut self) -> Parsed<Thread> {
        let help = "a thread is `P0(int *x, int *y) { .. }`";
        self.advance();
        self.need("(", help)?;
        let mut parameters: Vec<Parameter> = Vec::new();
        while !self.takes(")") {
            if !parameters.is_empty() {
                self.need(",", help)?;
            }
            let start = self.span();
            let ty = self.ty()?;
            let (name, span) = self.name("the name of a variable", help)?;
            let span = start.to(span);
            if ty.pointee().is_none() {
                let help = "a thread takes shared variables by their addresses: `int *x`";
                let message = format!("`{name}` is not a pointer");
                return Err(self.file.error(span, message, help));
            }
            if parameters.iter().any(|p| p.name == name) {
                let help = "give each parameter a name of its own";
                let message = format!("`{name}` is declared twice");
                return Err(self.file.error(span, message, help));
            }
            parameters.push(Parameter { ty, name, span });
        }
        self.need("{", help)?;
        let body = self.statements()?;
        Ok(Thread {
            parameters,
            undeclared: Vec::new(),
            body,
        })
    }
}
