//! The parser's position in the tokens of a file, and how it moves.

use atomics_spec::diag::Error;

use crate::lang::lex::Token;
use crate::lang::source::{File, Span};

/// The maximum number of parts of an expression, a condition or a type, and the maximum nesting
/// depth of statements. The limit keeps a file from exhausting the stack.
const PARTS: usize = 100;
/// The words that begin a statement or a branch.
const KEYWORDS: [&str; 7] = ["if", "else", "while", "do", "for", "goto", "switch"];

/// Whether a word is a keyword, which names no variable.
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// A parser at a position in the tokens of a file.
pub struct Parser<'a> {
    /// The file.
    pub file: File<'a>,
    words: Vec<(Token, Span)>,
    at: usize,
    /// The number of parts read so far of the current expression, condition or type.
    pub parts: usize,
    /// The nesting depth of the current statement.
    pub depth: usize,
    /// The first construct that was skipped.
    pub skipped: Option<(String, Span)>,
}

/// A parsed item, or the first syntax error.
pub type Parsed<T> = Result<T, Error>;

impl<'a> Parser<'a> {
    /// A parser at the first token.
    pub fn new(file: File<'a>, words: Vec<(Token, Span)>) -> Self {
        Self {
            file,
            words,
            at: 0,
            parts: 0,
            depth: 0,
            skipped: None,
        }
    }

    /// The next word.
    pub fn peek(&self) -> &Token {
        &self.words[self.at].0
    }

    /// The word after the next one.
    pub fn second(&self) -> &Token {
        &self.words[(self.at + 1).min(self.words.len() - 1)].0
    }

    /// Where the next word is.
    pub fn span(&self) -> Span {
        self.words[self.at].1
    }

    /// The span of the word before the next one.
    pub fn before(&self) -> Span {
        self.words[self.at.saturating_sub(1)].1
    }

    /// Goes to the next word.
    pub fn advance(&mut self) {
        // The parser stays at the end.
        self.at = (self.at + 1).min(self.words.len() - 1);
    }

    /// Consumes the next token if it is this operator or punctuator.
    pub fn takes(&mut self, sign: &str) -> bool {
        let takes = matches!(self.peek(), Token::Sign(found) if *found == sign);
        if takes {
            self.advance();
        }
        takes
    }

    /// The word `count` words after the next one.
    pub fn ahead(&self, count: usize) -> &Token {
        &self.words[(self.at + count).min(self.words.len() - 1)].0
    }

    /// Whether the next token is this operator or punctuator.
    pub fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    /// Records a construct that only herd7 knows, and that is skipped.
    pub fn skipped(&mut self, what: &str, span: Span) {
        self.skipped.get_or_insert_with(|| (what.to_owned(), span));
    }

    /// Skips the index of an element: `[1]`.
    pub fn skip_index(&mut self) -> Parsed<()> {
        let help = "an element of an array is `a[1]`";
        self.need("[", help)?;
        if !matches!(self.peek(), Token::Number(_)) {
            return Err(self.expected("a number", help));
        }
        self.advance();
        self.need("]", help)
    }

    /// Skips values in braces: `{ 1, 2 }`.
    pub fn skip_values(&mut self, what: &str) -> Parsed<()> {
        let start = self.span();
        let help = "the values of an array are `{ 1, 2 }`";
        self.need("{", help)?;
        while !self.takes("}") {
            match self.peek() {
                Token::Number(_) | Token::Word(_) | Token::Sign("," | "-" | "&") => self.advance(),
                _ => return Err(self.expected("`}`", help)),
            }
        }
        self.skipped(what, start);
        Ok(())
    }

    /// Whether the next word is this one.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found == word)
    }

    /// Consumes the next token if it is this word.
    pub fn takes_word(&mut self, word: &str) -> bool {
        let takes = self.is_word(word);
        if takes {
            self.advance();
        }
        takes
    }

    /// An error about the next word.
    pub fn expected(&self, what: &str, help: &str) -> Error {
        let found = match self.peek() {
            Token::End => "found the end of the file".to_owned(),
            _ => {
                let span = self.span();
                let text = self.file.text.get(span.start..span.end);
                format!("found `{}`", text.unwrap_or_default())
            }
        };
        let message = format!("expected {what}, {found}");
        self.file.error(self.span(), message, help)
    }

    /// Counts one more part; fails if there are too many.
    pub fn part(&mut self, help: &str) -> Parsed<()> {
        self.parts += 1;
        self.small(self.parts, help)
    }

    /// Fails if there are too many parts.
    pub fn small(&self, parts: usize, help: &str) -> Parsed<()> {
        if parts <= PARTS {
            return Ok(());
        }
        let message = format!("this has more than {PARTS} parts");
        Err(self.file.error(self.span(), message, help))
    }

    /// Consumes this operator or punctuator; fails if it is not next.
    pub fn need(&mut self, sign: &str, help: &str) -> Parsed<()> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(self.expected(&format!("`{sign}`"), help))
    }

    /// Consumes a name; fails if none is next.
    pub fn name(&mut self, what: &str, help: &str) -> Parsed<(String, Span)> {
        match self.peek().clone() {
            Token::Word(name) if !is_keyword(&name) => {
                let span = self.span();
                self.advance();
                Ok((name, span))
            }
            _ => Err(self.expected(what, help)),
        }
    }
}
