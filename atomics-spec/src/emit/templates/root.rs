//! Atomic variables under the Linux Kernel Memory Model (LKMM).
//!
//! [`Atomic<T>`] is a variable that several threads may access at the same time, for every `T`
//! that is an [`AtomicType`]. How an access is ordered is said by a type: [`Relaxed`],
//! [`Acquire`], [`Release`] or [`Full`]; an operation that does not exist with an ordering does
//! not compile with it. Each method is the C operation that its documentation names, fence for
//! fence, so that Rust and C can share a variable.
//!
//! The rules are those of the LKMM, not those of C11 and of `core::sync::atomic`: dependencies
//! order accesses, accesses of different sizes to the same memory are allowed, and [`Full`] is
//! stronger than `SeqCst`. The two models do not mix on one variable.
//!
//! The model itself is `tools/memory-model/` in the kernel's sources; the rules for atomic
//! operations in words are in `Documentation/atomic_t.txt`.

$modules

$uses

/// A variable that can be accessed by several threads at the same time.
///
/// It has the size and the valid bit patterns of `T`, but no niche, and is aligned to its size: 64
/// bits to 8 bytes even where a `T` is aligned to 4. C code can access the same variable with its
/// own atomic operations, `READ_ONCE()` and the like.
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

// SAFETY: An `AtomicType` may be moved to another thread, which its safety contract says.
unsafe impl<T: AtomicType> Send for Atomic<T> {}

// SAFETY: All access through a shared reference is atomic, and hands out copies of values that
// may be moved to another thread, which the safety contract of `AtomicType` says.
unsafe impl<T: AtomicType> Sync for Atomic<T> {}

/// A type that [`Atomic`] can hold.
///
/// Integers, `bool` and raw pointers are atomic. `#[derive(AtomicType)]` makes other types so
/// where it can prove them to be.
///
/// # Safety
///
/// - `Self` has the size and the alignment of [`Self::Repr`](AtomicType::Repr).
/// - Every value of `Self` is, bit for bit, a valid and fully initialised value of `Repr`, and
///   turning it back gives the value that it was. Not every value of `Repr` need be one of
///   `Self`.
/// - A value of `Self` may be moved to another thread: `Self` is [`Send`], or it is something
///   like a raw pointer, which is harmless until it is dereferenced in `unsafe` code.
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
/// // SAFETY: A field-less enum has the layout of the integer that its `repr` names, and each of
/// // its values is one of that integer. It is `Send`.
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
    /// The type that C's operations work on.
    type Repr: AtomicImpl;
}
$class_traits
/// The bits of a value.
#[inline(always)]
const fn into_repr<T: AtomicType>(value: T) -> T::Repr {
    // SAFETY: Both have the same size, and the bits of a `T` are a valid `T::Repr`, by the
    // safety contract of `AtomicType`.
    unsafe { core::mem::transmute_copy(&value) }
}

/// The value with these bits.
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
    /// Fails the build where an `unsafe impl AtomicType` gives a type another layout than its
    /// `Repr`.
    const LAYOUT: () = assert!(
        size_of::<T>() == size_of::<T::Repr>() && align_of::<T>() == align_of::<T::Repr>(),
        "an `AtomicType` has the size and the alignment of its `Repr`"
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
    #[inline(always)]
    pub const fn new(value: T) -> Self {
        const { Self::LAYOUT };
        // INVARIANT: The bits are those of a `T`.
        Self(AtomicRepr::new(into_repr(value)))
    }

    /// Makes a reference to an atomic variable out of a pointer to a plain one, such as a field
    /// that C accesses with `READ_ONCE()` or as an `atomic_t`.
    ///
    /// # Safety
    ///
    /// For as long as `'a` lasts,
    ///
    /// - `ptr` is aligned to the size of `T`, and valid for reads and writes;
    /// - `*ptr` holds a valid `T`, whatever is stored there by others, in Rust or in C;
    /// - no other access to `*ptr`, in Rust or in C, is a data race with atomic accesses under
    ///   the LKMM. That is so if all of them are atomic.
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
        // SAFETY: `Atomic<T>` has the size of `T` and no bytes but its value's; the caller promises
        // that the pointer is aligned to that size and valid for `'a`, and that no other access
        // races with those through the reference.
        unsafe { &*ptr.cast::<Self>() }
    }

    /// Returns a pointer to the value, for C or for accesses of another size.
    ///
    /// The pointer is aligned to the size of `T`, and valid for as long as the variable. What is
    /// done with it must not be a data race under the LKMM, and must leave a valid `T` there.
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

    /// Returns the variable as the type that C's operations work on, with their names as
    /// methods.
    ///
    /// Writing to it through this reference needs care if not every value of
    /// [`AtomicType::Repr`] is a value of `T`, which is why this is unsafe.
    ///
    /// # Safety
    ///
    /// Only bit patterns of valid `T`s are stored through the reference.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{Atomic, Relaxed};
    ///
    /// let x = Atomic::new(7_i32);
    /// // SAFETY: Every `i32` is valid.
    /// unsafe { x.as_raw() }.atomic_set(8);
    /// assert_eq!(x.load(Relaxed), 8);
    /// ```
    #[inline(always)]
    pub const unsafe fn as_raw(&self) -> &AtomicRepr<T::Repr> {
        &self.0
    }

    /// Returns a mutable reference to the value.
    ///
    /// It needs no atomic access: nobody else can have a reference.
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
        // invariant, and the mutable reference to `self` excludes all other access.
        unsafe { &mut *self.as_ptr() }
    }
}
$debug
