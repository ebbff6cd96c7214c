//! The bodies of functions have to be known.

#![allow(unused_imports)]

use atomics_core::barrier::smp_mb;
use atomics_core::{Acquire, Atomic, Full, Relaxed, Release};
use atomics_litmus::litmus;

litmus! {
    fn heap();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = Box::new(1); }
    never (x == 7)
}

litmus! {
    fn vector();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = vec![1]; }
    never (x == 7)
}

litmus! {
    fn format();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = format!("{}", 1); }
    never (x == 7)
}

litmus! {
    fn print();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { println!("{}", x.load(Relaxed)); }
    never (x == 7)
}

litmus! {
    fn not_marked();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { helper(x); }
    never (x == 7)
}

litmus! {
    fn nowhere();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { nowhere(x); }
    never (x == 7)
}

litmus! {
    fn device();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { atomics_core::barrier::dma_mb(Full); }
    never (x == 7)
}

litmus! {
    fn no_such_method();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { x.frobnicate(1, Relaxed); }
    never (x == 7)
}

litmus! {
    fn no_such_ordering();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { let r0 = x.load(Release); }
    never (x == 7)
}

litmus! {
    fn of_an_ordering();
    shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
    thread { smp_mb(Acquire); }
    never (x == 7)
}

fn helper(_: &Atomic<i32>) {}

fn main() {}
