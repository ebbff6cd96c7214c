//! Memory orderings, as types.
//!
//! They have the meaning that the LKMM gives them
//! (`tools/memory-model/Documentation/explanation.txt`):
//!
//! - [`Relaxed`] orders only dependencies: a load is ordered before a later store whose condition,
//!   address or value is computed from it, and before any later access whose address is computed
//!   from it.
//! - [`Acquire`] orders the load of the operation before all later accesses. A store in the same
//!   operation is relaxed.
//! - [`Release`] orders all earlier accesses before the store of the operation. A load in the same
//!   operation is relaxed.
//! - [`Full`] orders all earlier accesses before the operation, and the operation before all later
//!   accesses, as if `smp_mb()` were executed before and after it. It is stronger than
//!   `core::sync::atomic::Ordering::SeqCst`, which lets earlier and later relaxed accesses be
//!   reordered with each other across the operation.
//!
//! No ordering and no barrier keeps the compiler from reordering plain accesses to memory that, by
//! Rust's rules, no other code can reach: what is behind a `&mut` reference or in a `Box`, and
//! local variables. What another CPU or a device accesses belongs behind raw pointers, and is
//! accessed with volatile accesses or as an `Atomic`.
$generic
$imports
/// Full ordering: as if `smp_mb()` were executed before and after. See the [module](self).
$full_names#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Full;

/// Acquire ordering: orders the load before all later accesses. See the [module](self).
///
/// Plain accesses behind a `&mut` reference are not among them: the compiler may move them to
/// before the load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acquire;

/// Release ordering: orders all earlier accesses before the store. See the [module](self).
///
/// Plain accesses behind a `&mut` reference are not among them: the compiler may move them to after
/// the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Release;

/// No ordering, except through dependencies. See the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relaxed;

$barriers/// An ordering as a value, for code that has to tell orderings apart.
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
    pub trait Sealed: Copy + Default {}

    impl Sealed for super::Full {}
    impl Sealed for super::Acquire {}
    impl Sealed for super::Release {}
    impl Sealed for super::Relaxed {}
}
