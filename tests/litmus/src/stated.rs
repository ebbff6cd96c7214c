//! The result that a test's comment states.

use std::fmt;

use crate::verdict::Verdict;

/// What follows the verdict if the test has a data race.
pub const RACE: &str = "DATARACE";

/// The result that a test's comment states: `Result: Never`, or `Result: Never DATARACE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the test has a data race.
    pub race: bool,
}

impl Stated {
    /// The result that a text states.
    pub fn find(text: &str) -> Option<Self> {
        let said = text.split("Result:").nth(1)?;
        let line = said.trim_start().lines().next()?;
        let mut words = line.split(|c: char| !c.is_alphanumeric());
        Some(Self {
            verdict: words.next().and_then(Verdict::named)?,
            race: words.any(|word| word == RACE),
        })
    }
}

impl fmt::Display for Stated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.verdict)?;
        match self.race {
            true => write!(f, " {RACE}"),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_state_results() {
        let of = |verdict, race| Some(Stated { verdict, race });
        for (text, expected) in [
            ("(* Result: Never *)", of(Verdict::Never, false)),
            (
                "\n * Result: Sometimes\n * DATARACE\n",
                of(Verdict::Sometimes, false),
            ),
            (
                "(*\n * Result: Never DATARACE\n *)",
                of(Verdict::Never, true),
            ),
            ("(* Result: Always DATARACE*)", of(Verdict::Always, true)),
            ("(* Result: DEADLOCK *)", of(Verdict::Deadlock, false)),
            ("(* Result: Maybe *)", None),
            ("(* Result: *)", None),
            ("(* Never *)", None),
        ] {
            assert_eq!(Stated::find(text), expected, "{text}");
        }
    }
}
