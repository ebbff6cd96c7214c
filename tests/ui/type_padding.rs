//! A type with padding cannot be atomic, because padding is uninitialised.

use atomics_core::AtomicType;

#[derive(AtomicType, Clone, Copy)]
struct Pair {
    a: u8,
    b: u16,
}

#[derive(AtomicType, Clone, Copy)]
#[repr(transparent)]
struct Tuple((u8, u16));

fn main() {}
