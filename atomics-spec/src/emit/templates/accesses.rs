/// Whether relaxed loads and stores of up to the width of a pointer are volatile accesses.
const VOLATILE: bool = cfg!(not(any(
    CHECKED
)));
/// Whether a relaxed load is an acquire.
const ACQUIRE: bool = cfg!(LOADS_ACQUIRE);

/// Makes the module of each family: its operations, with relaxed loads and stores as above.
macro_rules! accesses {
    ($($family:ident: $value:ty;)*) => {
        $(
            /// The operations of the family.
            pub(crate) mod $family {
                pub(crate) use super::arch::$family::*;

                /// The C function of this name in the family.
                ///
                /// # Safety
                ///
                /// See the module with the other operations of the family.
                #[inline(always)]
                pub(crate) unsafe fn read(v: *const $value) -> $value {
                    if super::ACQUIRE {
                        // SAFETY: The caller upholds the contract, which both functions share.
                        unsafe { super::arch::$family::read_acquire(v) }
                    } else if super::VOLATILE && size_of::<$value>() <= size_of::<usize>() {
                        // SAFETY: The caller guarantees that `v` is valid and aligned. A race with
                        // another CPU is not sound by Rust's rules, but the LKMM allows it.
                        unsafe { v.read_volatile() }
                    } else {
                        // SAFETY: The caller upholds the contract, which both functions share.
                        unsafe { super::arch::$family::read(v) }
                    }
                }

                /// The C function of this name in the family.
                ///
                /// # Safety
                ///
                /// See the module with the other operations of the family.
                #[inline(always)]
                pub(crate) unsafe fn set(v: *mut $value, i: $value) {
                    if super::VOLATILE && size_of::<$value>() <= size_of::<usize>() {
                        // SAFETY: As for `read()`.
                        unsafe { v.write_volatile(i) }
                    } else {
                        // SAFETY: The caller upholds the contract, which both functions share.
                        unsafe { super::arch::$family::set(v, i) }
                    }
                }
            }
        )*
    };
}
