/// Runs instructions that access the word around the variable.
macro_rules! access_word {
    ($($asm:tt)*) => {
        // SAFETY: The instructions access `*v`, as the caller permits. The rest of the aligned word
        // that contains it is on the same page, so it can be accessed, too. It is only stored as it
        // was read, in one atomic access together with `*v`.
        unsafe { asm!($($asm)*) }
    };
}
