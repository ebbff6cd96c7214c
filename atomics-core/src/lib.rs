//! Atomics under the Linux Kernel Memory Model (LKMM).
//!
//! [`Atomic<T>`] is a variable that threads share. Each of its methods does what the C operation
//! of the Linux kernel does that its documentation names, fence for fence; so Rust and C agree
//! on the ordering of a variable that they share.
//!
//! ```
//! use atomics_core::{Acquire, Atomic, Relaxed, Release};
//!
//! static DATA: Atomic<u32> = Atomic::new(0);
//! static READY: Atomic<bool> = Atomic::new(false);
//!
//! fn publish() {
//!     DATA.store(42, Relaxed);
//!     READY.store(true, Release);
//! }
//!
//! fn consume() -> Option<u32> {
//!     READY.load(Acquire).then(|| DATA.load(Relaxed))
//! }
//!
//! assert_eq!(consume(), None);
//! publish();
//! assert_eq!(consume(), Some(42));
//! ```
//!
//! - [`Atomic<T>`] has the operations as methods that take an ordering: [`Relaxed`],
//!   [`Acquire`], [`Release`] or [`Full`]. An ordering that C does not have for an operation does
//!   not compile.
//! - Functions on raw pointers, such as [`atomic_load`] and [`xchg`], do the same for fields that
//!   C declares.
//! - [`raw`] has C's functions one to one, under their own names.
//! - [`barrier`] has the memory barriers.
//! - [`AtomicType`] says what `T` can be, and derives it.
//!
//! # Backends
//!
//! The operations are inline assembly, on aarch64, arm, loongarch64, powerpc64, riscv64, s390x, x86
//! and x86_64. Instructions that only some CPUs have are used where the compiler is told that the
//! CPU has them (`-C target-feature`); with the feature `std`, also where an aarch64 CPU says when the
//! program runs that it has LSE.
//!
//! With the feature `c-helpers` the operations are calls of C functions that are built with the
//! crate, on any 64-bit architecture; that needs a C compiler.
//!
//! # Do not mix memory models
//!
//! The LKMM and the model of `core::sync::atomic` are two models. A variable must be accessed by
//! the rules of one of them: either always through this crate and the kernel's C, or always
//! through `core`.

#![no_std]

#[cfg(feature = "std")]
extern crate std;

mod atomic;

pub use atomic::*;
pub use atomics_macros::AtomicType;
