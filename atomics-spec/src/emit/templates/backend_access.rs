/// Runs instructions that access the variable. `$r` is declared for their result, and returned.
macro_rules! access {
    ($r:ident: $ty:ty; $($asm:tt)*) => {{
        let $r: $ty;
        access!($($asm)*);
        $r
    }};
$filled
    ($($asm:tt)*) => {
        // SAFETY: The instructions access only `*v`, as the caller permits, and read arguments of
        // the function that are in memory.
        unsafe { asm!($($asm)*) }
    };
}
