/// Defines functions that call the helpers of barriers.
macro_rules! barriers {
    ($($(#[$attribute:meta])* $function:ident => $helper:ident;)*) => {$(
        /// Calls the C helper.
        $(#[$attribute])*
        #[inline(always)]
        pub(crate) fn $function() {
            // SAFETY: A barrier accesses no memory.
            unsafe { bindings::$helper() };
        }
    )*};
}
