//! What was found about a test.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::lang::ast::Value;
use crate::outcome::{self, Allowed};
use crate::test::Test;
use crate::verdict::Verdict;

/// What becomes of a test on a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The kernel's memory model allows every outcome.
    Sound {
        /// Whether it allows more.
        stronger: bool,
    },
    /// It does not.
    Unsound {
        /// The outcomes that it does not allow, such as `0:r0=1; x=2`.
        offending: Vec<String>,
        /// The machine code, for herd7.
        program: String,
    },
    /// Why there is no machine code to check.
    Skipped(String),
    /// herd7 took too long.
    TimedOut,
    /// What failed.
    Failed(String),
}

impl Judgement {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Sound { .. } | Self::Skipped(_))
    }
}

/// How often each outcome of a test was seen on this machine.
pub type Histogram = BTreeMap<Vec<Value>, u64>;

/// An outcome that was seen on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The outcome, such as `0:r0=1; x=2`.
    pub state: String,
    /// How often it was seen.
    pub count: u64,
    /// Whether the kernel's memory model allows it; nothing if that cannot be told.
    pub allowed: Option<bool>,
}

/// What was found about one test.
#[derive(Clone, Debug)]
pub struct Finding<'t> {
    pub(crate) case: Case<'t>,
    /// What the kernel's memory model says; or what failed.
    pub(crate) allowed: Result<Allowed, String>,
    /// What became of it on each target, by the target's name.
    pub(crate) judgements: Vec<(&'static str, Judgement)>,
    /// What was seen when it ran on this machine.
    pub(crate) histogram: Option<Histogram>,
}

impl<'t> Finding<'t> {
    /// The test.
    pub fn test(&self) -> &'t Test {
        self.case.test
    }

    /// The verdict of the kernel's memory model; nothing if that is not known.
    pub fn verdict(&self) -> Option<Verdict> {
        match &self.allowed {
            Ok(Allowed::Known(verdict, _)) => Some(*verdict),
            _ => None,
        }
    }

    /// Whether herd7 took too long for the kernel's memory model.
    pub fn timed_out(&self) -> bool {
        matches!(self.allowed, Ok(Allowed::TimedOut))
    }

    /// What is wrong with the verdict of the kernel's memory model: it is not what the test's
    /// comment states, or it could not be had.
    pub fn fault(&self) -> Option<String> {
        let (stated, found) = match (&self.allowed, self.test().stated()) {
            (Err(error), _) => return Some(error.clone()),
            (Ok(Allowed::Known(found, _)), Some(stated)) if *found != stated => (stated, found),
            _ => return None,
        };
        Some(format!(
            "the result is {stated} by its comment, and {found} by the LKMM"
        ))
    }

    /// Why it was not judged on machine code, or not at all.
    pub fn skipped(&self) -> Option<&str> {
        match (&self.allowed, &self.case.skipped) {
            (_, Some(why)) => Some(why),
            (Ok(Allowed::Skipped(why)), None) => Some(why),
            _ => None,
        }
    }

    /// What became of it on each target, by the target's name.
    pub fn judgements(&self) -> &[(&'static str, Judgement)] {
        &self.judgements
    }

    /// What was seen when it ran on this machine; nothing if it did not.
    pub fn seen(&self) -> Option<Vec<Seen>> {
        let locations = self.case.observed.locations();
        let seen = self.histogram.as_ref()?.iter().map(|(state, count)| Seen {
            state: outcome::line(&locations, state),
            count: *count,
            allowed: self.allows(state),
        });
        Some(seen.collect())
    }

    /// How many outcomes the kernel's memory model allows that were not seen on this machine.
    pub fn unseen(&self) -> usize {
        let (Some(histogram), Ok(Allowed::Known(_, Some(allowed)))) =
            (&self.histogram, &self.allowed)
        else {
            return 0;
        };
        let unseen = allowed
            .iter()
            .filter(|state| !histogram.contains_key(*state));
        unseen.count()
    }

    /// Whether nothing is wrong: the verdict of the kernel's memory model is what the test states,
    /// no target's machine code may do more than it allows, and nothing failed or took too long.
    pub fn is_good(&self) -> bool {
        let mut judgements = self.judgements.iter();
        let seen = self.seen().unwrap_or_default();
        self.fault().is_none()
            && !self.timed_out()
            && judgements.all(|(_, judgement)| judgement.is_good())
            && seen.iter().all(|seen| seen.allowed != Some(false))
    }

    /// Whether the kernel's memory model allows an outcome; nothing if that cannot be told.
    fn allows(&self, state: &[Value]) -> Option<bool> {
        match &self.allowed {
            Ok(Allowed::Known(_, Some(states))) if outcome::wide(state).is_none() => {
                Some(states.contains(state))
            }
            _ => None,
        }
    }
}
