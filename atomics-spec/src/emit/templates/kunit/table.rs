//! Tables of cases, and what checks calls against them.

use super::super::*;
use crate::fmt::Debug;
use crate::prelude::*;

/// The number that stands for the least value of a type.
pub(super) const MIN: i64 = i64::MIN;
/// The number that stands for the greatest value of a type.
pub(super) const MAX: i64 = i64::MAX;

/// What is in the variable, the operands, what is in the variable afterwards, and what is
/// returned. Numbers stand for values as in [`Value::of`].
pub(super) type Case<const N: usize, R> = (i64, [i64; N], i64, R);

/// What a call is called in a report, and the call.
pub(super) type Call<T, const N: usize, R> = (&'static str, fn(&Atomic<T>, [T; N]) -> R);

/// What a call returns, as a number of 64 bits; less than there is to it in the case of a
/// [`Result`].
pub(super) trait Bits {
    /// The number.
    fn bits(self) -> u64;
}

/// A type of which there are cases.
pub(super) trait Value: AtomicType + Bits + Debug + PartialEq + 'static {
    /// The value with the low bits of `bits`.
    fn from_bits(bits: u64) -> Self;

    /// The value with the sign and the low bits of `number`. So [`MIN`] is the least value of a
    /// signed type of any width, and [`MAX`] the greatest.
    fn of(number: i64) -> Self;
}

/// What a table says that a call returns.
pub(super) trait Returned<T>: Copy + Debug {
    /// What the call returns.
    type Typed: Debug + PartialEq;

    /// What the call must return.
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

/// What the call leaves behind a pointer, and what it returns.
impl<T: Value, R: Returned<T>> Returned<T> for (i64, R) {
    type Typed = (T, R::Typed);

    fn typed(self) -> (T, R::Typed) {
        (T::of(self.0), self.1.typed())
    }
}

/// Whether all calls do what all cases say, and leave alone what is beside the variable. The first
/// thing that a call does wrong is printed.
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

/// Whether a call does what a case says, between two variables that hold `beside`.
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
        pr_err!("    becomes, and returns, {found:?}, not {expected:?}\n");
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
