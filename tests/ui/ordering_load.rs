//! A load cannot have release ordering.

use atomics_core::{Atomic, Release};

fn main() {
    let x = Atomic::new(1_i32);
    x.load(Release);
}
