//! `dec_and_test()` is always fully ordered, as in C.

use atomics_core::{Atomic, Relaxed};

fn main() {
    let x = Atomic::new(1_u32);
    if x.dec_and_test(Relaxed) {}
}
