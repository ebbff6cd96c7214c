/// Orders earlier accesses before an atomic read-modify-write operation right after it that is
/// not ordered by itself, and before what follows that.
///
/// It is for read-modify-write operations that return nothing, and for relaxed ones; not for
/// loads and stores (`Documentation/atomic_t.txt`, section "ORDERING").
///
/// Do not rely on it next to a conditional operation that fails: on x86 it stops the compiler
/// only, because locked instructions order everything, and `add_unless` that fails is a load.
/// Use `smp_mb()` there.
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

/// Orders an atomic read-modify-write operation right before it that is not ordered by itself,
/// and what precedes that, before later accesses.
///
/// It is for read-modify-write operations that return nothing, and for relaxed ones; not for
/// loads and stores (`Documentation/atomic_t.txt`, section "ORDERING").
///
/// Do not rely on it next to a conditional operation that fails: on x86 it stops the compiler
/// only, because locked instructions order everything, and `add_unless` that fails is a load.
/// Use `smp_mb()` there.
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
