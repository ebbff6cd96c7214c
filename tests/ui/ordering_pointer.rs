//! The functions on raw pointers take the same orderings as the methods.

use atomics_core::{Acquire, atomic_store};

fn main() {
    let mut field = 1_u32;
    unsafe { atomic_store(&raw mut field, 2, Acquire) };
}
