//! The result that a test's comment states.

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

    /// What is wrong with it, where the kernel's memory model says `found`. `race` tells whether the
    /// model finds a data race, if that is known.
    ///
    /// The rules are those of `tools/memory-model/scripts/judgelitmus.sh`: the comment has to state a
    /// race, and then the verdict may be another, since the model promises nothing about it.
    pub fn fault(self, found: Verdict, race: Option<bool>) -> Option<String> {
        let Self {
            verdict: stated, ..
        } = self;
        match (self.race, race) {
            (true, Some(false)) => {
                Some("its comment states a data race, but the LKMM finds none".into())
            }
            (false, Some(true)) => Some(format!(
                "its comment states no data race, as `Result: {found} {RACE}` does, but the LKMM \
                 finds one"
            )),
            (false, _) if stated != found => Some(format!(
                "its comment states the result {stated}, but the LKMM says {found}"
            )),
            _ => None,
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
        let never = |race| Stated {
            verdict: Verdict::Never,
            race,
        };
        for (race, seen, found, good) in [
            (false, Some(false), Verdict::Never, true),
            (false, Some(false), Verdict::Sometimes, false),
            (false, None, Verdict::Never, true),
            (false, None, Verdict::Sometimes, false),
            (false, Some(true), Verdict::Never, false),
            (true, Some(true), Verdict::Never, true),
            (true, Some(true), Verdict::Sometimes, true),
            (true, Some(false), Verdict::Never, false),
            (true, None, Verdict::Sometimes, true),
        ] {
            let fault = never(race).fault(found, seen);
            assert_eq!(fault.is_none(), good, "{race} {seen:?} {found}: {fault:?}");
        }
    }
}
