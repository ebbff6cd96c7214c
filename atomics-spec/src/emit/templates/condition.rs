/// Runs instructions that jump to `no!()` if their result is false.
#[cfg(HAS_LABELS)]
macro_rules! condition {
    ($access:ident; $set:expr => $is:ident: $class:ident;
     $($line:expr),+ $(,)?; $($operand:tt)*) => {{
        $access!($($line),+; no = label { return false }, $($operand)*);
        true
    }};
}

/// Where the instructions of `condition!` jump to.
#[cfg(HAS_LABELS)]
macro_rules! no {
    () => {
        "{no}"
    };
}

/// Runs instructions that jump to `no!()` if their result is false. There, and at their end, `$set`
/// saves the result.
#[cfg(not(HAS_LABELS))]
macro_rules! condition {
    ($access:ident; $set:expr => $is:ident: $class:ident;
     $($line:expr),+ $(,)?; $($operand:tt)*) => {{
        let $is: u8;
        $access!($($line,)+ concat!("3: ", $set); $($operand)* $is = lateout($class) $is,);
        $is != 0
    }};
}

/// Where the instructions of `condition!` jump to.
#[cfg(not(HAS_LABELS))]
macro_rules! no {
    () => {
        "3f"
    };
}
