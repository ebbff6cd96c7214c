//! A place among the words of a file, and how one goes on from there.

use atomics_spec::diag::Error;

use crate::lang::lex::Token;
use crate::lang::source::{File, Span};

/// How many parts an expression, a condition or a type may have, and how deep statements may be, so
/// that a file cannot exhaust the stack.
const PARTS: usize = 100;

/// A place among the words of a file.
pub struct Parser<'a> {
    /// The file.
    pub file: File<'a>,
    words: Vec<(Token, Span)>,
    at: usize,
    /// The parts of what is being read that were read so far.
    pub parts: usize,
    /// The statements that the next word is in.
    pub depth: usize,
}

/// What is read; or the first thing that is not as the format has it.
pub type Parsed<T> = Result<T, Error>;

impl<'a> Parser<'a> {
    /// A parser before the first of some words.
    pub fn new(file: File<'a>, words: Vec<(Token, Span)>) -> Self {
        Self {
            file,
            words,
            at: 0,
            parts: 0,
            depth: 0,
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
        // The end stays the next word.
        self.at = (self.at + 1).min(self.words.len() - 1);
    }

    /// Goes past the next word if it is this sign.
    pub fn takes(&mut self, sign: &str) -> bool {
        let takes = matches!(self.peek(), Token::Sign(found) if *found == sign);
        if takes {
            self.advance();
        }
        takes
    }

    /// Whether the next word is this one.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found == word)
    }

    /// Goes past the next word if it is this one.
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
    pub fn part(&mut self, help: &str) -> Parsed<()> {
        self.parts += 1;
        self.small(self.parts, help)
    }

    /// That there are no more parts than there may be.
    pub fn small(&self, parts: usize, help: &str) -> Parsed<()> {
        if parts <= PARTS {
            return Ok(());
        }
        let message = format!("this has more than {PARTS} parts");
        Err(self.file.error(self.span(), message, help))
    }

    /// Goes past this sign, which has to be next.
    pub fn need(&mut self, sign: &str, help: &str) -> Parsed<()> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(self.expected(&format!("`{sign}`"), help))
    }

    /// Goes past a name, which has to be next.
    pub fn name(&mut self, what: &str, help: &str) -> Parsed<(String, Span)> {
        match self.peek().clone() {
            Token::Word(name) => {
                let span = self.span();
                self.advance();
                Ok((name, span))
            }
            _ => Err(self.expected(what, help)),
        }
    }
}
