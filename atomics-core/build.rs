//! Builds the C helpers, with the feature `c-helpers`.

fn main() {
    println!("cargo::rerun-if-changed=c");
    #[cfg(feature = "c-helpers")]
    cc::Build::new()
        .file("c/atomic.c")
        // Signed arithmetic wraps, as in the kernel.
        .flag("-fwrapv")
        .warnings(true)
        .extra_warnings(true)
        .compile("atomics_core_helpers");
}
