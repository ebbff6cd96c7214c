/// Declares functions with the same arguments that call others.
macro_rules! calls {
    ($args:tt -> $ret:ty; $($name:ident = $body:expr;)*) => {
        functions! { $(fn $name $args -> $ret { $body })* }
    };
    ($args:tt; $($name:ident = $body:expr;)*) => {
        functions! { $(fn $name $args { $body; })* }
    };
}
