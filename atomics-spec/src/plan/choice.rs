//! Plans for all CPUs of an architecture: one plan if CPU features make no difference, else a
//! choice by the features that do.

use super::{Missing, Plan, Planner};
use crate::arch::Arch;
use crate::model::{Spec, Variant};

/// How a variant is implemented, depending on the features of the CPU.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice<'s> {
    /// In the same way on all CPUs.
    Same(Plan<'s>),
    /// In one of two ways.
    If {
        /// The features, as indices of [`Arch::features`].
        features: Vec<usize>,
        /// On CPUs that have all of these.
        then: Box<Choice<'s>>,
        /// On the others.
        otherwise: Box<Choice<'s>>,
    },
}

impl<'s> Choice<'s> {
    /// All plans of the choice.
    pub fn plans(&self) -> Vec<&Plan<'s>> {
        match self {
            Self::Same(plan) => vec![plan],
            Self::If {
                then, otherwise, ..
            } => [then.plans(), otherwise.plans()].concat(),
        }
    }

    /// `then` on CPUs with a feature, `otherwise` on the others, without redundant checks.
    fn new(feature: usize, then: Self, otherwise: Self) -> Self {
        if then == otherwise {
            return then;
        }
        match then {
            // CPUs that lack either feature do the same.
            Self::If {
                features,
                then,
                otherwise: lacking,
            } if *lacking == otherwise => Self::If {
                features: [vec![feature], features].concat(),
                then,
                otherwise: lacking,
            },
            then => Self::If {
                features: vec![feature],
                then: then.into(),
                otherwise: otherwise.into(),
            },
        }
    }
}

/// Finds plans for one architecture, for all sets of its features.
pub struct Planners<'s> {
    /// One for each of [`Arch::feature_sets`].
    all: Vec<Planner<'s>>,
}

impl<'s> Planners<'s> {
    /// Finds plans for the variants of `spec` on `arch`.
    pub fn new(spec: &'s Spec, arch: &'s Arch) -> Self {
        let sets = arch.feature_sets();
        Self {
            all: sets.map(|set| Planner::new(spec, arch, set)).collect(),
        }
    }

    /// The plans for a variant.
    ///
    /// # Errors
    ///
    /// If the table of the architecture cannot implement the variant on some CPU.
    pub fn choose(&self, variant: &Variant<'s>) -> Result<Choice<'s>, Missing> {
        let plans = self.all.iter().map(|planner| planner.plan(variant));
        let mut choices: Vec<Choice<'s>> = plans
            .map(|plan| plan.map(Choice::Same))
            .collect::<Result<_, _>>()?;
        // The sets count up in binary: those in the second half have the last feature.
        let mut feature = choices.len().ilog2() as usize;
        while choices.len() > 1 {
            feature -= 1;
            let with = choices.split_off(choices.len() / 2);
            let pairs = choices.into_iter().zip(with);
            choices = pairs
                .map(|(without, with)| Choice::new(feature, with, without))
                .collect();
        }
        // One choice is left, because the empty set always exists.
        Ok(choices.remove(0))
    }
}
