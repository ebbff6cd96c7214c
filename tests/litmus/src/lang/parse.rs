//! Reads C litmus files, in the format of the kernel's tools/memory-model: a header, initial values
//! in braces, the threads as C functions, and a condition.

use atomics_spec::diag::Error;

use crate::lang::ast::{Init, Litmus, Parameter, Proposition, Quantifier, Thread, Value};
use crate::lang::lex::{self, Token};
use crate::lang::source::{File, Span};
use crate::printable;
use crate::verdict::Verdict;
use parser::{Parsed, Parser};

mod condition;
mod expr;
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
    let whole = Span {
        start: 0,
        end: header.len(),
    };
    let name = match header.trim_end().split_once(char::is_whitespace) {
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
    fn test(&mut self, name: String, result: Option<Verdict>) -> Parsed<Litmus> {
        let init = self.init()?;
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
            threads,
            locations: Vec::new(),
            filter: None,
            quantifier: Quantifier::Exists,
            condition: Proposition::True,
        };
        self.end(&mut test)?;
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
        word.strip_prefix('P')?.parse().ok()
    }

    /// The initial values.
    fn init(&mut self) -> Parsed<Vec<Init>> {
        let help = "the initial values are in braces: `{ int x = 1; }`, or `{}`";
        self.need("{", help)?;
        let mut all = Vec::new();
        while !self.takes("}") {
            if self.takes(";") {
                continue;
            }
            let init = self.one_init(help)?;
            if all.iter().any(|known: &Init| known.name == init.name) {
                let message = format!("`{}` already has an initial value", init.name);
                let help = "give each variable one initial value";
                return Err(self.file.error(init.span, message, help));
            }
            all.push(init);
        }
        Ok(all)
    }

    fn one_init(&mut self, help: &str) -> Parsed<Init> {
        let start = self.span();
        if matches!(
            (self.peek(), self.second()),
            (Token::Number(_), Token::Sign(":"))
        ) {
            let help = "a local variable gets its value in its thread: `int r0 = 1;`";
            return Err(self.expected("a shared variable", help));
        }
        let ty = match self.begins_type() {
            true => Some(self.ty()?),
            false => None,
        };
        // A variable may be written as its location, `[x]`.
        let brackets = ty.is_none() && self.takes("[");
        let (name, _) = self.name("a variable", help)?;
        if brackets {
            self.need("]", help)?;
        }
        if matches!(self.peek(), Token::Sign("[")) {
            let help = "arrays are not supported: use a variable for each element";
            return Err(self.expected("`=` or `;`", help));
        }
        self.parts = 0;
        let value = match self.takes("=") {
            true => self.value()?,
            false => Value::Number(0),
        };
        let span = start.to(self.before());
        let init = Init {
            ty,
            name,
            value,
            span,
        };
        if !matches!(self.peek(), Token::Sign("}")) {
            self.need(";", help)?;
        }
        Ok(init)
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
        Ok(Thread { parameters, body })
    }
}
