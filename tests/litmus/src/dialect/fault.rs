//! A fault in a line of a table, before the place of the line is known.

/// A fault in a part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The text of the part.
    pub part: String,
    /// The error message.
    pub message: String,
    /// How to fix it.
    pub help: String,
}

impl Fault {
    /// A fault of a part of a line.
    pub fn new(
        part: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            part: part.into(),
            message: message.into(),
            help: help.into(),
        }
    }
}
