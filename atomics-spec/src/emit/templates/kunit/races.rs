//! Several workers that use one variable at the same time, and checks that no update is lost.

use super::super::*;
use super::table::{Call, Int, Value};
use super::workers::{together, WORKERS};
use crate::prelude::*;

/// How many calls each worker makes.
const CALLS: u64 = 1000;

/// A step that a worker repeats. It takes a number that no other step takes, and returns a number
/// for the sum of all steps.
type Step<T, C> = fn(&Atomic<T>, &C, u64) -> u64;

/// A variable, and the steps of all workers on it.
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

    /// Makes one more step; returns the value of the variable, and the sum of all steps.
    fn finish(&self) -> (T, u64) {
        let last = self.step(0);
        let sums = self.sums.iter().map(|sum| sum.load(Relaxed));
        // SAFETY: The pointer is to a variable that no worker accesses any more.
        let value = unsafe { self.x.as_ptr().read() };
        (value, sums.fold(last, u64::wrapping_add))
    }
}

/// Whether the steps of several workers have the same result as the same number of steps in a row.
/// Prints any difference.
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
        pr_err!("{name} on {ty} by {WORKERS} workers: (final value, sum of results) is\n");
        pr_err!("    {found:?}, expected {expected:?}\n");
    }
    found == expected
}

/// The result of a call as a 64-bit number.
pub(super) trait Bits {
    /// Returns the number.
    fn bits(self) -> u64;
}

impl<T: Value> Bits for T {
    fn bits(self) -> u64 {
        T::int(self).wide()
    }
}

impl Bits for () {
    fn bits(self) -> u64 {
        0
    }
}

impl<T: Value> Bits for Result<T, T> {
    fn bits(self) -> u64 {
        match self {
            Ok(value) => value.bits() << 1 | 1,
            Err(value) => value.bits() << 1,
        }
    }
}

/// All workers make the same call, in each round on another value and with other operands. The new
/// value depends only on the old one, so the sequence of values depends only on the number of
/// calls.
pub(super) fn repeat<T, R, const N: usize>(
    calls: &[Call<T, N, R>],
    rounds: &[(i64, [i64; N])],
) -> bool
where
    T: Value,
    R: Bits + 'static,
{
    let round = |&(start, operands): &(i64, [i64; N])| {
        calls.iter().all(|&(name, call)| {
            race(name, start, (call, operands), |x, (call, operands), _| {
                call(x, operands.map(T::of)).bits()
            })
        })
    };
    rounds.iter().all(round)
}

/// As [`repeat`], but a failed call is repeated, with the value that it found as the expected one,
/// until it stores. Each operand is the expected value plus its number in `beyond`.
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

/// Each worker stores values of its own with an exchange: the values taken out must be those put
/// in.
pub(super) fn exchange<T: Value>(calls: &[Call<T, 1, T>]) -> bool {
    calls.iter().all(|&(name, call)| {
        race(name, 0, call, |x, call, n| {
            let new = T::from_bits(n);
            call(x, [new]).bits().wrapping_sub(new.bits())
        })
    })
}

/// All workers make a call that changes nothing, and increments; no increment may be lost.
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

/// All workers store one of two values; no load may return any other value.
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
