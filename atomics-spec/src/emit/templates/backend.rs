/// Declares functions with the contract of this module.
macro_rules! functions {
    ($(
        $(#[$meta:meta])*
        fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block
    )*) => {
        $(
            $(#[$meta])*
            /// # Safety
            ///
            /// See the [module](super).
            #[inline(always)]
            pub(crate) unsafe fn $name($($arg: $ty),*) $(-> $ret)? $body
        )*
    };
}

/// Calls another function of the family.
macro_rules! call {
    ($callee:ident($($arg:expr),*)) => {
        // SAFETY: The caller upholds the contract, which both functions share. Any other pointer is
        // to a local variable.
        unsafe { self::$callee($($arg),*) }
    };
}
