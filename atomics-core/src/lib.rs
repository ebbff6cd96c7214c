//! Atomics under the Linux Kernel Memory Model (LKMM).
//!
//! [`Atomic<T>`] is a variable that threads share. Each of its methods has the effect and the
//! ordering of the C operation of the Linux kernel that its documentation names, so that Rust and C
//! can share a variable.
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
//! - [`raw`] has the C functions one to one, under their C names.
//! - [`barrier`] has the memory barriers.
//! - [`AtomicType`] is the trait of the types that `T` can be, and the derive that implements it,
//!   with the feature `derive`, which is on by default.
//!
//! The [`guide`] explains how to [port C code](guide::porting), [share a field with
//! C](guide::sharing), [choose an ordering](guide::choosing), [generate the drop-in for a
//! kernel](guide::kernel), and more.
//!
//! # From `core::sync::atomic`
//!
//! The page [`guide::from_core`] explains the differences.
//!
//! | `core::sync::atomic` | here |
//! | --- | --- |
//! | `AtomicU32`, `AtomicBool`, `AtomicPtr<T>`, ... | [`Atomic<u32>`](Atomic), `Atomic<bool>`, `Atomic<*mut T>`, ...; [`AtomicFlag`] for a flag that is exchanged |
//! | `Relaxed`, `Acquire`, `Release` | the types [`Relaxed`], [`Acquire`], [`Release`]; see [`ordering`] for what they order |
//! | `AcqRel`, `SeqCst` | [`Full`], which is stronger |
//! | `load(SeqCst)` | [`load(Acquire)`](Atomic::load), after `smp_mb(Full)` if an earlier store must come first |
//! | `store(v, SeqCst)` | [`store(v, Release)`](Atomic::store), before `smp_mb(Full)` if a later load must come after it |
//! | `swap` | [`xchg`](Atomic::xchg) |
//! | `compare_exchange` | [`cmpxchg`](Atomic::cmpxchg), which has no ordering for a failure: it orders nothing |
//! | `compare_exchange_weak` | `cmpxchg`: there is no weak form |
//! | `fetch_update`, `fetch_max`, `fetch_min`, `fetch_nand` | a loop with `cmpxchg`, as its examples show |
//! | `fetch_add`, `fetch_sub`, `fetch_and`, `fetch_or`, `fetch_xor` | the same; without a result and an ordering [`add`](Atomic::add) and so on |
//! | `fetch_and` with `!bits` | [`fetch_andnot`](Atomic::fetch_andnot) with `bits` |
//! | `fetch_or(true, ...)`, `fetch_and(false, ...)` | [`xchg`](Atomic::xchg): a `bool` has no bitwise operations |
//! | `fetch_not` | [`fetch_xor`](Atomic::fetch_xor) on an integer |
//! | `fence(SeqCst)`, `fence(AcqRel)` | [`smp_mb(Full)`](barrier::smp_mb) |
//! | `fence(Acquire)`, `fence(Release)` | `smp_mb(Full)`; between loads, `smp_mb(Read)` is enough, between stores `smp_mb(Write)` |
//! | `compiler_fence` | [`barrier`](barrier::barrier()) |
//! | `core::hint::spin_loop` | the same |
//! | `new`, `from_ptr`, `as_ptr`, `get_mut`, `from_mut`, `into_inner` | the same |
//!
//! Orderings are types, and an operation takes those that C has for it: a function that is generic
//! over its ordering is in the documentation of [`ordering`].
//!
//! # Backends
//!
//! The operations are inline assembly. Instructions that only some CPUs have are used if the
//! compiler may assume them (`-C target-feature`). With the feature `std`, they are also used if
//! the CPU reports them at run time, where the second column says so. The last column is the oldest
//! version of Rust; powerpc64 needs it with the feature `c-helpers`, too, for [`barrier::barrier`].
//!
//! | `target_arch` | `std` asks for | Rust |
//! | --- | --- | --- |
//! | `aarch64` | `lse` | 1.88 |
//! | `arm` | - | 1.88 |
//! | `loongarch64` | - | 1.88 |
//! | `powerpc64` | - | 1.95 |
//! | `riscv64` | - | 1.88 |
//! | `s390x` | `vector` | 1.88, with `std` 1.93 |
//! | `x86` | `sse2` | 1.88 |
//! | `x86_64` | - | 1.88 |
//!
//! With the feature `c-helpers`, the operations call C functions that are built with the crate, on
//! any 64-bit architecture. This needs a C compiler. C has no fences that reach devices: for
//! [`barrier::mb`] and [`barrier::dma_mb`], these functions have the same instructions as the
//! inline assembly, and on an architecture without inline assembly the two do not compile.
//!
//! # Fences
//!
//! A path through an operation has the fences of the kernel's C. A checked report compares the
//! machine code of both. The largest exception is s390x, which orders loads before loads and stores
//! before stores by itself, also for devices: the kernel has a serializing branch in `dma_rmb()`
//! and `dma_wmb()`, which are compiler barriers here, and after every interlocked operation that
//! returns a value, of which here only the fully ordered ones have one.
//!
//! # Sanitizers
//!
//! Sanitizers do not see inline assembly. ThreadSanitizer reports data races where there are none:
//! for plain data that an operation hands to another thread. AddressSanitizer misses operations on
//! memory out of bounds. With the feature `c-helpers`, and the C code compiled with the same
//! sanitizer (`CFLAGS=-fsanitize=thread` or `-fsanitize=address`), ThreadSanitizer sees [`Acquire`]
//! and [`Release`], but neither [`Full`] nor barriers, since it does not know fences, and
//! AddressSanitizer sees all operations.
//!
//! # Do not mix memory models
//!
//! The LKMM and the model of `core::sync::atomic` are different. A variable must be accessed by the
//! rules of one of them: either always through this crate and the kernel's C, or always
//! through `core`.

#![no_std]

#[cfg(feature = "std")]
extern crate std;

mod atomic;
#[cfg(any(doc, doctest))]
pub mod guide;

pub use atomic::*;
#[cfg(feature = "derive")]
pub use atomics_macros::AtomicType;
