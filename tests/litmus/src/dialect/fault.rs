//! What is wrong with a line of a table, before it is known where the line is.

/// What is wrong with a part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The part, as it stands in the line.
    pub part: String,
    /// What is wrong with it.
    pub message: String,
    /// What would be right.
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
