//! There are no atomic operations on floating point.

use atomics_core::Atomic;

static X: Atomic<f32> = Atomic::new(1.0);

fn main() {}
