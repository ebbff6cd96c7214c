//! The condition is about what is there at the end.

#![allow(unused_imports)]

use atomics_core::{Atomic, Relaxed};
use atomics_litmus::litmus;

litmus! {
    fn unknown_variable();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = x.load(Relaxed); }
    never (r1 == 1)
}

litmus! {
    fn in_a_block();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { if x.load(Relaxed) == 1 { let r0 = 1; } }
    never (r0 == 1)
}

litmus! {
    fn two_of_one_name();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = x.load(Relaxed); }
    thread { let r0 = y.load(Relaxed); }
    never (r0 == 1)
}

litmus! {
    fn less();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = x.load(Relaxed); }
    never (r0 < 1)
}

litmus! {
    fn call();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = x.load(Relaxed); }
    never (check(r0))
}

litmus! {
    fn number();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = x.load(Relaxed); }
    never (1)
}

litmus! {
    fn empty();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = x.load(Relaxed); }
    never ()
}

fn main() {}
