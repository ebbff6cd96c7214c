//! An atomic load copies the value, so the type must be `Copy`.

use atomics_core::AtomicType;

#[derive(AtomicType)]
#[repr(u8)]
enum State {
    Idle,
}

fn main() {}
