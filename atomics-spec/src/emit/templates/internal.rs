//! The variables that C's operations work on, and the operations as traits.
//!
//! Generic code reaches an operation through the trait of its class, under the name that it has
//! in C for `atomic_t`, whatever the type.

use core::cell::UnsafeCell;
$imports
mod private {
    /// Keeps other crates from implementing the traits of this module.
    pub trait Sealed {}
}

$impl
///
/// The trait is sealed.
pub trait AtomicImpl: Sized + Copy + private::Sealed {
    /// What can be added to a value: the type itself, or the type of a difference of pointers.
    type Delta;
}

/// A variable of a type that C's atomic operations work on.
///
/// Its methods have the names of the C functions: see the module `raw`.
#[repr(transparent)]
pub struct AtomicRepr<T: AtomicImpl>(UnsafeCell<T>);

// SAFETY: All access through a shared reference is atomic. The types are integers and raw
// pointers, which any thread may have.
unsafe impl<T: AtomicImpl> Sync for AtomicRepr<T> {}

// SAFETY: The types are integers and raw pointers, which any thread may have.
unsafe impl<T: AtomicImpl> Send for AtomicRepr<T> {}

impl<T: AtomicImpl> AtomicRepr<T> {
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
        Self(UnsafeCell::new(value))
    }

    /// Makes a reference to an atomic variable out of a pointer to a plain one.
    ///
    /// # Safety
    ///
    /// For as long as `'a` lasts, `ptr` is aligned and valid for reads and writes, `*ptr` is
    /// initialised, and no other access to it, in Rust or in C, is a data race with atomic
    /// accesses under the LKMM.
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
        // SAFETY: `AtomicRepr<T>` has the layout of `T`; the caller promises the rest.
        unsafe { &*ptr.cast::<Self>() }
    }

    /// Returns a pointer to the value, which is aligned, and valid for as long as the variable.
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
        self.0.get()
    }
}
