/// Declares the trait of a class of operations, and implements it for the types of C's families of
/// functions, each with the module of its functions. A row is a method and, after `=`, the
/// function of the same name that every family has, with its arguments in their order in C.
macro_rules! operations {
    (
        $(#[$meta:meta])*
        pub trait $ops:ident: $base:ident $methods:tt
        $(impl $repr:ty => $backend:ident::$family:ident;)*
    ) => {
        operations!(@trait [$(#[$meta])*] $ops: $base $methods);
        $(operations!(@impl $ops for $repr, $backend::$family $methods);)*
    };
    (@trait [$($meta:tt)*] $ops:ident: $base:ident {$(
        $(#[$doc:meta])*
        fn $method:ident($this:ident $(, $arg:ident: $type:ty)*) $(-> $ret:ty)? =
            $function:ident $args:tt;
    )*}) => {
        $($meta)*
        pub trait $ops: $base {$(
            // A search for a C name finds the method of `Atomic`.
            #[doc(hidden)]
            $(#[$doc])*
            fn $method($this: &AtomicRepr<Self> $(, $arg: $type)*) $(-> $ret)?;
        )*}
    };
    (@impl $ops:ident for $repr:ty, $backend:ident::$family:ident {$(
        $(#[$doc:meta])*
        fn $method:ident($this:ident $(, $arg:ident: $type:ty)*) $(-> $ret:ty)? =
            $function:ident $args:tt;
    )*}) => {
        #[allow(
            clippy::not_unsafe_ptr_arg_deref,
            reason = "pointer arguments are values to store and are never dereferenced"
        )]
        impl $ops for $repr {$(
            #[inline(always)]
            fn $method($this: &AtomicRepr<Self> $(, $arg: $type)*) $(-> $ret)? {
                // SAFETY: The pointers come from references, so they are valid and aligned. Other
                // accesses to the variable go through such references, or do not race with this
                // one by the contract of `from_ptr()`.
                unsafe { $backend::$family::$function $args }
            }
        )*}
    };
}
