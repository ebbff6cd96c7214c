//! A result that says what happened must not be dropped.

#![deny(unused_must_use)]

use atomics_core::{Atomic, AtomicFlag, Full, Relaxed, atomic_inc_not_zero, atomic_load};

fn main() {
    let x = Atomic::new(1_i32);
    x.load(Relaxed);
    x.dec_and_test(Full);
    x.inc_not_zero(Full);
    x.cmpxchg(1, 2, Full);
    AtomicFlag::new(true).load(Relaxed);
    let mut field = 1_i32;
    // SAFETY: The pointers are valid, and nothing else accesses the field.
    unsafe {
        atomic_load(&raw mut field, Relaxed);
        atomic_inc_not_zero(&raw mut field, Full);
    }
    // These are called for their effect and their ordering, too.
    x.xchg(3, Full);
    x.fetch_add(1, Full);
    x.add_return(1, Full);
    x.dec_if_positive(Full);
    let _ = x.inc_not_zero(Full);
}
