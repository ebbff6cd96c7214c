//! The kernel's side: a build folder per architecture and configuration, and one object file in it
//! with a function for everything that is compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail, ensure};

use super::machine::{Branch, CONFIG, Machine};
use super::progress;
use crate::setup::Toolchain;

/// How much of a failed command's output is shown.
const TAIL: usize = 25;

/// Builds from one kernel tree.
pub struct Kernel<'a> {
    /// The tree, which is only read.
    pub tree: &'a Path,
    /// Where build folders are made.
    pub folder: &'a Path,
    /// The compilers.
    pub tools: &'a Toolchain,
}

impl Kernel<'_> {
    /// The version of the tree, such as 7.3.4.
    ///
    /// # Errors
    ///
    /// If it is no kernel tree.
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
    /// If it does not start, or does not tell.
    pub fn compiler(&self) -> Result<String> {
        let output = self.tools.command("clang").arg("--version").output();
        let output = output.context("cannot start clang")?;
        Ok(format!("clang {}", major(&output.stdout, "version ")?))
    }

    /// Compiles `c` for a branch of an architecture, with the objects of the kernel that it needs.
    ///
    /// # Errors
    ///
    /// If something does not build, or the configuration is not what was asked for.
    pub fn objects(&self, machine: &Machine, branch: &Branch, c: &str) -> Result<Vec<PathBuf>> {
        let lines: Vec<&str> = [&CONFIG[..], machine.config, branch.config].concat();
        let key = format!("{} {} {lines:?}", self.version()?, self.tree.display());
        let digest = sha1_smol::Sha1::from(key).digest().to_string();
        let build = self
            .folder
            .join(format!("{}-{}", machine.name, &digest[..8]));
        let done = build.join("configured");
        if !done.is_file() {
            progress(&format!("{}: configuring a kernel", machine.name));
            self.configure(machine, &lines, &build)?;
            fs::write(&done, "").with_context(|| format!("cannot write {}", done.display()))?;
        }
        check(&build, &lines)?;
        progress(&format!("{}: compiling the kernel's atomics", machine.name));
        let module = build.join("parity");
        fs::create_dir_all(&module).with_context(|| format!("cannot make {}", module.display()))?;
        let makefile = format!("obj-m := parity.o\nccflags-y := {}\n", machine.extra.1);
        write_changed(&module.join("Makefile"), &makefile)?;
        write_changed(&module.join("parity.c"), c)?;
        let folder = format!("M={}", module.display());
        self.make(machine, &build, &[&folder, "parity.o"])?;
        let mut objects = vec![module.join("parity.o")];
        for object in machine.objects {
            // The kernel's makefiles make it twice, and must not do so at once.
            self.make(machine, &build, &["--jobs=1", object])?;
            objects.push(build.join(object));
        }
        Ok(objects)
    }

    fn configure(&self, machine: &Machine, lines: &[&str], build: &Path) -> Result<()> {
        fs::create_dir_all(build).with_context(|| format!("cannot make {}", build.display()))?;
        // What is set here, `tinyconfig` and those after it keep.
        let asked = build.join("parity.config");
        fs::write(&asked, lines.join("\n") + "\n")
            .with_context(|| format!("cannot write {}", asked.display()))?;
        self.make(machine, build, &["tinyconfig"])?;
        let path = build.join(".config");
        let text = fs::read_to_string(&path);
        let mut text = text.with_context(|| format!("cannot read {}", path.display()))?;
        for line in lines {
            text += line;
            text.push('\n');
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        self.make(machine, build, &["olddefconfig"])?;
        check(build, lines)?;
        self.make(machine, build, &["prepare"])
    }

    fn make(&self, machine: &Machine, build: &Path, targets: &[&str]) -> Result<()> {
        let mut command = self.tools.command("make");
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        command
            .arg("-C")
            .arg(self.tree)
            .arg(format!("O={}", build.display()))
            .arg(format!("ARCH={}", machine.kernel))
            .args(["LLVM=1", "--silent"])
            .arg(format!("--jobs={jobs}"))
            .args(targets);
        run(&mut command)
    }
}

/// The number behind `word` in what a compiler says of its version, without what follows its point.
fn major(output: &[u8], word: &str) -> Result<String> {
    let text = String::from_utf8_lossy(output);
    let version = text.split_once(word).map(|(_, rest)| rest);
    let number = version.and_then(|rest| rest.split('.').next());
    Ok(number.context("a compiler tells no version")?.to_owned())
}

/// Runs a command; if it fails, the end of what it printed is the error.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let output = command.output();
    let output = output.with_context(|| format!("cannot start {shown}"))?;
    if !output.status.success() {
        let all = [output.stdout, output.stderr].concat();
        let all = String::from_utf8_lossy(&all);
        let lines: Vec<&str> = all.lines().collect();
        let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n    ");
        bail!("{shown} failed:\n    {tail}");
    }
    Ok(())
}

/// Writes a file if that changes it, so that what was made from it is kept.
pub fn write_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Whether a configuration is what was asked for. An option that the kernel does not know, or that
/// another one forbids, is silently left out by its own scripts.
fn check(build: &Path, lines: &[&str]) -> Result<()> {
    let path = build.join(".config");
    let text = fs::read_to_string(&path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let missing = missing(&text, lines);
    ensure!(
        missing.is_empty(),
        "the kernel does not accept {}, as {} shows; with these options its code would be another \
         one than the one to compare with",
        missing.join(", "),
        path.display()
    );
    Ok(())
}

/// Those of `lines` that a configuration does not have.
fn missing<'a>(config: &str, lines: &[&'a str]) -> Vec<&'a str> {
    let has = |line: &&&str| match line.strip_suffix("=n") {
        Some(name) => !config.lines().any(|l| l.starts_with(&format!("{name}="))),
        None => config.lines().any(|l| l == **line),
    };
    lines.iter().filter(|line| !has(line)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn an_option_that_was_not_accepted_is_found() {
        let config = "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=m\n";
        let asked = ["CONFIG_A=y", "CONFIG_B=n", "CONFIG_D=n"];
        assert!(missing(config, &asked).is_empty());
        let asked = ["CONFIG_B=y", "CONFIG_A=n", "CONFIG_C=y", "CONFIG_AB=y"];
        assert_eq!(missing(config, &asked), asked);
    }
}
