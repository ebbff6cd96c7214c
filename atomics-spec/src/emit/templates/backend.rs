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
