//! The hand-over of an MCS lock: who waits spins on a flag of its own, and who unlocks clears the
//! flag of the next one. `tail` is the flag of the last one in the queue; `next` is the flag of
//! who comes after the owner.
//!
//! The first thread has the lock, and unlocks it. The second locks it, which it does at once or
//! after a hand-over.
//!
//! ```sh
//! cargo test -p atomics-litmus --example mcs
//! ```

/// Barriers that order less than a lock has to.
pub mod broken {
    use std::ptr;

    use atomics_core::barrier::{Write, smp_mb};
    use atomics_core::{Acquire, Atomic, Relaxed, Release};
    use atomics_litmus::{self as litmus, litmus};

    /// Locks. `owners_next` is where the owner looks for the next one.
    #[litmus::model]
    pub fn lock(
        tail: &Atomic<*const Atomic<u32>>,
        mine: &Atomic<u32>,
        owners_next: &Atomic<*const Atomic<u32>>,
    ) {
        let owner = tail.xchg(mine, Acquire);
        if !owner.is_null() {
            owners_next.store(mine, Relaxed);
            // The loop ends when the flag is clear. Loads after it need not wait for that.
            while mine.load(Relaxed) == 1 {
                std::hint::spin_loop();
            }
        }
    }

    /// Unlocks.
    #[litmus::model]
    pub fn unlock(
        tail: &Atomic<*const Atomic<u32>>,
        mine: &Atomic<u32>,
        my_next: &Atomic<*const Atomic<u32>>,
    ) {
        let mut next = my_next.load(Relaxed);
        if next.is_null() {
            if tail.cmpxchg(mine, ptr::null(), Release).is_ok() {
                return;
            }
            while next.is_null() {
                next = my_next.load(Relaxed);
            }
        }
        // "What the owner wrote is written before the lock is free." What it read is not yet read.
        smp_mb(Write);
        // SAFETY: It points to the flag of a thread that waits until this store.
        unsafe { (*next).store(0, Relaxed) };
    }

    litmus! {
        /// The next owner does not see what the last one wrote.
        fn what_the_owner_wrote_is_not_seen();
        unroll 1;
        shared {
            data: Atomic<i32> = 0,
            first: Atomic<u32> = 0,
            second: Atomic<u32> = 1,
            next: Atomic<*const Atomic<u32>> = null(),
            tail: Atomic<*const Atomic<u32>> = &first,
        }
        thread { data.store(1, Relaxed); unlock(tail, first, next); }
        thread { lock(tail, second, next); let seen = data.load(Relaxed); }
        sometimes (seen == 0)
    }

    litmus! {
        /// The last owner sees what the next one writes.
        fn what_the_next_writes_is_seen();
        unroll 1;
        shared {
            data: Atomic<i32> = 0,
            first: Atomic<u32> = 0,
            second: Atomic<u32> = 1,
            next: Atomic<*const Atomic<u32>> = null(),
            tail: Atomic<*const Atomic<u32>> = &first,
        }
        thread { let seen = data.load(Relaxed); unlock(tail, first, next); }
        thread { lock(tail, second, next); data.store(1, Relaxed); }
        sometimes (seen == 1)
    }
}

/// The hand-over is a store with release, and a load with acquire.
pub mod right {
    use std::ptr;

    use atomics_core::{Acquire, Atomic, Relaxed, Release};
    use atomics_litmus::{self as litmus, litmus};

    /// Locks. `owners_next` is where the owner looks for the next one.
    #[litmus::model]
    pub fn lock(
        tail: &Atomic<*const Atomic<u32>>,
        mine: &Atomic<u32>,
        owners_next: &Atomic<*const Atomic<u32>>,
    ) {
        let owner = tail.xchg(mine, Acquire);
        if !owner.is_null() {
            owners_next.store(mine, Relaxed);
            while mine.load(Acquire) == 1 {
                std::hint::spin_loop();
            }
        }
    }

    /// Unlocks.
    #[litmus::model]
    pub fn unlock(
        tail: &Atomic<*const Atomic<u32>>,
        mine: &Atomic<u32>,
        my_next: &Atomic<*const Atomic<u32>>,
    ) {
        let mut next = my_next.load(Relaxed);
        if next.is_null() {
            if tail.cmpxchg(mine, ptr::null(), Release).is_ok() {
                return;
            }
            while next.is_null() {
                next = my_next.load(Relaxed);
            }
        }
        // SAFETY: It points to the flag of a thread that waits until this store.
        unsafe { (*next).store(0, Release) };
    }

    litmus! {
        /// The next owner sees what the last one wrote.
        fn what_the_owner_wrote_is_not_seen();
        unroll 1;
        shared {
            data: Atomic<i32> = 0,
            first: Atomic<u32> = 0,
            second: Atomic<u32> = 1,
            next: Atomic<*const Atomic<u32>> = null(),
            tail: Atomic<*const Atomic<u32>> = &first,
        }
        thread { data.store(1, Relaxed); unlock(tail, first, next); }
        thread { lock(tail, second, next); let seen = data.load(Relaxed); }
        never (seen == 0)
    }

    litmus! {
        /// The last owner does not see what the next one writes.
        fn what_the_next_writes_is_seen();
        unroll 1;
        shared {
            data: Atomic<i32> = 0,
            first: Atomic<u32> = 0,
            second: Atomic<u32> = 1,
            next: Atomic<*const Atomic<u32>> = null(),
            tail: Atomic<*const Atomic<u32>> = &first,
        }
        thread { let seen = data.load(Relaxed); unlock(tail, first, next); }
        thread { lock(tail, second, next); data.store(1, Relaxed); }
        never (seen == 1)
    }
}

fn main() {
    println!("cargo test -p atomics-litmus --example mcs");
}
