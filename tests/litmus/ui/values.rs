//! Numbers, truths and addresses of shared variables are all there is.

#![allow(unused_imports)]

use atomics_core::{Atomic, Relaxed};
use atomics_litmus::litmus;

litmus! {
    fn float();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = 1.5; }
    never (x == 7)
}

litmus! {
    fn text();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = "one"; }
    never (x == 7)
}

litmus! {
    fn wide();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = 5_000_000_000_i64; }
    never (x == 7)
}

litmus! {
    fn array();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = [1, 2]; }
    never (x == 7)
}

litmus! {
    fn tuple();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let (a, b) = (1, 2); }
    never (x == 7)
}

litmus! {
    fn division();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = x.load(Relaxed) / 2; }
    never (x == 7)
}

litmus! {
    fn closure();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = || x.load(Relaxed); }
    never (x == 7)
}

litmus! {
    fn unsigned_difference();
    shared { x: Atomic<u32> = 0 }
    thread { let r0 = x.load(Relaxed); let r1 = r0.wrapping_sub(1) < 4; }
    never (x == 7)
}

litmus! {
    fn narrow_arithmetic();
    shared { x: Atomic<u8> = 0 }
    thread { x.add(1, Relaxed); }
    never (x == 7)
}

litmus! {
    fn no_value();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = x; }
    thread { if y { x.store(1, Relaxed); } }
    never (x == 7)
}

fn main() {}
