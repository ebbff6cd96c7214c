    (WORD $name:ident [$($arg:ident),*]OUT_PATTERN) => {
        (stringify!($name), |x, [$($arg),*]| {
            // SAFETY: The types have the class of the operation, so it stores values of `T`.
            let x = unsafe { x.as_raw() };
BEFORE            let result = T::Repr::$name(x, ARGS);
            // SAFETY: As above, the bits are those of a `T`.
AFTER        })
    };
