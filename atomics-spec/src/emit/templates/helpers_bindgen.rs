/// Defines functions that call C helpers. A row is a function and its helper; the rows of a group
/// share the parameters and the result of the function, and what is passed to the helper.
macro_rules! helpers {
    ($($signature:tt: $($function:ident => $helper:ident),*;)*) => {
        $($(helpers!($function => $helper, $signature);)*)*
    };
    (
        $function:ident => $helper:ident,
        (fn $params:tt $(-> $ret:ty)?; $args:tt $(as $cast:ty)?)
    ) => {
        /// Calls the C helper.
        ///
        /// # Safety
        ///
        /// See the module of the helpers.
        #[inline(always)]
        pub(crate) unsafe fn $function $params $(-> $ret)? {
            // SAFETY: The contract of the function is that of the C helper. The compiler checks
            // the arguments against the declaration, which bindgen has made from C; a pointer is
            // cast to a C type of the same size and alignment.
            return unsafe { super::bindings::$helper $args } $(as $cast)?;
        }
    };
}
