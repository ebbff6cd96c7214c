//! `add_negative()` exists only on signed types.

use atomics_core::{Atomic, Full};

fn main() {
    let x = Atomic::new(1_u32);
    if x.add_negative(1, Full) {}
}
