/// Defines functions that call the helpers of barriers.
macro_rules! barriers {
    ($($(#[$attribute:meta])* $function:ident => $helper:ident;)*) => {$(
        /// Calls the C helper.
        $(#[$attribute])*
        #[inline(always)]
        pub(crate) fn $function() {
            unsafe extern "C" {
                fn $helper();
            }
            // SAFETY: A barrier accesses no memory, and its helper has no parameters.
            unsafe { $helper() };
        }
    )*};
}
