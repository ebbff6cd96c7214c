//! Compiles threads against the emitted modules, and reads their machine code from the object
//! files.
//!
//! Calls rustc directly: the modules depend only on `core`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use atomics_machine_code::alternative::Alternative;
use atomics_machine_code::cfg::{self, Code, Graph};
use atomics_machine_code::isa::Isa;
use atomics_machine_code::object::ObjectFile;
use atomics_machine_code::rustc::{self, Whole};
use atomics_machine_code::target::{Configuration, Target};
use atomics_spec::Spec;
use atomics_spec::emit::layout::Backend;
use atomics_spec::emit::module_tree;
use atomics_tools::process::{run, write_changed};
use atomics_tools::{Progress, Toolchain};

use crate::kept::{Kept, digest};
use crate::rust::orderings;

/// The crate name of the emitted modules.
const LIBRARY: &str = "atomics";

/// What a program for a target needs that has no standard library. There is no panic in it.
const PANIC_HANDLER: &str =
    "#[panic_handler]\nfn panic(_: &core::panic::PanicInfo<'_>) -> ! {\n    loop {}\n}\n";

/// The imports at the top of a file of threads.
pub fn imports() -> String {
    format!(
        "#![allow(warnings)]\nuse {LIBRARY}::{{Atomic, barrier, {}}};\n",
        orderings()
    )
}

/// The emitted modules, as a library.
pub struct Library {
    source: PathBuf,
    /// A digest of their text.
    digest: String,
}

impl Library {
    /// Emits the modules below `folder`.
    ///
    /// # Errors
    ///
    /// If a table cannot implement a variant, or the file cannot be written.
    pub fn emit(spec: &Spec, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let source = folder.join(format!("{LIBRARY}.rs"));
        let tree = module_tree(spec, &Backend::Asm, None, None)?;
        let text = format!("#![no_std]\n{tree}");
        write_changed(&source, &text)?;
        Ok(Self {
            source,
            digest: digest(&[&text]),
        })
    }

    /// A digest of the modules.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Compiles the program `main`, which uses the library, for this machine. Returns its path.
    ///
    /// # Errors
    ///
    /// If the library or the program does not compile.
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

/// Compiles for one architecture with one set of features.
pub struct Compiler<'a> {
    rustc: rustc::Compiler,
    tools: &'a Toolchain,
    /// The build folder.
    folder: PathBuf,
    /// The compiled library.
    library: PathBuf,
    kept: &'a Kept,
}

impl<'a> Compiler<'a> {
    /// Compiles the library for a configuration of an architecture, unless it is kept. Other code is
    /// compiled below `folder`.
    ///
    /// # Errors
    ///
    /// If it does not compile.
    pub fn new(
        library: &Library,
        whole: Whole,
        (target, configuration): (&'static Target, &'static Configuration),
        (folder, kept, tools): (&Path, &'a Kept, &'a Toolchain),
        progress: Progress<'_>,
    ) -> Result<Self> {
        let folder = folder.join(configuration.folder(target));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let rustc = rustc::Compiler::optimising(whole, target, configuration, tools, progress)?;
        // The command names the target, its features, and the sysroot, whose name depends on rustc.
        let command = format!("{:?}", rustc.command());
        let library = kept
            .file(
                &[&library.digest, &command],
                ("lib", whole.extension()),
                |path| rustc.library(LIBRARY, &library.source, path),
            )
            .context("the emitted modules do not compile")?;
        Ok(Self {
            rustc,
            tools,
            folder,
            library,
            kept,
        })
    }

    /// The architecture.
    pub fn target(&self) -> &'static Target {
        self.rustc.target
    }

    /// Compiles functions and reads their machine code. If `keep`, the next run need not compile
    /// them.
    ///
    /// # Errors
    ///
    /// If they do not compile, or the object file cannot be read.
    pub fn compile(&self, name: &str, functions: &str, keep: bool) -> Result<Compiled> {
        let source = self.folder.join(format!("{name}.rs"));
        let mut text = format!("#![no_std]\n{}{functions}", imports());
        if self.rustc.whole() == Whole::Program {
            text += PANIC_HANDLER;
        }
        write_changed(&source, &text)?;
        let mut command = self.rustc.command();
        command.arg(format!("--extern={LIBRARY}={}", self.library.display()));
        // The name of the library's file is a digest of the library.
        let inputs = [format!("{command:?}"), text];
        let mut compile = |object: &Path| self.rustc.emit(&mut command, "threads", &source, object);
        let object = self.folder.join(format!("{name}.o"));
        if keep {
            let kept =
                self.kept
                    .file(&inputs.each_ref().map(String::as_str), ("", ".o"), compile)?;
            fs::copy(kept, &object)
                .with_context(|| format!("cannot write {}", object.display()))?;
        } else {
            compile(&object)?;
        }
        Compiled::read(object, &self.rustc, self.tools)
    }
}

/// Compiled machine code.
pub struct Compiled {
    isa: Isa,
    files: Vec<(ObjectFile, Vec<Alternative>)>,
}

impl Compiled {
    /// Reads an object file.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn read(object: PathBuf, rustc: &rustc::Compiler, tools: &Toolchain) -> Result<Self> {
        let target = rustc.target;
        Ok(Self {
            isa: target.isa()?,
            files: target.read(rustc.configuration, &[object], tools)?,
        })
    }

    /// The control-flow graph of a function.
    ///
    /// # Errors
    ///
    /// If there is no such function, or one of its instructions is unknown.
    pub fn graph(&self, function: &str) -> Result<Graph> {
        let code = Code {
            files: &self.files,
            isa: &self.isa,
        };
        cfg::graph(code, function)
    }
}
