/// Calls another function of the family.
macro_rules! call {
    ($callee:ident($($arg:expr),*)) => {
        // SAFETY: The caller upholds the contract, which both functions share. Any other pointer is
        // to a local variable.
        unsafe { self::$callee($($arg),*) }
    };
}
