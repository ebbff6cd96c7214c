/// Makes types those that C's operations take, with the type of their alignment and of what can be
/// added to a value.
macro_rules! represent {
    ($($repr:ty: Aligned = $aligned:ty, Delta = $delta:ty;)*) => {$(
        impl private::Sealed for $repr {
            type Aligned = $aligned;
        }

        impl AtomicImpl for $repr {
            type Delta = $delta;
        }
    )*};
}
