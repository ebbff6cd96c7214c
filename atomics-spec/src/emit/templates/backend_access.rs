/// Runs instructions that access the variable.
macro_rules! access {
    ($($asm:tt)*) => {
        // SAFETY: The instructions access only `*v`, as the caller permits, and read arguments of
        // the function that are in memory.
        unsafe { asm!($($asm)*) }
    };
}
