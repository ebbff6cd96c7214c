    ($r:ident: $register:ty as $value:ty as $ty:ty; $($asm:tt)*) => {{
        let $r: $register;
        access!($($asm)*);
        access!(@filled $r: $register as $value as $ty)
    }};
    (@filled $r:ident: $register:ty as $value:ty as $ty:ty) => {{
        // SAFETY: The instructions leave the value in the register, with zeros or copies of its
        // sign above it.
        unsafe { core::hint::assert_unchecked($r as $value as $register == $r) };
        $r as $ty
    }};
