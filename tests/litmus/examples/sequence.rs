//! A sequence counter: the writer makes it odd, writes, and makes it even. A reader that finds the
//! same even number before and after has read what belongs together.
//!
//! ```sh
//! cargo test -p atomics-litmus --example sequence
//! ```

use atomics_core::barrier::{Write, smp_mb};
use atomics_core::{Atomic, Relaxed};
use atomics_litmus as litmus;

/// Two numbers that belong together.
pub struct Pair {
    sequence: Atomic<i32>,
    first: Atomic<i32>,
    second: Atomic<i32>,
}

/// Writes both numbers.
#[litmus::model]
pub fn write(pair: &Pair, number: i32) {
    let sequence = pair.sequence.load(Relaxed);
    pair.sequence.store(sequence + 1, Relaxed);
    smp_mb(Write);
    pair.first.store(number, Relaxed);
    pair.second.store(number, Relaxed);
    smp_mb(Write);
    pair.sequence.store(sequence + 2, Relaxed);
}

/// A reader whose second load of the counter looks right.
pub mod broken {
    #[cfg(test)]
    use atomics_core::Atomic;
    use atomics_core::{Acquire, Relaxed};
    use atomics_litmus::{self as litmus, litmus};

    use super::{Pair, write};

    /// Reads the sum of both numbers, unless a writer was there.
    #[litmus::model]
    pub fn sum(pair: &Pair) -> Option<i32> {
        let start = pair.sequence.load(Acquire);
        let first = pair.first.load(Relaxed);
        let second = pair.second.load(Relaxed);
        // An acquire keeps what comes after it from being early. What comes before it may be late.
        let end = pair.sequence.load(Acquire);
        if start == end && start & 1 == 0 {
            Some(first + second)
        } else {
            None
        }
    }

    litmus! {
        /// One number is old and one is new.
        fn one_number_is_old();
        shared {
            pair: Pair { sequence: Atomic<i32> = 0, first: Atomic<i32> = 0, second: Atomic<i32> = 0 },
        }
        thread { write(pair, 1); }
        thread { let sum = sum(pair); }
        sometimes (sum == Some(1))
    }
}

/// A barrier between the numbers and the second load of the counter.
pub mod right {
    #[cfg(test)]
    use atomics_core::Atomic;
    use atomics_core::barrier::{Read, smp_mb};
    use atomics_core::{Acquire, Relaxed};
    use atomics_litmus::{self as litmus, litmus};

    use super::{Pair, write};

    /// Reads the sum of both numbers, unless a writer was there.
    #[litmus::model]
    pub fn sum(pair: &Pair) -> Option<i32> {
        let start = pair.sequence.load(Acquire);
        let first = pair.first.load(Relaxed);
        let second = pair.second.load(Relaxed);
        smp_mb(Read);
        let end = pair.sequence.load(Relaxed);
        if start == end && start & 1 == 0 {
            Some(first + second)
        } else {
            None
        }
    }

    litmus! {
        /// Both numbers are old, or both are new.
        fn one_number_is_old();
        shared {
            pair: Pair { sequence: Atomic<i32> = 0, first: Atomic<i32> = 0, second: Atomic<i32> = 0 },
        }
        thread { write(pair, 1); }
        thread { let sum = sum(pair); }
        never (sum == Some(1))
    }
}

fn main() {
    println!("cargo test -p atomics-litmus --example sequence");
}
