//! A wrong `unsafe impl AtomicType` is caught where that is possible.

use atomics_core::{Atomic, AtomicType};

#[derive(Clone, Copy)]
#[repr(transparent)]
struct Small(u16);

unsafe impl AtomicType for Small {
    type Repr = i32;
}

static X: Atomic<Small> = Atomic::new(Small(1));

fn main() {}
