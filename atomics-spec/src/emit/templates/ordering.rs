//! Memory orderings, as types.
//!
//! They mean what they mean in the LKMM (`tools/memory-model/Documentation/explanation.txt`):
//!
//! - [`Relaxed`] orders nothing, but for dependencies: a store comes after the load that its
//!   condition, its address or its value was computed from, and so does an access whose address
//!   was computed from the load.
//! - [`Acquire`] orders the load of the operation before all accesses that follow. A store in
//!   the same operation is relaxed.
//! - [`Release`] orders all accesses that precede before the store of the operation. A load in
//!   the same operation is relaxed.
//! - [`Full`] orders everything that precedes before everything that follows, and the operation
//!   itself with both, as if `smp_mb()` stood before and after it. It is stronger than
//!   `core::sync::atomic::Ordering::SeqCst`, which lets earlier and later relaxed accesses pass
//!   each other over the operation.

$imports
/// Full ordering: as if `smp_mb()` stood before and after. See the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Full;

/// Acquire ordering: the load comes before all later accesses. See the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acquire;

/// Release ordering: the store comes after all earlier accesses. See the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Release;

/// No ordering, but for dependencies. See the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relaxed;

/// An ordering as a value, for code that wants to tell orderings apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderingType {
    /// [`Relaxed`].
    Relaxed,
    /// [`Acquire`].
    Acquire,
    /// [`Release`].
    Release,
    /// [`Full`].
    Full,
}

mod private {
    /// Keeps other crates from adding orderings.
    pub trait Sealed {}

    impl Sealed for super::Full {}
    impl Sealed for super::Acquire {}
    impl Sealed for super::Release {}
    impl Sealed for super::Relaxed {}
}
