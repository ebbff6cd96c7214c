//! Builds our side: a crate with the generated module of an architecture, and a function for each
//! compared operation.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use atomics_machine_code::rustc::Compiler;
use atomics_machine_code::target::Target;
use atomics_spec::Spec;
use atomics_spec::emit::asm::{self, Hosted, Labels, Surroundings};
use atomics_spec::emit::barrier::Barriers;
use atomics_tools::process::write_changed;

/// Whether an architecture has a table.
pub fn has_table(spec: &Spec, target: &Target) -> bool {
    spec.asm_archs().any(|arch| arch.name == target.name)
}

/// Compiles a crate in `folder` with the module of an architecture, called `ours`, and the code
/// `rest`. Returns the object file.
///
/// # Errors
///
/// If there is no table, or something does not compile.
pub fn compile(spec: &Spec, compiler: &Compiler, folder: &Path, rest: &str) -> Result<PathBuf> {
    let target = compiler.target;
    let arch = spec.asm_archs().find(|arch| arch.name == target.name);
    let arch = arch.with_context(|| format!("there is no table for {}", target.name))?;
    let folder = folder.join(compiler.configuration.folder(target));
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let surroundings = Surroundings {
        labels: Labels::Always,
        barriers: Barriers::All,
        // A configuration has exactly the features that are passed to the compiler.
        hosted: Hosted::Never,
    };
    write_changed(
        &folder.join("ours.rs"),
        &asm::module(spec, arch, surroundings)?,
    )?;
    let source = folder.join("lib.rs");
    write_changed(&source, &format!("#![no_std]\n{rest}\nmod ours;\n"))?;
    let object = folder.join("ours.o");
    compiler.object(&source, &object)?;
    Ok(object)
}
