//! The lexical format that all tables share.
//!
//! A row is a line. Columns are separated by blanks. A `#` starts a comment if it is the first text
//! of a line, or if it has blanks on both sides. Anywhere else it is text, because some assemblers
//! mark immediate operands with it. Lines end in LF or CR LF. The kernel's own `atomics.tbl` parses
//! unchanged.

use std::collections::HashSet;

use crate::diag::{Error, Errors, Place, is_invisible};

/// The maximum length of a line, in characters. No row or comment needs as many, and the limit
/// bounds the work for one line.
const LONGEST: usize = 4096;

/// The bytes of a table, with the name that messages use for it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The name in messages: a path.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl<'a> Source<'a> {
    /// A table from a string.
    pub fn new(name: &'a str, text: &'a str) -> Self {
        Self {
            name,
            bytes: text.as_bytes(),
        }
    }
}

/// One column of one row.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// Its text.
    pub text: &'a str,
    line: &'a str,
    number: usize,
    file: &'a str,
}

impl<'a> Cell<'a> {
    /// The part `text` of this cell, which must be a slice of its text.
    pub fn part(&self, text: &'a str) -> Cell<'a> {
        Cell { text, ..*self }
    }

    /// Where the cell starts.
    pub fn place(&self) -> Place {
        let before = self.text.as_ptr() as usize - self.line.as_ptr() as usize;
        let column = self.line[..before].chars().count() + 1;
        Place {
            file: self.file.into(),
            line: self.number,
            column,
        }
    }

    /// Whether it is in another file than `other`.
    pub(crate) fn is_elsewhere(&self, other: &Cell<'_>) -> bool {
        self.file != other.file
    }

    /// Its line, for a message about `other`, with the file if that is another one.
    pub(crate) fn line_from(&self, other: &Cell<'_>) -> String {
        match self.is_elsewhere(other) {
            true => format!("line {} of {}", self.number, self.file),
            false => format!("line {}", self.number),
        }
    }

    /// An error about this cell.
    pub fn error(&self, message: impl Into<String>, help: impl Into<String>) -> Error {
        let length = self.text.chars().count();
        Error::new(self.place(), self.line, length, message, help)
    }

    /// The elements of a comma-separated list; reports the empty ones.
    pub fn commas(&self, errors: &mut Errors) -> Vec<Cell<'a>> {
        let parts = self.text.split(',').map(|part| self.part(part));
        let (empty, parts): (Vec<_>, Vec<_>) = parts.partition(|part| part.text.is_empty());
        for part in empty {
            errors.push(part.error(
                "the list has an empty element",
                "separate the elements by single commas, without blanks",
            ));
        }
        parts
    }
}

/// One row of a table: at least one cell.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Its columns.
    pub cells: Vec<Cell<'a>>,
}

impl<'a> Row<'a> {
    /// The first cell.
    pub fn head(&self) -> Cell<'a> {
        self.cells[0]
    }

    /// The cell in column `index` (from 0), which holds `what`.
    ///
    /// # Errors
    ///
    /// If the row ends before it. The error shows `columns` as the format of a row.
    pub fn get(&self, index: usize, what: &str, columns: &str) -> Result<Cell<'a>, Error> {
        self.cells.get(index).copied().ok_or_else(|| {
            let last = self.cells[self.cells.len() - 1];
            last.error(
                format!("the row ends before its column `{what}`"),
                format!("a row is: {columns}"),
            )
        })
    }

    /// Rejects cells beyond the first `count`.
    ///
    /// # Errors
    ///
    /// If there is one. The error shows `columns` as the format of a row.
    pub fn at_most(&self, count: usize, columns: &str) -> Result<(), Error> {
        match self.cells.get(count) {
            None => Ok(()),
            Some(extra) => Err(extra.error(
                format!("unexpected column `{}`", shorten(extra.text)),
                format!("a row is: {columns}"),
            )),
        }
    }

    /// All text from column `index` (from 0) on, blanks included.
    pub fn rest(&self, index: usize) -> Option<Cell<'a>> {
        let first = self.cells.get(index)?;
        let last = self.cells.last()?;
        let start = first.text.as_ptr() as usize - first.line.as_ptr() as usize;
        let end = last.text.as_ptr() as usize - last.line.as_ptr() as usize + last.text.len();
        Some(first.part(&first.line[start..end]))
    }
}

/// A text for a message, truncated if it is long.
pub fn shorten(text: &str) -> String {
    const LIMIT: usize = 40;
    match text.char_indices().nth(LIMIT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// The rows of a table.
pub struct Rows<'a> {
    /// The rows that could be read.
    pub list: Vec<Row<'a>>,
    /// Whether every row could be read.
    pub complete: bool,
}

/// The rows of a table, and of those that are added to it.
pub(crate) fn all_rows<'a>(
    source: Source<'a>,
    added: &[Source<'a>],
    errors: &mut Errors,
) -> Rows<'a> {
    let mut all = rows(source, errors);
    for source in added {
        let rows = rows(*source, errors);
        all.complete &= rows.complete;
        all.list.extend(rows.list);
    }
    all
}

/// Splits a table into rows; reports lines that are not valid text, and a table without rows.
pub fn rows<'a>(source: Source<'a>, errors: &mut Errors) -> Rows<'a> {
    let before = errors.0.len();
    let file = source.name;
    let mut list = Vec::new();
    for (index, line) in lines(source, errors) {
        let whole = Cell {
            text: line,
            line,
            number: index + 1,
            file,
        };
        let content = &line[..comment(line).unwrap_or(line.len())];
        if let Some((at, c)) = content.char_indices().find(|(_, c)| is_invisible(*c)) {
            errors.push(whole.part(&line[at..at + c.len_utf8()]).error(
                format!("invisible character U+{:04X}", c as u32),
                "separate columns with spaces or tabs: replace or delete this character",
            ));
            continue;
        }
        let cells: Vec<_> = content
            .split([' ', '\t'])
            .filter(|t| !t.is_empty())
            .map(|t| whole.part(t))
            .collect();
        if !cells.is_empty() {
            list.push(Row { cells });
        }
    }
    let complete = errors.0.len() == before;
    if complete && list.is_empty() {
        let place = Place {
            file: file.into(),
            line: 1,
            column: 1,
        };
        errors.push(Error::new(
            place,
            "",
            1,
            "the table has no rows",
            "a row is a line that is not blank and not a comment",
        ));
    }
    Rows {
        complete: complete && !list.is_empty(),
        list,
    }
}

/// The lines of a file that are valid text, without line endings, each with its index from 0;
/// reports the other lines.
pub(crate) fn lines<'a>(source: Source<'a>, errors: &mut Errors) -> Vec<(usize, &'a str)> {
    let bytes = source.bytes;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // A binary file gets only one error, because it has no meaningful lines.
    let binary = bytes.contains(&0);
    let mut good = Vec::new();
    for (index, line) in bytes.split(|b| *b == b'\n').enumerate() {
        if binary && !line.contains(&0) {
            continue;
        }
        match text(line, source.name, index + 1) {
            Ok(text) => good.push((index, text)),
            Err(error) => errors.push(error),
        }
        if binary {
            return Vec::new();
        }
    }
    good
}

/// Decodes and checks a line.
fn text<'a>(line: &'a [u8], file: &str, number: usize) -> Result<&'a str, Error> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let error = |before: &str, line: &str, message: String, help: &str| {
        let place = Place {
            file: file.into(),
            line: number,
            column: before.chars().count() + 1,
        };
        Error::new(place, line, 1, message, help)
    };
    let lossy = |upto: usize| String::from_utf8_lossy(&line[..upto]);
    if let Some(at) = line.iter().position(|b| *b == 0) {
        return Err(error(
            &lossy(at),
            &lossy(line.len()),
            "byte 0x00: this is not a text file".into(),
            "the file must be text in UTF-8",
        ));
    }
    let text = std::str::from_utf8(line).map_err(|fault| {
        let at = fault.valid_up_to();
        error(
            &lossy(at),
            &lossy(line.len()),
            format!("byte 0x{:02x} is not valid UTF-8", line[at]),
            "the file must be text in UTF-8",
        )
    })?;
    if let Some((at, _)) = text.char_indices().nth(LONGEST) {
        return Err(error(
            &text[..at],
            text,
            format!("the line is too long: {} characters", text.chars().count()),
            &format!("a line has at most {LONGEST} characters"),
        ));
    }
    let control = |(_, c): &(usize, char)| c.is_control() && *c != '\t';
    match text.char_indices().find(control) {
        None => Ok(text),
        Some((at, c)) => Err(error(
            &text[..at],
            text,
            format!("control character U+{:04X}", c as u32),
            "the file must be text with lines that end in LF or CR LF",
        )),
    }
}

/// Where the comment of a line starts.
fn comment(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let blank = |at: usize| bytes.get(at).is_none_or(|b| *b == b' ' || *b == b'\t');
    let first = bytes.iter().position(|b| *b != b' ' && *b != b'\t');
    line.match_indices('#')
        .map(|(at, _)| at)
        .find(|&at| Some(at) == first || (blank(at - 1) && blank(at + 1)))
}

/// The names that have faulty rows in a table. Other rows and tables must not report such a name as
/// missing, because its row already has an error.
#[derive(Debug, Default)]
pub(crate) struct Faulty<'a> {
    names: Vec<&'a str>,
    /// The names in lower case.
    lower: HashSet<String>,
    anything: bool,
}

impl<'a> Faulty<'a> {
    /// Notes that the row of `name` has a fault.
    pub fn add(&mut self, name: &'a str) {
        self.names.push(name);
        self.lower.insert(name.to_ascii_lowercase());
    }

    /// Notes that any name may have a faulty row.
    pub fn add_anything(&mut self) {
        self.anything = true;
    }

    /// Whether this name, in upper or lower case, has, or may have, a faulty row.
    pub fn has_in_any_case(&self, name: &str) -> bool {
        self.anything || self.lower.contains(&name.to_ascii_lowercase())
    }

    /// Whether a name that `is_it` accepts has, or may have, a faulty row.
    pub fn has(&self, is_it: impl Fn(&str) -> bool) -> bool {
        self.anything || self.names.iter().any(|name| is_it(name))
    }
}

/// Whether `text` is a valid name in a table: a lower-case C identifier that starts with a letter.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
