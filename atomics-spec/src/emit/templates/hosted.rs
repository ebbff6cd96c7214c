
// A panic between two operations leaves a valid value: there is no state to see between them.
impl<T: AtomicType> core::panic::RefUnwindSafe for Atomic<T> {}
