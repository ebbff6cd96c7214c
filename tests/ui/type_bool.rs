//! `bool` has no arithmetic, because a sum of two need not be a `bool`.

use atomics_core::{Atomic, Relaxed};

fn main() {
    let x = Atomic::new(false);
    x.add(true, Relaxed);
}
