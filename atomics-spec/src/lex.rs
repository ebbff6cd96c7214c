//! The lexical format that all tables share.
//!
//! A row is a line. Columns are separated by blanks. A `#` at the start of a line, or between a
//! blank and another blank, starts a comment; anywhere else it is text, because some assemblers
//! mark immediate operands with it. Lines end in LF or CR LF. The kernel's own `atomics.tbl`
//! parses as it stands.

use crate::diag::{Error, Errors, Place};

/// A table as text, with the name that messages use for it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What messages call it: a path.
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
pub(crate) struct Cell<'a> {
    pub text: &'a str,
    line: &'a str,
    number: usize,
    file: &'a str,
}

impl<'a> Cell<'a> {
    /// A part of this cell, which must be a slice of its text.
    pub fn part(&self, text: &'a str) -> Cell<'a> {
        Cell { text, ..*self }
    }

    /// Where it starts.
    pub fn place(&self) -> Place {
        let before = self.text.as_ptr() as usize - self.line.as_ptr() as usize;
        let column = self.line[..before].chars().count() + 1;
        Place {
            file: self.file.into(),
            line: self.number,
            column,
        }
    }

    /// An error about this cell.
    pub fn error(&self, message: impl Into<String>, help: impl Into<String>) -> Error {
        let length = self.text.chars().count();
        Error::new(self.place(), self.line, length, message, help)
    }

    /// The parts between commas.
    pub fn commas(&self) -> impl Iterator<Item = Cell<'a>> + use<'a> {
        let cell = *self;
        self.text.split(',').map(move |part| cell.part(part))
    }
}

/// One row of a table: at least one cell.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    pub cells: Vec<Cell<'a>>,
}

impl<'a> Row<'a> {
    /// The first cell.
    pub fn head(&self) -> Cell<'a> {
        self.cells[0]
    }

    /// The cell in column `index` (from 0), which holds `what`.
    pub fn get(&self, index: usize, what: &str, columns: &str) -> Result<Cell<'a>, Error> {
        self.cells.get(index).copied().ok_or_else(|| {
            let last = self.cells[self.cells.len() - 1];
            last.error(
                format!("the row ends before its column `{what}`"),
                format!("a row is: {columns}"),
            )
        })
    }

    /// Refuses cells beyond the first `count`.
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

/// A text for a message, cut if it is long.
pub(crate) fn shorten(text: &str) -> String {
    const LIMIT: usize = 40;
    match text.char_indices().nth(LIMIT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// The rows of a table; reports text that cannot be a table, and a table without rows.
pub(crate) fn rows<'a>(source: Source<'a>, errors: &mut Errors) -> Vec<Row<'a>> {
    let file = source.name;
    let text = match std::str::from_utf8(source.bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(fault) => {
            let good = &source.bytes[..fault.valid_up_to()];
            let line = good.iter().filter(|b| **b == b'\n').count() + 1;
            let start = good
                .iter()
                .rposition(|b| *b == b'\n')
                .map_or(0, |at| at + 1);
            let column = String::from_utf8_lossy(&good[start..]).chars().count() + 1;
            let end = source.bytes[start..].iter().position(|b| *b == b'\n');
            let bytes = &source.bytes[start..end.map_or(source.bytes.len(), |n| start + n)];
            errors.push(Error::new(
                Place {
                    file: file.into(),
                    line,
                    column,
                },
                &String::from_utf8_lossy(&bytes[..bytes.len().min(column + 4096)]),
                1,
                format!(
                    "byte 0x{:02x} is not UTF-8 text",
                    source.bytes[fault.valid_up_to()]
                ),
                "a table is a text file",
            ));
            return Vec::new();
        }
    };
    let mut rows = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let whole = Cell {
            text: line,
            line,
            number: index + 1,
            file,
        };
        if let Some((at, control)) = line
            .char_indices()
            .find(|(_, c)| c.is_control() && *c != '\t')
        {
            errors.push(whole.part(&line[at..at + control.len_utf8()]).error(
                format!("control character U+{:04X}", control as u32),
                "a table is a text file with lines that end in LF or CR LF",
            ));
            if control == '\0' {
                // A binary file; the rest would only be more of the same.
                return Vec::new();
            }
            continue;
        }
        let content = &line[..comment(line).unwrap_or(line.len())];
        let cells: Vec<_> = content
            .split([' ', '\t'])
            .filter(|t| !t.is_empty())
            .map(|t| whole.part(t))
            .collect();
        if !cells.is_empty() {
            rows.push(Row { cells });
        }
    }
    if rows.is_empty() && errors.0.is_empty() {
        errors.push(Error::new(
            Place {
                file: file.into(),
                line: 1,
                column: 1,
            },
            "",
            1,
            "the table has no rows",
            "a row is a line that is not blank and not a comment",
        ));
    }
    rows
}

/// Where the comment of a line starts.
fn comment(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let blank = |at: usize| bytes.get(at).is_none_or(|b| *b == b' ' || *b == b'\t');
    line.match_indices('#')
        .map(|(at, _)| at)
        .find(|&at| at == 0 || (blank(at - 1) && (blank(at + 1) || line[..at].trim().is_empty())))
}

/// Whether `text` is a lower-case C identifier, as all names of the tables are.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
