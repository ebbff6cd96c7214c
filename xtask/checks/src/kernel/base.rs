//! A kernel to build: the drop-in in a copy of a tree, and a build folder for an architecture, a compiler
//! and a configuration.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use atomics_tools::Toolchain;
use xtask::dropin::{Backend, Dropin};
use xtask::write::{self, Generated};

use super::machine::{Compiler, Machine};
use super::progress::Log;
use super::upstream::PutBack;
use super::{config, scratch, upstream, warnings};

/// The files in the build folder that are built from the drop-in. make rebuilds what depends on
/// them.
const OURS: [&str; 5] = [
    "rust/doctests_kernel_generated.o",
    "rust/helpers/helpers.bc",
    "rust/helpers/helpers.o",
    "rust/kernel.o",
    "rust/libmacros.so",
];
/// The folders of a build.
pub struct Folders {
    /// The copy of the tree.
    pub source: PathBuf,
    /// The build folder of one architecture, compiler and configuration.
    pub build: PathBuf,
    /// The logs.
    pub logs: PathBuf,
}

impl Folders {
    /// Makes the folders below `root`, the folder for all builds of one tree.
    ///
    /// # Errors
    ///
    /// If one cannot be made.
    pub fn new(root: &Path, machine: Machine, settings: Settings<'_>) -> Result<Self> {
        let mut kind = format!("{}-{}", machine.name(), settings.compiler.name());
        for line in settings.config {
            kind.push('-');
            // make does not support file names with spaces and some other characters.
            kind.push_str(&plain(line.trim_start_matches("CONFIG_")));
        }
        let folders = Self {
            source: root.join("source"),
            build: root.join(&kind),
            logs: root.join(format!("logs/{kind}-{}", settings.backend.name())),
        };
        for dir in [&folders.source, &folders.build, &folders.logs] {
            fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        }
        Ok(folders)
    }
}

/// A text without characters that are special in file names.
pub fn plain(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    text.chars().map(plain).collect()
}

/// What a kernel is built with.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The C compiler.
    pub compiler: Compiler,
    /// How the drop-in implements the operations.
    pub backend: Backend,
    /// Configuration lines besides those of the architecture.
    pub config: &'a [String],
    /// How many jobs `make` runs at once.
    pub jobs: usize,
}

/// A kernel to build.
pub struct Base<'a> {
    /// The architecture.
    pub machine: Machine,
    /// What it is built with.
    pub settings: Settings<'a>,
    /// The tools.
    pub tools: &'a Toolchain,
    /// The drop-in.
    pub dropin: &'a Dropin,
    /// The tree, which is only read.
    pub tree: &'a Path,
    /// The folders.
    pub folders: Folders,
}

impl Base<'_> {
    /// The paths of the drop-in's files.
    pub fn own(&self) -> BTreeSet<PathBuf> {
        self.dropin.files().iter().map(|f| f.path.clone()).collect()
    }

    /// Brings the copy of the tree up to date, except for the files `own`.
    ///
    /// # Errors
    ///
    /// If a file cannot be copied.
    pub fn copy(&self, log: &mut Log, own: &BTreeSet<PathBuf>) -> Result<String> {
        let source = &self.folders.source;
        let synced = scratch::sync(self.tree, source, own, &mut |line| log.note(line))?;
        // kbuild refuses to build in another folder if the tree itself was configured or built.
        if [".config", "include/config"]
            .iter()
            .any(|name| source.join(name).exists())
        {
            log.run(self.make_in(source).arg("mrproper"))?;
        }
        let found = format!(
            "{} files, {} of them copied, {} removed",
            synced.files, synced.copied, synced.removed
        );
        Ok(found)
    }

    /// Writes the drop-in to the copy of the tree.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn generate(&self) -> Result<String> {
        let (files, own) = self.with_own_tests()?;
        let written = write::write(&self.folders.source, &files, &[])?;
        let found = format!(
            "{} files written, {} unchanged; put back {} suite and {} examples of the tree's module",
            written.written, written.unchanged, own.suites, own.examples
        );
        Ok(found)
    }

    /// The files of the drop-in, with the tests and examples of the module that it replaces.
    ///
    /// # Errors
    ///
    /// If a file of the tree cannot be read.
    pub fn with_own_tests(&self) -> Result<(Vec<Generated>, PutBack)> {
        let mut files = self.dropin.files().to_vec();
        let own = upstream::put_back(self.tree, &mut files)?;
        Ok((files, own))
    }

    /// Configures the kernel.
    ///
    /// # Errors
    ///
    /// If a tool is missing, or the configuration lacks what it should have.
    pub fn configure(&self, log: &mut Log) -> Result<String> {
        log.run(self.make().arg("rustavailable"))?;
        let mut wanted = self.machine.config();
        for line in self.settings.config {
            wanted += &format!("{line}\n");
        }
        let path = self.folders.logs.join("kunitconfig");
        fs::write(&path, &wanted).with_context(|| format!("cannot write {}", path.display()))?;
        if self.machine.is_small() {
            let mut command = self.make();
            log.run(command.arg("allnoconfig").env("KCONFIG_ALLCONFIG", &path))?;
        } else {
            let mut command = self.kunit_py("config");
            self.kunit_build(&mut command);
            log.run(command.arg("--kunitconfig").arg(&path))?;
        }
        let made = self.config()?;
        let lacking: Vec<&str> = wanted
            .lines()
            .filter(|line| !config::has(&made, line))
            .collect();
        ensure!(
            lacking.is_empty(),
            "the configuration does not have {}",
            lacking.join(", ")
        );
        let is_inline = config::has(&made, "CONFIG_RUST_INLINE_HELPERS=y");
        let found = format!(
            "CONFIG_RUST_INLINE_HELPERS is {}",
            if is_inline { "on" } else { "off" }
        );
        Ok(found)
    }

    /// The configuration of the kernel.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn config(&self) -> Result<String> {
        let path = self.folders.build.join(".config");
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Runs `make` with these arguments. Fails if its output lacks one of `steps`, or has warnings
    /// about Rust code or the drop-in's C code.
    ///
    /// # Errors
    ///
    /// The same, or that `make` fails.
    pub fn make_without_warnings(
        &self,
        log: &mut Log,
        args: &[&str],
        steps: &[&str],
    ) -> Result<String> {
        // make does not recompile files that are up to date, so their warnings would not be seen
        // again. If the last run did not end without warnings, remove the objects.
        let mark = self.unjudged();
        if mark.exists() {
            for object in OURS {
                let _ = fs::remove_file(self.folders.build.join(object));
            }
        }
        self.build_anew()?;
        let text = log.run(self.make().args(args))?;
        for step in steps {
            let mut lines = text
                .lines()
                .map(|l| l.split_whitespace().collect::<Vec<_>>());
            let done = |words: Vec<&str>| {
                let mut words = words.into_iter();
                let (verb, file) = step.split_once(' ').unwrap_or((*step, ""));
                words.next() == Some(verb) && words.next_back().is_some_and(|w| w.ends_with(file))
            };
            ensure!(lines.any(done), "make did not run the step `{step}`");
        }
        let warnings = warnings::find(&text);
        if let Some(first) = warnings.ours.first() {
            bail!("{} warnings; the first: {first}", warnings.ours.len());
        }
        fs::remove_file(&mark).with_context(|| format!("cannot remove {}", mark.display()))?;
        let found = match warnings.others {
            0 => "no warnings".to_owned(),
            others => format!("no warnings about the drop-in; {others} about other code"),
        };
        Ok(found)
    }

    /// Makes the next build compile what the drop-in is in, even if make would not.
    ///
    /// # Errors
    ///
    /// If the build folder cannot be written to.
    pub fn build_anew(&self) -> Result<()> {
        let mark = self.unjudged();
        fs::write(&mark, "").with_context(|| format!("cannot write {}", mark.display()))
    }

    /// The file that says that the objects were built with warnings, or not to the end.
    fn unjudged(&self) -> PathBuf {
        self.folders.build.join("unjudged")
    }

    /// A `make` command for the build folder.
    pub fn make(&self) -> Command {
        let mut command = self.make_in(&self.folders.build);
        command.arg(format!("--directory={}", self.folders.source.display()));
        command.arg(format!("O={}", self.folders.build.display()));
        command.arg("KRUSTFLAGS=-Dwarnings");
        command
    }

    fn make_in(&self, dir: &Path) -> Command {
        let mut command = self.tools.command("make");
        command.current_dir(dir);
        command.arg(format!("--jobs={}", self.settings.jobs));
        command.arg(format!("ARCH={}", self.machine.arch()));
        command.args(self.settings.compiler.make_options(self.machine));
        command
    }

    /// A command of the tree's script for KUnit.
    pub fn kunit_py(&self, verb: &str) -> Command {
        let mut command = self.tools.command("python3");
        command.current_dir(&self.folders.source);
        command.args(["tools/testing/kunit/kunit.py", verb]);
        command
    }

    /// Adds the kunit.py options that select the kernel.
    fn kunit_build(&self, command: &mut Command) {
        command.arg(format!("--arch={}", self.machine.name()));
        command.arg(format!("--build_dir={}", self.folders.build.display()));
        for option in self.settings.compiler.make_options(self.machine) {
            command.args(["--make_options", &option]);
        }
    }
}
