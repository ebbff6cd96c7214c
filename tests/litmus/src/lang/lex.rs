//! Splits a C litmus file into tokens.

use atomics_spec::diag::Error;

use crate::lang::source::{File, Span};
use crate::stated::Stated;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A name, or a keyword.
    Word(String),
    /// A number.
    Number(i64),
    /// Text in double quotes.
    Quoted,
    /// One of [`SIGNS`].
    Sign(&'static str),
    /// The end of the file.
    End,
}

/// The operators and punctuators. Longer ones come before their prefixes.
const SIGNS: [&str; 39] = [
    "<<", ">>", "==", "!=", "<=", ">=", "=>", "<>", "&&", "||", "/\\", "\\/", "++", "--", "->",
    "+=", "-=", "|=", "&=", "^=", "(", ")", "[", "]", "{", "}", ";", ",", ":", "*", "&", "|", "^",
    "~", "!", "+", "-", "=", "/",
];
/// More of them, each of which is a prefix of one of [`SIGNS`] or of no use in a litmus file.
const MORE_SIGNS: [&str; 6] = ["<", ">", "%", "?", ".", "#"];

/// The tokens of a file with their places, and the result that its comments state.
#[derive(Clone, Debug)]
pub struct Words {
    /// The tokens; the last one is the end of the file.
    pub tokens: Vec<(Token, Span)>,
    /// The result that a comment states.
    pub result: Option<Stated>,
}

/// Splits a file into tokens, from the first brace after its first `skip` bytes on. The text before
/// that brace is for human readers and is skipped: words, quoted text, and lines such as
/// `Cycle=..`.
///
/// # Errors
///
/// If a comment or a quoted text is not terminated, a number is too large, or a character is not
/// part of C.
pub fn words(file: File<'_>, skip: usize) -> Result<Words, Error> {
    let mut words = Words {
        tokens: Vec::new(),
        result: None,
    };
    let mut at = skip;
    let mut braces = 0_usize;
    let mut part = Part::Prelude;
    // Whether nothing but blanks precedes on the line.
    let mut fresh = false;
    while let Some(next) = file.text[at..].chars().next() {
        let rest = &file.text[at..];
        let was_fresh = fresh;
        fresh = next == '\n' || (fresh && next.is_whitespace());
        let length = if next.is_whitespace() {
            next.len_utf8()
        } else if let Some(length) = comment_in(file, at, part, braces, was_fresh)? {
            words.result = words.result.or(Stated::find(&rest[..length]));
            length
        } else if part == Part::Prelude && next != '{' {
            quoted(rest, file.text[skip..at].trim().is_empty())
                .or_else(|| if was_fresh { assignment(rest) } else { None })
                .unwrap_or(next.len_utf8())
        } else {
            let (token, length) = token(file, at, next)?;
            let span = Span {
                start: at,
                end: at + length,
            };
            braces = match token {
                Token::Sign("{") => braces + 1,
                Token::Sign("}") => braces.saturating_sub(1),
                _ => braces,
            };
            part = match part {
                Part::Init if braces == 0 => Part::Threads,
                Part::Prelude => Part::Init,
                part => part,
            };
            words.tokens.push((token, span));
            length
        };
        at += length;
    }
    words.tokens.push((Token::End, Span { start: at, end: at }));
    Ok(words)
}

/// A part of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The text before the initial values.
    Prelude,
    /// The initial values.
    Init,
    /// The threads and everything after them.
    Threads,
}

/// The length of the text in quotes that a text begins with, if it does, and if that ends on its
/// line. The text right after the name of the test, the `first` one, may have several lines.
fn quoted(text: &str, first: bool) -> Option<usize> {
    let rest = text.strip_prefix('"')?;
    let rest = match first {
        true => rest,
        false => rest.lines().next()?,
    };
    Some(1 + rest.find('"')? + 1)
}

/// The length of the line that a text begins with, if it is `Key=text`. It may have braces.
fn assignment(text: &str) -> Option<usize> {
    let line = text.lines().next()?;
    let key = line.split_once('=')?.0.trim_end();
    let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_/.-".contains(c));
    is_key.then_some(line.len())
}

/// The length of the comment that begins at a place of a part, if one does.
fn comment_in(
    file: File<'_>,
    at: usize,
    part: Part,
    braces: usize,
    fresh: bool,
) -> Result<Option<usize>, Error> {
    let found = comment(file, at, part == Part::Threads && braces > 0);
    // Within a line for human readers, `(*` may be anything.
    if part == Part::Prelude && !fresh {
        return Ok(found.unwrap_or_default());
    }
    found
}

/// The length of the comment that begins at a place, if one does. In a thread, `(*` begins an
/// expression such as `(*x)`.
fn comment(file: File<'_>, at: usize, in_thread: bool) -> Result<Option<usize>, Error> {
    let rest = &file.text[at..];
    if rest.starts_with("//") {
        return Ok(Some(rest.find('\n').unwrap_or(rest.len())));
    }
    let (length, open, close) = if let Some(inside) = rest.strip_prefix("/*") {
        (inside.find("*/").map(|end| 2 + end + 2), "/*", "*/")
    } else if rest.starts_with("(*") && !in_thread {
        (nested(rest), "(*", "*)")
    } else {
        return Ok(None);
    };
    let span = Span {
        start: at,
        end: at + 2,
    };
    length.map(Some).ok_or_else(|| {
        let help = format!("a comment that begins with `{open}` ends with `{close}`");
        file.error(span, "this comment is not terminated", help)
    })
}

/// The length of the comment `(* .. *)` that a text begins with. Comments in it end before it does.
fn nested(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let (open, close) = (rest.find("(*"), rest.find("*)")?);
        match open.filter(|open| *open < close) {
            Some(open) => {
                depth += 1;
                at += open + 2;
            }
            None => {
                depth -= 1;
                at += close + 2;
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The token that begins at a place, and its length.
fn token(file: File<'_>, at: usize, next: char) -> Result<(Token, usize), Error> {
    let rest = &file.text[at..];
    let one = Span {
        start: at,
        end: at + next.len_utf8(),
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    if next.is_ascii_digit() {
        let text = &rest[..length];
        let digits = text.trim_end_matches(['u', 'U', 'l', 'L']);
        let hex = digits.strip_prefix("0x").or(digits.strip_prefix("0X"));
        let number = match hex {
            Some(hex) => i64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        let span = Span {
            start: at,
            end: at + length,
        };
        let number = number.map_err(|_| {
            let help = "numbers are decimal, or hexadecimal after `0x`, and fit into 64 bits";
            file.error(span, format!("`{text}` is not a valid number"), help)
        })?;
        return Ok((Token::Number(number), length));
    }
    if is_part(next) {
        return Ok((Token::Word(rest[..length].into()), length));
    }
    if next == '"' {
        let end = rest[1..].find('"').ok_or_else(|| {
            file.error(
                one,
                "this text is not terminated",
                "it ends with another `\"`",
            )
        })?;
        return Ok((Token::Quoted, 1 + end + 1));
    }
    let mut signs = SIGNS.iter().chain(&MORE_SIGNS);
    match signs.find(|sign| rest.starts_with(**sign)) {
        Some(sign) => Ok((Token::Sign(sign), sign.len())),
        None => Err(file.error(
            one,
            format!("unexpected character `{next}`"),
            "a litmus file consists of C's names, numbers and operators",
        )),
    }
}
