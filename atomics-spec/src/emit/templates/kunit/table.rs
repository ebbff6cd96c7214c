//! Tables of test cases, and checks of calls against them.

use super::super::*;
use crate::fmt::Debug;
use crate::prelude::*;

/// The number that represents the least value of a type.
pub(super) const MIN: i64 = i64::MIN;
/// The number that represents the greatest value of a type.
pub(super) const MAX: i64 = i64::MAX;

/// The value before, the operands, the value afterwards, and the result. Numbers represent values
/// as in [`Value::of`].
pub(super) type Case<const N: usize, R> = (i64, [i64; N], i64, R);

/// The name of a call in a report, and the call.
pub(super) type Call<T, const N: usize, R> = (&'static str, fn(&Atomic<T>, [T; N]) -> R);

/// The result of a call as a 64-bit number. For a [`Result`] the number does not hold all of it.
pub(super) trait Bits {
    /// Returns the number.
    fn bits(self) -> u64;
}

/// A type that the tests use.
pub(super) trait Value: AtomicType + Bits + Debug + PartialEq + 'static {
    /// Returns the value with the low bits of `bits`.
    fn from_bits(bits: u64) -> Self;

    /// Returns the value with the sign and the low bits of `number`. [`MIN`] thus gives the least
    /// value of a signed type of any width, and [`MAX`] the greatest.
    fn of(number: i64) -> Self;
}

/// The result of a call, as a table has it.
pub(super) trait Returned<T>: Copy + Debug {
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

impl<T: Value> Returned<T> for i64 {
    type Typed = T;

    fn typed(self) -> T {
        T::of(self)
    }
}

impl<T: Value> Returned<T> for Result<i64, i64> {
    type Typed = Result<T, T>;

    fn typed(self) -> Result<T, T> {
        self.map(T::of).map_err(T::of)
    }
}

/// The value that the call writes through its pointer argument, and its result.
impl<T: Value, R: Returned<T>> Returned<T> for (i64, R) {
    type Typed = (T, R::Typed);

    fn typed(self) -> (T, R::Typed) {
        (T::of(self.0), self.1.typed())
    }
}

/// Whether all calls match all cases and leave the adjacent variables alone. Prints the first
/// failure of each call.
pub(super) fn check<T, R, const N: usize>(
    cases: &[Case<N, R>],
    calls: &[Call<T, N, R::Typed>],
) -> bool
where
    T: Value,
    R: Returned<T>,
{
    let wrong = calls.iter().filter(|call| {
        let right = |case| [0, -1].iter().all(|beside| does(call, case, *beside));
        !cases.iter().all(right)
    });
    wrong.count() == 0
}

/// Whether a call matches a case on a variable between two others that hold `beside`.
fn does<T, R, const N: usize>(
    (name, call): &Call<T, N, R::Typed>,
    &(memory, operands, after, returned): &Case<N, R>,
    beside: i64,
) -> bool
where
    T: Value,
    R: Returned<T>,
{
    let operands = operands.map(T::of);
    let before = [beside, memory, beside].map(T::of);
    let expected = ([beside, after, beside].map(T::of), returned.typed());
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

impl Bits for () {
    fn bits(self) -> u64 {
        0
    }
}

impl<T: Value> Bits for Result<T, T> {
    fn bits(self) -> u64 {
        match self {
            Ok(value) => value.bits() << 1 | 1,
            Err(value) => value.bits() << 1,
        }
    }
}

impl<T: Value, R: Bits> Bits for (T, R) {
    fn bits(self) -> u64 {
        self.0.bits().wrapping_mul(31).wrapping_add(self.1.bits())
    }
}

impl Bits for bool {
    fn bits(self) -> u64 {
        self.into()
    }
}
