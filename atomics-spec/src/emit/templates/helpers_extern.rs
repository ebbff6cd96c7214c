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
