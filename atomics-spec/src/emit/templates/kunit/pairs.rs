
/// The value that the call writes through its pointer argument, and its result.
impl<T: Value, R: Returned<T>> Returned<T> for (Wrapping<T::Int>, R) {
    type Typed = (T, R::Typed);

    fn typed(self) -> (T, R::Typed) {
        (self.0.typed(), self.1.typed())
    }
}

impl<T: Value, R: super::races::Bits> super::races::Bits for (T, R) {
    fn bits(self) -> u64 {
        self.0.bits().wrapping_mul(31).wrapping_add(self.1.bits())
    }
}
