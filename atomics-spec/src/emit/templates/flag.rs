//! A flag, stored in the integer that the architecture exchanges fastest.

use super::ordering::{AcquireOrRelaxed, Ordering, ReleaseOrRelaxed};
use super::{Atomic, AtomicType};

/// The flag in a byte, where the architecture has an instruction that exchanges bytes.
#[cfg($byte)]
#[repr(C)]
#[derive(Clone, Copy)]
struct Flag {
    value: bool,
}

/// The flag in a word, where exchanging a byte takes an exchange of the word around it.
///
/// # Invariants
///
/// The padding is zero.
#[cfg(not($byte))]
#[repr(C, align(4))]
#[derive(Clone, Copy)]
struct Flag {
    #[cfg(target_endian = "big")]
    padding: [u8; 3],
    value: bool,
    #[cfg(target_endian = "little")]
    padding: [u8; 3],
}

impl Flag {
    #[inline(always)]
    const fn new(value: bool) -> Self {
        // INVARIANT: The padding is zero.
        Self {
            value,
            #[cfg(not($byte))]
            padding: [0; 3],
        }
    }
}

#[cfg($byte)]
// SAFETY: `Flag` is a `bool`, which has the layout of an `i8` and the values 0 and 1.
unsafe impl AtomicType for Flag {
    type Repr = i8;
}

#[cfg(not($byte))]
// SAFETY: `Flag` has the size and, by its `align`, the alignment of an `i32`; it has no
// uninitialised byte, because its padding is a field; and it is `Send`.
unsafe impl AtomicType for Flag {
    type Repr = i32;
}

/// An atomic flag, stored in the integer that the architecture exchanges fastest.
///
/// Prefer it to `Atomic<bool>` if the flag is exchanged and its size does not matter: on some
/// architectures, exchanging a byte takes a loop around an exchange of the whole word. For a flag
/// that is only loaded and stored, `Atomic<bool>` is as good.
///
/// # Examples
///
/// ```
/// use $path::{Acquire, AtomicFlag, Release};
///
/// let locked = AtomicFlag::new(false);
///
/// assert!(!locked.xchg(true, Acquire));
/// // The critical section is here.
/// locked.store(false, Release);
/// ```
pub struct AtomicFlag(Atomic<Flag>);

impl AtomicFlag {
    /// Creates a flag.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{AtomicFlag, Relaxed};
    ///
    /// static READY: AtomicFlag = AtomicFlag::new(false);
    /// assert!(!READY.load(Relaxed));
    /// ```
    #[inline(always)]
    pub const fn new(value: bool) -> Self {
        Self(Atomic::new(Flag::new(value)))
    }

    /// Returns a mutable reference to the value. The exclusive borrow rules out other accesses, so
    /// no atomic access is needed.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{AtomicFlag, Relaxed};
    ///
    /// let mut flag = AtomicFlag::new(false);
    /// *flag.get_mut() = true;
    /// assert!(flag.load(Relaxed));
    /// ```
    #[inline(always)]
    pub const fn get_mut(&mut self) -> &mut bool {
        &mut self.0.get_mut().value
    }

    /// Returns the value. Nothing else can access the flag any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::AtomicFlag;
    ///
    /// assert!(AtomicFlag::new(true).into_inner());
    /// ```
    #[inline(always)]
    pub const fn into_inner(self) -> bool {
        self.0.into_inner().value
    }

    /// Reads the flag, like [`Atomic::load`].
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{Acquire, AtomicFlag};
    ///
    /// let flag = AtomicFlag::new(true);
    /// assert!(flag.load(Acquire));
    /// ```
    #[must_use = "a load is only for its value"]
    #[inline(always)]
    pub fn load<O: AcquireOrRelaxed>(&self, ordering: O) -> bool {
        self.0.load(ordering).value
    }

    /// Sets the flag, like [`Atomic::store`].
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{AtomicFlag, Relaxed, Release};
    ///
    /// let flag = AtomicFlag::new(false);
    /// flag.store(true, Release);
    /// assert!(flag.load(Relaxed));
    /// ```
    #[inline(always)]
    pub fn store<O: ReleaseOrRelaxed>(&self, value: bool, ordering: O) {
        self.0.store(Flag::new(value), ordering);
    }

    /// Sets the flag and returns its old value, like [`Atomic::xchg`].
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{AtomicFlag, Full, Relaxed};
    ///
    /// let flag = AtomicFlag::new(false);
    /// assert!(!flag.xchg(true, Full));
    /// assert!(flag.load(Relaxed));
    /// ```
    #[inline(always)]
    pub fn xchg<O: Ordering>(&self, new: bool, ordering: O) -> bool {
        self.0.xchg(Flag::new(new), ordering).value
    }

    /// Sets the flag to `new` if it is `old`, like [`Atomic::cmpxchg`].
    ///
    /// Returns the old value, as `Ok` on success and as `Err` on failure. A failed call is
    /// unordered.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{AtomicFlag, Full};
    ///
    /// let flag = AtomicFlag::new(false);
    /// assert_eq!(flag.cmpxchg(false, true, Full), Ok(false));
    ///
    /// // It fails, and stores nothing.
    /// assert_eq!(flag.cmpxchg(false, true, Full), Err(true));
    /// ```
    #[inline(always)]
    pub fn cmpxchg<O: Ordering>(&self, old: bool, new: bool, ordering: O) -> Result<bool, bool> {
        match self.0.cmpxchg(Flag::new(old), Flag::new(new), ordering) {
            Ok(_) => Ok(old),
            Err(found) => Err(found.value),
        }
    }
}

impl Default for AtomicFlag {
    #[inline(always)]
    fn default() -> Self {
        Self::new(false)
    }
}

impl From<bool> for AtomicFlag {
    #[inline(always)]
    fn from(value: bool) -> Self {
        Self::new(value)
    }
}

impl core::fmt::Debug for AtomicFlag {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(&self.load(super::Relaxed), f)
    }
}
