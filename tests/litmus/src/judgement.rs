//! The result of a test on a target.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The result of a test on a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The kernel's memory model allows every outcome of the machine code.
    Sound {
        /// Whether it also allows outcomes that the machine code cannot have.
        stronger: bool,
    },
    /// The kernel's memory model forbids some outcome of the machine code.
    Unsound {
        /// The forbidden outcomes, such as `0:r0=1; x=2`.
        offending: Vec<String>,
        /// The machine code, as herd7's input.
        program: String,
    },
    /// The machine code has these outcomes, which the kernel's memory model does not list. But the
    /// test has a data race, so that the model promises nothing.
    Racy(Vec<String>),
    /// The test was not judged on this target, for this reason.
    Skipped(String),
    /// herd7 took too long.
    TimedOut,
    /// An error occurred.
    Failed(String),
}

impl Judgement {
    /// What kind of judgement it is.
    pub fn kind(&self) -> JudgementKind {
        match self {
            Self::Sound { .. } => JudgementKind::Sound,
            Self::Unsound { .. } => JudgementKind::Unsound,
            Self::Racy(_) => JudgementKind::Racy,
            Self::Skipped(_) => JudgementKind::Skipped,
            Self::TimedOut => JudgementKind::TimedOut,
            Self::Failed(_) => JudgementKind::Failed,
        }
    }

    /// Whether it is sound and the machine code rules out some outcome that the model allows.
    pub fn is_stronger(&self) -> bool {
        matches!(self, Self::Sound { stronger: true })
    }

    /// The outcomes of the machine code that the kernel's memory model does not list.
    pub fn offending(&self) -> &[String] {
        match self {
            Self::Unsound { offending, .. } | Self::Racy(offending) => offending,
            _ => &[],
        }
    }

    /// Why it was skipped, or failed.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Skipped(why) | Self::Failed(why) => Some(why),
            _ => None,
        }
    }

    /// Whether nothing is wrong; see [`JudgementKind::is_good`].
    pub fn is_good(&self) -> bool {
        self.kind().is_good()
    }
}

/// The kinds of judgements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum JudgementKind {
    /// [`Judgement::Sound`].
    Sound,
    /// [`Judgement::Unsound`].
    Unsound,
    /// [`Judgement::Racy`].
    Racy,
    /// [`Judgement::Skipped`].
    Skipped,
    /// [`Judgement::TimedOut`].
    TimedOut,
    /// [`Judgement::Failed`].
    Failed,
}

impl JudgementKind {
    /// All kinds, in the order of the reports.
    pub const ALL: [Self; 6] = [
        Self::Sound,
        Self::Unsound,
        Self::Racy,
        Self::Skipped,
        Self::TimedOut,
        Self::Failed,
    ];

    /// Its name in the reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Unsound => "UNSOUND",
            Self::Racy => "racy",
            Self::Skipped => "skipped",
            Self::TimedOut => "timed out",
            Self::Failed => "failed",
        }
    }

    /// Whether the test is sound or skipped, or the kernel's memory model promises nothing about
    /// it.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Sound | Self::Racy | Self::Skipped)
    }
}

impl fmt::Display for JudgementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<JudgementKind> for &'static str {
    fn from(kind: JudgementKind) -> Self {
        kind.name()
    }
}

impl TryFrom<String> for JudgementKind {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("`{name}` is no judgement; there are {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        for kind in JudgementKind::ALL {
            let written = serde_json::to_string(&kind).unwrap();
            assert_eq!(written, format!("\"{kind}\""));
            assert_eq!(
                serde_json::from_str::<JudgementKind>(&written).unwrap(),
                kind
            );
        }
        let error = serde_json::from_str::<JudgementKind>("\"Sound\"").unwrap_err();
        let expected = "`Sound` is no judgement; there are sound, UNSOUND, racy, skipped, \
                        timed out, failed";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
