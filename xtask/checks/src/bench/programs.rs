//! Builds the programs that are timed, one for each implementation.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::{env, thread};

use anyhow::{Context, Result};
use atomics_bench::counts::{Counter, Place, places};
use atomics_bench::implementation::Implementation;
use atomics_bench::report;
use atomics_parity::Kernel;
use atomics_tools::process::output;
use xtask::{cargo, repository};

/// The package with the functions, and its program.
const PACKAGE: &str = "atomics-bench-functions";
/// The program with one operation.
const ONE: &str = "one";
/// What the functions in C include, if it is a kernel's headers.
const KERNEL_HEADERS: &str = "\
#include <linux/atomic.h>
#include <asm/barrier.h>
";
/// The compiler of a program: as a kernel compiles Rust.
const PROFILE: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_STRIP", "debuginfo"),
];

/// The object files of the functions in C, for this machine.
pub struct CObjects {
    /// Whose C it is.
    pub whose: String,
    /// Whether it is a kernel's.
    pub is_kernel: bool,
    /// The functions.
    pub functions: PathBuf,
    /// The functions that Rust calls.
    calls: PathBuf,
}

/// Builds programs.
pub struct Builder<'a> {
    /// Compiles C.
    pub counter: &'a Counter<'a>,
    /// The folder of the programs.
    pub folder: &'a Path,
}

impl Builder<'_> {
    /// The architecture of this machine.
    ///
    /// # Errors
    ///
    /// If there is no table for it.
    pub fn native(&self) -> Result<Place> {
        let native = |place: &Place| place.0.name == env::consts::ARCH;
        let found = places().find(native);
        found.with_context(|| format!("there is no table for {}", env::consts::ARCH))
    }

    /// Compiles the functions in C: with the headers of a kernel and its options if there is a tree,
    /// else with the C that is made of the tables. A kernel of another architecture than x86_64 would
    /// patch itself, which a program does not.
    ///
    /// # Errors
    ///
    /// If something does not compile.
    pub fn c(&self, tree: Option<&Path>) -> Result<CObjects> {
        let place = self.native()?;
        match tree.filter(|_| place.0.name == "x86_64") {
            Some(tree) => self.kernel_c(place, tree),
            None => Ok(CObjects {
                whose: "C made of the tables".into(),
                is_kernel: false,
                functions: self.counter.compile_c(place, "functions")?,
                calls: self.counter.compile_c(place, "calls")?,
            }),
        }
    }

    fn kernel_c(&self, (target, configuration): Place, tree: &Path) -> Result<CObjects> {
        let kernel = Kernel {
            tree,
            edits: &[],
            folder: repository::root().join("target/parity/kernel"),
            tools: self.counter.tools,
            progress: self.counter.progress,
            jobs: thread::available_parallelism().map_or(1, usize::from),
        };
        let read = |name: &str| {
            let path = self.counter.functions.join("c").join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let names = ["functions.c", "calls.c", "operations.h", "realistic.h"];
        let texts = names.map(read).into_iter().collect::<Result<Vec<_>>>()?;
        let texts = texts.iter().map(String::as_str);
        let mut files: Vec<(&str, &str)> = names.into_iter().zip(texts).collect();
        files.push(("atomics.h", KERNEL_HEADERS));
        let build = kernel.build(target, configuration)?;
        (self.counter.progress)("compiling C with a kernel's headers");
        let mut objects = build
            .module_objects("bench", &files, "-ffunction-sections")?
            .into_iter();
        let mut next = || {
            objects
                .next()
                .context("a kernel's build has no object file")
        };
        Ok(CObjects {
            whose: format!("C of Linux {} ({})", kernel.version()?, kernel.compiler()?),
            is_kernel: true,
            functions: next()?,
            calls: next()?,
        })
    }

    /// Builds the program of each implementation.
    ///
    /// # Errors
    ///
    /// If something does not compile.
    pub fn programs(&self, c: &CObjects) -> Result<Vec<(Implementation, PathBuf)>> {
        let build = |of: Implementation| {
            (self.counter.progress)(&format!("building a program with {}", of.title()));
            let object = match of {
                Implementation::C => Some(&c.functions),
                Implementation::Calls => Some(&c.calls),
                _ => None,
            };
            let mut options: Vec<OsString> = Vec::new();
            if let Some(object) = object {
                let mut argument = OsString::from("-Clink-arg=");
                argument.push(object);
                options.push(argument);
                // A kernel's code has absolute addresses.
                options.push("-Crelocation-model=static".into());
                options.push("-Clink-arg=-Wl,-z,noexecstack".into());
            }
            let built = self.cargo(of, PACKAGE, &options)?;
            let kept = self.folder.join(of.name());
            fs::copy(&built.program, &kept)
                .with_context(|| format!("cannot write {}", kept.display()))?;
            Ok((of, kept))
        };
        Implementation::ALL.into_iter().map(build).collect()
    }

    /// The sizes of programs with one operation.
    ///
    /// # Errors
    ///
    /// If something does not compile.
    pub fn sizes(&self) -> Result<report::Programs> {
        let strip = [OsString::from("-Cstrip=symbols")];
        let size = |path: &Path| {
            let data = fs::metadata(path);
            let data = data.with_context(|| format!("cannot read {}", path.display()))?;
            Ok::<u64, anyhow::Error>(data.len())
        };
        let ours = self.cargo(Implementation::Ours, ONE, &strip)?;
        let mut sizes = report::Programs {
            ours: Some(size(&ours.program)?),
            ..Default::default()
        };
        sizes.library = ours.library.as_deref().map(size).transpose()?;
        let core = self.cargo(Implementation::Core, ONE, &strip)?;
        sizes.core = Some(size(&core.program)?);
        Ok(sizes)
    }

    /// Builds a program of the package with cargo.
    fn cargo(&self, of: Implementation, program: &str, options: &[OsString]) -> Result<Built> {
        let mut command = cargo::command();
        command
            .current_dir(repository::root())
            .args(["rustc", "--release", "--package", PACKAGE, "--bin", program])
            .args(["--no-default-features", "--features", of.name()])
            .arg(cargo::MESSAGES)
            .arg("--target-dir")
            .arg(self.folder.join("build"))
            .envs(PROFILE)
            .arg("--")
            .args(options);
        let output = output(&mut command)?;
        let messages = cargo::messages(&output.stdout, program);
        let mut executables = messages.iter().filter_map(|m| m["executable"].as_str());
        let program = executables
            .next_back()
            .context("cargo has built no program")?;
        let library = cargo::messages(&output.stdout, "atomics_core");
        let files = library.iter().filter_map(|m| m["filenames"].as_array());
        let files = files.flatten().filter_map(|file| file.as_str());
        let mut libraries = files.filter(|file| file.ends_with(".rlib"));
        Ok(Built {
            program: program.into(),
            library: libraries.next_back().map(Into::into),
        })
    }
}

/// What cargo has built.
struct Built {
    program: PathBuf,
    /// The library of this crate.
    library: Option<PathBuf>,
}

/// Whether the C that is made of the tables compiles for an architecture.
pub fn has_c((target, _): Place) -> bool {
    target.bits == 64
}
