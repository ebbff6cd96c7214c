//! Compiles threads against `atomics-core`, and takes their machine code from the object files.
//!
//! rustc is called directly: `atomics-core` needs nothing but its proc macros, and with tables of
//! the user's its text is generated first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use atomics_spec::{Spec, emit};

use crate::cargo;
use crate::generate::repository_root;
use crate::lock::Lock;
use crate::parity::binary::Binary;
use crate::parity::flow::{self, Code, Graph};
use crate::parity::isa::Isa;
use crate::parity::kernel::{run, write_changed};
use crate::parity::machine::{Branch, Machine};
use crate::parity::sysroot;
use crate::setup::Toolchain;

use super::rust::orderings;

/// What a file of threads begins with.
fn head() -> String {
    format!(
        "#![no_std]\n#![allow(warnings)]\n\
         use atomics_core::{{Atomic, barrier, {}}};\n",
        orderings()
    )
}

/// Compiles for one architecture and its features.
pub struct Compiler<'a> {
    /// The architecture.
    pub machine: &'static Machine,
    /// Its features.
    pub branch: &'static Branch,
    /// Where to build.
    pub folder: PathBuf,
    /// The tools.
    pub tools: &'a Toolchain,
    sysroot: PathBuf,
    core: PathBuf,
    macros: PathBuf,
}

/// What all architectures need.
pub struct Common<'a> {
    /// Where to build: a folder of this run's own.
    pub folder: PathBuf,
    /// Where `core` is, for all runs.
    cache: &'a Path,
    /// The tools.
    pub tools: &'a Toolchain,
    /// The text of `atomics-core`.
    source: PathBuf,
    macros: PathBuf,
}

impl<'a> Common<'a> {
    /// Builds the proc macros, and, for tables other than the built-in ones, generates
    /// `atomics-core`.
    ///
    /// # Errors
    ///
    /// If the macros do not build, or a table cannot be carried out.
    pub fn new(
        folder: PathBuf,
        cache: &'a Path,
        tools: &'a Toolchain,
        own_tables: Option<&Spec>,
    ) -> Result<Self> {
        let mut source = repository_root().join("atomics-core");
        if let Some(spec) = own_tables {
            let generated = folder.join("generated");
            let lib = "src/lib.rs";
            let text =
                fs::read_to_string(source.join(lib)).context("atomics-core has no lib.rs")?;
            let target = generated.join("atomics-core");
            write(&target.join(lib), &text)?;
            for file in emit::core_crate(spec)? {
                write(&generated.join(&file.path), &file.contents)?;
            }
            source = target;
        }
        Ok(Self {
            folder,
            cache,
            tools,
            source,
            macros: macros()?,
        })
    }
}

impl Common<'_> {
    /// The folder with the macros that `atomics-core` is compiled with.
    pub fn macros(&self) -> &Path {
        self.macros.parent().unwrap_or(Path::new(""))
    }

    /// Compiles `atomics-core` for this machine, and says where it is.
    ///
    /// # Errors
    ///
    /// If it does not compile.
    pub fn native(&self, folder: &Path) -> Result<PathBuf> {
        let core = folder.join("libatomics_core.rlib");
        let mut command = Command::new("rustc");
        command
            .args([
                "--edition=2024",
                "--crate-type=rlib",
                "--crate-name=atomics_core",
            ])
            .args(["-Copt-level=2", "-Cpanic=abort", "--cap-lints=allow"])
            .arg(format!("--extern=atomics_macros={}", self.macros.display()))
            .arg("-o")
            .arg(&core)
            .arg(self.source.join("src/lib.rs"));
        run(&mut command).context("atomics-core does not compile")?;
        Ok(core)
    }
}

/// Writes a file and the folders above it.
fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    write_changed(path, text)
}

/// Builds `atomics-macros` for this machine, and says where it is.
fn macros() -> Result<PathBuf> {
    let mut command = cargo::command();
    command.args(["build", "--quiet", "--package", "atomics-macros"]);
    command.arg(cargo::MESSAGES);
    command.current_dir(repository_root()).stdin(Stdio::null());
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.context("cannot start cargo")?;
    ensure!(output.status.success(), "atomics-macros does not build");
    let messages = cargo::messages(&output.stdout, "atomics_macros");
    let mut names = messages.iter().filter_map(|m| m["filenames"][0].as_str());
    let name = names.next();
    Ok(name
        .context("cargo does not say where atomics-macros is")?
        .into())
}

impl<'a> Compiler<'a> {
    /// Compiles `core` and `atomics-core` for a branch of an architecture.
    ///
    /// # Errors
    ///
    /// If they do not compile.
    pub fn new(
        common: &Common<'a>,
        machine: &'static Machine,
        branch: &'static Branch,
    ) -> Result<Self> {
        let name = format!("{}-{}", machine.name, branch.name.replace(['/', ','], "-"));
        let folder = common.folder.join(name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let lock = Lock::wait(common.cache)?;
        let sysroot = sysroot::library(machine, common.cache, common.tools)?;
        drop(lock);
        let core = folder.join("libatomics_core.rmeta");
        let compiler = Self {
            machine,
            branch,
            folder,
            tools: common.tools,
            sysroot,
            core,
            macros: common.macros().to_owned(),
        };
        let mut command = compiler.rustc();
        command
            .args([
                "--crate-name=atomics_core",
                "--emit=metadata",
                "--cap-lints=allow",
            ])
            .arg(format!(
                "--extern=atomics_macros={}",
                common.macros.display()
            ))
            .arg("-o")
            .arg(&compiler.core)
            .arg(common.source.join("src/lib.rs"));
        run(&mut command).context("atomics-core does not compile")?;
        Ok(compiler)
    }

    fn rustc(&self) -> Command {
        let mut command = sysroot::rustc(self.machine);
        command
            .args([
                "--edition=2024",
                "--crate-type=lib",
                "-Copt-level=2",
                "-Cpanic=abort",
            ])
            .args(["-Ccodegen-units=1", "-Cdebuginfo=0", "-Zalways-encode-mir"])
            .arg("--sysroot")
            .arg(&self.sysroot)
            .arg(format!("-Ctarget-feature={}", self.branch.features));
        command
    }

    /// Compiles functions, and reads their machine code.
    ///
    /// # Errors
    ///
    /// If they do not compile, or the object file cannot be read.
    pub fn compile(&self, name: &str, functions: &str) -> Result<Compiled> {
        let source = self.folder.join(format!("{name}.rs"));
        let object = self.folder.join(format!("{name}.o"));
        write_changed(&source, &(head() + functions))?;
        let mut command = self.rustc();
        command
            .args(["--crate-name=threads", "--emit=obj"])
            .arg(format!("--extern=atomics_core={}", self.core.display()))
            // Where the macros are that `atomics-core` was compiled with.
            .arg(format!("-Ldependency={}", self.macros.display()))
            .arg("-o")
            .arg(&object)
            .arg(&source);
        run(&mut command)?;
        Compiled::read(&object, self.machine, self.tools)
    }
}

/// Machine code.
pub struct Compiled {
    isa: Isa,
    files: Vec<(Binary, Vec<crate::parity::alternative::Alternative>)>,
}

impl Compiled {
    /// Reads an object file.
    ///
    /// # Errors
    ///
    /// If that is not possible.
    pub fn read(object: &Path, machine: &Machine, tools: &Toolchain) -> Result<Self> {
        let isa = machine.isa()?;
        let binary = Binary::read(object, &isa, machine.objdump, tools)?;
        Ok(Self {
            isa,
            files: vec![(binary, Vec::new())],
        })
    }

    /// The instructions of a function.
    ///
    /// # Errors
    ///
    /// If there is no such function, or one of its instructions is not known.
    pub fn graph(&self, function: &str) -> Result<Graph> {
        let code = Code {
            files: &self.files,
            isa: &self.isa,
        };
        flow::graph(code, function)
    }
}
