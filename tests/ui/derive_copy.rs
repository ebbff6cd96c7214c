//! An atomic load makes a copy.

use atomics_core::AtomicType;

#[derive(AtomicType)]
#[repr(u8)]
enum State {
    Idle,
}

fn main() {}
