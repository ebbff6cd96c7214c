//! What several workers do to one variable, and whether anything got lost.

use super::super::*;
use super::table::{Bits, Call, Value};
use super::workers::{together, WORKERS};
use crate::prelude::*;

/// How many calls each worker makes.
const CALLS: u64 = 1000;

/// What a worker does over and over: given a number that no other step gets, it returns what is
/// added up.
type Step<T, C> = fn(&Atomic<T>, &C, u64) -> u64;

/// What workers do to one variable.
struct Race<T: AtomicType, C> {
    x: Atomic<T>,
    context: C,
    step: Step<T, C>,
    sums: [Atomic<u64>; WORKERS],
}

impl<T: Value, C> Race<T, C> {
    fn new(start: i64, context: C, step: Step<T, C>) -> Self {
        Self {
            x: Atomic::new(T::of(start)),
            context,
            step,
            sums: [0; WORKERS].map(Atomic::new),
        }
    }

    fn step(&self, n: u64) -> u64 {
        (self.step)(&self.x, &self.context, n)
    }

    /// The steps of one worker.
    fn work(&self, worker: usize) {
        let first = 1 + worker as u64 * CALLS;
        let steps = (first..first + CALLS).map(|n| self.step(n));
        self.sums[worker].store(steps.fold(0, u64::wrapping_add), Relaxed);
    }

    /// One more step, and what is then in the variable and what all steps add up to.
    fn finish(&self) -> (T, u64) {
        let last = self.step(0);
        let sums = self.sums.iter().map(|sum| sum.load(Relaxed));
        // SAFETY: The pointer is to a variable that no worker accesses any more.
        let value = unsafe { self.x.as_ptr().read() };
        (value, sums.fold(last, u64::wrapping_add))
    }
}

/// Whether the steps of workers do what as many steps in a row do. What is wrong is printed.
fn race<T, C>(name: &str, start: i64, context: C, step: Step<T, C>) -> bool
where
    T: Value,
    C: Copy + Send + Sync + 'static,
{
    let alone = Race::new(start, context, step);
    (0..WORKERS).for_each(|worker| alone.work(worker));
    let expected = alone.finish();
    let Ok(met) = together(Race::new(start, context, step), Race::work) else {
        pr_err!("{name}: {WORKERS} workers could not be started\n");
        return false;
    };
    let found = met.shared.finish();
    if found != expected {
        let ty = core::any::type_name::<T>();
        pr_err!("{name} on {ty} by {WORKERS} workers: what is left, and the sum of what is\n");
        pr_err!("    returned, are {found:?}, not {expected:?}\n");
    }
    found == expected
}

/// All workers make the same call. As the new value depends on the old one alone, so do the
/// values that come one after the other on how many calls there are.
pub(super) fn repeat<T, R, const N: usize>(
    calls: &[Call<T, N, R>],
    start: i64,
    operands: [i64; N],
) -> bool
where
    T: Value,
    R: Bits + 'static,
{
    calls.iter().all(|&(name, call)| {
        race(name, start, (call, operands), |x, (call, operands), _| {
            call(x, operands.map(T::of)).bits()
        })
    })
}

/// As [`repeat`], but a call is repeated with what it found until it stores. Its operands are
/// `beyond` more than what it expects.
pub(super) fn retry<T: Value, const N: usize>(
    calls: &[Call<T, N, Result<T, T>>],
    beyond: [i64; N],
) -> bool {
    calls.iter().all(|&(name, call)| {
        race(name, 0, (call, beyond), |x, (call, beyond), _| {
            until_stored(x, *call, *beyond)
        })
    })
}

fn until_stored<T: Value, const N: usize>(
    x: &Atomic<T>,
    call: fn(&Atomic<T>, [T; N]) -> Result<T, T>,
    beyond: [i64; N],
) -> u64 {
    let mut expected = T::of(0);
    loop {
        let old = expected.bits();
        let operands = beyond.map(|more| T::from_bits(old.wrapping_add_signed(more)));
        match call(x, operands) {
            Ok(_) => return old,
            Err(found) => expected = found,
        }
    }
}

/// All workers put in what nobody else does, and take out what is there: what they put in is what
/// they take.
pub(super) fn exchange<T: Value>(calls: &[Call<T, 1, T>]) -> bool {
    calls.iter().all(|&(name, call)| {
        race(name, 0, call, |x, call, n| {
            let new = T::from_bits(n);
            call(x, [new]).bits().wrapping_sub(new.bits())
        })
    })
}

/// All workers make a call that changes nothing, and increments, of which none may be undone.
pub(super) fn identity<T, R, const N: usize, const M: usize>(
    calls: &[Call<T, N, R>],
    operands: [i64; N],
    increments: &[Call<T, M, Result<T, T>>],
    beyond: [i64; M],
) -> bool
where
    T: Value,
    R: 'static,
{
    let Some(&(_, increment)) = increments.first() else {
        return false;
    };
    calls.iter().all(|&(name, call)| {
        let context = (call, operands, increment, beyond);
        race(name, 0, context, |x, context, _| {
            let (call, operands, increment, beyond) = *context;
            call(x, operands.map(T::of));
            until_stored(x, increment, beyond)
        })
    })
}

/// All workers store either of two values, and load nothing else.
pub(super) fn whole<T: Value>(loads: &[Call<T, 0, T>], stores: &[Call<T, 1, ()>]) -> bool {
    let each = |&(name, load): &Call<T, 0, T>| {
        stores.iter().all(|&(_, store)| {
            race(name, 0, (load, store), |x, (load, store), n| {
                let values = [0, -1].map(T::of);
                store(x, [values[usize::from(n % 2 == 1)]]);
                u64::from(!values.contains(&load(x, [])))
            })
        })
    };
    loads.iter().all(each)
}
