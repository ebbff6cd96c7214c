//! The orderings of `core::sync::atomic` belong to another memory model.

use atomics_core::Atomic;
use std::sync::atomic::Ordering;

fn main() {
    let x = Atomic::new(1_u32);
    x.fetch_add(1, Ordering::SeqCst);
}
