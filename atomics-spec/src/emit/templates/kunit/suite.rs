
/// One call of a form, and its name in reports.
macro_rules! call {
    (method $name:ident [$($arg:ident),*] $ordering:ident) => {
        (concat!(stringify!($name), "(", stringify!($ordering), ")"), |x, [$($arg),*]| {
            x.$name($($arg,)* $ordering)
        })
    };
    (pointer $name:ident [$($arg:ident),*] $ordering:ident) => {
        (concat!(stringify!($name), "(ptr, ", stringify!($ordering), ")"), |x, [$($arg),*]| {
            // SAFETY: The pointer is to a variable that is only accessed atomically.
            unsafe { pointer::$name(x.as_ptr(), $($arg,)* $ordering) }
        })
    };
OTHER_CALLS
}

/// All calls of a form: in every ordering as a method and on a raw pointer, or under its C names.
macro_rules! calls {
OTHER_LISTS
    ($name:ident $args:tt $function:ident($($ordering:ident),*)) => {
        &[$(
            call!(method $name $args $ordering),
            call!(pointer $function $args $ordering),
        )*]
    };
}

/// The function that returns all calls of a form.
macro_rules! function {
    ($name:ident $args:tt $count:tt -> $ret:ty where { $($bound:tt)* } in $($calls:tt)*) => {
        pub(super) fn $name<T>() -> &'static [Call<T, $count, $ret>]
        where
            T: Value,
            $($bound)*
        {
            calls!($name $args $($calls)*)
        }
    };
}

/// Repeats `body` with each of the types as `T`.
macro_rules! each {
    ([$($ty:ty),*] $body:tt) => {
        $({
            type T = $ty;
            $body
        })*
    };
}

/// The suite that has the tests of all rows.
macro_rules! suite {
    (#[$suite:meta] $(
        on $types:tt where $bounds:tt
        $(
            #[test] fn $name:ident($v:tt $(, $arg:ident)*) -> $ret:ty = $expected:tt
            $(, unless $differs:expr)?, in $function:ident $orderings:tt
            $(#[test] fn $race:ident: $kind:ident($($context:tt)*))?;
        )*
    )*) => {
        mod calls {
            use super::super::*;
            use super::table::*;

            $($(function! {
                $name [$($arg),*] { <[&str]>::len(&[$(stringify!($arg)),*]) } -> $ret
                where $bounds in $function $orderings
            })*)*
        }

        #[$suite]
        mod suite {
            #[allow(unused_imports)]
            use super::table::*;
            use super::*;

            $($(
                // Not every operation depends on all of its arguments.
                #[allow(unused_variables)]
                #[test]
                fn $name() {
                    each!($types {
                        assert!(table::check(calls::$name::<T>(), |$v, [$($arg),*]| {
                            $(if $differs { return None; })?
                            Some($expected)
                        }));
                    });
                }

                $(
                    #[test]
                    fn $race() {
                        each!($types {
                            assert!(races::$kind(calls::$name::<T>(), $($context)*));
                        });
                    }
                )?
            )*)*
        }
    };
}
