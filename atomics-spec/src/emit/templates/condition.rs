/// Runs instructions whose result is a condition: `$jump` jumps out of them if it holds.
#[cfg(HAS_LABELS)]
macro_rules! condition {
    ($access:ident; $jump:expr => $yes:ident; $set:expr => $is:ident: $class:ident;
     $($line:expr),+ $(,)?; $($operand:tt)*) => {{
        $access!($($line,)+ $jump; $yes = label { return true }, $($operand)*);
        false
    }};
}

/// Runs instructions whose result is a condition: `$set` saves it.
#[cfg(not(HAS_LABELS))]
macro_rules! condition {
    ($access:ident; $jump:expr => $yes:ident; $set:expr => $is:ident: $class:ident;
     $($line:expr),+ $(,)?; $($operand:tt)*) => {{
        let $is: u8;
        $access!($($line,)+ $set; $($operand)* $is = lateout($class) $is,);
        $is != 0
    }};
}
