//! What the kernel's memory model says about a test.

use crate::herd::{Outcome, RACE};
use crate::stated::{RACE as DATARACE, Stated};
use crate::verdict::Verdict;

/// What the kernel's memory model says about a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The verdict on its condition.
    pub verdict: Verdict,
    /// Whether it has a data race; `None` if there was no time to ask about all executions. With a
    /// race, the model promises nothing, and its outcomes are those of a compiler that keeps the
    /// accesses as they are written.
    pub race: Option<bool>,
    /// The other flags that were raised, such as `mixed-accesses`. They are warnings.
    pub flags: Vec<String>,
}

impl Said {
    /// What is said where herd7 was asked about all executions.
    pub fn of(outcome: &Outcome) -> Self {
        let flags = outcome.flags.iter();
        Self {
            verdict: outcome.verdict,
            race: Some(outcome.races()),
            flags: flags.filter(|flag| *flag != RACE).cloned().collect(),
        }
    }

    /// What is said where herd7 was asked for the verdict alone, about a test that may have a race
    /// or cannot.
    pub fn quickly(verdict: Verdict, may_race: bool) -> Self {
        Self {
            verdict,
            race: if may_race { None } else { Some(false) },
            flags: Vec::new(),
        }
    }

    /// What is wrong with the result that the test's comment states.
    ///
    /// The rules are those of `tools/memory-model/scripts/judgelitmus.sh`: a data race has to be
    /// stated, and then the verdict may be another, since the model promises nothing about a race.
    /// A deadlock has to be stated in any case. `Result: Maybe` states nothing.
    pub fn fault(&self, stated: Stated) -> Option<String> {
        let (wanted, found) = (stated.verdict, self.verdict);
        let is_forgiven = stated.race && [wanted, found].iter().all(|v| *v != Verdict::Deadlock);
        match (stated.race, self.race) {
            (true, Some(false)) => {
                Some("its comment states a data race, but the LKMM finds none".into())
            }
            (false, Some(true)) => Some(format!(
                "the LKMM finds a data race, which its comment does not state with `{DATARACE}` after \
                 the result"
            )),
            _ if wanted != found && !is_forgiven => Some(format!(
                "its comment states the result {wanted}, but the LKMM says {found}"
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_race_has_to_be_stated_and_then_forgives() {
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
            let fault = said.fault(stated);
            assert_eq!(fault.is_none(), good, "{text}, {said:?}: {fault:?}");
        }
    }
}
