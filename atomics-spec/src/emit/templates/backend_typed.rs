/// Keeps the compiler from moving accesses across it, without an instruction.
macro_rules! keep_order {
    () => {
        // SAFETY: The block does nothing. The compiler takes it for one that accesses memory.
        unsafe { core::arch::asm!("", options(nostack, preserves_flags)) }
    };
}

/// The variable as one of `core`.
macro_rules! in_core {
    ($v:expr, $atomic:ty) => {
        // SAFETY: The caller guarantees that the pointer is valid and aligned, and that concurrent
        // accesses are atomic and have the size of the variable: it is only accessed through
        // `Atomic` and the like, or by the contract of their `from_ptr()`.
        unsafe { <$atomic>::from_ptr($v.cast()) }
    };
}
