//! Our side: the generated module of an architecture in a crate of its own, with a function for
//! everything that is compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use atomics_spec::Spec;
use atomics_spec::emit::asm::{self, Hosted, Labels, Options};
use atomics_spec::emit::barrier::Barriers;

use super::kernel::{run, write_changed};
use super::machine::{Branch, Machine};
use super::point::Point;
use super::progress;
use crate::setup::Toolchain;

/// Builds ours.
pub struct Ours<'a> {
    /// The tables.
    pub spec: &'a Spec,
    /// Where to build.
    pub folder: &'a Path,
    /// What knows where the source of Rust's library is.
    pub tools: &'a Toolchain,
}

impl Ours<'_> {
    /// Whether there is a table for an architecture.
    pub fn has(&self, machine: &Machine) -> bool {
        self.spec.asm_archs().any(|arch| arch.name == machine.name)
    }

    /// Compiles the module of an architecture for one branch.
    ///
    /// # Errors
    ///
    /// If there is no table, or something does not compile.
    pub fn object(&self, machine: &Machine, branch: &Branch, points: &[Point]) -> Result<PathBuf> {
        let arch = self
            .spec
            .asm_archs()
            .find(|arch| arch.name == machine.name)
            .with_context(|| format!("there is no table for {}", machine.name))?;
        let sysroot = self.library(machine)?;
        progress(&format!(
            "{}: compiling ours ({})",
            machine.name, branch.name
        ));
        let folder = self.folder.join(format!(
            "{}-{}",
            machine.name,
            branch.name.replace(['/', ','], "-")
        ));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let options = Options {
            labels: Labels::Always,
            barriers: Barriers::All,
            // A branch has what the compiler is told of.
            hosted: Hosted::Never,
        };
        let module = asm::module(self.spec, arch, options)?;
        write_changed(&folder.join("ours.rs"), &module)?;
        let mut root = "#![no_std]\n#![allow(dead_code, improper_ctypes_definitions, \
                        unused_unsafe)]\nmod ours;\nuse core::ffi::c_void;\n"
            .to_owned();
        for point in points {
            root.push('\n');
            root += &point.rust;
        }
        let source = folder.join("lib.rs");
        write_changed(&source, &root)?;
        let object = folder.join("ours.o");
        let mut command = rustc(machine);
        command
            .args(["--edition=2024", "--crate-type=lib", "--crate-name=ours"])
            .args(["--emit=obj", "-Copt-level=2", "-Cpanic=abort"])
            .args(["-Ccodegen-units=1", "-Cdebuginfo=0"])
            .arg("--sysroot")
            .arg(&sysroot)
            .arg(format!("-Ctarget-feature={}", branch.features))
            .arg("-o")
            .arg(&object)
            .arg(&source);
        run(&mut command)?;
        Ok(object)
    }

    /// A sysroot with `core` for the target, of which a library needs the metadata only.
    fn library(&self, machine: &Machine) -> Result<PathBuf> {
        let version = Command::new("rustc").arg("--version").output();
        let version = version.context("cannot start rustc")?.stdout;
        let digest = sha1_smol::Sha1::from(version).digest().to_string();
        let sysroot = self.folder.join(format!("sysroot-{}", &digest[..8]));
        let target = sysroot.join(format!("lib/rustlib/{}/lib", machine.target));
        let core = target.join("libcore.rmeta");
        if core.is_file() {
            return Ok(sysroot);
        }
        progress(&format!("{}: compiling Rust's core", machine.name));
        fs::create_dir_all(&target).with_context(|| format!("cannot make {}", target.display()))?;
        let library = self.source()?;
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
    fn source(&self) -> Result<PathBuf> {
        let command = self.tools.command("rustc");
        let mut variables = command.get_envs();
        let found = variables.find(|(name, _)| *name == "RUST_LIB_SRC");
        let found = found.and_then(|(_, value)| value);
        Ok(PathBuf::from(found.context("RUST_LIB_SRC is not set")?))
    }
}

fn rustc(machine: &Machine) -> Command {
    let mut command = Command::new("rustc");
    // `core` has features that are not stable; ours, none that these options turn on.
    command.env("RUSTC_BOOTSTRAP", "1");
    command
        .args(["--target", machine.target])
        .args(machine.rustc);
    command
}
