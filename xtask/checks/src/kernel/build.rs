//! Builds a kernel with the drop-in for an architecture, runs it, and runs the kernel's own checks on
//! the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use atomics_machine_code::boot::Boot;
use atomics_spec::emit::layout::CHECKERS;
use atomics_tools::Toolchain;
use xtask::dropin::{Dropin, Identity};
use xtask::write::{self, Generated};

use super::args::KernelArgs;
use super::machine::Machine;
use super::progress::{Checks, Done, Log};
use super::run::Kernel;
use super::upstream::PutBack;
use super::{calls, config, foreign, kunit, scratch, series, upstream, warnings};

/// The files in the build folder that are built from the drop-in. make rebuilds what depends on
/// them.
const OURS: [&str; 5] = [
    "rust/doctests_kernel_generated.o",
    "rust/helpers/helpers.bc",
    "rust/helpers/helpers.o",
    "rust/kernel.o",
    "rust/libmacros.so",
];
/// The author of the patch for checkpatch, in git's format.
const NOBODY: &str = "Nobody <nobody@example.invalid> 1700000000 +0000";
/// The checks that need a build.
const BUILT: [&str; 4] = ["kunit", "calls", "rustdoc", "clippy"];

/// The folders of a build.
struct Folders {
    /// The copy of the tree.
    source: PathBuf,
    /// The build folder of one architecture, compiler and configuration.
    build: PathBuf,
    /// The logs.
    logs: PathBuf,
}

impl Folders {
    /// Makes the folders below `root`, the folder for all builds of one tree.
    fn new(root: &Path, machine: Machine, options: &KernelArgs) -> Result<Self> {
        let mut kind = format!("{}-{}", machine.name(), options.compiler.name());
        for line in &options.config {
            kind.push('-');
            // make does not support file names with spaces and some other characters.
            kind.push_str(&plain(line.trim_start_matches("CONFIG_")));
        }
        let folders = Self {
            source: root.join("source"),
            build: root.join(&kind),
            logs: root.join(format!("logs/{kind}-{}", options.backend.name())),
        };
        for dir in [&folders.source, &folders.build, &folders.logs] {
            fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        }
        Ok(folders)
    }
}

/// A text without characters that are special in file names.
fn plain(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    text.chars().map(plain).collect()
}

/// What the builds for all architectures share.
pub struct Shared<'a> {
    /// The options.
    pub options: &'a KernelArgs,
    /// The tools that build a kernel.
    pub tools: &'a Toolchain,
    /// The drop-in.
    pub dropin: &'a Dropin,
    /// The tree, which is only read.
    pub tree: &'a Path,
    /// The folder for all builds of the tree.
    pub root: &'a Path,
}

impl Shared<'_> {
    /// Builds and runs a kernel for an architecture. `sources` tells whether to check the sources,
    /// which do not depend on it. Returns the checks.
    ///
    /// # Errors
    ///
    /// If the folders cannot be made, or the result of a check cannot be printed.
    pub fn run(&self, machine: Machine, sources: bool) -> Result<Vec<Done>> {
        self.build(machine)?.run_checks(sources)
    }

    /// Skips the kernel for an architecture, for the reason `why`, and checks only the generated
    /// code. Returns the checks.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn skip(&self, machine: Machine, why: &str) -> Result<Vec<Done>> {
        self.build(machine)?.skip(why)
    }

    fn build(&self, machine: Machine) -> Result<Build<'_>> {
        Ok(Build {
            options: self.options,
            machine,
            tools: self.tools,
            dropin: self.dropin,
            folders: Folders::new(self.root, machine, self.options)?,
            tree: self.tree,
        })
    }
}

struct Build<'a> {
    options: &'a KernelArgs,
    machine: Machine,
    tools: &'a Toolchain,
    dropin: &'a Dropin,
    folders: Folders,
    tree: &'a Path,
}

impl Build<'_> {
    /// Runs the checks.
    fn run_checks(&self, sources: bool) -> Result<Vec<Done>> {
        let mut checks = Checks::new(self.folders.logs.clone());
        if let Some(folder) = &self.options.series {
            self.check_series(&mut checks, folder)?;
            return checks.finish();
        }
        let ready = checks.check("copy", |log| self.copy(log, &self.own()))?
            && checks.check("generate", |_| self.generate())?;
        if !ready {
            checks.skip(
                &["checkpatch", "rustfmt", "configure", "build"],
                "the drop-in was not generated",
            )?;
            checks.skip(&BUILT, "the drop-in was not generated")?;
            return checks.finish();
        }
        if sources {
            checks.check("checkpatch", |log| self.checkpatch(log))?;
            checks.check("rustfmt", |log| self.rustfmt(log))?;
        }
        let built = checks.check("configure", |log| self.configure(log))?
            && checks.check("build", |log| {
                let make = self.machine.boot().map_or("all", |boot| boot.make);
                self.make_without_warnings(log, &[make], &[])
            })?;
        if !built {
            checks.skip(&BUILT, "the kernel was not built")?;
            return checks.finish();
        }
        self.run_tests(&mut checks)?;
        checks.check("calls", |log| self.calls(log))?;
        if !self.options.quick {
            checks.check("rustdoc", |log| self.rustdoc(log))?;
            checks.check("clippy", |log| self.clippy(log))?;
        }
        checks.finish()
    }

    /// Builds after each patch of a series, compares what the last one leaves, and runs its tests.
    fn check_series(&self, checks: &mut Checks, folder: &Path) -> Result<()> {
        let patches = series::patches(folder)?;
        // The first patch applies to the files of the tree.
        let mut good = checks.check("copy", |log| self.copy(log, &BTreeSet::new()))?
            && checks.check("configure", |log| self.configure(log))?;
        // What the copy put back is older than what a former drop-in was built to.
        self.build_anew()?;
        for patch in &patches {
            good = good
                && checks.check("patch", |log| {
                    series::apply(patch, &self.folders.source, log)?;
                    let make = self.machine.boot().map_or("all", |boot| boot.make);
                    let built = self.make_without_warnings(log, &[make], &[])?;
                    let name = patch.file_name().unwrap_or_default().display();
                    Ok(format!("{built}: {name}"))
                })?;
        }
        if !good {
            return checks.skip(&["compare", "kunit"], "a patch does not build");
        }
        checks.check("compare", |_| {
            let findings = write::check(&self.folders.source, self.dropin.files(), &[])?;
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            ensure!(findings.is_empty(), "{}", findings.join("\n    "));
            Ok(format!("{} patches make the drop-in", patches.len()))
        })?;
        self.run_tests(checks)
    }

    /// Runs the kernel, and judges its tests.
    fn run_tests(&self, checks: &mut Checks) -> Result<()> {
        match self.machine.boot() {
            None => checks.check("kunit", |log| self.run_program(log)).map(drop),
            Some(boot) => self.run_on_cpus(boot, checks),
        }
    }

    /// The paths of the drop-in's files.
    fn own(&self) -> BTreeSet<PathBuf> {
        self.dropin.files().iter().map(|f| f.path.clone()).collect()
    }

    /// Checks the generated code without a kernel.
    fn skip(&self, why: &str) -> Result<Vec<Done>> {
        let mut checks = Checks::new(self.folders.logs.clone());
        checks.skip(&["configure", "build"], why)?;
        checks.skip(&BUILT, "the kernel was not built")?;
        if let Machine::Booted(target, _) = self.machine {
            let parity = |_: &mut Log| foreign::compare(target, self.tree, self.tools, self.jobs());
            checks.check("parity", parity)?;
        }
        checks.finish()
    }

    /// Brings the copy of the tree up to date, except for the files `own`.
    fn copy(&self, log: &mut Log, own: &BTreeSet<PathBuf>) -> Result<String> {
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

    fn generate(&self) -> Result<String> {
        let (files, own) = self.with_own_tests()?;
        let written = write::write(&self.folders.source, &files, &[])?;
        let found = format!(
            "{} files written, {} unchanged; put back {} suite and {} examples of the tree's module",
            written.written, written.unchanged, own.suites, own.examples
        );
        Ok(found)
    }

    /// The files of the drop-in with the tests and examples that the kernel has.
    fn tested(&self) -> Result<Vec<Generated>> {
        Ok(match self.options.series {
            Some(_) => self.dropin.files().to_vec(),
            None => self.with_own_tests()?.0,
        })
    }

    /// The files of the drop-in, with the tests and examples of the module that it replaces.
    fn with_own_tests(&self) -> Result<(Vec<Generated>, PutBack)> {
        let mut files = self.dropin.files().to_vec();
        let own = upstream::put_back(self.tree, &mut files)?;
        Ok((files, own))
    }

    /// Runs the kernel's checkpatch.pl on the drop-in as a patch.
    fn checkpatch(&self, log: &mut Log) -> Result<String> {
        let patch = self.folders.logs.join("drop-in.patch");
        let Some(text) = self.dropin.patch(&Identity::new(NOBODY)?)? else {
            return Ok("the tree already has the drop-in: no patch to check".into());
        };
        fs::write(&patch, text).with_context(|| format!("cannot write {}", patch.display()))?;
        self.check_maintainers()?;
        let mut command = self.tools.command("perl");
        command.current_dir(&self.folders.source);
        command.args([
            "scripts/checkpatch.pl",
            "--no-summary",
            "--terse",
            "--show-types",
        ]);
        // The first type warns about every new file; MAINTAINERS was checked above. The second asks
        // for parentheses around the functions that the macros of atomic_ext.c define.
        command.args(["--ignore", "FILE_PATH_CHANGES,COMPLEX_MACRO"]);
        let (ok, text) = log.run_any(command.arg(&patch))?;
        let complaints: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
        ensure!(ok && complaints.is_empty(), "{}", complaints.join("\n    "));
        Ok(format!("no complaints about {}", patch.display()))
    }

    /// Fails if the tree's MAINTAINERS has no entry for a file of the drop-in.
    fn check_maintainers(&self) -> Result<()> {
        let path = self.tree.join("MAINTAINERS");
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        let entries = text.lines().filter_map(|line| line.strip_prefix("F:"));
        let entries: Vec<&str> = entries.map(str::trim).collect();
        for file in self.dropin.files() {
            let has = |entry: &&str| match entry.strip_suffix('/') {
                Some(folder) => file.path.starts_with(folder),
                None => file.path == Path::new(entry),
            };
            let path = file.path.display();
            ensure!(
                entries.iter().any(has),
                "MAINTAINERS has no entry for {path}"
            );
        }
        Ok(())
    }

    fn rustfmt(&self, log: &mut Log) -> Result<String> {
        log.run(self.make().arg("rustfmtcheck"))?;
        Ok("nothing to change".into())
    }

    fn configure(&self, log: &mut Log) -> Result<String> {
        log.run(self.make().arg("rustavailable"))?;
        let mut wanted = self.machine.config();
        for line in &self.options.config {
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
    fn config(&self) -> Result<String> {
        let path = self.folders.build.join(".config");
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Runs `make` with these arguments. Fails if its output lacks one of `steps`, or has warnings
    /// about Rust code or the drop-in's C code.
    fn make_without_warnings(
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
    fn build_anew(&self) -> Result<()> {
        let mark = self.unjudged();
        fs::write(&mark, "").with_context(|| format!("cannot write {}", mark.display()))
    }

    /// The file that says that the objects were built with warnings, or not to the end.
    fn unjudged(&self) -> PathBuf {
        self.folders.build.join("unjudged")
    }

    /// The kernel to run.
    fn kernel(&self) -> Kernel<'_> {
        Kernel {
            tools: self.tools,
            build: &self.folders.build,
            kvm: self.options.kvm,
        }
    }

    /// Runs a user-mode kernel, and judges its tests.
    fn run_program(&self, log: &mut Log) -> Result<String> {
        let console = self.folders.logs.join("console.log");
        self.kernel().as_program(&console, log)?;
        self.judge(&console, log)
    }

    /// Runs the kernel in QEMU, on each CPU.
    fn run_on_cpus(&self, boot: &'static Boot, checks: &mut Checks) -> Result<()> {
        if !self.options.cpus.is_empty() {
            for cpu in &self.options.cpus {
                checks.check("kunit", |log| self.run_on(boot, Some(cpu), log))?;
            }
        } else if boot.cpus.is_empty() {
            checks.check("kunit", |log| self.run_on(boot, None, log))?;
        }
        for cpu in boot.cpus {
            if !self.options.cpus.is_empty() {
                break;
            }
            match self.kernel().lacks_cpu(boot, cpu)? {
                Some(why) => checks.skip(&["kunit"], &format!("{cpu}: {why}"))?,
                None => {
                    checks.check("kunit", |log| self.run_on(boot, Some(cpu), log))?;
                }
            }
        }
        Ok(())
    }

    fn run_on(&self, boot: &Boot, cpu: Option<&str>, log: &mut Log) -> Result<String> {
        let name = cpu.map_or("console.log".into(), |cpu| {
            format!("console-{}.log", plain(cpu))
        });
        let console = self.folders.logs.join(name);
        let ran = self.kernel().in_qemu(boot, cpu, &console, log);
        let found = ran.and_then(|()| self.judge(&console, log));
        match cpu {
            None => found,
            Some(cpu) => found
                .map(|found| format!("{cpu}: {found}"))
                .with_context(|| cpu.to_owned()),
        }
    }

    /// Judges the tests of a kernel by what its console printed.
    fn judge(&self, console: &Path, log: &mut Log) -> Result<String> {
        let json = self.folders.logs.join("kunit.json");
        let _ = fs::remove_file(&json);
        let mut command = self.kunit_py("parse");
        command.arg(console);
        command.arg(format!("--json={}", json.display()));
        let (ok, _) = log.run_any(&mut command)?;
        let results = fs::read_to_string(&json).context("kunit.py wrote no test results")?;
        let results = kunit::Results::parse(&results)?;
        let found = results.judge(&self.tested()?)?;
        ensure!(ok, "kunit.py failed, but no test failed: {found}");
        Ok(found)
    }

    /// Disassembles rustc's object files, and checks that they call helpers exactly if they should.
    fn calls(&self, log: &mut Log) -> Result<String> {
        let objdump = self.options.compiler.objdump(self.machine);
        let list = match self.machine {
            Machine::Um => None,
            Machine::Booted(target, _) => target.kernel.format.list(),
        };
        let calls = calls::count(&self.folders.build, objdump, list, self.tools, log)?;
        let mut found = format!(
            "{} references to rust_helper_atomic* in {} objects with {} instructions",
            calls.helpers, calls.objects, calls.instructions
        );
        if let Some((section, _)) = list {
            found += &format!(", {} entries in {section}", calls.alternatives);
        }
        let config = self.config()?;
        let is_on = |option: &str| config::has(&config, &format!("{option}=y"));
        let instrumented = CHECKERS.into_iter().any(is_on);
        let file = format!("backend/{}.rs", self.machine.instructions());
        let inline = self.dropin.files().iter().any(|f| f.path.ends_with(&file));
        // A backend that follows a choice at boot includes what the build makes of C headers.
        let mut files = self.dropin.files().iter();
        let chooses = files.any(|f| f.path.ends_with(&file) && f.contents.contains("generated_"));
        ensure!(
            !chooses || instrumented || calls.alternatives > 0,
            "{found}, but the kernel chooses instructions when it boots"
        );
        let none = (inline && !instrumented) || is_on("CONFIG_RUST_INLINE_HELPERS");
        ensure!(
            none == (calls.helpers == 0),
            "{found}, but {} expected",
            if none { "none were" } else { "some were" }
        );
        Ok(found)
    }

    fn rustdoc(&self, log: &mut Log) -> Result<String> {
        let steps = ["RUSTDOC rust/kernel/lib.rs", "RUSTDOC rust/macros/lib.rs"];
        self.make_without_warnings(log, &["rustdoc"], &steps)
    }

    /// Runs Clippy on the crates that contain files of the drop-in.
    fn clippy(&self, log: &mut Log) -> Result<String> {
        let steps = ["CLIPPY rust/kernel.o", "CLIPPY rust/libmacros.so"];
        self.make_without_warnings(log, &["CLIPPY=1", "rust/"], &steps)
    }

    /// A `make` command for the build folder.
    fn make(&self) -> Command {
        let mut command = self.make_in(&self.folders.build);
        command.arg(format!("--directory={}", self.folders.source.display()));
        command.arg(format!("O={}", self.folders.build.display()));
        command.arg("KRUSTFLAGS=-Dwarnings");
        command
    }

    fn make_in(&self, dir: &Path) -> Command {
        let mut command = self.tools.command("make");
        command.current_dir(dir);
        command.arg(format!("--jobs={}", self.jobs()));
        command.arg(format!("ARCH={}", self.machine.arch()));
        command.args(self.options.compiler.make_options(self.machine));
        command
    }

    fn kunit_py(&self, verb: &str) -> Command {
        let mut command = self.tools.command("python3");
        command.current_dir(&self.folders.source);
        command.args(["tools/testing/kunit/kunit.py", verb]);
        command
    }

    /// Adds the kunit.py options that select the kernel.
    fn kunit_build(&self, command: &mut Command) {
        command.arg(format!("--arch={}", self.machine.name()));
        command.arg(format!("--build_dir={}", self.folders.build.display()));
        for option in self.options.compiler.make_options(self.machine) {
            command.args(["--make_options", &option]);
        }
    }

    fn jobs(&self) -> usize {
        let cpus = || thread::available_parallelism().map_or(1, usize::from);
        self.options.jobs.unwrap_or_else(cpus)
    }
}
