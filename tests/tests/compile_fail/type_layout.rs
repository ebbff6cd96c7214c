//! A wrong `Repr` in an `unsafe impl AtomicType` does not compile.

use atomics_core::{Atomic, AtomicType};

#[derive(Clone, Copy)]
#[repr(transparent)]
struct Small(u16);

unsafe impl AtomicType for Small {
    type Repr = i32;
}

static X: Atomic<Small> = Atomic::new(Small(1));

fn main() {}
