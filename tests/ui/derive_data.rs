//! An enum with data cannot be atomic, because not all of its bits are always initialised.

use atomics_core::AtomicType;

#[derive(AtomicType, Clone, Copy)]
#[repr(u8)]
enum State {
    Idle,
    Busy(u8),
}

fn main() {}
