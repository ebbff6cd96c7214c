//! The lines of an implementation.

/// An implementation for some CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The CPUs, in words. None if it is for all of them.
    pub cpus: Option<String>,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// An instruction, an expression in C, or words about those that follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How far it is indented.
    pub depth: usize,
    /// The instruction.
    pub text: String,
    /// What it does, or empty.
    pub meaning: String,
}

impl Line {
    pub(super) fn new(depth: usize, text: &str, meaning: &str) -> Self {
        Self {
            depth,
            text: text.into(),
            meaning: meaning.into(),
        }
    }
}
