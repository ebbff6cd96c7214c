//! Errors in tables: what is wrong, where, and how to fix it.
//!
//! A parser does not stop at the first error: it pushes to [`Errors`] and continues, and the caller
//! sees all errors at once.

use std::fmt;

/// The number of characters of a faulty line that a message quotes.
const QUOTED: usize = 96;

/// A place in a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file: the name of its `Source`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One error in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: String,
    quote: Box<Quote>,
}

/// The part of a line that an error shows, with the faulty text marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Quote {
    text: String,
    offset: usize,
    length: usize,
}

impl Quote {
    /// A window of `line` around `length` characters from `column` (from 1). Lines can be
    /// megabytes long, so only the window is copied.
    fn new(line: &str, column: usize, length: usize) -> Self {
        let skip = if column > QUOTED / 2 {
            column - QUOTED / 3
        } else {
            0
        };
        let mut text: String = if skip > 0 {
            "...".into()
        } else {
            String::new()
        };
        let mut rest = line.chars().skip(skip);
        text.extend(rest.by_ref().take(QUOTED).map(|c| match c {
            '\t' => ' ',
            c if c.is_control() || is_invisible(c) => '\u{fffd}',
            c => c,
        }));
        if rest.next().is_some() {
            text.push_str("...");
        }
        let offset = column.saturating_sub(1) - skip + if skip > 0 { 3 } else { 0 };
        let room = text.chars().count().saturating_sub(offset).max(1);
        Self {
            text,
            offset,
            length: length.clamp(1, room),
        }
    }
}

/// Whether a character is invisible, or changes the order in which a terminal shows other
/// characters: a table with such a character is not what it looks like. Tabs and spaces do
/// not count.
pub(crate) fn is_invisible(c: char) -> bool {
    let blank = c.is_whitespace() && !c.is_ascii();
    blank
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl Error {
    /// An error about `length` characters of `line`, starting at `place`.
    pub fn new(
        place: Place,
        line: &str,
        length: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let quote = Box::new(Quote::new(line, place.column, length));
        Self {
            place,
            message: message.into(),
            help: help.into(),
            quote,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Quote {
            text,
            offset,
            length,
        } = &*self.quote;
        let number = self.place.line.to_string();
        let gutter = " ".repeat(number.len());
        writeln!(f, "error: {}", self.message)?;
        writeln!(f, "{gutter}--> {}", self.place)?;
        if !text.is_empty() {
            writeln!(f, "{gutter} |")?;
            writeln!(f, "{number} | {}", text.trim_end())?;
            writeln!(
                f,
                "{gutter} | {}{}",
                " ".repeat(*offset),
                "^".repeat(*length)
            )?;
        }
        write!(f, "{gutter} = help: {}", self.help)
    }
}

/// All errors in one or more tables, sorted by table and by place. Never empty when a function of
/// this crate returns it as an `Err`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(pub Vec<Error>);

impl Errors {
    /// Adds an error.
    pub fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// Returns the value of `result`, or adds its error.
    pub fn take<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|e| self.push(e)).ok()
    }

    /// Returns `value` if there is no error.
    ///
    /// # Errors
    ///
    /// All errors, sorted by the order of `files` and by place, if there are any.
    pub fn into_result<T>(mut self, value: T, files: &[&str]) -> Result<T, Errors> {
        if self.0.is_empty() {
            return Ok(value);
        }
        let rank = |file: &str| files.iter().position(|f| *f == file);
        self.0
            .sort_by_cached_key(|e| (rank(&e.place.file), e.place.line, e.place.column));
        Err(self)
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
impl std::error::Error for Errors {}
