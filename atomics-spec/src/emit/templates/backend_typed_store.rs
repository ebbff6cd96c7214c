/// Stores to the variable.
macro_rules! store {
    ($v:ident: $atomic:ty = $value:expr) => {
        keep_order!();
        in_core!($v, $atomic).store($value, Relaxed);
        keep_order!();
    };
}
