//! Loops have a bound that is stated.

#![allow(unused_imports)]

use atomics_core::{Atomic, Relaxed};
use atomics_litmus::litmus;

litmus! {
    fn unbounded();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { while x.load(Relaxed) == 0 {} }
    never (x == 7)
}

litmus! {
    fn endless();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { loop { y.store(1, Relaxed); } }
    never (x == 7)
}

litmus! {
    fn bound_of_a_variable();
    unroll 3;
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { for i in 0..x.load(Relaxed) { y.store(i, Relaxed); } }
    never (x == 7)
}

litmus! {
    fn over_an_array();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { for i in [1, 2] { y.store(i, Relaxed); } }
    never (x == 7)
}

litmus! {
    fn too_many_rounds();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { for i in 0..1_000_000 { y.store(i, Relaxed); } }
    never (x == 7)
}

litmus! {
    fn no_literal();
    unroll ROUNDS;
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { loop { break; } }
    never (x == 7)
}

litmus! {
    fn unrolled_too_often();
    unroll 1000;
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { loop { break; } }
    never (x == 7)
}

fn main() {}
