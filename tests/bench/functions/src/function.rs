//! The description of a function, and the macros that define functions or, if an object file of C
//! defines them, declare them.

use crate::implementation::{A32, A64};
use crate::world::World;

/// What a function accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A variable of 32 bits.
    Word,
    /// A variable of 64 bits.
    Wide,
    /// All variables.
    World,
}

/// A function.
pub struct Function {
    /// The name, without the prefixes of the symbols.
    pub name: &'static str,
    /// What it accesses.
    pub place: Place,
    /// The value of the variable before the first call.
    pub start: i32,
    /// Does it once.
    pub once: fn(&World) -> i64,
    /// Does it so many times, on the world or on its first variable. Returns the sum of the results.
    pub repeat: fn(&World, usize) -> i64,
    /// The same on the second variable of the world, which is on the same cache line.
    pub repeat_beside: fn(&World, usize) -> i64,
}

/// A variable that an operation accesses.
pub trait Variable: 'static {
    /// What it is.
    const PLACE: Place;

    /// The variable in a world.
    fn of(world: &World) -> &Self;

    /// Another one on the same cache line.
    fn beside(world: &World) -> &Self;
}

impl Variable for A32 {
    const PLACE: Place = Place::Word;

    fn of(world: &World) -> &Self {
        &world.word
    }

    fn beside(world: &World) -> &Self {
        &world.neighbour
    }
}

impl Variable for A64 {
    const PLACE: Place = Place::Wide;

    fn of(world: &World) -> &Self {
        &world.wide
    }

    fn beside(world: &World) -> &Self {
        &world.wide_neighbour
    }
}

/// A result, as a number.
pub trait Number {
    /// The number.
    fn number(self) -> i64;
}

macro_rules! numbers {
    ($($ty:ty: |$x:ident| $number:expr;)*) => {
        $(impl Number for $ty {
            #[inline(always)]
            fn number(self) -> i64 {
                let $x = self;
                $number
            }
        })*
    };
}

numbers! {
    (): |_x| 0;
    bool: |x| i64::from(x);
    i32: |x| i64::from(x);
    i64: |x| x;
}

/// Defines a function that does an operation on `v`, with the arguments `i` and `u`.
#[cfg(not(feature = "c"))]
macro_rules! operations {
    ($($name:ident($v:ident: $atomic:ident, $i:ident, $u:ident: $value:ident) from $start:literal -> $result:ty { $body:expr })*) => {
        $(mod $name {
            use super::*;

            #[unsafe(export_name = concat!("bench_", stringify!($name)))]
            #[inline(never)]
            pub extern "C" fn once($v: &$atomic, $i: $value, $u: $value) -> $result {
                let _ = ($i, $u);
                $body
            }

            #[unsafe(export_name = concat!("loop_", stringify!($name)))]
            #[inline(never)]
            pub extern "C" fn repeat($v: &$atomic, n: usize) -> i64 {
                let mut sum = 0_i64;
                for k in 0..n {
                    let ($i, $u) = (k as $value, (k as $value).wrapping_add(1));
                    let _ = ($i, $u);
                    let result: $result = $body;
                    sum = sum.wrapping_add(result.number());
                }
                sum
            }
        })*
        table!(operations: $($name($atomic) from $start)*);
    };
}

/// Defines a function on a world `w` with a number `n`.
#[cfg(not(feature = "c"))]
macro_rules! realistic {
    ($($name:ident($w:ident, $n:ident) $body:block)*) => {
        $(mod $name {
            use super::*;

            #[inline(always)]
            #[allow(unused_variables, reason = "not every function takes a number")]
            fn body($w: &World, $n: i32) -> i32 {
                $body
            }

            #[unsafe(export_name = concat!("bench_", stringify!($name)))]
            #[inline(never)]
            pub extern "C" fn once(w: &World, n: i32) -> i32 {
                body(w, n)
            }

            #[unsafe(export_name = concat!("loop_", stringify!($name)))]
            #[inline(never)]
            pub extern "C" fn repeat(w: &World, n: usize) -> i64 {
                let mut sum = 0_i64;
                for k in 0..n {
                    sum = sum.wrapping_add(i64::from(body(w, k as i32)));
                }
                sum
            }
        })*
        table!(realistic: $($name)*);
    };
}

/// Declares the function, which an object file of C defines.
#[cfg(feature = "c")]
macro_rules! operations {
    ($($name:ident($v:ident: $atomic:ident, $i:ident, $u:ident: $value:ident) from $start:literal -> $result:ty { $body:expr })*) => {
        $(mod $name {
            use super::*;

            unsafe extern "C" {
                #[link_name = concat!("bench_", stringify!($name))]
                pub safe fn once(v: &$atomic, i: $value, u: $value) -> $result;
                #[link_name = concat!("loop_", stringify!($name))]
                pub safe fn repeat(v: &$atomic, n: usize) -> i64;
            }
        })*
        table!(operations: $($name($atomic) from $start)*);
    };
}

/// Declares the function, which an object file of C defines.
#[cfg(feature = "c")]
macro_rules! realistic {
    ($($name:ident($w:ident, $n:ident) $body:block)*) => {
        $(mod $name {
            use super::*;

            unsafe extern "C" {
                #[link_name = concat!("bench_", stringify!($name))]
                pub safe fn once(w: &World, n: i32) -> i32;
                #[link_name = concat!("loop_", stringify!($name))]
                pub safe fn repeat(w: &World, n: usize) -> i64;
            }
        })*
        table!(realistic: $($name)*);
    };
}

/// The list of the functions.
macro_rules! table {
    (operations: $($name:ident($atomic:ident) from $start:literal)*) => {
        /// The functions.
        pub static FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            place: <$atomic as Variable>::PLACE,
            start: $start,
            once: |world| $name::once(<$atomic>::of(world), 1, 2).number(),
            repeat: |world, n| $name::repeat(<$atomic>::of(world), n),
            repeat_beside: |world, n| $name::repeat(<$atomic>::beside(world), n),
        }),*];
    };
    (realistic: $($name:ident)*) => {
        /// The functions.
        pub static FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            place: Place::World,
            start: 0,
            once: |world| i64::from($name::once(world, 5)),
            repeat: |world, n| $name::repeat(world, n),
            repeat_beside: |world, n| $name::repeat(world, n),
        }),*];
    };
}

pub(crate) use {operations, realistic, table};
