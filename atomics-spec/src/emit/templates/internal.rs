//! The variables that C's operations take, and the operations as traits.
//!
//! Generic code calls an operation through the trait of its class. On every type, the method has
//! the name of the C function for `atomic_t`.

use core::cell::UnsafeCell;
$imports
mod private {
    /// Keeps other crates from implementing the traits of this module.
    pub trait Sealed {
        /// A type with the alignment of the variables.
        type Aligned;
    }
$aligned}

$impl
///
/// The trait is sealed.
pub trait AtomicImpl: Sized + Copy + private::Sealed {
    /// The type that can be added to a value: the type itself, or `isize` for a pointer.
    type Delta;
}

/// A variable of a type that C's atomic operations take.
///
/// It has the size of the type and is aligned to its size. A 64-bit integer is therefore aligned to
/// 8 bytes even where a plain one is aligned to 4, as C aligns `atomic64_t`.
///
/// The traits whose names end in `Ops` have its operations.
#[repr(C)]
pub struct AtomicRepr<T: AtomicImpl> {
    /// Takes no space and aligns the value.
    _aligned: [T::Aligned; 0],
    value: UnsafeCell<T>,
}

// SAFETY: All access through a shared reference is atomic. The types are integers and raw
// pointers, which any thread may use.
unsafe impl<T: AtomicImpl> Sync for AtomicRepr<T> {}

// SAFETY: The types are integers and raw pointers, which any thread may use.
unsafe impl<T: AtomicImpl> Send for AtomicRepr<T> {}

impl<T: AtomicImpl> AtomicRepr<T> {
    /// Fails the build if the alignment makes the variable larger than its value.
    const LAYOUT: () = assert!(
        size_of::<Self>() == size_of::<T>() && align_of::<Self>() == size_of::<T>(),
        "a variable must have the size of its value and be aligned to that size"
    );

    /// Creates a variable that holds `value`: C's `ATOMIC_INIT()`.
    ///
    /// # Examples
    ///
    /// ```
    /// $use_values
    /// use $path::AtomicRepr;
    ///
    /// let x = AtomicRepr::new($one);
    /// // SAFETY: The pointer is valid, and nothing else accesses the variable.
    /// assert_eq!(unsafe { x.as_ptr().read() }, $one);
    /// ```
    #[inline(always)]
    pub const fn new(value: T) -> Self {
        const { Self::LAYOUT };
        Self {
            _aligned: [],
            value: UnsafeCell::new(value),
        }
    }

    /// Converts a pointer to a plain variable into a reference to an atomic one.
    ///
    /// # Safety
    ///
    /// For the lifetime `'a`, `ptr` is aligned to the size of `T` and valid for reads and writes,
    /// `*ptr` is initialised, and no other access to `*ptr`, in Rust or in C, is a data race with
    /// atomic accesses under the LKMM$sized.
    ///
    /// # Examples
    ///
    /// ```
    /// $use_values
    /// use $path::AtomicRepr;
    ///
    /// let mut field = $one;
    /// // SAFETY: The pointer is valid and aligned, and nothing else accesses the field.
    /// let x = unsafe { AtomicRepr::from_ptr(&raw mut field) };
    /// // SAFETY: As above.
    /// assert_eq!(unsafe { x.as_ptr().read() }, $one);
    /// ```
    #[inline(always)]
    pub const unsafe fn from_ptr<'a>(ptr: *mut T) -> &'a Self {
        const { Self::LAYOUT };
        // SAFETY: `AtomicRepr<T>` contains only a `T` and has its size; the caller promises the
        // alignment, the validity and the absence of data races.
        unsafe { &*ptr.cast::<Self>() }
    }

    /// Returns a pointer to the value. It is aligned, and valid for as long as the variable.
    ///
    /// # Examples
    ///
    /// ```
    /// $use_values
    /// use $path::AtomicRepr;
    ///
    /// let x = AtomicRepr::new($one);
    /// // SAFETY: The pointer is valid, and nothing else accesses the variable.
    /// unsafe { x.as_ptr().write($two) };
    /// // SAFETY: As above.
    /// assert_eq!(unsafe { x.as_ptr().read() }, $two);
    /// ```
    #[inline(always)]
    pub const fn as_ptr(&self) -> *mut T {
        self.value.get()
    }
}
