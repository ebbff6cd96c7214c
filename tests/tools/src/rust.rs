//! Finds rustc, and the source of the Rust standard library.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::path::cache_folder;

/// The source of the Rust standard library: from `RUST_LIB_SRC`, from the toolchain, or from setup.
pub fn library() -> Option<PathBuf> {
    let named = env::var_os("RUST_LIB_SRC").map(PathBuf::from);
    let sysroot = rustc(&["--print", "sysroot"]).ok();
    let own = sysroot.map(|root| Path::new(&root).join("lib/rustlib/src/rust/library"));
    let fetched = fetched_library().ok();
    let candidates = [named, own, fetched].into_iter().flatten();
    candidates
        .into_iter()
        .find(|dir| dir.join("core/src/lib.rs").is_file())
}

/// The folder into which setup puts the source of the Rust standard library.
///
/// # Errors
///
/// If there is no cache folder, or rustc does not start.
pub fn fetched_library() -> Result<PathBuf> {
    Ok(cache_folder()?.join(format!("rust-src-{}", version()?)))
}

/// The folder for the Rust standard library that was built for other architectures.
///
/// # Errors
///
/// The same as [`fetched_library`].
pub fn built_library() -> Result<PathBuf> {
    Ok(cache_folder()?.join(format!("rust-std-{}", version()?)))
}

/// The version of rustc, such as 1.95.0.
///
/// # Errors
///
/// If rustc does not start.
pub fn version() -> Result<String> {
    let told = rustc(&["--version"])?;
    let version = told.split_whitespace().nth(1);
    Ok(version
        .context("rustc does not print its version")?
        .to_owned())
}

/// Runs rustc and returns its output.
///
/// # Errors
///
/// If it does not start, or fails.
pub fn rustc(args: &[&str]) -> Result<String> {
    let output = Command::new("rustc").args(args).output();
    let output = output.context("cannot run rustc")?;
    ensure!(output.status.success(), "rustc {} failed", args.join(" "));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
