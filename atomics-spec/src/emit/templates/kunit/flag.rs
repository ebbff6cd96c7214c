//! The calls of [`AtomicFlag`], and what several workers do to one.

use super::super::*;
use super::workers::{together, WORKERS};
use crate::processor::cpu_relax;

/// The flag is loaded.
type Load = fn(&AtomicFlag) -> bool;
/// The flag is set.
type Store = fn(&AtomicFlag, bool);
/// The flag is set, and its old value returned.
type Exchange = fn(&AtomicFlag, bool) -> bool;
/// The flag is set to the second value if it is the first.
type Compare = fn(&AtomicFlag, bool, bool) -> Result<bool, bool>;

/// `load` in every ordering.
pub(super) const LOADS: [Load; 2] = [|flag| flag.load(Relaxed), |flag| flag.load(Acquire)];

/// `store` in every ordering.
pub(super) const STORES: [Store; 2] = [
    |flag, value| flag.store(value, Relaxed),
    |flag, value| flag.store(value, Release),
];

/// `xchg` in every ordering, and `cmpxchg`, which is the same if it expects the other value.
/// Those that acquire are first.
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

/// Those that acquire.
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

/// The old value, whether or not it was the one expected.
fn exchanged(result: Result<bool, bool>) -> bool {
    match result {
        Ok(old) | Err(old) => old,
    }
}

/// How often each worker sets the flag.
const CALLS: usize = 10_000;

/// What workers share.
struct Shared {
    flag: AtomicFlag,
    exchange: Exchange,
    /// What only who has the lock adds to.
    count: Atomic<u64>,
    /// What each worker has counted.
    sums: [Atomic<u64>; WORKERS],
}

/// What workers leave: the flag, what they counted together, and what each for itself.
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

/// Whether what workers put in is what they took out, and what is left.
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

/// Whether the flag is a lock: no two workers count at the same time, and who counts sees what
/// was counted before.
pub(super) fn is_lock(acquire: Exchange) -> bool {
    let left = left(acquire, |shared, worker| {
        let mut sum = 0;
        // Whoever has the lock may have to wait for this CPU.
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
