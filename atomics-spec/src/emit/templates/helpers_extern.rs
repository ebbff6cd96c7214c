/// Declares C helpers and defines functions that call them. A row is a function and its helper;
/// the rows of a group share their parameters and their result.
macro_rules! helpers {
    ($($signature:tt: $($function:ident => $helper:ident),*;)*) => {
        $($(helpers!($function => $helper, $signature);)*)*
    };
    ($function:ident => $helper:ident, (fn $params:tt $(-> $ret:ty)?; $args:tt)) => {
        /// Calls the C helper.
        ///
        /// # Safety
        ///
        /// See the module of the helpers.
        #[inline(always)]
        pub(crate) unsafe fn $function $params $(-> $ret)? {
            unsafe extern "C" {
                fn $helper $params $(-> $ret)?;
            }
            // SAFETY: The contract of the function is that of the C helper, and the helper has
            // these parameters.
            unsafe { $helper $args }
        }
    };
}

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
