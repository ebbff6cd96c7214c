//! What a test consists of.

#![allow(unused_imports)]

use atomics_core::{Atomic, Relaxed};
use atomics_litmus::litmus;

litmus! {
    fn no_condition();
    shared { x: Atomic<i32> = 0 }
    thread { x.store(1, Relaxed); }
}

litmus! {
    fn no_claim();
    shared { x: Atomic<i32> = 0 }
    thread { x.store(1, Relaxed); }
    exists (x == 1)
}

litmus! {
    fn no_threads();
    shared { x: Atomic<i32> = 0 }
    never (x == 1)
}

litmus! {
    fn no_variables();
    thread {}
    never (x == 1)
}

litmus! {
    fn parameters(x: &Atomic<i32>);
    shared { x: Atomic<i32> = 0 }
    thread {}
    never (x == 1)
}

litmus! {
    fn twice();
    shared { x: Atomic<i32> = 0, x: Atomic<i32> = 0 }
    thread { x.store(1, Relaxed); }
    never (x == 1)
}

litmus! {
    fn two_conditions();
    shared { x: Atomic<i32> = 0 }
    thread { x.store(1, Relaxed); }
    never (x == 1)
    never (x == 2)
}

struct Counter(Atomic<i32>);

impl Counter {
    #[atomics_litmus::model]
    fn method(&self) {
        self.0.store(1, Relaxed);
    }
}

fn main() {}
