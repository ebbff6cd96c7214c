//! An enum with data has a payload whose bits are not always initialised.

use atomics_core::AtomicType;

#[derive(AtomicType, Clone, Copy)]
#[repr(u8)]
enum State {
    Idle,
    Busy(u8),
}

fn main() {}
