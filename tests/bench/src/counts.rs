//! Compiles the functions for an architecture, and counts the instructions of each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use atomics_machine_code::object::{Insn, ObjectFile};
use atomics_machine_code::rustc::Compiler;
use atomics_machine_code::target::{Configuration, Target};
use atomics_machine_code::targets::TARGETS;
use atomics_spec::Spec;
use atomics_spec::emit::layout::{Backend, c_files};
use atomics_spec::emit::module_tree;
use atomics_tools::process::{run, write_changed};
use atomics_tools::{Lock, Progress, Toolchain};

use crate::implementation::Implementation;

/// The prefix of the symbols of the functions.
const PREFIX: &str = "bench_";
/// The configurations whose counts are checked in.
const GUARDED: [(&str, &str); 4] = [
    ("x86_64", "-"),
    ("aarch64", "ll/sc"),
    ("aarch64", "lse"),
    ("riscv64", "a"),
];

/// An architecture in a configuration.
pub type Place = (&'static Target, &'static Configuration);

/// The instructions of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many there are.
    pub instructions: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// The functions of an implementation, by name.
pub type Counts = BTreeMap<String, Count>;

/// Compiles and counts.
pub struct Counter<'a> {
    /// The tables.
    pub spec: &'a Spec,
    /// The folder of the package `functions`.
    pub functions: &'a Path,
    /// The folder for what is built.
    pub folder: &'a Path,
    /// The compilers and the disassembler.
    pub tools: &'a Toolchain,
    /// The callback for progress.
    pub progress: Progress<'a>,
}

/// The architectures and configurations whose counts are checked in.
pub fn guarded() -> impl Iterator<Item = Place> {
    places().filter(|(target, configuration)| GUARDED.contains(&(target.name, configuration.name)))
}

/// All architectures and configurations.
pub fn places() -> impl Iterator<Item = Place> {
    TARGETS
        .iter()
        .flat_map(|target| target.configurations.iter().map(move |c| (target, c)))
}

impl Counter<'_> {
    /// Compiles the functions with an implementation, and counts their instructions. This works for
    /// those that need nothing but `core`: `ours`, `core`, and C that is made of the tables.
    ///
    /// # Errors
    ///
    /// If something does not compile, or cannot be read.
    pub fn count(&self, (target, configuration): Place, of: Implementation) -> Result<Counts> {
        let folder = self.folder.join(configuration.folder(target));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let _lock = Lock::wait(&folder, self.progress)?;
        (self.progress)(&format!(
            "{} ({}): compiling {}",
            target.name,
            configuration.name,
            of.title()
        ));
        let object = match of {
            Implementation::Ours | Implementation::Core => {
                let object = folder.join(format!("{}.o", of.name()));
                let compiler = Compiler::new(target, configuration, self.tools, self.progress)?;
                self.compile(&compiler, of, &folder, &object)?;
                object
            }
            Implementation::C => self.compile_c((target, configuration), "functions")?,
            _ => bail!("{} is not compiled for other architectures", of.title()),
        };
        self.read(target, &object)
    }

    /// Counts the instructions of the functions in an object file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or has no functions.
    pub fn read(&self, target: &Target, object: &Path) -> Result<Counts> {
        let file = ObjectFile::read(object, &target.isa()?, target.objdump, self.tools)?;
        let counts = count_functions(&file);
        ensure!(!counts.is_empty(), "{} has no functions", object.display());
        Ok(counts)
    }

    fn compile(
        &self,
        compiler: &Compiler,
        of: Implementation,
        folder: &Path,
        object: &Path,
    ) -> Result<()> {
        let mut command = compiler.command();
        if of == Implementation::Ours {
            let source = folder.join("atomics_core.rs");
            let tree = module_tree(self.spec, &Backend::Asm, None, None)?;
            write_changed(&source, &format!("#![no_std]\n{tree}"))?;
            let library = folder.join("libatomics_core.rmeta");
            compiler.library("atomics_core", &source, &library)?;
            command.arg(format!("--extern=atomics_core={}", library.display()));
        }
        command
            .args(["--crate-name=functions", "--emit=obj", "--cap-lints=allow"])
            .arg(format!("--cfg=feature=\"{}\"", of.name()))
            .arg("-o")
            .arg(object)
            .arg(self.functions.join("src/lib.rs"));
        run(&mut command)
    }

    /// Compiles the file `STEM.c` of the package `functions` with the C that is made of the tables.
    /// Returns the object file.
    ///
    /// # Errors
    ///
    /// If it does not compile.
    pub fn compile_c(&self, (target, configuration): Place, stem: &str) -> Result<PathBuf> {
        let folder = self.folder.join(configuration.folder(target));
        let headers = self.write_headers(&folder)?;
        let object = folder.join(format!("{stem}.o"));
        let triple = target.programs.as_ref().map(|p| p.platform.gnu);
        let mut command = self.tools.command("clang");
        command
            .arg(format!("--target={}", triple.unwrap_or(target.triple)))
            .args(["-O2", "-fwrapv", "-ffreestanding", "-fomit-frame-pointer"])
            .args(["-ffunction-sections", "-c"])
            .args(target.c_helpers)
            .args(c_arch(target.name, configuration.name))
            .arg("-I")
            .arg(headers)
            .arg("-o")
            .arg(&object)
            .arg(self.functions.join(format!("c/{stem}.c")));
        run(&mut command)?;
        Ok(object)
    }

    /// Writes the C that is made of the tables, as the `atomics.h` of the functions in C. Returns its
    /// folder.
    fn write_headers(&self, folder: &Path) -> Result<PathBuf> {
        let folder = folder.join("headers");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let c = c_files(self.spec, "")?;
        write_changed(&folder.join("atomic.h"), &c.header)?;
        write_changed(&folder.join("atomic.c"), &c.source)?;
        write_changed(&folder.join("atomics.h"), "#include \"atomic.c\"\n")?;
        Ok(folder)
    }
}

/// The option of Clang that allows the instructions of a configuration.
fn c_arch(target: &str, configuration: &str) -> Option<&'static str> {
    Some(match (target, configuration) {
        ("aarch64", "lse") => "-march=armv8-a+lse",
        ("riscv64", _) => "-march=rv64gc",
        ("arm", _) => "-march=armv7-a",
        ("s390x", "z10") => "-march=z10",
        ("s390x", _) => "-march=z196",
        _ => return None,
    })
}

/// The instructions of each function, without those that only align others.
fn count_functions(file: &ObjectFile) -> Counts {
    let named = file.functions.iter();
    let named = named.filter_map(|(name, start)| Some((name.strip_prefix(PREFIX)?, *start)));
    let mut counts = Counts::new();
    for (name, start) in named {
        // The functions of a file of C can be in one section.
        let others = file.functions.values();
        let later = others.filter(|other| other.section == start.section && **other > start);
        let end = later.map(|other| other.offset).min().unwrap_or(u64::MAX);
        let insns = file.insns.range(start..);
        let own = insns.take_while(|(at, _)| at.section == start.section && at.offset < end);
        let mut count = Count::default();
        for (_, insn) in own.filter(|(_, insn)| !is_padding(insn)) {
            count.instructions += 1;
            count.bytes += insn.size;
        }
        counts.insert(name.to_owned(), count);
    }
    counts
}

/// Whether an instruction only fills space.
fn is_padding(insn: &Insn) -> bool {
    let name = insn.mnemonic.as_str();
    let fills =
        |part: &str| ["nop", "nopw", "nopl", "nopr", "jgnop", "int3", "c.nop"].contains(&part);
    name.split(' ').any(fills) || insn.text() == "xchg ax, ax"
}
