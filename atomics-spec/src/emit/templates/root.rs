//! Atomic variables under the Linux Kernel Memory Model (LKMM).
//!
//! [`Atomic<T>`] is a variable that several threads may access at the same time, for every `T`
//! that is an [`AtomicType`]. Orderings are types: [`Relaxed`], [`Acquire`], [`Release`] and
//! [`Full`]; passing one that the operation does not provide is a compile error. Each method has
//! the effect and the ordering of the C operation that its documentation names, so that Rust and C
//! can share a variable.
//!
//! The rules are those of the LKMM, not those of C11 and of `core::sync::atomic`: dependencies
//! order accesses, and [`Full`] is stronger than `SeqCst`. Do not mix the two models on one
//! variable.
//!
$sizes
//!
//! The model itself is in `tools/memory-model/` of the kernel's sources;
//! `Documentation/atomic_t.txt` explains the rules for atomic operations.

$modules

$uses

/// A variable that can be accessed by several threads at the same time.
///
/// It has the size and the valid bit patterns of `T`, but no niche, and is aligned to its size: a
/// 64-bit variable to 8 bytes even where a `T` is aligned to 4. C code can access the same variable
/// with its own atomic operations, `READ_ONCE()` and the like.
///
/// # Invariants
///
/// The memory always holds a valid `T`.
///
/// # Examples
///
/// ```
/// use $path::{Acquire, Atomic, Release};
///
/// static READY: Atomic<bool> = Atomic::new(false);
///
/// READY.store(true, Release);
/// assert!(READY.load(Acquire));
/// ```
#[repr(transparent)]
pub struct Atomic<T: AtomicType>(AtomicRepr<T::Repr>);

// SAFETY: By its safety contract, an `AtomicType` may be moved to another thread.
unsafe impl<T: AtomicType> Send for Atomic<T> {}

// SAFETY: All access through a shared reference is atomic and returns copies of values. By the
// safety contract of `AtomicType`, these may be moved to another thread.
unsafe impl<T: AtomicType> Sync for Atomic<T> {}

/// A type that [`Atomic`] can hold.
///
/// It is implemented for integers, `bool` and raw pointers. `#[derive(AtomicType)]` implements it
/// for other types if it can prove the safety requirements.
///
/// # Safety
///
/// - `Self` has the size and the alignment of [`Self::Repr`](AtomicType::Repr).
/// - The bits of every value of `Self` are a valid and fully initialised value of `Repr`, and
///   transmuting them back gives the same value. Not every value of `Repr` has to be a value of
///   `Self`.
/// - A value of `Self` may be moved to another thread: `Self` is [`Send`], or it is a type such as
///   a raw pointer, which is harmless until it is dereferenced in `unsafe` code.
///
/// # Examples
///
$derived
/// ```
/// use $path::{Atomic, AtomicType, Relaxed};
///
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// #[repr(i32)]
/// enum State {
///     Idle = 0,
///     Busy = 1,
/// }
///
/// // SAFETY: A field-less enum has the layout of the integer type in its `repr`, and each of its
/// // values is a value of that type. It is `Send`.
/// unsafe impl AtomicType for State {
///     type Repr = i32;
/// }
///
/// let state = Atomic::new(State::Idle);
/// state.store(State::Busy, Relaxed);
/// assert_eq!(state.load(Relaxed), State::Busy);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be held by an `Atomic`",
    label = "not an atomic type",
$note
)]
pub unsafe trait AtomicType: Sized + Copy {
    /// The type of the variable for C's operations.
    type Repr: $repr_bounds;
}
$class_traits
/// Returns the bits of a value.
#[inline(always)]
const fn into_repr<T: AtomicType>(value: T) -> T::Repr {
    // SAFETY: Both have the same size, and the bits of a `T` are a valid `T::Repr`, by the
    // safety contract of `AtomicType`.
    unsafe { core::mem::transmute_copy(&value) }
}

/// Returns the value with these bits.
///
/// # Safety
///
/// The bits are those of a valid `T`.
#[inline(always)]
const unsafe fn from_repr<T: AtomicType>(bits: T::Repr) -> T {
    // SAFETY: Both have the same size, by the safety contract of `AtomicType`; the caller
    // promises that the bits are those of a `T`.
    unsafe { core::mem::transmute_copy(&bits) }
}

impl<T: AtomicType> Atomic<T> {
    /// Fails the build if an `unsafe impl AtomicType` names a `Repr` whose layout differs from that
    /// of the type.
    const LAYOUT: () = assert!(
        size_of::<T>() == size_of::<T::Repr>() && align_of::<T>() == align_of::<T::Repr>(),
        "an `AtomicType` must have the size and the alignment of its `Repr`"
    );

    /// Creates a variable that holds `value`.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{Atomic, Relaxed};
    ///
    /// static SEQUENCE: Atomic<u64> = Atomic::new(1);
    /// assert_eq!(SEQUENCE.load(Relaxed), 1);
    /// ```
    #[doc(alias = "ATOMIC_INIT")]
$core_names
    #[inline(always)]
    pub const fn new(value: T) -> Self {
        const { Self::LAYOUT };
        // INVARIANT: The bits are those of a `T`.
        Self(AtomicRepr::new(into_repr(value)))
    }

    /// Converts a pointer to a plain variable, such as a field that C accesses with `READ_ONCE()`
    /// or as an `atomic_t`, into a reference to an atomic variable.
    ///
    /// # Safety
    ///
    /// For the lifetime `'a`,
    ///
    /// - `ptr` is aligned to the size of `T`, and valid for reads and writes;
    /// - `*ptr` always holds a valid `T`: other code, in Rust or in C, stores only valid `T`s;
    /// - no other access to `*ptr`, in Rust or in C, is a data race with atomic accesses under
    ///   the LKMM. Atomic accesses meet this requirement$sized.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{Atomic, Acquire, Release};
    ///
    /// let mut field = 1_i32;
    /// let ptr = &raw mut field;
    ///
    /// // SAFETY: `ptr` points to a local variable, and only atomic accesses follow.
    /// let shared = unsafe { Atomic::from_ptr(ptr) };
    /// shared.store(2, Release);
    /// assert_eq!(shared.load(Acquire), 2);
    /// ```
    #[inline(always)]
    pub const unsafe fn from_ptr<'a>(ptr: *mut T) -> &'a Self {
        const { Self::LAYOUT };
        // INVARIANT: The caller promises that the memory holds a valid `T` for `'a`.
        // SAFETY: `Atomic<T>` has the size of `T` and contains only its value; the caller promises
        // that the pointer is aligned to that size and valid for `'a`, and that no other access
        // races with accesses through the reference.
        unsafe { &*ptr.cast::<Self>() }
    }

    /// Returns a pointer to the value, for C$or_mixed.
    ///
    /// The pointer is aligned to the size of `T`, and valid for as long as the variable. Accesses
    /// through it must not be data races under the LKMM, and must leave a valid `T` in the
    /// variable.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::Atomic;
    ///
    /// let x = Atomic::new(7_u32);
    /// // SAFETY: The pointer is valid, and nothing else accesses the variable now.
    /// assert_eq!(unsafe { x.as_ptr().read() }, 7);
    /// ```
    #[inline(always)]
    pub const fn as_ptr(&self) -> *mut T {
        self.0.as_ptr().cast()
    }

    /// Returns the variable as the type that C's operations take, for generic code that calls them
    /// through the traits of their classes.
    ///
    /// This is unsafe because a value of [`AtomicType::Repr`] that is stored through the reference
    /// need not be a value of `T`.
    ///
    /// # Safety
    ///
    /// Only bit patterns of valid `T`s are stored through the reference.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{Atomic, $store_ops, Relaxed};
    ///
    /// let x = Atomic::new(7_i32);
    /// // SAFETY: Every `i32` is valid.
    /// $store_ops::atomic_set(unsafe { x.as_raw() }, 8);
    /// assert_eq!(x.load(Relaxed), 8);
    /// ```
    #[inline(always)]
    pub const unsafe fn as_raw(&self) -> &AtomicRepr<T::Repr> {
        &self.0
    }

    /// Returns a mutable reference to the value.
    ///
    /// The exclusive borrow rules out other accesses, so no atomic access is needed.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{Atomic, Relaxed};
    ///
    /// let mut x = Atomic::new(7_u32);
    /// *x.get_mut() += 1;
    /// assert_eq!(x.load(Relaxed), 8);
    /// ```
    #[inline(always)]
    pub const fn get_mut(&mut self) -> &mut T {
        // SAFETY: The pointer is valid and aligned, the memory holds a valid `T` by the
        // invariant, and the mutable reference to `self` excludes all other accesses.
        unsafe { &mut *self.as_ptr() }
    }
$from_mut

    /// Returns the value. Nothing else can access the variable any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::Atomic;
    ///
    /// assert_eq!(Atomic::new(7_u32).into_inner(), 7);
    /// ```
    #[inline(always)]
    pub const fn into_inner(self) -> T {
        // SAFETY: As for `get_mut()`; a `T` is `Copy`.
        unsafe { *self.as_ptr() }
    }
}

impl<T: AtomicType + Default> Default for Atomic<T> {
    #[inline(always)]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: AtomicType> From<T> for Atomic<T> {
    #[inline(always)]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
$hosted
$debug
