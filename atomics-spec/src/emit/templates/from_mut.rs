
    /// Makes a plain variable atomic for as long as it is borrowed.
    ///
    /// The type must be aligned to its size, which a 64-bit type is not everywhere: on some 32-bit
    /// targets, a call with one does not compile.
    ///
    /// # Examples
    ///
    /// ```
    /// use $path::{Atomic, Relaxed};
    ///
    /// let mut plain = 7_u32;
    /// let shared: &Atomic<u32> = Atomic::from_mut(&mut plain);
    /// shared.store(8, Relaxed);
    /// assert_eq!(plain, 8);
    /// ```
    #[inline(always)]
    pub const fn from_mut(value: &mut T) -> &mut Self {
        const {
            assert!(
                align_of::<T>() == align_of::<Self>(),
                "a plain variable of this type may be aligned to less than an atomic one"
            );
        };
        // INVARIANT: The variable holds a valid `T`, and only what is borrowed from it accesses it.
        // SAFETY: `Atomic<T>` has the size of `T` and contains only its value, and the two have the
        // same alignment. The exclusive borrow excludes all other accesses.
        unsafe { &mut *(&raw mut *value).cast::<Self>() }
    }
