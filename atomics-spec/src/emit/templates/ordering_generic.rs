//!
//! # Code that is generic over the ordering
//!
//! A function takes an ordering like any value of a generic type. The bound is the trait of the
//! orderings that the operation takes, here [`AcquireOrRelaxed`].
//!
//! ```
//! use $path::ordering::AcquireOrRelaxed;
//! use $path::{Acquire, Atomic, AtomicType, Relaxed};
//!
//! fn wait_for<T, O>(slot: &Atomic<T>, value: T, ordering: O)
//! where
//!     T: AtomicType + PartialEq,
//!     O: AcquireOrRelaxed,
//! {
//!     while slot.load(ordering) != value {
//!         core::hint::spin_loop();
//!     }
//! }
//!
//! let slot = Atomic::new(7_u32);
//! wait_for(&slot, 7, Acquire);
//! wait_for(&slot, 7, Relaxed);
//! ```
