//! The publication of a pointer, and a read of what it points to: what was written before the
//! pointer was published is seen through it. The reader needs no barrier, because it cannot know
//! where to read before it has the pointer.
//!
//! ```sh
//! cargo test -p atomics-litmus --example publish
//! ```

/// A barrier on the wrong side, and a read that does not go through the pointer.
pub mod broken {
    #[cfg(test)]
    use atomics_core::Release;
    use atomics_core::barrier::{Write, smp_mb};
    use atomics_core::{Atomic, Relaxed};
    use atomics_litmus::{self as litmus, litmus};

    /// Publishes a pointer.
    #[litmus::model]
    pub fn publish(at: &Atomic<*const Atomic<i32>>, new: &Atomic<i32>) {
        at.store(new, Relaxed);
        smp_mb(Write);
    }

    litmus! {
        /// What was written before is not seen.
        fn the_pointer_is_early();
        shared {
            old: Atomic<i32> = 1,
            new: Atomic<i32> = 0,
            at: Atomic<*const Atomic<i32>> = &old,
        }
        thread { new.store(1, Relaxed); publish(at, new); }
        thread {
            let seen = at.load(Relaxed);
            // SAFETY: It points to one of the variables of this test.
            let value = unsafe { (*seen).load(Relaxed) };
        }
        sometimes (seen == &new && value == 0)
    }

    litmus! {
        /// The reader knows where the new value is, and reads it without the pointer.
        fn the_read_is_early();
        shared {
            old: Atomic<i32> = 1,
            new: Atomic<i32> = 0,
            at: Atomic<*const Atomic<i32>> = &old,
        }
        thread { new.store(1, Relaxed); at.store(new, Release); }
        thread { let seen = at.load(Relaxed); let value = new.load(Relaxed); }
        sometimes (seen == &new && value == 0)
    }
}

/// A store with release, and a read through the pointer.
pub mod right {
    #[cfg(test)]
    use atomics_core::Relaxed;
    use atomics_core::{Atomic, Release};
    use atomics_litmus::{self as litmus, litmus};

    /// Publishes a pointer.
    #[litmus::model]
    pub fn publish(at: &Atomic<*const Atomic<i32>>, new: &Atomic<i32>) {
        at.store(new, Release);
    }

    litmus! {
        /// What was written before the pointer was published is seen.
        fn the_pointer_is_early();
        shared {
            old: Atomic<i32> = 1,
            new: Atomic<i32> = 0,
            at: Atomic<*const Atomic<i32>> = &old,
        }
        thread { new.store(1, Relaxed); publish(at, new); }
        thread {
            let seen = at.load(Relaxed);
            // SAFETY: It points to one of the variables of this test.
            let value = unsafe { (*seen).load(Relaxed) };
        }
        never (seen == &new && value == 0)
    }
}

fn main() {
    println!("cargo test -p atomics-litmus --example publish");
}
