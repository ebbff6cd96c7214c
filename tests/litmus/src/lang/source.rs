//! A litmus file as text, and places in it.

use atomics_spec::diag::{Error, Place};

/// A part of a file, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where what comes after it begins.
    pub end: usize,
}

impl Span {
    /// From the beginning of this to the end of `other`.
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
    /// What messages call it.
    pub name: &'a str,
    /// What is in it.
    pub text: &'a str,
}

impl File<'_> {
    /// An error about a part of it.
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

    /// The place of a part of it, as `FILE:LINE:COLUMN`.
    pub fn place(&self, span: Span) -> String {
        self.error(span, "", "").place.to_string()
    }
}
