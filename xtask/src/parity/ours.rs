//! Our side: the generated module of an architecture in a crate of its own, with a function for
//! everything that is compared.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use atomics_spec::Spec;
use atomics_spec::emit::asm::{self, Hosted, Labels, Surroundings};
use atomics_spec::emit::barrier::Barriers;

use super::kernel::{run, write_changed};
use super::machine::{Branch, Machine};
use super::point::Point;
use super::{progress, sysroot};
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

    /// Compiles the module of an architecture for one branch, with a function for each point.
    ///
    /// # Errors
    ///
    /// If there is no table, or something does not compile.
    pub fn object(&self, machine: &Machine, branch: &Branch, points: &[Point]) -> Result<PathBuf> {
        let head = "#![allow(dead_code, improper_ctypes_definitions, unused_unsafe)]\n\
                    use core::ffi::c_void;\n";
        let functions = points.iter().map(|point| format!("\n{}", point.rust));
        self.compile(
            machine,
            branch,
            &(head.to_owned() + &functions.collect::<String>()),
        )
    }

    /// Compiles the module of an architecture for one branch, as `ours`, and `rest` beside it.
    ///
    /// # Errors
    ///
    /// If there is no table, or something does not compile.
    pub fn compile(&self, machine: &Machine, branch: &Branch, rest: &str) -> Result<PathBuf> {
        let arch = self
            .spec
            .asm_archs()
            .find(|arch| arch.name == machine.name)
            .with_context(|| format!("there is no table for {}", machine.name))?;
        let sysroot = sysroot::library(machine, self.folder, self.tools)?;
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
        let surroundings = Surroundings {
            labels: Labels::Always,
            barriers: Barriers::All,
            // A branch has what the compiler is told of.
            hosted: Hosted::Never,
        };
        let module = asm::module(self.spec, arch, surroundings)?;
        write_changed(&folder.join("ours.rs"), &module)?;
        let source = folder.join("lib.rs");
        write_changed(&source, &format!("#![no_std]\n{rest}\nmod ours;\n"))?;
        let object = folder.join("ours.o");
        let mut command = sysroot::rustc(machine);
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
}
