//! How several workers use one variable at the same time, so that a test detects lost updates.

use super::values::{is_uniform, narrow, tuples, types};
use crate::expr::{Expr, Yields};
use crate::interp::{self, Outcome};
use crate::model::op::{ArgKind, Form, Ordering};
use crate::model::{FormOf, Spec};

/// How the workers use a form.
#[derive(Clone, Debug)]
pub(super) enum Race<'s> {
    /// All workers make the same call. A call is a function of the old value, so the sequence of
    /// values depends only on the number of calls.
    Repeat(Vec<Round>),
    /// Each call expects the value that the last one found, until it stores.
    Retry {
        /// The difference of each operand from the expected value.
        beyond: Vec<i64>,
    },
    /// Each call stores its operand and returns the old value: the values stored are those
    /// returned.
    Exchange,
    /// With these operands a call changes nothing, so it must not undo an increment by others.
    Identity {
        /// The operands.
        operands: Vec<i64>,
        /// The form that increments, as in [`Race::Retry`].
        increment: FormOf<'s>,
        /// Its operands.
        beyond: Vec<i64>,
    },
    /// Every value that is loaded was stored as a whole.
    Whole {
        /// The form that stores.
        store: FormOf<'s>,
    },
}

/// A start value, and operands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Round {
    /// The value of the variable at the start.
    pub start: i64,
    /// The operands of every call.
    pub operands: Vec<i64>,
}

/// The widths that are tried. A property that holds at both holds at those in between.
const WIDTHS: [u32; 2] = [8, 64];
/// The number of calls that can take a byte through all its values.
const CALLS: usize = 256;

/// How the workers use a form; none if it has no such test.
pub(super) fn race<'s>(spec: &'s Spec, form: &FormOf<'s>) -> Option<Race<'s>> {
    match form.form {
        // The test of the load covers stores.
        Form::Store => return None,
        Form::Load => {
            let stores = |f: &FormOf<'_>| f.form == Form::Store && stores_operand(f);
            let store = spec
                .typed_forms()
                .find(|f| stores(f) && on_all_types(spec, form, f));
            let is_plain = form.op.operands().count() == 0;
            return store
                .filter(|_| is_plain)
                .map(|store| Race::Whole { store });
        }
        _ => {}
    }
    if let Some(beyond) = retry(form) {
        return Some(Race::Retry { beyond });
    }
    if !form.can_fail() && stores_operand(form) && tells_old(form) {
        return Some(Race::Exchange);
    }
    let rounds = rounds(form);
    let changes = rounds.iter().map(|r| r.0).max().unwrap_or(0);
    let increments = |f: FormOf<'s>| {
        let beyond = retry(&f).filter(|_| on_all_types(spec, form, &f))?;
        Some((f, beyond))
    };
    let increment = spec.typed_forms().find_map(increments);
    let identity = identity(form).filter(|_| changes < CALLS);
    match (identity, increment) {
        (Some(operands), Some((increment, beyond))) => Some(Race::Identity {
            operands,
            increment,
            beyond,
        }),
        _ if rounds.is_empty() => None,
        _ => Some(Race::Repeat(rounds.into_iter().map(|r| r.1).collect())),
    }
}

/// Whether all types that have `form` have `other`.
fn on_all_types(spec: &Spec, form: &FormOf<'_>, other: &FormOf<'_>) -> bool {
    let class = other.meaning.class;
    types(spec, form).all(|t| t.classes.contains(&class))
}

/// For a form that stores exactly if it finds the expected value: the difference of each operand
/// from that value.
fn retry(form: &FormOf<'_>) -> Option<Vec<i64>> {
    let mut operands = form.op.operands();
    let at = operands.position(|a| a.kind == ArgKind::Pointer)?;
    if !form.returns_result() || !compares(form, at) {
        return None;
    }
    let count = form.op.operands().count();
    Some((0..count).map(|i| i64::from(i != at)).collect())
}

/// Whether the form stores its only operand.
fn stores_operand(form: &FormOf<'_>) -> bool {
    let mut operands = form.op.operands();
    let (Some(only), None) = (operands.next(), operands.next()) else {
        return false;
    };
    let new = form.meaning.new.as_ref();
    only.kind == ArgKind::Value && new.is_some_and(|e| *e == Expr::var(&only.name))
}

fn tells_old(form: &FormOf<'_>) -> bool {
    form.result() == Some(Expr::var(form.op.variable()))
}

/// Whether the form stores exactly if the variable equals its operand `at`.
fn compares(form: &FormOf<'_>, at: usize) -> bool {
    let values = [0, 1, -1, i64::MIN, i64::MAX];
    let count = form.op.operands().count();
    let fits = |memory: i64, operands: &[i64]| {
        interp::run(form, 64, memory, operands).stored == (memory == operands[at])
    };
    tuples(&values, count)
        .iter()
        .all(|operands| values.iter().all(|memory| fits(*memory, operands)))
}

/// Operands with which the form stores every value unchanged.
fn identity(form: &FormOf<'_>) -> Option<Vec<i64>> {
    let count = form.op.operands().count();
    let keeps = |operands: &Vec<i64>| {
        (0..=255).all(|memory| {
            let outcome = interp::run(form, 8, narrow(memory, 8), operands);
            outcome.stored && outcome.memory == narrow(memory, 8)
        })
    };
    tuples(&[0, -1], count).into_iter().find(keeps)
}

/// The round in which most calls change the value, with the number of those calls. If all its
/// calls return the same, also the best round in which they differ.
fn rounds(form: &FormOf<'_>) -> Vec<(usize, Round)> {
    const STARTS: [i64; 4] = [100, -100, i64::MIN + 100, i64::MAX - 100];
    let count = form.op.operands().count();
    let mut best: Option<(usize, bool, Round)> = None;
    let mut mixed: Option<(usize, Round)> = None;
    for start in STARTS {
        for operands in tuples(&[1, -1, 0], count) {
            let Some((changes, differ)) = orbit(form, start, &operands) else {
                continue;
            };
            let round = Round { start, operands };
            if differ && mixed.as_ref().is_none_or(|m| m.0 < changes) {
                mixed = Some((changes, round.clone()));
            }
            let rank = (changes, differ);
            if best.as_ref().is_none_or(|b| (b.0, b.1) < rank) {
                best = Some((changes, differ, round));
            }
        }
    }
    let Some((changes, differ, best)) = best else {
        return Vec::new();
    };
    let mut rounds = vec![(changes, best)];
    rounds.extend(mixed.filter(|_| !differ));
    rounds
}

/// How many calls in a row change the value, at all widths together, and whether their results
/// differ: in whether they stored, or in a truth value. None if C is not uniform.
fn orbit(form: &FormOf<'_>, start: i64, operands: &[i64]) -> Option<(usize, bool)> {
    let truth = form.result().is_some_and(|r| r.yields() == Yields::Truth);
    let told = |o: &Outcome| (o.stored, o.result.filter(|_| truth));
    let mut all = (0, true);
    for bits in WIDTHS {
        let mut memory = narrow(start, bits);
        let mut first = None;
        let (mut changes, mut differ) = (0, false);
        for _ in 0..CALLS {
            if !is_uniform(form, bits, memory, operands) {
                return None;
            }
            let outcome = interp::run(form, bits, memory, operands);
            changes += usize::from(outcome.memory != memory);
            differ |= *first.get_or_insert(told(&outcome)) != told(&outcome);
            memory = outcome.memory;
        }
        all = (all.0 + changes, all.1 && differ);
    }
    Some(all)
}

/// Whether the typed layer can pass a message: store with release, load with acquire.
pub(super) fn passes_messages(spec: &Spec) -> bool {
    let has = |method: &str, ordering: Ordering| {
        spec.typed_forms()
            .any(|f| f.method() == method && f.orderings().contains(&ordering))
    };
    has("load", Ordering::Acquire) && has("store", Ordering::Release)
}
