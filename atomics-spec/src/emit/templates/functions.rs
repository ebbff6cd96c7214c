/// The type of a value of a family, of a pointer to one, or of a truth value.
macro_rules! typed {
    (value $repr:ty) => {
        $repr
    };
    (pointer $repr:ty) => {
        &mut $repr
    };
    (truth $repr:ty) => {
        bool
    };
}

/// Defines methods with the names of C's functions, for some families.
///
/// A family is its Rust type, the module of its functions in the backend, its C type, the function
/// that reads it, and what its examples import. A block before `=>` has what the rows after it
/// share: what the functions compute, their arguments and their result, the arguments in C's order,
/// and an example: the value of the variable, a call without the name of the function, and the
/// value afterwards. A row is a function of the backend, its ordering, and C's names of it in the
/// families, in their order.
macro_rules! functions {
    (
        families {$($repr:ty: $of:tt,)*}
        $($form:tt => {$($function:ident, $ordering:literal: $($name:ident)*;)*})*
    ) => {
        functions!([$($repr: $of)*] $($form [$([$function $ordering $($name)*])*])*);
    };
    ([] $($form:tt $rows:tt)*) => {};
    // Takes the first family, and the first name of each row.
    ([$repr:ty: $of:tt $($others:tt)*]
        $($form:tt [$([$function:ident $ordering:literal $name:ident $($names:ident)*])*])*
    ) => {
        #[allow(
            clippy::not_unsafe_ptr_arg_deref,
            reason = "pointer arguments are values to store and are never dereferenced"
        )]
        impl AtomicRepr<$repr> {
            $($(function!($name, $function, $ordering, $form, $repr, $of);)*)*
        }
        functions!([$($others)*] $($form [$([$function $ordering $($names)*])*])*);
    };
}

/// Defines one method.
macro_rules! function {
    (
        $name:ident, $function:ident, $ordering:literal,
        {
            $(#[$doc:meta])*
            fn($v:ident $(, $arg:ident: $kind:ident)*) $(-> $ret:ident)? = $args:tt;
            $(example {
                $before:expr; $(let $setup:literal;)* $head:literal $tail:literal $(; $after:expr)?
            })?
        },
        $repr:ty, ($backend:ident::$family:ident, $type:ident, $read:tt, $import:literal)
    ) => {
        // A search for a C name finds the method of `Atomic`.
        #[doc(hidden)]
        $(#[$doc])*
        ///
        #[doc = $ordering]
        $(
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!($import, "use $path::raw::", stringify!($type), ";")]
            ///
            #[doc = concat!(
                "let ", stringify!($v), " = ", stringify!($type), "::new(", stringify!($before),
                ");"
            )]
            $(#[doc = $setup])*
            #[doc = concat!($head, stringify!($name), $tail)]
            $(#[doc = concat!(
                "assert_eq!(", stringify!($v), ".", stringify!($read), "(), ",
                stringify!($after), ");"
            )])?
            /// ```
        )?
        #[inline(always)]
        pub fn $name(&self $(, $arg: typed!($kind $repr))*) $(-> typed!($ret $repr))? {
            let $v = self.as_ptr();
            // SAFETY: The pointers come from references, so they are valid and aligned. Other
            // accesses to the variable go through such references, or do not race with this one by
            // the contract of `from_ptr()`.
            unsafe { $backend::$family::$function $args }
        }
    };
}
