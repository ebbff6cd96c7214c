//! Rust's `core` for other targets, for what is compiled and never linked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::kernel::{run, write_changed};
use super::machine::Machine;
use crate::setup::Toolchain;

/// A sysroot below `folder` with `core` for the target of a machine, of which a library needs the
/// metadata only.
///
/// # Errors
///
/// If `core` does not compile.
pub fn library(machine: &Machine, folder: &Path, tools: &Toolchain) -> Result<PathBuf> {
    let version = Command::new("rustc").arg("--version").output();
    let version = version.context("cannot start rustc")?.stdout;
    let digest = sha1_smol::Sha1::from(version).digest().to_string();
    let sysroot = folder.join(format!("sysroot-{}", &digest[..8]));
    let target = sysroot.join(format!("lib/rustlib/{}/lib", machine.target));
    let core = target.join("libcore.rmeta");
    if core.is_file() {
        return Ok(sysroot);
    }
    eprintln!("{}: compiling Rust's core", machine.name);
    fs::create_dir_all(&target).with_context(|| format!("cannot make {}", target.display()))?;
    let library = source(tools)?;
    // Under another name first: what stands there under its own is complete.
    let part = target.join("part");
    fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
    let mut command = rustc(machine);
    command
        .args(["--edition=2024", "--crate-type=lib", "--crate-name=core"])
        .args(["--emit=metadata", "-Zalways-encode-mir", "-Copt-level=2"])
        .args(["-Cpanic=abort", "--cap-lints=allow", "--out-dir"])
        .arg(&part)
        .arg(library.join("core/src/lib.rs"));
    run(&mut command).context("Rust's core does not compile")?;
    let builtins = part.join("builtins.rs");
    write_changed(
        &builtins,
        "#![feature(compiler_builtins)]\n#![compiler_builtins]\n#![no_builtins]\n#![no_std]\n",
    )?;
    fs::rename(
        part.join("libcore.rmeta"),
        target.join("libcore.part.rmeta"),
    )?;
    let mut command = rustc(machine);
    command
        .args(["--crate-type=lib", "--crate-name=compiler_builtins"])
        .args(["--emit=metadata", "--cap-lints=allow", "--out-dir"])
        .arg(&target)
        .arg(format!(
            "--extern=core={}",
            target.join("libcore.part.rmeta").display()
        ))
        .arg(&builtins);
    run(&mut command).context("a stand-in for compiler_builtins does not compile")?;
    fs::rename(target.join("libcore.part.rmeta"), &core)?;
    Ok(sysroot)
}

/// The source of Rust's library.
fn source(tools: &Toolchain) -> Result<PathBuf> {
    let command = tools.command("rustc");
    let mut variables = command.get_envs();
    let found = variables.find(|(name, _)| *name == "RUST_LIB_SRC");
    let found = found.and_then(|(_, value)| value);
    Ok(PathBuf::from(found.context("RUST_LIB_SRC is not set")?))
}

/// rustc for a machine.
pub fn rustc(machine: &Machine) -> Command {
    let mut command = Command::new("rustc");
    // `core` has features that are not stable; ours, none that these options turn on.
    command.env("RUSTC_BOOTSTRAP", "1");
    command
        .args(["--target", machine.target])
        .args(machine.rustc);
    command
}
