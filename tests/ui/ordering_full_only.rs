//! C has `atomic_dec_and_test()` fully ordered only.

use atomics_core::{Atomic, Relaxed};

fn main() {
    let x = Atomic::new(1_u32);
    if x.dec_and_test(Relaxed) {}
}
