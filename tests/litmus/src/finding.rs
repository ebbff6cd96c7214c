//! The findings about a test.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Case;
use crate::judgement::Judgement;
use crate::lang::ast::Value;
use crate::outcome::{self, Allowed, Known};
use crate::test::Test;
use crate::verdict::Verdict;

/// How often each outcome of a test was seen on this machine.
pub type Histogram = BTreeMap<Vec<Value>, u64>;

/// An outcome that was seen on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The outcome, such as `0:r0=1; x=2`.
    pub state: String,
    /// How often it was seen.
    pub count: u64,
    /// Whether the kernel's memory model allows it; `None` if that is not known.
    pub allowed: Option<bool>,
}

/// The findings about one test.
#[derive(Clone, Debug)]
pub struct Finding<'t> {
    pub(crate) case: Case<'t>,
    /// The answer of the kernel's memory model, or the error.
    pub(crate) allowed: Result<Allowed, String>,
    /// The verdict of the kernel's memory model on the unmodified file, if herd7 gave one.
    pub(crate) own: Option<Verdict>,
    /// The judgement on each target, by the target's name.
    pub(crate) judgements: Vec<(&'static str, Judgement)>,
    /// The outcomes seen on this machine, if it ran.
    pub(crate) histogram: Option<Histogram>,
}

impl<'t> Finding<'t> {
    /// The test.
    pub fn test(&self) -> &'t Test {
        self.case.test
    }

    /// The verdict of the kernel's memory model; `None` if it is not known.
    pub fn verdict(&self) -> Option<Verdict> {
        match &self.allowed {
            Ok(Allowed::Known(known)) => Some(known.said.verdict),
            _ => None,
        }
    }

    /// The verdict of the kernel's memory model on the unmodified file; `None` if herd7 was not
    /// asked, cannot read it, or took too long.
    pub fn own_verdict(&self) -> Option<Verdict> {
        self.own
    }

    /// Whether herd7 took too long for the kernel's memory model.
    pub fn timed_out(&self) -> bool {
        matches!(self.allowed, Ok(Allowed::TimedOut))
    }

    /// What is wrong with the answer of the kernel's memory model: it differs from the result that
    /// the test's comment states, by the rules of `tools/memory-model/scripts/judgelitmus.sh`; or
    /// asking the model failed.
    pub fn fault(&self) -> Option<String> {
        match (&self.allowed, self.test().stated()) {
            (Err(error), _) => Some(error.clone()),
            (Ok(Allowed::Known(known)), Some(stated)) => known.said.fault(stated),
            _ => None,
        }
    }

    /// The verdict, if it is not the stated one and that is no fault, since the test has a data
    /// race.
    pub fn forgiven(&self) -> Option<Verdict> {
        let (found, stated) = (self.verdict()?, self.test().stated()?);
        (found != stated.verdict && self.fault().is_none()).then_some(found)
    }

    /// Whether the test has a data race; `None` if that is not known. The kernel's memory model
    /// promises nothing about a race.
    pub fn race(&self) -> Option<bool> {
        match &self.allowed {
            Ok(Allowed::Known(known)) => known.said.race,
            _ => None,
        }
    }

    /// The other flags that the kernel's memory model raised, such as `mixed-accesses`.
    pub fn flags(&self) -> &[String] {
        match &self.allowed {
            Ok(Allowed::Known(known)) => &known.said.flags,
            _ => &[],
        }
    }

    /// Why it was not judged on machine code, or not judged at all.
    pub fn skipped(&self) -> Option<&str> {
        match (&self.allowed, &self.case.skipped) {
            (_, Some(why)) => Some(why),
            (
                Ok(
                    Allowed::Skipped(why)
                    | Allowed::Known(Known {
                        states: Err(why), ..
                    }),
                ),
                None,
            ) => Some(why),
            _ => None,
        }
    }

    /// The judgement on each target, by the target's name.
    pub fn judgements(&self) -> &[(&'static str, Judgement)] {
        &self.judgements
    }

    /// The outcomes seen on this machine; `None` if it did not run.
    pub fn seen(&self) -> Option<Vec<Seen>> {
        let locations = self.case.observed.locations();
        let seen = self.histogram.as_ref()?.iter().map(|(state, count)| Seen {
            state: outcome::line(&locations, state),
            count: *count,
            allowed: self.allows(state),
        });
        Some(seen.collect())
    }

    /// The number of allowed outcomes that were not seen on this machine.
    pub fn unseen(&self) -> usize {
        let (Some(histogram), Some(allowed)) = (&self.histogram, self.states()) else {
            return 0;
        };
        let unseen = allowed
            .iter()
            .filter(|state| !histogram.contains_key(*state));
        unseen.count()
    }

    /// Whether nothing is wrong: the kernel's memory model gives the result that the test states,
    /// it allows every outcome of the machine code on every target and every outcome seen on this
    /// machine, or promises nothing, and nothing failed or timed out.
    pub fn is_good(&self) -> bool {
        let mut judgements = self.judgements.iter();
        let seen = self.seen().unwrap_or_default();
        self.fault().is_none()
            && !self.timed_out()
            && judgements.all(|(_, judgement)| judgement.is_good())
            && seen.iter().all(|seen| seen.allowed != Some(false))
    }

    /// Whether the kernel's memory model allows an outcome; `None` if that is not known.
    fn allows(&self, state: &[Value]) -> Option<bool> {
        let allowed = self.states().filter(|_| outcome::wide(state).is_none());
        Some(allowed?.contains(state))
    }

    /// The outcomes that the kernel's memory model allows, if they are known.
    pub(crate) fn states(&self) -> Option<&BTreeSet<Vec<Value>>> {
        match &self.allowed {
            Ok(Allowed::Known(known)) => known.states.as_ref().ok(),
            _ => None,
        }
    }
}
