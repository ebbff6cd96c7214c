//! A store cannot be fully ordered.

use atomics_core::{Atomic, Full};

fn main() {
    let x = Atomic::new(1_i32);
    x.store(2, Full);
}
