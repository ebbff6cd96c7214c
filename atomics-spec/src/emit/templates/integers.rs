/// Makes integer types atomic. A row is a type, its representation, the traits of the classes
/// that it has, and `AtomicAdd` if it has sums.
macro_rules! integers {
    ($($type:ty as $repr:ty $(: $($class:ident)+)? $(, $add:ident)?;)*) => {$(
        // SAFETY: The two types have the same size and alignment, and every bit pattern is a value
        // of both.
        unsafe impl AtomicType for $type {
            type Repr = $repr;
        }
        $($(
            // SAFETY: Every bit pattern is a value.
            unsafe impl $class for $type {}
        )+)?
        $(
            // SAFETY: Every bit pattern is a value, including that of a sum.
            unsafe impl $add<$type> for $type {
                #[inline(always)]
                fn rhs_into_delta(rhs: $type) -> $repr {
                    rhs as $repr
                }
            }
        )?
    )*};
}
