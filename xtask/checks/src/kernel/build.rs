//! `cargo xtask kernel`: builds a kernel with the drop-in, runs its KUnit tests, and runs the
//! kernel's own checks on the sources.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use atomics_spec::emit::layout::CHECKERS;
use sha1_smol::Sha1;

use atomics_tools::path::{find_program, has_program};
use atomics_tools::{Lock, Toolchain, kernel_tree};
use clap::Args;
use xtask::dropin::{self, Backend, Dropin, Identity};
use xtask::output::{line, tell};
use xtask::repository;
use xtask::tables::TableArgs;
use xtask::write::{self, Lock as TreeLock};

use machine::{Compiler, Machine};
use progress::{Checks, Log};

mod calls;
pub mod config;
mod kunit;
mod machine;
mod progress;
mod scratch;
mod warnings;

/// Builds a kernel with the drop-in in a copy of TREE, runs its KUnit tests, and runs the kernel's
/// own checks on the drop-in. TREE itself is only read.
#[derive(Args)]
pub struct KernelArgs {
    #[command(flatten)]
    tables: TableArgs,
    /// The kernel's sources (default: those that `cargo xtask setup` unpacked).
    #[arg(long, value_name = "TREE")]
    tree: Option<PathBuf>,
    /// The architecture to build for and run.
    #[arg(long = "arch", value_enum, default_value_t)]
    machine: Machine,
    /// How the drop-in implements the operations.
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
    /// The C compiler.
    #[arg(long = "cc", value_enum, default_value_t)]
    compiler: Compiler,
    /// An additional configuration option, such as CONFIG_KASAN=y. May be given more than once.
    #[arg(long = "kconfig", value_name = "CONFIG_NAME=VALUE", value_parser = config::line)]
    config: Vec<String>,
    /// How many jobs `make` runs at once (default: the number of CPUs).
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Accepts a TREE of an unknown Linux version.
    #[arg(long)]
    force: bool,
    /// Only builds, runs and disassembles; skips the checks of the sources.
    #[arg(long)]
    quick: bool,
    /// Lets QEMU use KVM instead of emulating the CPU.
    #[arg(long)]
    kvm: bool,
}

impl KernelArgs {
    /// Runs all checks and prints a line for each.
    ///
    /// # Errors
    ///
    /// If the tree is not a kernel tree, a tool is missing, or the scratch copy cannot be written.
    pub fn run(&self) -> Result<ExitCode> {
        run(self)
    }
}

/// The files in the build folder that are built from the drop-in. make rebuilds what depends on
/// them.
const OURS: [&str; 5] = [
    "rust/doctests_kernel_generated.o",
    "rust/helpers/helpers.bc",
    "rust/helpers/helpers.o",
    "rust/kernel.o",
    "rust/libmacros.so",
];
/// How many CPUs a kernel has. The tests with several workers need more than one.
const CPUS: usize = 2;
/// The time limit for running a kernel.
const TIMEOUT: Duration = Duration::from_secs(900);
/// The author of the patch for checkpatch, in git's format.
const NOBODY: &str = "Nobody <nobody@example.invalid> 1700000000 +0000";
/// The checks that need a build.
const BUILT: [&str; 4] = ["kunit", "calls", "rustdoc", "clippy"];

fn run(options: &KernelArgs) -> Result<ExitCode> {
    let tree = kernel_tree::find(options.tree.as_deref())?;
    dropin::require_tree(&tree)?;
    let tree_lock = TreeLock::for_reading(&tree, &tell)?;
    let dropin = if options.force {
        Dropin::read_any_version(&tree, &options.tables, options.backend)?
    } else {
        Dropin::read(&tree, &options.tables, options.backend)?
    };
    let tools = match Toolchain::find() {
        Ok(tools) => tools,
        Err(missing) => bail!(
            "tools for building a kernel are missing: {}\n = help: `cargo xtask setup` \
             installs them on Debian",
            missing.join(", ")
        ),
    };
    if let Some(emulator) = options.machine.emulator() {
        ensure!(
            has_program(emulator),
            "{emulator} is needed to run the kernel, but is missing\n \
             = help: `cargo xtask setup` installs it on Debian"
        );
    }
    let folders = Folders::new(&tree, options)?;
    let _lock = Lock::take(&folders.root)?;
    line(&format!(
        "Linux {} in {}, ARCH={}, {}, backend {}",
        dropin.version()?,
        tree.display(),
        options.machine.name(),
        options.compiler.name(),
        options.backend.name(),
    ))?;
    for edit in dropin.edits(&tree)? {
        line(&format!(
            "note: the build uses the drop-in in place of a local edit: {edit}"
        ))?;
    }
    drop(tree_lock);
    let build = Build {
        options,
        tools,
        dropin,
        folders,
        tree,
    };
    Ok(if build.run_checks()? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The folders that a run uses.
struct Folders {
    /// The folder for all builds of one tree.
    root: PathBuf,
    /// The copy of the tree.
    source: PathBuf,
    /// The build folder of one architecture, compiler and configuration.
    build: PathBuf,
    /// The logs.
    logs: PathBuf,
}

impl Folders {
    fn new(tree: &Path, options: &KernelArgs) -> Result<Self> {
        let name = tree.file_name().unwrap_or_default().to_string_lossy();
        // Trees with the same name in different folders must not share a build folder.
        let key = Sha1::from(tree.as_os_str().as_encoded_bytes()).digest();
        let key = &key.to_string()[..8];
        let root = repository::root().join(format!("target/kernel/{name}-{key}"));
        let mut kind = format!("{}-{}", options.machine.name(), options.compiler.name());
        for line in &options.config {
            kind.push('-');
            // make does not support file names with spaces and some other characters.
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
            kind.extend(line.trim_start_matches("CONFIG_").chars().map(plain));
        }
        let folders = Self {
            source: root.join("source"),
            build: root.join(&kind),
            logs: root.join(format!("logs/{kind}-{}", options.backend.name())),
            root,
        };
        for dir in [&folders.source, &folders.build, &folders.logs] {
            fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        }
        Ok(folders)
    }
}

struct Build<'a> {
    options: &'a KernelArgs,
    tools: Toolchain,
    dropin: Dropin,
    folders: Folders,
    tree: PathBuf,
}

impl Build<'_> {
    /// Runs the checks. Returns whether all passed.
    fn run_checks(&self) -> Result<bool> {
        let mut checks = Checks::new(self.folders.logs.clone());
        let ready = checks.check("copy", |log| self.copy(log))?
            && checks.check("generate", |_| self.generate())?;
        if !ready {
            checks.skip(
                &["checkpatch", "rustfmt", "configure", "build"],
                "the drop-in was not generated",
            )?;
            checks.skip(&BUILT, "the drop-in was not generated")?;
            return checks.finish();
        }
        if !self.options.quick {
            checks.check("checkpatch", |log| self.checkpatch(log))?;
            checks.check("rustfmt", |log| self.rustfmt(log))?;
        }
        let built = checks.check("configure", |log| self.configure(log))?
            && checks.check("build", |log| self.make_without_warnings(log, &[], &[]))?;
        if !built {
            checks.skip(&BUILT, "the kernel was not built")?;
            return checks.finish();
        }
        checks.check("kunit", |log| self.kunit(log))?;
        checks.check("calls", |log| self.calls(log))?;
        if !self.options.quick {
            checks.check("rustdoc", |log| self.rustdoc(log))?;
            checks.check("clippy", |log| self.clippy(log))?;
        }
        checks.finish()
    }

    /// Brings the copy of the tree up to date.
    fn copy(&self, log: &mut Log) -> Result<String> {
        let own: BTreeSet<PathBuf> = self.dropin.files().iter().map(|f| f.path.clone()).collect();
        let source = &self.folders.source;
        let synced = scratch::sync(&self.tree, source, &own, &mut |line| log.note(line))?;
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
        let written = write::write(&self.folders.source, self.dropin.files(), &[])?;
        let found = format!(
            "{} files written, {} unchanged",
            written.written, written.unchanged
        );
        Ok(found)
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
        // This type warns about every new file; MAINTAINERS was checked above.
        command.args(["--ignore", "FILE_PATH_CHANGES"]);
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
        let mut wanted = self.options.machine.config();
        for line in &self.options.config {
            wanted += &format!("{line}\n");
        }
        let path = self.folders.logs.join("kunitconfig");
        fs::write(&path, &wanted).with_context(|| format!("cannot write {}", path.display()))?;
        let mut command = self.kunit_py("config");
        self.kunit_build(&mut command);
        log.run(command.arg("--kunitconfig").arg(&path))?;
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
        let mark = self.folders.build.join("unjudged");
        if mark.exists() {
            for object in OURS {
                let _ = fs::remove_file(self.folders.build.join(object));
            }
        }
        fs::write(&mark, "").with_context(|| format!("cannot write {}", mark.display()))?;
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

    fn kunit(&self, log: &mut Log) -> Result<String> {
        let json = self.folders.logs.join("kunit.json");
        let _ = fs::remove_file(&json);
        let mut command = match self.options.machine.emulator() {
            None => self.run_program(log)?,
            Some(emulator) => self.run_emulator(emulator)?,
        };
        command.arg(format!("--json={}", json.display()));
        let (ok, _) = log.run_any(&mut command)?;
        let results = fs::read_to_string(&json).context("kunit.py wrote no test results")?;
        let results = kunit::Results::parse(&results)?;
        let found = results.judge(self.dropin.files())?;
        ensure!(ok, "kunit.py failed, but no test failed: {found}");
        Ok(found)
    }

    /// Runs a user-mode kernel, and returns the command that parses its console output. kunit.py
    /// could do both, but a user-mode kernel drops console output if the reader of a pipe is too
    /// slow.
    fn run_program(&self, log: &mut Log) -> Result<Command> {
        let console = self.folders.logs.join("console.log");
        let mut kernel = self.tools.command(self.folders.build.join("linux"));
        kernel.current_dir(&self.folders.build);
        kernel.args([
            "mem=1G",
            "console=tty",
            "kunit.enable=1",
            "kunit_shutdown=halt",
        ]);
        // Several CPUs work only without ptrace.
        kernel.args(["seccomp=on", &format!("ncpus={CPUS}")]);
        log.run_into(&mut kernel, &console, TIMEOUT)?;
        let mut command = self.kunit_py("parse");
        command.arg(&console);
        Ok(command)
    }

    /// The command that runs the kernel in an emulator.
    fn run_emulator(&self, emulator: &str) -> Result<Command> {
        let mut command = self.kunit_py("exec");
        self.kunit_build(&mut command);
        command.arg(format!("--timeout={}", TIMEOUT.as_secs()));
        command.arg(format!("--qemu_args=-smp {CPUS}"));
        if !self.options.kvm {
            self.emulate(emulator, &mut command)?;
        }
        Ok(command)
    }

    /// Makes `command` find a wrapper script that runs the emulator without KVM. kunit.py uses KVM
    /// wherever it is present, even if it does not work.
    fn emulate(&self, emulator: &str, command: &mut Command) -> Result<()> {
        let real = find_program(emulator).context("the emulator was not found")?;
        let dir = self.folders.root.join("emulate");
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let program = dir.join(emulator);
        let text = include_str!("kernel/emulate.sh").replace("$real", &real.to_string_lossy());
        fs::write(&program, text)
            .and_then(|()| fs::set_permissions(&program, Permissions::from_mode(0o755)))
            .with_context(|| format!("cannot write {}", program.display()))?;
        self.tools.also(&dir, command);
        Ok(())
    }

    /// Disassembles rustc's object files, and checks that they call helpers exactly if they should.
    fn calls(&self, log: &mut Log) -> Result<String> {
        let objdump = self.options.compiler.objdump();
        let calls = calls::count(&self.folders.build, objdump, &self.tools, log)?;
        let found = format!(
            "{} references to rust_helper_atomic* in {} objects with {} instructions",
            calls.helpers, calls.objects, calls.instructions
        );
        let config = self.config()?;
        let is_on = |option: &str| config::has(&config, &format!("{option}=y"));
        let instrumented = CHECKERS.into_iter().any(is_on);
        let file = format!("backend/{}.rs", self.options.machine.instructions());
        let inline = self.dropin.files().iter().any(|f| f.path.ends_with(&file));
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
        command.arg(format!("ARCH={}", self.options.machine.name()));
        command.args(self.options.compiler.make_option());
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
        command.arg(format!("--arch={}", self.options.machine.name()));
        command.arg(format!("--build_dir={}", self.folders.build.display()));
        if let Some(option) = self.options.compiler.make_option() {
            command.args(["--make_options", option]);
        }
    }

    fn jobs(&self) -> usize {
        let cpus = || thread::available_parallelism().map_or(1, usize::from);
        self.options.jobs.unwrap_or_else(cpus)
    }
}
