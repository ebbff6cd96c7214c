/// Passes a value through a register of its own, without an instruction. The compiler knows nothing
/// of what comes out.
macro_rules! hide {
    ($value:ident: $type:ty, $class:ident $register:literal) => {{
        let hidden: $type;
        // SAFETY: The block leaves the value as it is. The compiler takes it for one that accesses
        // memory, and computes the value.
        unsafe {
            core::arch::asm!(
                // The template must name the operand, and a comment does.
                concat!("/* ", $register, " */"),
                r = inlateout($class) $value => hidden, $options
            );
        }
        hidden
    }};
}

/// Loads the variable. If its width has no registers of its own, the value is in a wider one, with
/// zeros or copies of its sign above it.
macro_rules! load {
    ($v:ident: $atomic:ty => $type:ty, $class:ident $register:literal) => {{
        keep_order!();
        let value = in_core!($v.cast_mut(), $atomic).load(Relaxed);
        hide!(value: $type, $class $register)
    }};
    (
        $v:ident: $atomic:ty as $bits:ty as $wide:ty => $type:ty, $class:ident $register:literal
    ) => {{
        keep_order!();
        let value = in_core!($v.cast_mut(), $atomic).load(Relaxed);
        let value = value as $bits as $wide;
        let value = hide!(value: $wide, $class $register);
        // SAFETY: The value is the one that went in.
        unsafe { core::hint::assert_unchecked(value as $bits as $wide == value) };
        value as $type
    }};
}
