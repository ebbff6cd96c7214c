    (method $name:ident [$($arg:ident),*] $ordering:ident $out:ident) => {
        (concat!(stringify!($name), "(", stringify!($ordering), ")"), |x, [$($arg),*]| {
            let mut found = $out;
            let $out = &mut found;
            let result = x.$name($($arg,)* $ordering);
            (found, result)
        })
    };
    (pointer $name:ident [$($arg:ident),*] $ordering:ident $out:ident) => {
        (concat!(stringify!($name), "(ptr, ", stringify!($ordering), ")"), |x, [$($arg),*]| {
            let mut found = $out;
            let $out = &mut found;
            // SAFETY: The pointer is to a variable that is only accessed atomically.
            let result = unsafe { pointer::$name(x.as_ptr(), $($arg,)* $ordering) };
            (found, result)
        })
    };
