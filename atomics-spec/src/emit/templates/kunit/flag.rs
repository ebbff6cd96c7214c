//! The methods of [`AtomicFlag`] as tables of calls, and tests of one flag by several workers.

use super::super::*;
use super::workers::{together, WORKERS};
use crate::processor::cpu_relax;

/// Loads the flag.
type Load = fn(&AtomicFlag) -> bool;
/// Stores a value to the flag.
type Store = fn(&AtomicFlag, bool);
/// Stores a value to the flag and returns the old one.
type Exchange = fn(&AtomicFlag, bool) -> bool;
/// Stores the second value if the flag has the first.
type Compare = fn(&AtomicFlag, bool, bool) -> Result<bool, bool>;

/// `load` in every ordering.
pub(super) const LOADS: [Load; 2] = [|flag| flag.load(Relaxed), |flag| flag.load(Acquire)];

/// `store` in every ordering.
pub(super) const STORES: [Store; 2] = [
    |flag, value| flag.store(value, Relaxed),
    |flag, value| flag.store(value, Release),
];

/// `xchg` in every ordering, and `cmpxchg` that expects the opposite of the new value, which has
/// the same effect. The calls with acquire ordering are first.
pub(super) const EXCHANGES: [Exchange; 8] = [
    |flag, new| flag.xchg(new, Acquire),
    |flag, new| flag.xchg(new, Full),
    |flag, new| exchanged(flag.cmpxchg(!new, new, Acquire)),
    |flag, new| exchanged(flag.cmpxchg(!new, new, Full)),
    |flag, new| flag.xchg(new, Release),
    |flag, new| flag.xchg(new, Relaxed),
    |flag, new| exchanged(flag.cmpxchg(!new, new, Release)),
    |flag, new| exchanged(flag.cmpxchg(!new, new, Relaxed)),
];

/// The exchanges with acquire ordering.
pub(super) fn acquires() -> impl Iterator<Item = Exchange> {
    EXCHANGES.into_iter().take(4)
}

/// `cmpxchg` in every ordering.
pub(super) const COMPARES: [Compare; 4] = [
    |flag, old, new| flag.cmpxchg(old, new, Full),
    |flag, old, new| flag.cmpxchg(old, new, Acquire),
    |flag, old, new| flag.cmpxchg(old, new, Release),
    |flag, old, new| flag.cmpxchg(old, new, Relaxed),
];

/// The old value, expected or not.
fn exchanged(result: Result<bool, bool>) -> bool {
    match result {
        Ok(old) | Err(old) => old,
    }
}

/// How often each worker calls the exchange.
const CALLS: usize = 10_000;

/// The data that workers share.
struct Shared {
    flag: AtomicFlag,
    exchange: Exchange,
    /// A counter that only the holder of the lock increments.
    count: Atomic<u64>,
    /// The count of each worker.
    sums: [Atomic<u64>; WORKERS],
}

/// Runs the workers; returns the flag, the shared counter, and the sum of the workers' own counts.
fn left(exchange: Exchange, job: fn(&Shared, usize)) -> Option<(bool, u64, u64)> {
    let shared = Shared {
        flag: AtomicFlag::new(false),
        exchange,
        count: Atomic::new(0),
        sums: [0; WORKERS].map(Atomic::new),
    };
    let met = together(shared, job).ok()?;
    let sums = met.shared.sums.iter().map(|sum| sum.load(Relaxed));
    let sum = sums.fold(0, u64::wrapping_add);
    let count = met.shared.count.load(Relaxed);
    Some((met.shared.flag.load(Relaxed), count, sum))
}

/// Whether the values that workers put in are those that they took out, plus the last one.
pub(super) fn is_conserved(exchange: Exchange) -> bool {
    let left = left(exchange, |shared, worker| {
        let mut sum = 0_u64;
        for n in 0..CALLS {
            let new = n % 3 == worker % 3;
            let old = (shared.exchange)(&shared.flag, new);
            sum = sum.wrapping_add(new.into()).wrapping_sub(old.into());
        }
        shared.sums[worker].store(sum, Relaxed);
    });
    left.is_some_and(|(flag, _, sum)| u64::from(flag) == sum)
}

/// Whether the flag works as a lock: no two workers increment the counter at the same time, and
/// each sees all earlier increments.
pub(super) fn is_lock(acquire: Exchange) -> bool {
    let left = left(acquire, |shared, worker| {
        let mut sum = 0;
        // The holder of the lock may be waiting for this CPU.
        for _ in 0..CALLS {
            if (shared.exchange)(&shared.flag, true) {
                cpu_relax();
                continue;
            }
            shared.count.store(shared.count.load(Relaxed) + 1, Relaxed);
            sum += 1;
            shared.flag.store(false, Release);
        }
        shared.sums[worker].store(sum, Relaxed);
    });
    left.is_some_and(|(flag, count, sum)| !flag && count == sum && count > 0)
}
