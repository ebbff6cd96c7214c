//! Checks the version of the compiler, and builds the C helpers with the feature `c-helpers`.

use std::env;
use std::process::Command;

/// What needs a newer Rust than the manifest says: the architecture, the feature of this crate if
/// it is only that, the minor version of Rust 1, and the reason. `docs/targets.md` and `src/lib.rs`
/// say it, too.
const NEWER: [(&str, Option<&str>, u32, &str); 2] = [
    (
        "powerpc64",
        None,
        95,
        "`asm!` is unstable there before, and `barrier()` uses it with the feature `c-helpers`, too",
    ),
    (
        "s390x",
        Some("std"),
        93,
        "`is_s390x_feature_detected!` is unstable before",
    ),
];

/// How the names of targets begin that are for CPUs before ARMv7.
const OLD_ARM: [&str; 7] = [
    "arm-", "armv4", "armv5", "armv6", "thumbv4", "thumbv5", "thumbv6",
];

/// Whether the user compiles for another CPU than the target's.
fn is_newer_cpu() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    ["target-cpu=", "+v7", "+v8"]
        .iter()
        .any(|known| flags.contains(known))
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=c");
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    for (name, feature, needed, reason) in NEWER {
        // The C helpers do not ask the CPU.
        let used =
            |feature| feature == "std" && cfg!(feature = "std") && !cfg!(feature = "c-helpers");
        if name != arch || !feature.is_none_or(used) {
            continue;
        }
        if let Some(minor) = compiler().filter(|minor| *minor < needed) {
            let what = feature.map_or(String::new(), |f| format!(" with the feature `{f}`"));
            println!(
                "cargo::error=on {arch}{what}, this crate needs Rust 1.{needed} or newer, and the \
                 compiler is Rust 1.{minor}: {reason}"
            );
        }
    }
    // The predicates that a crate can ask do not tell the versions of arm apart. Those that have no
    // atomics of 64 bits are refused by a predicate.
    let target = env::var("TARGET").unwrap_or_default();
    let is_old = OLD_ARM.iter().any(|start| target.starts_with(start));
    if is_old && !is_newer_cpu() && !cfg!(feature = "c-helpers") {
        println!(
            "cargo::error=no table has instructions for `{target}`: those for arm need ARMv7. If the \
             CPU is newer than the target says, name it with `-Ctarget-cpu=CPU` in RUSTFLAGS; \
             otherwise, call C functions of your own through the macro `atomics!` of the crate \
             `atomics-macros`, with its option `backend = c(\"PREFIX\")`"
        );
    }
    #[cfg(feature = "c-helpers")]
    cc::Build::new()
        .file("c/atomic.c")
        // Signed arithmetic wraps, as in the kernel.
        .flag("-fwrapv")
        .warnings(true)
        .extra_warnings(true)
        .compile(concat!("atomics_core_helpers_", env!("CARGO_PKG_VERSION")));
}

/// The minor version of the compiler, if it tells it.
fn compiler() -> Option<u32> {
    let output = Command::new(env::var_os("RUSTC")?)
        .arg("--version")
        .output()
        .ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    let minor = version.strip_prefix("rustc 1.")?.split('.').next()?;
    minor.parse().ok()
}
