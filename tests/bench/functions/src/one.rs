//! A single operation, for a program that has nothing else.

#[allow(unused_imports, reason = "C needs no methods")]
use crate::implementation::*;

/// What is counted.
#[cfg(not(feature = "c"))]
static ONE: A32 = A32::new(0);

/// Counts.
#[cfg(not(feature = "c"))]
#[inline]
pub fn count_one() -> i32 {
    ONE.fetch_add(1, Relaxed)
}
