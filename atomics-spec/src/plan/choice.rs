//! Plans for all CPUs of an architecture: one plan if CPU features make no difference, else a
//! choice by the features that do.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::{Missing, Plan, Planner, SharedIndex};
use crate::arch::{Arch, Features};
use crate::model::op::Ordering;
use crate::model::{FormKey, Spec, Variant};

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
    /// The features that cost a jump, so that they are used only where they replace a loop.
    at_boot: Features,
    /// A cache: how many loops there are in a form in an ordering at a width, for each set.
    known: RefCell<BTreeMap<(FormKey, Ordering, u32), Vec<usize>>>,
}

impl<'s> Planners<'s> {
    /// Finds plans for the variants of `spec` on `arch`.
    pub fn new(spec: &'s Spec, arch: &'s Arch) -> Self {
        let index = SharedIndex::default();
        let planner = |set| Planner::sharing(spec, arch, set, index.clone());
        Self {
            all: arch.feature_sets().map(planner).collect(),
            at_boot: Features::NONE,
            known: RefCell::default(),
        }
    }

    /// The same for a kernel. If it finds a feature when it boots, a choice costs it a jump and a
    /// second sequence at each site. That is worth it where the feature saves a loop, which may
    /// run for long beside other CPUs, or has a loop of its own in the table instead. It is not
    /// where the feature only saves a few instructions, or turns one loop into another around a
    /// compare-and-exchange.
    pub fn in_kernel(spec: &'s Spec, arch: &'s Arch) -> Self {
        let features = arch.features.iter().enumerate();
        let at_boot = features.filter(|(_, feature)| {
            let kernel = feature.kernel.as_ref();
            kernel.is_some_and(|kernel| kernel.sequence.is_some())
        });
        Self {
            at_boot: at_boot.fold(Features::NONE, |set, (index, _)| set.with(index)),
            ..Self::new(spec, arch)
        }
    }

    /// The plans for a variant, one for each of [`Arch::feature_sets`].
    fn plans(&self, variant: &Variant<'s>) -> Result<Vec<Plan<'s>>, Missing> {
        let plans = self.all.iter().map(|planner| planner.plan(variant));
        let mut plans: Vec<Plan<'s>> = plans.collect::<Result<_, _>>()?;
        if self.at_boot == Features::NONE {
            return Ok(plans);
        }
        let loops = plans.iter().enumerate();
        let loops = loops.map(|(set, plan)| self.count_loops(plan, set));
        let mut loops: Vec<usize> = loops.collect::<Result<_, _>>()?;
        // The sets count up in binary.
        for set in 0..plans.len() {
            let indices = 0..plans.len().ilog2() as usize;
            for index in indices.filter(|i| self.at_boot.has(*i) && set >> i & 1 != 0) {
                let without = set & !(1 << index);
                let is_own = matches!(plans[set], Plan::Native(_));
                if loops[without] == 0 || loops[set] >= loops[without] && !is_own {
                    plans[set] = plans[without].clone();
                    loops[set] = loops[without];
                }
            }
        }
        self.known.borrow_mut().insert(self.key(variant), loops);
        Ok(plans)
    }

    /// How many loops there are in a plan and what it calls, on CPUs with a set of features.
    fn count_loops(&self, plan: &Plan<'s>, set: usize) -> Result<usize, Missing> {
        let mut loops = match plan {
            Plan::Native(template) => usize::from(template.is_loop()),
            Plan::Loop { .. } => 1,
            _ => 0,
        };
        for callee in plan.callees() {
            let key = self.key(&callee);
            if !self.known.borrow().contains_key(&key) {
                self.plans(&callee)?;
            }
            loops += self.known.borrow().get(&key).map_or(0, |of| of[set]);
        }
        Ok(loops)
    }

    fn key(&self, variant: &Variant<'s>) -> (FormKey, Ordering, u32) {
        let width = self.all.first().map_or(0, |planner| planner.arch.width);
        (
            variant.of.key(),
            variant.ordering,
            variant.family.bits(width),
        )
    }

    /// The planners, by their sets of features: from none to all.
    pub fn all(&self) -> &[Planner<'s>] {
        &self.all
    }

    /// The plans for a variant.
    ///
    /// # Errors
    ///
    /// If the table of the architecture cannot implement the variant on some CPU.
    pub fn choose(&self, variant: &Variant<'s>) -> Result<Choice<'s>, Missing> {
        let plans = self.plans(variant)?;
        let mut choices: Vec<Choice<'s>> = plans.into_iter().map(Choice::Same).collect();
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
