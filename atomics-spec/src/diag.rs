//! Errors in tables: where, what, and what would be right.
//!
//! Nothing here stops at the first fault: a parser pushes to [`Errors`] and goes on, and the
//! caller sees all of them at once.

use std::fmt;

/// How much of a faulty line a message quotes, in characters.
const QUOTED: usize = 96;

/// A place in a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was named when it was read.
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

/// One fault of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What would be right.
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

/// Whether a character shows nothing, or changes the order in which a terminal shows others: a
/// table that has one is not what it looks like. Tabs and spaces are none.
pub(crate) fn is_invisible(c: char) -> bool {
    let blank = c.is_whitespace() && !c.is_ascii();
    blank
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl Error {
    /// An error about `length` characters of `line`, from `place` on.
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

/// All faults of one or more tables: table by table, and in each in the order of their places;
/// never empty when it is the `Err` of a function of this crate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(pub Vec<Error>);

impl Errors {
    /// Adds an error.
    pub fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// Keeps the value of `result`, or its error.
    pub fn take<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|e| self.push(e)).ok()
    }

    /// `value` if there is no error; else all errors, in the order of `files` and of their
    /// places.
    ///
    /// # Errors
    ///
    /// All errors, if there are some.
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
