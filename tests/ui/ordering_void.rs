//! A read-modify-write that returns nothing can only be relaxed.

use atomics_core::{Atomic, Full};

fn main() {
    let x = Atomic::new(1_i32);
    x.add(2, Full);
}
