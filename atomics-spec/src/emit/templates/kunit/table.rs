//! The values that tests use, and the comparison of calls with the table of operations.

use super::super::*;
use crate::fmt::Debug;
use crate::prelude::*;

pub(super) use core::num::Wrapping;

/// The number that represents the least value of a type.
pub(super) const MIN: i64 = i64::MIN;
/// The number that represents the greatest value of a type.
pub(super) const MAX: i64 = i64::MAX;
/// The numbers of the values that variables and operands take.
const NUMBERS: [i64; 9] = [0, 1, 2, -1, -2, MIN, MIN + 1, MAX, MAX - 1];

/// The name of a call in a report, and the call.
pub(super) type Call<T, const N: usize, R> = (&'static str, fn(&Atomic<T>, [T; N]) -> R);

/// The expected value afterwards and result, from the value before and the operands. `None` if
/// architectures differ.
type Model<I, const N: usize, R> = fn(Wrapping<I>, [Wrapping<I>; N]) -> Option<(Wrapping<I>, R)>;

/// A signed integer, in which expected values are computed.
pub(super) trait Int: Copy {
    /// Returns the integer with the sign and the low bits of `number`. [`MIN`] thus gives the least
    /// integer of any width, and [`MAX`] the greatest.
    fn at(number: i64) -> Self;

    /// Returns the integer with the low bits of `bits`.
    fn low(bits: u64) -> Self;

    /// Returns the integer as a 64-bit number.
    fn wide(self) -> u64;
}

macro_rules! int {
    ($($int:ident)*) => {$(
        impl Int for $int {
            fn at(number: i64) -> Self {
                let rest = Self::low(number as u64) & Self::MAX;
                rest | if number < 0 { Self::MIN } else { 0 }
            }

            fn low(bits: u64) -> Self {
                bits as Self
            }

            fn wide(self) -> u64 {
                self as u64
            }
        }
    )*};
}

int! { i8 i16 i32 i64 isize }

/// A type that the tests use.
pub(super) trait Value: AtomicType + Debug + PartialEq + 'static {
    /// The signed integer of the same width.
    type Int: Int;

    /// Returns the value with the bits of an integer.
    fn from_int(int: Self::Int) -> Self;

    /// Returns the bits of a value as an integer.
    fn int(value: Self) -> Self::Int;

    /// Returns the value that `number` represents: see [`Int::at`].
    fn of(number: i64) -> Self {
        Self::from_int(Int::at(number))
    }

    /// Returns the value with the low bits of `bits`.
    fn from_bits(bits: u64) -> Self {
        Self::from_int(Int::low(bits))
    }

    /// Returns the integer that `number` represents.
    fn integer(number: i64) -> Wrapping<Self::Int> {
        Wrapping(Int::at(number))
    }
}

// A row: the type, the integer of its width, and the conversions from the integer and to it.
macro_rules! values {
    ($($ty:ty: $int:ty, |$n:ident| $from:expr, |$x:ident| $into:expr;)*) => {$(
        impl Value for $ty {
            type Int = $int;

            fn from_int($n: $int) -> Self {
                $from
            }

            fn int($x: Self) -> $int {
                $into
            }
        }
    )*};
}

VALUES
/// The result of a call, as the table has it: with integers.
pub(super) trait Returned<T>: Copy {
    /// The type of the result of the call.
    type Typed: Debug + PartialEq;

    /// Returns the expected result of the call.
    fn typed(self) -> Self::Typed;
}

impl<T> Returned<T> for () {
    type Typed = ();

    fn typed(self) {}
}

impl<T> Returned<T> for bool {
    type Typed = bool;

    fn typed(self) -> bool {
        self
    }
}

impl<T: Value> Returned<T> for Wrapping<T::Int> {
    type Typed = T;

    fn typed(self) -> T {
        T::from_int(self.0)
    }
}

impl<T: Value> Returned<T> for Result<Wrapping<T::Int>, Wrapping<T::Int>> {
    type Typed = Result<T, T>;

    fn typed(self) -> Result<T, T> {
        let typed = |int: Wrapping<T::Int>| T::from_int(int.0);
        self.map(typed).map_err(typed)
    }
}

/// Whether all calls do what the table says, with all values and operands, and leave the adjacent
/// variables alone. Prints the first failure of each call.
pub(super) fn check<T, R, const N: usize>(
    calls: &[Call<T, N, R::Typed>],
    model: Model<T::Int, N, R>,
) -> bool
where
    T: Value,
    R: Returned<T>,
{
    let count = NUMBERS.len();
    let digit = |index: usize, place: usize| NUMBERS[index / count.pow(place as u32) % count];
    let wrong = calls.iter().filter(|call| {
        let mut indices = 0..count.pow(N as u32 + 1) * 2;
        !indices.all(|index| {
            let operands = core::array::from_fn(|place| T::of(digit(index, place)));
            // The last factor is the number of values of the adjacent variables.
            let beside = index / count.pow(N as u32 + 1);
            let before = [-(beside as i64), digit(index, N), -(beside as i64)];
            does(call, before.map(T::of), operands, model)
        })
    });
    wrong.count() == 0
}

/// Whether a call does what the table says on the second of three variables.
fn does<T, R, const N: usize>(
    (name, call): &Call<T, N, R::Typed>,
    before: [T; 3],
    operands: [T; N],
    model: Model<T::Int, N, R>,
) -> bool
where
    T: Value,
    R: Returned<T>,
{
    let integer = |value| Wrapping(T::int(value));
    let [left, old, right] = before;
    let Some((after, returned)) = model(integer(old), operands.map(integer)) else {
        return true;
    };
    let expected = ([left, T::from_int(after.0), right], returned.typed());
    let variables = before.map(Atomic::new);
    let result = call(&variables[1], operands);
    let found = (variables.map(|mut x| *x.get_mut()), result);
    if found != expected {
        let ty = core::any::type_name::<T>();
        pr_err!("{name} on {ty}: {before:?} with {operands:?}\n");
        pr_err!("    (variables, result) is {found:?}, expected {expected:?}\n");
    }
    found == expected
}
