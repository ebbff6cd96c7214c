//! Compiles Rust code for a target, without linking.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use atomics_tools::path::cache_folder;
use atomics_tools::process::{run, write_changed};
use atomics_tools::{Lock, Progress, Toolchain, rust};

use crate::alternative::{self, Alternative};
use crate::object::ObjectFile;
use crate::target::{Configuration, Target};

/// rustc for one configuration of a target, with the `core` library compiled for the target.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The architecture.
    pub target: &'static Target,
    /// The configuration.
    pub configuration: &'static Configuration,
    sysroot: PathBuf,
}

impl Compiler {
    /// Compiles `core` for the target, unless it is in the user's cache.
    ///
    /// # Errors
    ///
    /// If `core` does not compile, or there is no cache folder.
    pub fn new(
        target: &'static Target,
        configuration: &'static Configuration,
        tools: &Toolchain,
        progress: Progress<'_>,
    ) -> Result<Self> {
        let sysroot = sysroot(target, tools, progress)?;
        Ok(Self {
            target,
            configuration,
            sysroot,
        })
    }

    /// A command that compiles a library as the kernel does: optimised, in one codegen unit.
    pub fn command(&self) -> Command {
        let mut command = rustc(self.target);
        command
            .args(["--edition=2024", "--crate-type=lib", "-Copt-level=2"])
            .args(["-Cpanic=abort", "-Ccodegen-units=1", "-Cdebuginfo=0"])
            .arg("--sysroot")
            .arg(&self.sysroot)
            .arg(format!("-Ctarget-feature={}", self.configuration.features));
        command
    }

    /// Compiles a library to an object file.
    ///
    /// # Errors
    ///
    /// If it does not compile.
    pub fn object(&self, source: &Path, object: &Path) -> Result<()> {
        let mut command = self.command();
        command.args(["--crate-name=ours", "--emit=obj", "-o"]);
        run(command.arg(object).arg(source))
    }

    /// Compiles a library to metadata, for use by other libraries.
    ///
    /// # Errors
    ///
    /// If it does not compile.
    pub fn metadata(&self, name: &str, source: &Path, metadata: &Path) -> Result<()> {
        let mut command = self.command();
        command
            .args([
                "--emit=metadata",
                "-Zalways-encode-mir",
                "--cap-lints=allow",
            ])
            .arg(format!("--crate-name={name}"));
        run(command.arg("-o").arg(metadata).arg(source))
    }
}

impl Target {
    /// Reads object files of this target, with the alternatives that a kernel in `configuration`
    /// applies.
    ///
    /// # Errors
    ///
    /// If a file cannot be read.
    pub fn read(
        &self,
        configuration: &Configuration,
        files: &[PathBuf],
        tools: &Toolchain,
    ) -> Result<Vec<(ObjectFile, Vec<Alternative>)>> {
        let isa = self.isa()?;
        let read = |path: &PathBuf| {
            let object = ObjectFile::read(path, &isa, self.objdump, tools)?;
            let alternatives =
                alternative::read(&object, self.kernel.format, configuration.patched)
                    .with_context(|| path.display().to_string())?;
            Ok((object, alternatives))
        };
        files.iter().map(read).collect()
    }
}

/// How `core` is compiled.
const CORE: [&str; 8] = [
    "--edition=2024",
    "--crate-type=lib",
    "--crate-name=core",
    "--emit=metadata",
    "-Zalways-encode-mir",
    "-Copt-level=2",
    "-Cpanic=abort",
    "--cap-lints=allow",
];

/// Makes a sysroot in the user's cache with `core` for a target. It has only metadata, because
/// nothing is linked.
fn sysroot(target: &Target, tools: &Toolchain, progress: Progress<'_>) -> Result<PathBuf> {
    let version = rust::rustc(&["--version", "--verbose"])?;
    let source = tools.library().join("core/src/lib.rs");
    // All that the files depend on: checkouts share the cache.
    let key = format!("{version} {} {:?} {CORE:?}", source.display(), target.rustc);
    let digest = sha1_smol::Sha1::from(key).digest().to_string();
    let sysroot = cache_folder()?.join(format!("rust-core-{}", &digest[..8]));
    let libraries = sysroot.join(format!("lib/rustlib/{}/lib", target.triple));
    let core = libraries.join("libcore.rmeta");
    if core.is_file() {
        return Ok(sysroot);
    }
    let part = libraries.join("part");
    fs::create_dir_all(&part).with_context(|| format!("cannot create {}", part.display()))?;
    let lock = Lock::wait(&libraries, progress)?;
    if core.is_file() {
        return Ok(sysroot);
    }
    progress(&format!("{}: compiling Rust's core library", target.name));
    // Rename the file into place at the end, so that it is always complete.
    let mut command = rustc(target);
    command.args(CORE).arg("--out-dir").arg(&part).arg(&source);
    run(&mut command).context("cannot compile Rust's core library")?;
    let builtins = part.join("builtins.rs");
    write_changed(
        &builtins,
        "#![feature(compiler_builtins)]\n#![compiler_builtins]\n#![no_builtins]\n#![no_std]\n",
    )?;
    let unnamed = libraries.join("libcore.part.rmeta");
    fs::rename(part.join("libcore.rmeta"), &unnamed)?;
    let mut command = rustc(target);
    command
        .args(["--crate-type=lib", "--crate-name=compiler_builtins"])
        .args(["--emit=metadata", "--cap-lints=allow", "--out-dir"])
        .arg(&libraries)
        .arg(format!("--extern=core={}", unnamed.display()))
        .arg(&builtins);
    run(&mut command).context("cannot compile an empty compiler_builtins")?;
    fs::rename(&unnamed, &core)?;
    drop(lock);
    Ok(sysroot)
}

/// A rustc command for a target.
fn rustc(target: &Target) -> Command {
    let mut command = Command::new("rustc");
    // `core` and the `-Z` options need unstable features; the generated code does not use any.
    command.env("RUSTC_BOOTSTRAP", "1");
    command.args(["--target", target.triple]).args(target.rustc);
    command
}
