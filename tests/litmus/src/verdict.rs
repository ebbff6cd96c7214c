//! How often the condition of a test holds.

use std::fmt;

/// Stands for the verdict in the reports if herd7 took too long.
pub const TIMED_OUT: &str = "timed out";

/// How often the condition of a test holds at the end of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// In no outcome: the model forbids what the condition describes.
    Never,
    /// In some outcomes.
    Sometimes,
    /// In every outcome.
    Always,
    /// There is no outcome: no execution ends.
    Deadlock,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Self; 4] = [Self::Never, Self::Sometimes, Self::Always, Self::Deadlock];

    /// Its name in a test's comment. herd7 uses the same names, except for `DEADLOCK`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "Never",
            Self::Sometimes => "Sometimes",
            Self::Always => "Always",
            Self::Deadlock => "DEADLOCK",
        }
    }

    /// The verdict with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
