//! The result that a test's comment states.

use std::fmt;

use crate::outcome::Said;
use crate::verdict::Verdict;

/// What follows the verdict if the test has a data race.
const RACE: &str = "DATARACE";

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

    /// What is wrong with it, where the kernel's memory model says `said`.
    ///
    /// The rules are those of `tools/memory-model/scripts/judgelitmus.sh`: a data race has to be
    /// stated, and then the verdict may be another, since the model promises nothing about a race.
    /// A deadlock has to be stated in any case. `Result: Maybe` states nothing.
    pub fn fault(self, said: &Said) -> Option<String> {
        let (stated, found) = (self.verdict, said.verdict);
        let is_forgiven = self.race && [stated, found].iter().all(|v| *v != Verdict::Deadlock);
        match (self.race, said.race) {
            (true, Some(false)) => {
                Some("its comment states a data race, but the LKMM finds none".into())
            }
            (false, Some(true)) => Some(format!(
                "the LKMM finds a data race, which its comment does not state: write \
                 `Result: {found} {RACE}`"
            )),
            _ if stated != found && !is_forgiven => Some(format!(
                "its comment states the result {stated}, but the LKMM says {found}"
            )),
            _ => None,
        }
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

    #[test]
    fn a_race_is_stated_and_then_forgives() {
        use Verdict::{Deadlock, Never, Sometimes};
        for (text, race, found, good) in [
            ("Result: Never", Some(false), Never, true),
            ("Result: Never", Some(false), Sometimes, false),
            ("Result: Never", None, Never, true),
            ("Result: Never", None, Sometimes, false),
            ("Result: Never", Some(true), Never, false),
            ("Result: Never DATARACE", Some(true), Never, true),
            ("Result: Never DATARACE", Some(true), Sometimes, true),
            ("Result: Never DATARACE", Some(true), Deadlock, false),
            ("Result: DEADLOCK DATARACE", Some(true), Never, false),
            ("Result: Never DATARACE", Some(false), Never, false),
            ("Result: Never DATARACE", None, Sometimes, true),
        ] {
            let stated = Stated::find(text).unwrap();
            assert_eq!(format!("Result: {stated}"), text);
            let flags = Vec::new();
            let verdict = found;
            let said = Said {
                verdict,
                race,
                flags,
            };
            let fault = stated.fault(&said);
            assert_eq!(fault.is_none(), good, "{text}, {said:?}: {fault:?}");
        }
    }
}
