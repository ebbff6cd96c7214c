//! What the kernel's atomics have and Rust's do not, written as users of Rust's would write it.

use core::sync::atomic::Ordering;

/// The operations of C, under their names here.
#[allow(dead_code, reason = "portable-atomic has some of its own")]
pub trait Extra {
    /// The type of the value.
    type Value;

    fn add(&self, i: Self::Value, order: Ordering);
    fn sub(&self, i: Self::Value, order: Ordering);
    fn inc(&self, order: Ordering);
    fn dec(&self, order: Ordering);
    fn and(&self, i: Self::Value, order: Ordering);
    fn andnot(&self, i: Self::Value, order: Ordering);
    fn or(&self, i: Self::Value, order: Ordering);
    fn xor(&self, i: Self::Value, order: Ordering);
    fn add_return(&self, i: Self::Value, order: Ordering) -> Self::Value;
    fn dec_return(&self, order: Ordering) -> Self::Value;
    fn fetch_inc(&self, order: Ordering) -> Self::Value;
    fn xchg(&self, new: Self::Value, order: Ordering) -> Self::Value;
    fn cmpxchg(
        &self,
        old: Self::Value,
        new: Self::Value,
        order: Ordering,
    ) -> Result<Self::Value, Self::Value>;
    fn sub_and_test(&self, i: Self::Value, order: Ordering) -> bool;
    fn dec_and_test(&self, order: Ordering) -> bool;
    fn inc_and_test(&self, order: Ordering) -> bool;
    fn add_negative(&self, i: Self::Value, order: Ordering) -> bool;
    fn fetch_add_unless(&self, a: Self::Value, u: Self::Value, order: Ordering) -> Self::Value;
    fn add_unless(&self, a: Self::Value, u: Self::Value, order: Ordering) -> bool;
    fn inc_not_zero(&self, order: Ordering) -> bool;
    fn inc_unless_negative(&self, order: Ordering) -> bool;
    fn dec_unless_positive(&self, order: Ordering) -> bool;
    fn dec_if_positive(&self, order: Ordering) -> Self::Value;
}

/// Implements [`Extra`] for types with the methods of Rust's atomics.
macro_rules! extra {
    ($($atomic:ty: $value:ty),*) => {
        $(impl Extra for $atomic {
            type Value = $value;

            #[inline(always)]
            fn add(&self, i: $value, order: Ordering) {
                self.fetch_add(i, order);
            }

            #[inline(always)]
            fn sub(&self, i: $value, order: Ordering) {
                self.fetch_sub(i, order);
            }

            #[inline(always)]
            fn inc(&self, order: Ordering) {
                self.fetch_add(1, order);
            }

            #[inline(always)]
            fn dec(&self, order: Ordering) {
                self.fetch_sub(1, order);
            }

            #[inline(always)]
            fn and(&self, i: $value, order: Ordering) {
                self.fetch_and(i, order);
            }

            #[inline(always)]
            fn andnot(&self, i: $value, order: Ordering) {
                self.fetch_and(!i, order);
            }

            #[inline(always)]
            fn or(&self, i: $value, order: Ordering) {
                self.fetch_or(i, order);
            }

            #[inline(always)]
            fn xor(&self, i: $value, order: Ordering) {
                self.fetch_xor(i, order);
            }

            #[inline(always)]
            fn add_return(&self, i: $value, order: Ordering) -> $value {
                self.fetch_add(i, order).wrapping_add(i)
            }

            #[inline(always)]
            fn dec_return(&self, order: Ordering) -> $value {
                self.fetch_sub(1, order).wrapping_sub(1)
            }

            #[inline(always)]
            fn fetch_inc(&self, order: Ordering) -> $value {
                self.fetch_add(1, order)
            }

            #[inline(always)]
            fn xchg(&self, new: $value, order: Ordering) -> $value {
                self.swap(new, order)
            }

            #[inline(always)]
            fn cmpxchg(&self, old: $value, new: $value, order: Ordering) -> Result<$value, $value> {
                self.compare_exchange(old, new, order, Ordering::Relaxed)
            }

            #[inline(always)]
            fn sub_and_test(&self, i: $value, order: Ordering) -> bool {
                self.fetch_sub(i, order) == i
            }

            #[inline(always)]
            fn dec_and_test(&self, order: Ordering) -> bool {
                self.fetch_sub(1, order) == 1
            }

            #[inline(always)]
            fn inc_and_test(&self, order: Ordering) -> bool {
                self.fetch_add(1, order) == -1
            }

            #[inline(always)]
            fn add_negative(&self, i: $value, order: Ordering) -> bool {
                self.fetch_add(i, order).wrapping_add(i) < 0
            }

            #[inline(always)]
            fn fetch_add_unless(&self, a: $value, u: $value, order: Ordering) -> $value {
                let new = |found: $value| (found != u).then(|| found.wrapping_add(a));
                match self.fetch_update(order, Ordering::Relaxed, new) {
                    Ok(found) | Err(found) => found,
                }
            }

            #[inline(always)]
            fn add_unless(&self, a: $value, u: $value, order: Ordering) -> bool {
                let new = |found: $value| (found != u).then(|| found.wrapping_add(a));
                self.fetch_update(order, Ordering::Relaxed, new).is_ok()
            }

            #[inline(always)]
            fn inc_not_zero(&self, order: Ordering) -> bool {
                let new = |found: $value| (found != 0).then(|| found.wrapping_add(1));
                self.fetch_update(order, Ordering::Relaxed, new).is_ok()
            }

            #[inline(always)]
            fn inc_unless_negative(&self, order: Ordering) -> bool {
                let new = |found: $value| (found >= 0).then(|| found.wrapping_add(1));
                self.fetch_update(order, Ordering::Relaxed, new).is_ok()
            }

            #[inline(always)]
            fn dec_unless_positive(&self, order: Ordering) -> bool {
                let new = |found: $value| (found <= 0).then(|| found.wrapping_sub(1));
                self.fetch_update(order, Ordering::Relaxed, new).is_ok()
            }

            #[inline(always)]
            fn dec_if_positive(&self, order: Ordering) -> $value {
                let new = |found: $value| (found > 0).then(|| found.wrapping_sub(1));
                match self.fetch_update(order, Ordering::Relaxed, new) {
                    Ok(found) | Err(found) => found.wrapping_sub(1),
                }
            }
        })*
    };
}

pub(crate) use extra;
