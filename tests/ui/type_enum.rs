//! An enum has no arithmetic, because a sum of two variants need not be a variant.

use atomics_core::{Atomic, AtomicType, Full};

#[derive(AtomicType, Clone, Copy)]
#[repr(i32)]
enum State {
    Idle,
    Busy,
}

fn main() {
    let x = Atomic::new(State::Idle);
    x.fetch_add(State::Busy, Full);
    x.inc(atomics_core::Relaxed);
}
