//! Compiles Rust code for a target to object files.

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

/// Which code the compiler optimises at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// A crate, with the functions of others that are inlined or generic.
    Crate,
    /// All crates of a program: link-time optimisation, as with `lto = "fat"` in a profile of cargo.
    Program,
}

/// rustc for one configuration of a target, with the `core` library compiled for the target.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The architecture.
    pub target: &'static Target,
    /// The configuration.
    pub configuration: &'static Configuration,
    whole: Whole,
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
        Self::optimising(Whole::Crate, target, configuration, tools, progress)
    }

    /// The same, which optimises a crate or a program at once.
    ///
    /// # Errors
    ///
    /// As those of [`Compiler::new`].
    pub fn optimising(
        whole: Whole,
        target: &'static Target,
        configuration: &'static Configuration,
        tools: &Toolchain,
        progress: Progress<'_>,
    ) -> Result<Self> {
        let sysroot = sysroot(
            (target.triple, target.rustc),
            whole,
            tools.library(),
            progress,
        )?;
        Ok(Self {
            target,
            configuration,
            whole,
            sysroot,
        })
    }

    /// Which code it optimises at once.
    pub fn whole(&self) -> Whole {
        self.whole
    }

    /// A command that compiles functions as the kernel does: optimised, in one codegen unit. A
    /// program needs a panic handler, and its functions have to be exported.
    pub fn command(&self) -> Command {
        let mut command = self.optimised();
        match self.whole {
            Whole::Crate => command.arg("--crate-type=lib"),
            Whole::Program => command.args(["--crate-type=staticlib", "-Clto=fat"]),
        };
        command
    }

    fn optimised(&self) -> Command {
        let mut command = rustc(self.target.triple, self.target.rustc);
        command
            .args(["--edition=2024", "-Copt-level=2"])
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
        self.emit(&mut self.command(), "ours", source, object)
    }

    /// Compiles functions to an object file, with what was added to a command of this compiler. Only
    /// one at a time may write to a file.
    ///
    /// # Errors
    ///
    /// If they do not compile.
    pub fn emit(
        &self,
        command: &mut Command,
        name: &str,
        source: &Path,
        object: &Path,
    ) -> Result<()> {
        command.arg(format!("--crate-name={name}")).arg(source);
        match self.whole {
            Whole::Crate => run(command.arg("--emit=obj").arg("-o").arg(object)),
            Whole::Program => {
                // Without a file to link, rustc leaves the optimisation to the linker.
                let part = object.with_extension("part");
                command.arg("--emit=obj,link").arg("--out-dir").arg(&part);
                run(command)?;
                fs::rename(part.join(format!("{name}.o")), object)?;
                fs::remove_dir_all(&part)
                    .with_context(|| format!("cannot remove {}", part.display()))
            }
        }
    }

    /// Compiles a library for use by others, to a file with the extension
    /// [`Whole::extension`].
    ///
    /// # Errors
    ///
    /// If it does not compile.
    pub fn library(&self, name: &str, source: &Path, library: &Path) -> Result<()> {
        let mut command = self.optimised();
        command
            .args(["--crate-type=lib", "--cap-lints=allow"])
            .args(self.whole.library())
            .arg(format!("--crate-name={name}"));
        run(command.arg("-o").arg(library).arg(source))
    }
}

impl Whole {
    /// The extension of a library's file: of metadata if nothing is linked.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Crate => ".rmeta",
            Self::Program => ".rlib",
        }
    }

    /// Options that compile a library to such a file.
    fn library(self) -> &'static [&'static str] {
        match self {
            Self::Crate => &["--emit=metadata", "-Zalways-encode-mir"],
            Self::Program => &["--emit=link", "-Cembed-bitcode=yes"],
        }
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
const CORE: [&str; 6] = [
    "--edition=2024",
    "--crate-type=lib",
    "--crate-name=core",
    "-Copt-level=2",
    "-Cpanic=abort",
    "--cap-lints=allow",
];

/// Makes a sysroot in the user's cache with `core` for a target, which rustc knows by a triple and
/// further arguments.
///
/// # Errors
///
/// If `core` does not compile, or there is no cache folder.
pub fn sysroot(
    (triple, args): (&str, &[&str]),
    whole: Whole,
    library: &Path,
    progress: Progress<'_>,
) -> Result<PathBuf> {
    let options = whole.library();
    let version = rust::rustc(&["--version", "--verbose"])?;
    let source = library.join("core/src/lib.rs");
    // All that the files depend on: checkouts share the cache.
    let key = format!(
        "{version} {} {:?} {CORE:?} {options:?}",
        source.display(),
        args
    );
    let digest = sha1_smol::Sha1::from(key).digest().to_string();
    let sysroot = cache_folder()?.join(format!("rust-core-{}", &digest[..8]));
    let libraries = sysroot.join(format!("lib/rustlib/{triple}/lib"));
    let file = format!("libcore{}", whole.extension());
    let core = libraries.join(&file);
    if core.is_file() {
        return Ok(sysroot);
    }
    let part = libraries.join("part");
    fs::create_dir_all(&part).with_context(|| format!("cannot create {}", part.display()))?;
    let lock = Lock::wait(&libraries, progress)?;
    if core.is_file() {
        return Ok(sysroot);
    }
    progress(&format!("{triple}: compiling Rust's core library"));
    // Rename the file into place at the end, so that it is always complete.
    let mut command = rustc(triple, args);
    command.args(CORE).args(options);
    command.arg("--out-dir").arg(&part).arg(&source);
    run(&mut command).context("cannot compile Rust's core library")?;
    let builtins = part.join("builtins.rs");
    write_changed(
        &builtins,
        "#![feature(compiler_builtins)]\n#![compiler_builtins]\n#![no_builtins]\n#![no_std]\n",
    )?;
    let unnamed = libraries.join(format!("libcore.part{}", whole.extension()));
    fs::rename(part.join(&file), &unnamed)?;
    let mut command = rustc(triple, args);
    command
        .args(["--crate-type=lib", "--crate-name=compiler_builtins"])
        .args(options)
        .args(["--cap-lints=allow", "--out-dir"])
        .arg(&libraries)
        .arg(format!("--extern=core={}", unnamed.display()))
        .arg(&builtins);
    run(&mut command).context("cannot compile an empty compiler_builtins")?;
    fs::rename(&unnamed, &core)?;
    drop(lock);
    Ok(sysroot)
}

/// A rustc command for a target.
fn rustc(triple: &str, args: &[&str]) -> Command {
    let mut command = Command::new("rustc");
    // `core` and the `-Z` options need unstable features; the generated code does not use any.
    command.env("RUSTC_BOOTSTRAP", "1");
    command.args(["--target", triple]).args(args);
    command
}
