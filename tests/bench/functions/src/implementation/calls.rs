//! A call of a C function for each operation, as in kernels whose Rust code calls C helpers. An
//! object file, made from `c/calls.c`, has the functions.

use core::cell::UnsafeCell;

/// The orderings.
#[derive(Clone, Copy, Debug)]
pub enum Ordering {
    /// None.
    Relaxed,
    /// Before all later accesses.
    Acquire,
    /// After all earlier accesses.
    Release,
    /// Both, as barriers on both sides.
    Full,
}

pub use Ordering::{Acquire, Full, Relaxed, Release};

/// A variable of 32 bits.
#[repr(transparent)]
pub struct A32(UnsafeCell<i32>);

/// A variable of 64 bits.
#[repr(transparent)]
pub struct A64(UnsafeCell<i64>);

// SAFETY: All accesses are atomic.
unsafe impl Sync for A32 {}

// SAFETY: All accesses are atomic.
unsafe impl Sync for A64 {}

/// Declares the C function of a method in one ordering.
macro_rules! declare {
    ($atomic:ident $value:ty, $name:expr, ($($arg:ident),*) -> $result:ty) => {
        unsafe extern "C" {
            #[link_name = $name]
            pub safe fn f(v: &$atomic $(, $arg: $value)*) -> $result;
        }
    };
}

/// A method of a type, with the C functions for the orderings that it is used with.
macro_rules! method {
    ($atomic:ident $value:ty, $prefix:literal, $method:ident ($($arg:ident),*) $args:tt -> $result:ty {
        $($order:ident: $suffix:literal),*
    }) => {
        /// Calls the C function of the ordering.
        #[inline(always)]
        pub fn $method(&self, $($arg: $value,)* order: Ordering) -> $result {
            $(#[allow(non_snake_case, reason = "named after the ordering")]
            mod $order {
                use super::*;

                declare!($atomic $value, concat!("call_", $prefix, stringify!($method), $suffix), $args -> $result);
            })*
            let f = match order {
                $(Ordering::$order => $order::f,)*
                #[allow(unreachable_patterns, reason = "C does not have all orderings of all")]
                _ => unreachable!(),
            };
            f(self $(, $arg)*)
        }
    };
}

/// The methods of a type.
macro_rules! calls {
    ($atomic:ident $value:ty, $prefix:literal: $($method:ident $args:tt -> $result:ty { $($orders:tt)* })*) => {
        impl $atomic {
            /// A variable with a value.
            pub const fn new(value: $value) -> Self {
                Self(UnsafeCell::new(value))
            }

            $(method!($atomic $value, $prefix, $method $args $args -> $result { $($orders)* });)*
        }
    };
}

/// Declares the methods of both types.
macro_rules! types {
    ($($atomic:ident $value:ty, $prefix:literal;)*) => {
        $(calls! { $atomic $value, $prefix:
            load() -> $value { Relaxed: "", Acquire: "_acquire" }
            store(i) -> () { Relaxed: "", Release: "_release" }
            add(i) -> () { Relaxed: "" }
            sub(i) -> () { Relaxed: "" }
            inc() -> () { Relaxed: "" }
            dec() -> () { Relaxed: "" }
            and(i) -> () { Relaxed: "" }
            andnot(i) -> () { Relaxed: "" }
            or(i) -> () { Relaxed: "" }
            xor(i) -> () { Relaxed: "" }
            add_return(i) -> $value { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            fetch_add(i) -> $value { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            fetch_sub(i) -> $value { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            fetch_and(i) -> $value { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            fetch_or(i) -> $value { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            fetch_xor(i) -> $value { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            fetch_inc() -> $value { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            dec_return() -> $value { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            xchg(new) -> $value { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            compare(old, new) -> $value { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            add_negative(i) -> bool { Relaxed: "_relaxed", Acquire: "_acquire", Release: "_release", Full: "" }
            sub_and_test(i) -> bool { Full: "" }
            dec_and_test() -> bool { Full: "" }
            inc_and_test() -> bool { Full: "" }
            fetch_add_unless(a, u) -> $value { Full: "" }
            add_unless(a, u) -> bool { Full: "" }
            inc_not_zero() -> bool { Full: "" }
            inc_unless_negative() -> bool { Full: "" }
            dec_unless_positive() -> bool { Full: "" }
            dec_if_positive() -> $value { Full: "" }
        }

        impl $atomic {
            /// `cmpxchg` of C, whose result says what was found.
            #[inline(always)]
            pub fn cmpxchg(&self, old: $value, new: $value, order: Ordering) -> Result<$value, $value> {
                let found = self.compare(old, new, order);
                if found == old { Ok(found) } else { Err(found) }
            }
        })*
    };
}

types! {
    A32 i32, "atomic_";
    A64 i64, "atomic64_";
}

#[cfg_attr(feature = "c", allow(dead_code, reason = "C has its own"))]
unsafe extern "C" {
    /// The barrier between all accesses.
    #[link_name = "call_smp_mb"]
    pub safe fn smp_mb();
    /// The barrier between reads.
    #[link_name = "call_smp_rmb"]
    pub safe fn smp_rmb();
    /// The barrier between writes.
    #[link_name = "call_smp_wmb"]
    pub safe fn smp_wmb();
}
