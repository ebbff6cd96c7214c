//! A shared variable is an `Atomic<T>`.

#![allow(unused_imports)]

use atomics_core::{Atomic, Relaxed};
use atomics_litmus::litmus;

litmus! {
    fn of_core();
    shared { x: core::sync::atomic::AtomicU32 = 0 }
    thread { x.store(1, Relaxed); }
    never (x == 7)
}

litmus! {
    fn plain();
    shared { x: i32 = 0 }
    thread { let r0 = 1; }
    never (x == 7)
}

litmus! {
    fn of_a_float();
    shared { x: Atomic<f32> = 0 }
    thread { let r0 = 1; }
    never (x == 7)
}

litmus! {
    fn of_128_bits();
    shared { x: Atomic<u128> = 0 }
    thread { let r0 = 1; }
    never (x == 7)
}

litmus! {
    fn mutex();
    shared { x: std::sync::Mutex<i32> = 0 }
    thread { let r0 = 1; }
    never (x == 7)
}

litmus! {
    fn initial_value();
    shared { x: Atomic<i32> = one() }
    thread { let r0 = 1; }
    never (x == 7)
}

litmus! {
    fn no_initial_value();
    shared { x: Atomic<i32> }
    thread { let r0 = 1; }
    never (x == 7)
}

litmus! {
    fn address_of_nothing();
    shared { x: Atomic<*const Atomic<i32>> = &z }
    thread { let r0 = 1; }
    never (x == 7)
}

fn main() {}
