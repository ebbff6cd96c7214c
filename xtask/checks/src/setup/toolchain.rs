//! Installs the tools that build a kernel.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use atomics_tools::path::{cache_folder, has_program};
use atomics_tools::rust;
use atomics_tools::toolchain::{BINDGEN, bindgen_folder};
use xtask::output::line;

use super::apt::PrivateApt;
use super::work::{WorkDir, run_command, step};

/// The packages from the machine's own release.
pub const PACKAGES: [&str; 17] = [
    "bc",
    "binutils",
    "bison",
    "clang-19",
    "flex",
    "git",
    "libclang-19-dev",
    "libelf-dev",
    "libssl-dev",
    "lld-19",
    "llvm-19",
    "make",
    "perl",
    "python3",
    "qemu-system-arm",
    "qemu-system-x86",
    "xz-utils",
];

/// The system emulators in these packages.
pub const EMULATORS: [&str; 3] = [
    "qemu-system-aarch64",
    "qemu-system-arm",
    "qemu-system-x86_64",
];

/// The suite with the source of recent Rust libraries.
const RUST_SRC_SUITE: &str = "trixie-backports";

/// Installs the tools that the machine's own release does not have.
///
/// # Errors
///
/// If a step fails.
pub fn install() -> Result<()> {
    match bindgen_folder() {
        Some(dir) => line(&format!("bindgen: already in {}", dir.display()))?,
        None => step(&format!("bindgen: building {BINDGEN}"), install_bindgen)?,
    }
    match rust::library() {
        Some(dir) => line(&format!("Rust library: already in {}", dir.display()))?,
        None => fetch_library().context(
            "cannot fetch the source of the Rust library; set RUST_LIB_SRC to its path, or run \
             `rustup component add rust-src`",
        )?,
    }
    Ok(())
}

fn install_bindgen() -> Result<()> {
    let root = cache_folder()?.join(format!("bindgen-{BINDGEN}"));
    fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let version = format!("={BINDGEN}");
    run_command(
        &[
            &cargo.to_string_lossy(),
            "install",
            "bindgen-cli",
            "--version",
            &version,
            "--locked",
            "--root",
            &root.to_string_lossy(),
        ],
        &root,
    )
}

/// Fetches the source of the Rust standard library, in exactly the version of the compiler.
fn fetch_library() -> Result<()> {
    if rust::rustc(&["--print", "sysroot"])?.contains("rustup") && has_program("rustup") {
        let add = ["rustup", "component", "add", "rust-src"];
        let adding = || run_command(&add, Path::new("/"));
        if step("Rust library: installing with rustup", adding).is_ok() && rust::library().is_some()
        {
            return Ok(());
        }
    }
    let library = rust::fetched_library()?;
    let version = rust::version()?;
    let work = WorkDir::new(library.parent().unwrap_or(&library))?;
    let apt = PrivateApt::new(work.path(), RUST_SRC_SUITE)?;
    let update = format!("Rust library: reading the package lists of {RUST_SRC_SUITE}");
    step(&update, || apt.get(&["update"]))?;
    let package = format!("rust-src={version}*");
    let download = format!("Rust library: downloading {package}");
    step(&download, || apt.get(&["download", &package]))?;
    let unpacking = format!("Rust library: unpacking into {}", library.display());
    step(&unpacking, || {
        work.unpack_packages()?;
        let source = format!("package/usr/src/rustc-{version}/library");
        let moved = fs::rename(work.path().join(&source), &library);
        moved.with_context(|| format!("{} is in the way; remove it", library.display()))
    })
}
