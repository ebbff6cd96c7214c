//! The text of a litmus file, and places in it.

use atomics_spec::diag::{Error, Place};

/// A range of bytes of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The offset of its first byte.
    pub start: usize,
    /// The offset of the byte after its last one.
    pub end: usize,
}

impl Span {
    /// The span from the start of `self` to the end of `other`.
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start,
            end: other.end.max(self.end),
        }
    }
}

/// A file.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name in messages.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl File<'_> {
    /// An error about a part of the file.
    pub fn error(&self, span: Span, message: impl Into<String>, help: impl Into<String>) -> Error {
        let before = &self.text[..span.start.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = &self.text[line_start..];
        let line = rest.lines().next().unwrap_or_default();
        let faulty = self.text.get(span.start..span.end).unwrap_or_default();
        let length = faulty.lines().next().unwrap_or_default().chars().count();
        let place = Place {
            file: self.name.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        };
        Error::new(place, line, length.max(1), message, help)
    }

    /// The place of a part of the file, as `FILE:LINE:COLUMN`.
    pub fn place(&self, span: Span) -> String {
        self.error(span, "", "").place.to_string()
    }
}
