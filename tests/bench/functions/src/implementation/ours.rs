//! This project's atomics, in inline assembly or with C helpers.

use atomics_core::Atomic;
use atomics_core::barrier::{Read, Write};

pub use atomics_core::{Acquire, Full, Relaxed, Release};

/// A variable of 32 bits.
pub type A32 = Atomic<i32>;
/// A variable of 64 bits.
pub type A64 = Atomic<i64>;

/// The barrier between all accesses.
#[inline(always)]
pub fn smp_mb() {
    atomics_core::barrier::smp_mb(Full);
}

/// The barrier between reads.
#[inline(always)]
pub fn smp_rmb() {
    atomics_core::barrier::smp_mb(Read);
}

/// The barrier between writes.
#[inline(always)]
pub fn smp_wmb() {
    atomics_core::barrier::smp_mb(Write);
}
