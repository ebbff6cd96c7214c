//! A pointer has no bitwise operations.

use atomics_core::{Atomic, Full};

fn main() {
    let x = Atomic::new(core::ptr::null_mut::<u8>());
    x.fetch_or(core::ptr::null_mut(), Full);
}
