/// Calls the relaxed function, with fences for the ordering.
macro_rules! fenced {
    (acquire: $($call:tt)*) => {{
        let result = call!($($call)*);
        super::fence_acquire();
        result
    }};
    (release: $($call:tt)*) => {{
        super::fence_release();
        call!($($call)*)
    }};
    (full: $($call:tt)*) => {{
        super::fence_full_before();
        let result = call!($($call)*);
        super::fence_full_after();
        result
    }};
}
