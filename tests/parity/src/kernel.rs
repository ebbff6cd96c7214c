//! Builds the kernel's side: in a build folder per architecture and configuration, one object file
//! with a function for each compared operation.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use atomics_spec::names::{self, C_KEYWORDS};

use atomics_machine_code::target::{CONFIG, Configuration, Target};
use atomics_tools::process::{run_gently, write_changed};
use atomics_tools::{Lock, Progress, Toolchain};

/// A file with the headers that the C helpers include.
const HELPER_HEADERS: &str = "\
#include <linux/atomic.h>
#include <asm/barrier.h>
#include <asm/rwonce.h>
";

/// The name of the Rust module, without an extension.
const USER: &str = "user";

/// A file that the compiler reads in place of one of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Its path in the tree.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// Builds from one kernel tree.
pub struct Kernel<'a> {
    /// The tree, which is only read.
    pub tree: &'a Path,
    /// Files that replace those of the tree.
    pub edits: &'a [Edit],
    /// The folder for the build folders.
    pub folder: PathBuf,
    /// The compilers.
    pub tools: &'a Toolchain,
    /// The callback for progress.
    pub progress: Progress<'a>,
    /// How many jobs `make` runs at once.
    pub jobs: usize,
}

impl Kernel<'_> {
    /// The version of the tree, such as 7.3.4.
    ///
    /// # Errors
    ///
    /// If it is not a kernel tree.
    pub fn version(&self) -> Result<String> {
        let path = self.tree.join("Makefile");
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        let number = |name: &str| -> Result<&str> {
            let mut lines = text.lines().filter_map(|line| line.split_once('='));
            let found = lines.find(|(key, _)| key.trim() == name);
            let found = found.with_context(|| format!("{} has no {name}", path.display()))?;
            Ok(found.1.trim())
        };
        Ok(format!(
            "{}.{}.{}",
            number("VERSION")?,
            number("PATCHLEVEL")?,
            number("SUBLEVEL")?
        ))
    }

    /// The compiler, such as `clang 19`.
    ///
    /// # Errors
    ///
    /// If it does not start, or does not print its version.
    pub fn compiler(&self) -> Result<String> {
        let output = self.tools.command("clang").arg("--version").output();
        let output = output.context("cannot start clang")?;
        Ok(format!("clang {}", major(&output.stdout, "version ")?))
    }

    /// Configures a kernel, unless an earlier run has done it.
    ///
    /// # Errors
    ///
    /// If something does not build, or the kernel's configuration lacks a required line.
    pub fn build<'k>(
        &'k self,
        target: &'k Target,
        configuration: &Configuration,
    ) -> Result<Build<'k>> {
        let lines: Vec<&str> = [&CONFIG[..], target.kernel.config, configuration.config].concat();
        let (version, compiler) = (self.version()?, self.compiler()?);
        let key = format!("{version} {compiler} {} {lines:?}", self.tree.display());
        let digest = sha1_smol::Sha1::from(key).digest().to_string();
        let build = self
            .folder
            .join(format!("{}-{}", target.name, &digest[..8]));
        fs::create_dir_all(&build).with_context(|| format!("cannot create {}", build.display()))?;
        let lock = Lock::wait(&build, self.progress)?;
        let done = build.join("configured");
        if !done.is_file() {
            (self.progress)(&format!("{}: configuring a kernel", target.name));
            self.configure(target, &lines, &build)?;
            fs::write(&done, "").with_context(|| format!("cannot write {}", done.display()))?;
        }
        check(&build, &lines)?;
        Ok(Build {
            kernel: self,
            target,
            folder: build,
            _lock: lock,
        })
    }

    /// Opens the build folder `folder` of a kernel that was configured and prepared elsewhere.
    ///
    /// # Errors
    ///
    /// If it cannot be locked, or its configuration lacks one of `lines`.
    pub fn open<'k>(
        &'k self,
        target: &'k Target,
        folder: &Path,
        lines: &[&str],
    ) -> Result<Build<'k>> {
        let lock = Lock::wait(folder, self.progress)?;
        check(folder, lines)?;
        Ok(Build {
            kernel: self,
            target,
            folder: folder.to_owned(),
            _lock: lock,
        })
    }

    fn configure(&self, target: &Target, lines: &[&str], build: &Path) -> Result<()> {
        // `tinyconfig` and the later targets keep the settings in this file.
        let asked = build.join("parity.config");
        fs::write(&asked, lines.join("\n") + "\n")
            .with_context(|| format!("cannot write {}", asked.display()))?;
        self.make(target, build, &["tinyconfig"])?;
        let path = build.join(".config");
        let text = fs::read_to_string(&path);
        let mut text = text.with_context(|| format!("cannot read {}", path.display()))?;
        for line in lines {
            text += line;
            text.push('\n');
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        self.make(target, build, &["olddefconfig"])?;
        check(build, lines)?;
        self.make(target, build, &["prepare"])
    }

    fn make(&self, target: &Target, build: &Path, targets: &[&str]) -> Result<()> {
        let mut command = self.tools.command("make");
        command
            .arg("-C")
            .arg(self.tree)
            .arg(format!("O={}", build.display()))
            .arg(format!("ARCH={}", target.kernel.arch))
            .args(["LLVM=1", "--silent"])
            .arg(format!("--jobs={}", self.jobs))
            .args(targets);
        run_gently(&mut command)
    }
}

/// The build folder of a configured kernel. It does not change while this lives.
pub struct Build<'k> {
    kernel: &'k Kernel<'k>,
    target: &'k Target,
    folder: PathBuf,
    _lock: Lock,
}

impl Build<'_> {
    /// Compiles `c`, and the kernel objects that it needs.
    ///
    /// # Errors
    ///
    /// If something does not compile.
    pub fn objects(&self, c: &str) -> Result<Vec<PathBuf>> {
        let (target, module) = (self.target, self.module()?);
        (self.kernel.progress)(&format!("{}: compiling the kernel's atomics", target.name));
        let object = module.join("parity.o");
        write_changed(&module.join("parity.c"), c)?;
        self.make_in(&module, "parity.o")?;
        let mut objects = vec![object];
        for object in target.kernel.objects {
            // The kernel's makefiles build it twice, which must not happen in parallel.
            self.make(&["--jobs=1", object])?;
            objects.push(self.folder.join(object));
        }
        Ok(objects)
    }

    /// Compiles `files`, C files and headers, as files of a module called `name`, with additional
    /// compiler options. Returns the object file of each C file.
    ///
    /// # Errors
    ///
    /// If something does not compile.
    pub fn module_objects(
        &self,
        name: &str,
        files: &[(&str, &str)],
        options: &str,
    ) -> Result<Vec<PathBuf>> {
        let module = self.folder.join(name);
        fs::create_dir_all(&module)
            .with_context(|| format!("cannot create {}", module.display()))?;
        for (file, text) in files {
            write_changed(&module.join(file), text)?;
        }
        let stems = files.iter().filter_map(|(file, _)| file.strip_suffix(".c"));
        let objects: Vec<String> = stems.map(|stem| format!("{stem}.o")).collect();
        let makefile = format!(
            "obj-m := {}\nccflags-y := {} {options}\n",
            objects.join(" "),
            self.target.kernel.cflags
        );
        write_changed(&module.join("Makefile"), &makefile)?;
        for object in &objects {
            self.make_in(&module, object)?;
        }
        Ok(objects.iter().map(|object| module.join(object)).collect())
    }

    /// Compiles `rust`, a file of a Rust module.
    ///
    /// # Errors
    ///
    /// If it does not compile, for example because the kernel has no Rust.
    pub fn rust_object(&self, rust: &str) -> Result<PathBuf> {
        let module = self.module()?;
        (self.kernel.progress)(&format!("{}: compiling a Rust module", self.target.name));
        write_changed(&module.join(format!("{USER}.rs")), rust)?;
        let object = format!("{USER}.o");
        self.make_in(&module, &object)?;
        Ok(module.join(object))
    }

    /// Checks that the tables refuse the macros of the headers as names of arguments.
    ///
    /// # Errors
    ///
    /// If they do not, or the headers do not compile.
    pub fn check_macros(&self) -> Result<()> {
        let module = self.module()?;
        write_changed(&module.join("macros.c"), HELPER_HEADERS)?;
        self.make_in(&module, "macros.i")?;
        check_macros(&module.join("macros.i"))
    }

    /// The folder of the files to compile, with a makefile.
    fn module(&self) -> Result<PathBuf> {
        // What is compiled from the tree as it stands is kept for the next run.
        let module = self.folder.join(match self.kernel.edits {
            [] => "parity",
            _ => "edited",
        });
        fs::create_dir_all(&module)
            .with_context(|| format!("cannot create {}", module.display()))?;
        // A function that only does one operation has no frame in C. In Rust it has one if the kernel
        // asks for it, although it is not of the operation, which a caller inlines.
        let makefile = format!(
            "obj-m := parity.o {USER}.o\nccflags-y := {}\nCFLAGS_macros.o := -dM\n\
             RUSTFLAGS_REMOVE_{USER}.o := -Cforce-frame-pointers=y\n",
            self.target.kernel.cflags
        );
        write_changed(&module.join("Makefile"), &makefile)?;
        Ok(module)
    }

    fn make_in(&self, module: &Path, file: &str) -> Result<()> {
        let folder = format!("M={}", module.display());
        let mut arguments = vec![folder, file.to_owned()];
        if !self.kernel.edits.is_empty() {
            arguments.push(overlay(self.kernel.tree, self.kernel.edits, module)?);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.make(&arguments)
    }

    fn make(&self, targets: &[&str]) -> Result<()> {
        self.kernel.make(self.target, &self.folder, targets)
    }
}

/// Writes the edited files to `folder`, and a file that tells Clang to read them instead of the
/// tree's. Returns the argument of `make`.
fn overlay(tree: &Path, edits: &[Edit], folder: &Path) -> Result<String> {
    let mut roots = Vec::new();
    let mut digest = sha1_smol::Sha1::new();
    for (index, edit) in edits.iter().enumerate() {
        let replaced = tree.join(&edit.path);
        ensure!(replaced.is_file(), "there is no {}", replaced.display());
        let path = folder.join(format!("edit-{index}.h"));
        write_changed(&path, &edit.text)?;
        digest.update(edit.text.as_bytes());
        roots.push(json!({"name": replaced, "type": "file", "external-contents": path}));
    }
    let overlay = json!({"version": 0, "use-external-names": false, "roots": roots});
    let path = folder.join("overlay.json");
    write_changed(&path, &overlay.to_string())?;
    // The makefiles compile again if the options are others. They do not see the edited files.
    Ok(format!(
        "KCFLAGS=-ivfsoverlay {} -DEDITS={}",
        path.display(),
        digest.digest()
    ))
}

/// The major version number after `word` in a compiler's output.
fn major(output: &[u8], word: &str) -> Result<String> {
    let text = String::from_utf8_lossy(output);
    let version = text.split_once(word).map(|(_, rest)| rest);
    let number = version.and_then(|rest| rest.split('.').next());
    Ok(number
        .context("the compiler does not print its version")?
        .to_owned())
}

/// Checks that a configuration contains all required lines. The kernel's scripts silently drop an
/// option that is unknown or that depends on another option.
fn check(build: &Path, lines: &[&str]) -> Result<()> {
    let path = build.join(".config");
    let text = fs::read_to_string(&path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let missing = missing(&text, lines);
    ensure!(
        missing.is_empty(),
        "the kernel does not accept {}, see {}; without these options, its code is not the code to \
         compare with",
        missing.join(", "),
        path.display()
    );
    Ok(())
}

/// Checks that the tables refuse the macros in a file as names of arguments: the C helpers would not
/// compile.
fn check_macros(path: &Path) -> Result<()> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let unknown = unknown_macros(&text);
    ensure!(
        unknown.is_empty(),
        "the kernel's headers define the macros {}; add them to KERNEL_MACROS in `names` of \
         `atomics-spec`",
        unknown.join(", ")
    );
    Ok(())
}

/// The macros that could be names of arguments, and that the tables do not refuse. A macro with
/// parameters is expanded only where a `(` follows; no `(` follows an argument.
fn unknown_macros(text: &str) -> Vec<&str> {
    let defined = text
        .lines()
        .filter_map(|line| line.strip_prefix("#define "));
    let defined = defined.map(|rest| rest.split_once(' ').unwrap_or((rest, "")));
    let could_be = |name: &str| name.starts_with(|c: char| c.is_ascii_lowercase());
    let is_known = |name: &str| names::c_macro(name).is_some() || C_KEYWORDS.contains(&name);
    defined
        .filter(|(name, value)| could_be(name) && !name.contains('(') && name != value)
        .map(|(name, _)| name)
        .filter(|name| !is_known(name))
        .collect()
}

/// The lines that a configuration does not contain.
fn missing<'a>(config: &str, lines: &[&'a str]) -> Vec<&'a str> {
    let has = |line: &&&str| match line.strip_suffix("=n") {
        Some(name) => !config.lines().any(|l| l.starts_with(&format!("{name}="))),
        None => config.lines().any(|l| l == **line),
    };
    lines.iter().filter(|line| !has(line)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{missing, unknown_macros};

    #[test]
    fn a_macro_that_the_tables_allow_is_found() {
        let text = "#define current get_current()\n#define linux 1\n#define inline inline\n\
                    #define UPPER 1\n#define with(x) x\n#define brand_new 2\n#define same same\n";
        assert_eq!(unknown_macros(text), ["brand_new"]);
    }

    #[test]
    fn a_dropped_option_is_found() {
        let config = "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=m\n";
        let asked = ["CONFIG_A=y", "CONFIG_B=n", "CONFIG_D=n"];
        assert!(missing(config, &asked).is_empty());
        let asked = ["CONFIG_B=y", "CONFIG_A=n", "CONFIG_C=y", "CONFIG_AB=y"];
        assert_eq!(missing(config, &asked), asked);
    }
}
