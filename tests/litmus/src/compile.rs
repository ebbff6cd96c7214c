//! Compiles threads against the emitted modules, and takes their machine code from the object
//! files.
//!
//! rustc is called directly: the modules need nothing but `core`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use atomics_machine_code::alternative::Alternative;
use atomics_machine_code::cfg::{self, Code, Graph};
use atomics_machine_code::isa::Isa;
use atomics_machine_code::object::ObjectFile;
use atomics_machine_code::rustc;
use atomics_machine_code::target::{Configuration, Target};
use atomics_spec::Spec;
use atomics_spec::emit::layout::Backend;
use atomics_spec::emit::module_tree;
use atomics_tools::Toolchain;
use atomics_tools::process::{run, write_changed};

use crate::rust::orderings;

/// What threads call the library.
const LIBRARY: &str = "atomics";

/// What a file of threads needs of the library.
pub fn imports() -> String {
    format!(
        "#![allow(warnings)]\nuse {LIBRARY}::{{Atomic, barrier, {}}};\n",
        orderings()
    )
}

/// The emitted modules, as a library.
pub struct Library {
    source: PathBuf,
}

impl Library {
    /// Emits the modules below `folder`.
    ///
    /// # Errors
    ///
    /// If a table leaves no way to carry out a variant, or the file cannot be written.
    pub fn emit(spec: &Spec, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let source = folder.join(format!("{LIBRARY}.rs"));
        let tree = module_tree(spec, &Backend::Asm, None, None)?;
        write_changed(&source, &format!("#![no_std]\n{tree}"))?;
        Ok(Self { source })
    }

    /// Compiles the program `main`, which uses the library, for this machine. Returns its path.
    ///
    /// # Errors
    ///
    /// If one of them does not compile.
    pub fn program(&self, main: &Path, folder: &Path) -> Result<PathBuf> {
        let library = folder.join(format!("lib{LIBRARY}.rlib"));
        let rustc = |kind: &str, name: &str| {
            let mut command = Command::new("rustc");
            command
                .args(["--edition=2024", "-Copt-level=2", "-Cpanic=abort"])
                .args(["-Cdebuginfo=0", "--cap-lints=allow"])
                .arg(format!("--crate-type={kind}"))
                .arg(format!("--crate-name={name}"));
            command
        };
        let mut command = rustc("rlib", LIBRARY);
        run(command.arg("-o").arg(&library).arg(&self.source))
            .context("the emitted modules do not compile")?;
        let program = folder.join("litmus");
        let mut command = rustc("bin", "litmus");
        command.arg(format!("--extern={LIBRARY}={}", library.display()));
        run(command.arg("-o").arg(&program).arg(main))?;
        Ok(program)
    }
}

/// Compiles for one architecture and its features.
pub struct Compiler<'a> {
    rustc: rustc::Compiler,
    tools: &'a Toolchain,
    /// Where to build.
    folder: PathBuf,
    /// The library's metadata.
    library: PathBuf,
}

impl<'a> Compiler<'a> {
    /// Compiles the library for a configuration of an architecture, below `folder`.
    ///
    /// # Errors
    ///
    /// If it does not compile.
    pub fn new(
        library: &Library,
        target: &'static Target,
        configuration: &'static Configuration,
        folder: &Path,
        tools: &'a Toolchain,
    ) -> Result<Self> {
        let folder = folder.join(configuration.folder(target));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let rustc = rustc::Compiler::new(target, configuration, tools)?;
        let metadata = folder.join(format!("lib{LIBRARY}.rmeta"));
        rustc
            .metadata(LIBRARY, &library.source, &metadata)
            .context("the emitted modules do not compile")?;
        Ok(Self {
            rustc,
            tools,
            folder,
            library: metadata,
        })
    }

    /// The architecture.
    pub fn target(&self) -> &'static Target {
        self.rustc.target
    }

    /// Compiles functions, and reads their machine code.
    ///
    /// # Errors
    ///
    /// If they do not compile, or the object file cannot be read.
    pub fn compile(&self, name: &str, functions: &str) -> Result<Compiled> {
        let source = self.folder.join(format!("{name}.rs"));
        let object = self.folder.join(format!("{name}.o"));
        let text = format!("#![no_std]\n{}{functions}", imports());
        write_changed(&source, &text)?;
        let mut command = self.rustc.command();
        command
            .args(["--crate-name=threads", "--emit=obj"])
            .arg(format!("--extern={LIBRARY}={}", self.library.display()))
            .arg("-o")
            .arg(&object)
            .arg(&source);
        run(&mut command)?;
        Compiled::read(object, &self.rustc, self.tools)
    }
}

/// Machine code.
pub struct Compiled {
    isa: Isa,
    files: Vec<(ObjectFile, Vec<Alternative>)>,
}

impl Compiled {
    /// Reads an object file.
    ///
    /// # Errors
    ///
    /// If that is not possible.
    pub fn read(object: PathBuf, rustc: &rustc::Compiler, tools: &Toolchain) -> Result<Self> {
        let target = rustc.target;
        Ok(Self {
            isa: target.isa()?,
            files: target.read(rustc.configuration, &[object], tools)?,
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
        cfg::graph(code, function)
    }
}
