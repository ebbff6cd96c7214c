//! Not every sum of two bools is a bool.

use atomics_core::{Atomic, Relaxed};

fn main() {
    let x = Atomic::new(false);
    x.add(true, Relaxed);
}
