//! The type's layout must be fixed by its `repr`.

use atomics_core::AtomicType;

#[derive(AtomicType, Clone, Copy)]
enum NoRepr {
    A,
}

#[derive(AtomicType, Clone, Copy)]
#[repr(C)]
enum C {
    A,
}

#[derive(AtomicType, Clone, Copy)]
#[repr(u128)]
enum Wide {
    A,
}

#[derive(AtomicType, Clone, Copy)]
struct NotTransparent(u32);

fn main() {}
