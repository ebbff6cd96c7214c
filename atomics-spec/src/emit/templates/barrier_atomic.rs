/// Orders earlier accesses before the unordered atomic read-modify-write operation that follows
/// immediately, and before all accesses after that operation.
///
/// Use it with read-modify-write operations that return nothing and with relaxed ones; it does not
/// apply to loads and stores (`Documentation/atomic_t.txt`, section "ORDERING").
///
/// Do not rely on it next to a conditional operation that can fail. On x86 it is only a compiler
/// barrier, because locked instructions are fully ordered; a failed `add_unless` is a plain load
/// there. Use `smp_mb()` instead.
///
/// # Examples
///
/// ```
/// use $path::barrier::smp_mb__before_atomic;
///
/// smp_mb__before_atomic();
/// ```
#[allow(non_snake_case, reason = "it is C's name")]
#[inline(always)]
pub fn smp_mb__before_atomic() {
    backend::smp_mb__before_atomic();
}

/// Orders the unordered atomic read-modify-write operation immediately before it, and all accesses
/// before that operation, before later accesses.
///
/// Use it with read-modify-write operations that return nothing and with relaxed ones; it does not
/// apply to loads and stores (`Documentation/atomic_t.txt`, section "ORDERING").
///
/// Do not rely on it next to a conditional operation that can fail. On x86 it is only a compiler
/// barrier, because locked instructions are fully ordered; a failed `add_unless` is a plain load
/// there. Use `smp_mb()` instead.
///
/// # Examples
///
/// ```
/// use $path::barrier::smp_mb__after_atomic;
///
/// smp_mb__after_atomic();
/// ```
#[allow(non_snake_case, reason = "it is C's name")]
#[inline(always)]
pub fn smp_mb__after_atomic() {
    backend::smp_mb__after_atomic();
}
