//! Rust's own atomics. What is fully ordered in C is `SeqCst` here, which is less.

use core::sync::atomic::{AtomicI32, AtomicI64, fence};

pub use super::extra::Extra;
pub use core::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst as Full};

/// A variable of 32 bits.
pub type A32 = AtomicI32;
/// A variable of 64 bits.
pub type A64 = AtomicI64;

super::extra::extra!(AtomicI32: i32, AtomicI64: i64);

/// The barrier between all accesses.
#[inline(always)]
pub fn smp_mb() {
    fence(Full);
}

/// The barrier between reads.
#[inline(always)]
pub fn smp_rmb() {
    fence(Acquire);
}

/// The barrier between writes.
#[inline(always)]
pub fn smp_wmb() {
    fence(Release);
}
