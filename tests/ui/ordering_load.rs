//! A load has no store to release.

use atomics_core::{Atomic, Release};

fn main() {
    let x = Atomic::new(1_i32);
    x.load(Release);
}
