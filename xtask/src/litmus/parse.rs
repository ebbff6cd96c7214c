//! Reads C litmus files, in the format of the kernel's tools/memory-model: a header, initial values
//! in braces, the threads as C functions, and a condition.

use atomics_spec::diag::Error;

use super::ast::{Init, Parameter, Quantifier, Test, Thread, Type, Value, Verdict};
use super::lex::{self, File, Span, Token};

mod condition;
mod expr;
mod statement;
#[cfg(test)]
mod tests;

/// The type of initialisers that are macros: `ATOMIC_INIT(1)`.
const INITIALISERS: [&str; 3] = ["ATOMIC_INIT", "ATOMIC64_INIT", "ATOMIC_LONG_INIT"];

/// Words that begin a type, beside those that end in `_t`.
const TYPE_WORDS: [&str; 17] = [
    "bool", "int", "long", "char", "short", "unsigned", "signed", "void", "struct", "s8", "s16",
    "s32", "s64", "u8", "u16", "u32", "u64",
];

/// Words of a type that say nothing about values.
const QUALIFIERS: [&str; 2] = ["const", "volatile"];

/// Reads a file.
///
/// # Errors
///
/// At the first thing that is not as the format has it.
pub fn parse(file: File<'_>) -> Result<Test, Error> {
    let header = file.text.lines().next().unwrap_or_default();
    let whole = Span {
        start: 0,
        end: header.len(),
    };
    let name = match header.trim_end().split_once(char::is_whitespace) {
        Some(("C", name)) if !name.trim().is_empty() => name.trim().to_owned(),
        _ => {
            let help = "a litmus test in C begins with a line `C NAME`";
            return Err(file.error(whole, "this is no litmus test in C", help));
        }
    };
    let words = lex::words(file, header.len())?;
    let result = words.result;
    let mut parser = Parser {
        file,
        words: words.tokens,
        at: 0,
        parts: 0,
        depth: 0,
    };
    parser.test(name, result)
}

/// How many parts an expression, a condition or a type may have, and how deep statements may be, so
/// that a file cannot exhaust the stack.
const PARTS: usize = 100;

/// A place among the words of a file.
struct Parser<'a> {
    file: File<'a>,
    words: Vec<(Token, Span)>,
    at: usize,
    /// The parts of what is being read that were read so far.
    parts: usize,
    /// The statements that the next word is in.
    depth: usize,
}

type Parsed<T> = Result<T, Error>;

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.words[self.at].0
    }

    /// The word after the next one.
    fn second(&self) -> &Token {
        &self.words[(self.at + 1).min(self.words.len() - 1)].0
    }

    fn span(&self) -> Span {
        self.words[self.at].1
    }

    /// The span of the word before the next one.
    fn before(&self) -> Span {
        self.words[self.at.saturating_sub(1)].1
    }

    fn advance(&mut self) {
        // The end stays the next word.
        self.at = (self.at + 1).min(self.words.len() - 1);
    }

    fn takes(&mut self, sign: &str) -> bool {
        let takes = matches!(self.peek(), Token::Sign(found) if *found == sign);
        if takes {
            self.advance();
        }
        takes
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found == word)
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let takes = self.is_word(word);
        if takes {
            self.advance();
        }
        takes
    }

    /// An error about the next word.
    fn expected(&self, what: &str, help: &str) -> Error {
        let found = match self.peek() {
            Token::End => "the file ends".to_owned(),
            _ => {
                let span = self.span();
                let text = self.file.text.get(span.start..span.end);
                format!("there is `{}`", text.unwrap_or_default())
            }
        };
        let message = format!("{found} where {what} should be");
        self.file.error(self.span(), message, help)
    }

    /// Reads a part more, if there are not too many.
    fn part(&mut self, help: &str) -> Parsed<()> {
        self.parts += 1;
        self.small(self.parts, help)
    }

    fn small(&self, parts: usize, help: &str) -> Parsed<()> {
        if parts <= PARTS {
            return Ok(());
        }
        let message = format!("this has more than {PARTS} parts");
        Err(self.file.error(self.span(), message, help))
    }

    fn need(&mut self, sign: &str, help: &str) -> Parsed<()> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(self.expected(&format!("`{sign}`"), help))
    }

    fn name(&mut self, what: &str, help: &str) -> Parsed<(String, Span)> {
        match self.peek().clone() {
            Token::Word(name) => {
                let span = self.span();
                self.advance();
                Ok((name, span))
            }
            _ => Err(self.expected(what, help)),
        }
    }

    fn test(&mut self, name: String, result: Option<Verdict>) -> Parsed<Test> {
        let init = self.init()?;
        let mut threads = Vec::new();
        while let Some(number) = self.thread_number() {
            if number != threads.len() {
                let message = format!("this is thread {number}, and should be {}", threads.len());
                let help = "threads are called P0, P1 and so on, in that order";
                return Err(self.file.error(self.span(), message, help));
            }
            threads.push(self.thread()?);
        }
        if threads.is_empty() {
            return Err(self.expected("a thread", "a thread is `P0(int *x, int *y) { .. }`"));
        }
        let mut test = Test {
            name,
            result,
            init,
            threads,
            locations: Vec::new(),
            filter: None,
            quantifier: Quantifier::Exists,
            condition: super::ast::Proposition::True,
        };
        self.end(&mut test)?;
        Ok(test)
    }

    /// The number in the next word, if that is a thread's name; `void` may stand before it.
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
                let message = format!("`{}` has a value already", init.name);
                let help = "each variable gets one value";
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
        // A variable may be called by its place, `[x]`.
        let brackets = ty.is_none() && self.takes("[");
        let (name, _) = self.name("a variable", help)?;
        if brackets {
            self.need("]", help)?;
        }
        if matches!(self.peek(), Token::Sign("[")) {
            let help = "arrays are not known: use a variable for each element";
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

    /// A value: a number, an address, or either in an initialiser or parentheses.
    fn value(&mut self) -> Parsed<Value> {
        let help = "a value is a number, or the address of a variable: `x = 1`, `p = &x`";
        self.part(help)?;
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
                            .error(self.before(), "an address has no sign", help))
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
            Token::Word(name) => {
                self.advance();
                Ok(Value::Address(name))
            }
            _ => Err(self.expected("a value", help)),
        }
    }

    /// Whether the next word begins a type: it is known, or a name that ends in `_t` with another
    /// name or a `*` behind it.
    fn begins_type(&self) -> bool {
        let Token::Word(word) = self.peek() else {
            return false;
        };
        let known = TYPE_WORDS.contains(&word.as_str()) || QUALIFIERS.contains(&word.as_str());
        let follows = matches!(self.second(), Token::Word(_) | Token::Sign("*"));
        known || (word.ends_with("_t") && follows)
    }

    /// A type, with its `*`s.
    fn ty(&mut self) -> Parsed<Type> {
        let help = "a type is such as `int`, `long`, `atomic_t` or `int *`";
        let mut words: Vec<String> = Vec::new();
        while self.begins_type() {
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
        // A type in a cast does not count for the expression, whose parts go on behind it.
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
                let help = "a thread knows shared variables by their addresses: `int *x`";
                let message = format!("`{name}` is no pointer");
                return Err(self.file.error(span, message, help));
            }
            if parameters.iter().any(|p| p.name == name) {
                let help = "each parameter has another name";
                let message = format!("`{name}` is there twice");
                return Err(self.file.error(span, message, help));
            }
            parameters.push(Parameter { ty, name, span });
        }
        self.need("{", help)?;
        let body = self.statements()?;
        Ok(Thread { parameters, body })
    }
}
