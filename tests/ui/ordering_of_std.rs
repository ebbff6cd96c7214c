//! The orderings of `core::sync::atomic` belong to another memory model.

use atomics_core::Atomic;
use std::sync::atomic::Ordering;

fn main() {
    let x = Atomic::new(1_u32);
    x.fetch_add(1, Ordering::SeqCst);
    x.store(2, Ordering::SeqCst);
    x.add(1, Ordering::AcqRel);
    let _ = x.load(Ordering::Relaxed);
    let _ = x.dec_and_test(Ordering::Release);
}
