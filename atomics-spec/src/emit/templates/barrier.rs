//! Memory barriers.
//!
//! They have the meaning that the kernel (`Documentation/memory-barriers.txt`) and the LKMM give
//! them. A type says what a barrier orders:
//!
//! - [`Read`] orders earlier loads before later loads: C's `rmb()`, `smp_rmb()`, `dma_rmb()`.
//! - [`Write`] orders earlier stores before later stores: C's `wmb()`, `smp_wmb()`,
//!   `dma_wmb()`.
//! - [`Full`] orders all earlier accesses before all later ones: C's `mb()`, `smp_mb()`,
//!   `dma_mb()`.
//!
//! [`mb`] and [`dma_mb`] reach devices. What they need for that depends on the architecture; where
//! it is not known, the two do not compile.
//!
//! # Memory that the compiler keeps to itself
//!
//! To the compiler, a barrier is code that accesses any memory *that it can reach*. Rust promises
//! that no other code reaches what is behind a `&mut` reference or in a `Box`, that no other code
//! changes what is behind a `&` reference without interior mutability, and that none reaches a
//! local variable whose address it was not given. So the compiler moves, merges and removes plain
//! accesses to such memory as if the barrier were not there. This function hands a descriptor to a
//! device, and is **wrong**: compiled for aarch64 or x86_64, it stores nothing before the first
//! barrier, so the device may read a descriptor that is half written.
//!
//! ```
//! use $path::barrier::{Write, dma_mb};
//!
//! #[repr(C)]
//! pub struct Descriptor {
//!     address: u64,
//!     length: u32,
//!     owner: u32,
//! }
//!
//! pub fn refill_wrong(descriptor: &mut Descriptor, address: u64, length: u32) {
//!     descriptor.owner = 0;
//!     dma_mb(Write);
//!     descriptor.address = address;
//!     descriptor.length = length;
//!     dma_mb(Write);
//!     descriptor.owner = 1;
//! }
//! ```
//!
//! Memory that a device or another CPU accesses, too, belongs behind a raw pointer that does not
//! come from such a reference, and is accessed with volatile accesses or as an
//! [`Atomic`](super::Atomic). The compiler neither removes these nor moves them across a barrier.
//! This is **right**:
//!
//! ```
//! use $path::barrier::{Write, dma_mb};
//!
//! #[repr(C)]
//! pub struct Descriptor {
//!     address: u64,
//!     length: u32,
//!     owner: u32,
//! }
//!
//! /// # Safety
//! ///
//! /// `descriptor` is valid for writes and aligned.
//! pub unsafe fn refill(descriptor: *mut Descriptor, address: u64, length: u32) {
//!     // SAFETY: The caller promises that the pointer is valid.
//!     unsafe {
//!         (&raw mut (*descriptor).owner).write_volatile(0);
//!         dma_mb(Write);
//!         (&raw mut (*descriptor).address).write_volatile(address);
//!         (&raw mut (*descriptor).length).write_volatile(length);
//!         dma_mb(Write);
//!         (&raw mut (*descriptor).owner).write_volatile(1);
//!     }
//! }
//! ```
//!
//! The same holds for the ordering of atomic operations.

$uses

mod private {
    /// The flavour of barriers between CPUs.
    #[derive(Debug)]
    pub struct Smp;

    /// The flavour of barriers between a CPU and devices with coherent access to its memory.
    #[derive(Debug)]
    pub struct Dma;
}

use private::{Dma, Smp};

/// The accesses that a barrier orders: [`Read`], [`Write`] or [`Full`], for each flavour of
/// barriers.
#[diagnostic::on_unimplemented(
    message = "there is no such barrier for `{Self}`",
    label = "a barrier is for `Full`, `Read` or `Write`"
)]
$attributes
pub trait MemoryBarrier<Flavour = ()>: sealed::Sealed {
    /// Executes the barrier; not part of the interface.
    #[doc(hidden)]
    fn run(self);
}

mod sealed {
    /// Keeps other crates from adding barriers.
    pub trait Sealed {}

    impl Sealed for super::Full {}
    impl Sealed for super::Read {}
    impl Sealed for super::Write {}
}
$impls
/// A barrier for all accesses, including accesses to devices.
///
/// `mb(Full)` is C's `mb()`, `mb(Read)` its `rmb()` and `mb(Write)` its `wmb()`.
///
/// # Examples
///
/// ```
/// use $path::barrier::{Full, Read, Write, mb};
///
/// mb(Full);
/// mb(Read);
/// mb(Write);
/// ```
#[doc(alias = "rmb")]
#[doc(alias = "wmb")]
#[inline(always)]
pub fn mb<T: MemoryBarrier>(accesses: T) {
    accesses.run();
}

/// A barrier between CPUs. It does not order accesses as seen by devices.
///
/// `smp_mb(Full)` is C's `smp_mb()`, `smp_mb(Read)` its `smp_rmb()` and `smp_mb(Write)` its
/// `smp_wmb()`.
///
/// # Examples
///
/// ```
/// use $path::barrier::{Full, Read, Write, smp_mb};
///
/// smp_mb(Full);
/// smp_mb(Read);
/// smp_mb(Write);
/// ```
#[doc(alias = "fence")]
#[doc(alias = "smp_rmb")]
#[doc(alias = "smp_wmb")]
#[inline(always)]
pub fn smp_mb<T: MemoryBarrier<Smp>>(accesses: T) {
    accesses.run();
}

/// A barrier between a CPU and devices with coherent access to its memory.
///
/// It does not order plain accesses behind a `&mut` reference: access what a device accesses as the
/// [module](self#memory-that-the-compiler-keeps-to-itself) shows.
///
/// `dma_mb(Full)` is C's `dma_mb()`, `dma_mb(Read)` its `dma_rmb()` and `dma_mb(Write)` its
/// `dma_wmb()`.
///
/// # Examples
///
/// ```
/// use $path::barrier::{Full, Read, Write, dma_mb};
///
/// dma_mb(Full);
/// dma_mb(Read);
/// dma_mb(Write);
/// ```
#[doc(alias = "dma_rmb")]
#[doc(alias = "dma_wmb")]
#[inline(always)]
pub fn dma_mb<T: MemoryBarrier<Dma>>(accesses: T) {
    accesses.run();
}

/// A compiler barrier, which the CPU does not see: C's `barrier()`.
///
/// The compiler moves no access across it, except to memory that it
/// [keeps to itself](self#memory-that-the-compiler-keeps-to-itself).
///
/// # Examples
///
/// ```
/// $path::barrier::barrier();
/// ```
#[doc(alias = "compiler_fence")]
#[inline(always)]
pub fn barrier() {
$known
    // The compiler must assume that the block accesses any memory that it can reach.
    // SAFETY: The block contains no instructions.
    unsafe {
        core::arch::asm!("", options(nostack, preserves_flags))
    };
    // Rust may have no stable inline assembly elsewhere. The operations are calls of C there.
$unknown
    core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
}
