//! `cargo xtask kernel`: builds a kernel with the drop-in, runs its KUnit tests, and has the
//! kernel's own checks judge the text.

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

use crate::dropin::{Backend, Dropin, Identity};
use crate::generate::repository_root;
use crate::lock::Lock;
use crate::setup::{self, Toolchain};
use crate::tables::TableArgs;
use crate::write;
pub use machine::{Compiler, Machine};
use progress::{Checks, Log};

mod calls;
pub mod config;
mod kunit;
mod machine;
mod progress;
mod scratch;
mod warnings;

/// What to build.
pub struct Options {
    /// The kernel's tree, which is only read.
    pub tree: Option<PathBuf>,
    /// The tables.
    pub tables: TableArgs,
    /// The architecture.
    pub machine: Machine,
    /// How the drop-in carries out the operations.
    pub backend: Backend,
    /// What compiles C.
    pub compiler: Compiler,
    /// What is configured besides, as lines of a `.config`.
    pub config: Vec<String>,
    /// How many jobs `make` runs at once; as many as there are CPUs if none.
    pub jobs: Option<usize>,
    /// Whether to try a version of Linux that is not known.
    pub force: bool,
    /// Whether to build and run only.
    pub quick: bool,
    /// Whether QEMU may use KVM.
    pub kvm: bool,
}

/// What is built of the drop-in, in the build folder; what uses it is built again when it is.
const OURS: [&str; 5] = [
    "rust/doctests_kernel_generated.o",
    "rust/helpers/helpers.bc",
    "rust/helpers/helpers.o",
    "rust/kernel.o",
    "rust/libmacros.so",
];
/// How many CPUs a kernel has; what several workers do must be able to overlap.
const CPUS: usize = 2;
/// How long a kernel may run.
const TIMEOUT: Duration = Duration::from_secs(900);
/// Whom the patch is from that is only checked, in git's words.
const NOBODY: &str = "Nobody <nobody@example.invalid> 1700000000 +0000";
/// The checks that a build is needed for.
const BUILT: [&str; 4] = ["kunit", "calls", "rustdoc", "clippy"];

/// Makes all checks and prints a line for each.
///
/// # Errors
///
/// If the tree is not one of a kernel, a tool is missing, or the scratch copy cannot be written.
pub fn run(options: &Options) -> Result<ExitCode> {
    let tree = match &options.tree {
        Some(tree) => tree.clone(),
        None => setup::kernel_tree()
            .context("there is no kernel tree: name one with --tree, or run `cargo xtask setup`")?,
    };
    let tree = tree
        .canonicalize()
        .with_context(|| format!("cannot find the tree {}", tree.display()))?;
    let dropin = if options.force {
        Dropin::read_any_version(&tree, &options.tables, options.backend)?
    } else {
        Dropin::read(&tree, &options.tables, options.backend)?
    };
    let tools = match Toolchain::find() {
        Ok(tools) => tools,
        Err(missing) => bail!(
            "what builds a kernel is not all here; missing: {}\n = help: `cargo xtask setup` \
             installs it on Debian",
            missing.join(", ")
        ),
    };
    if let Some(emulator) = options.machine.emulator() {
        ensure!(
            setup::has_program(emulator),
            "{emulator} is missing, which runs the kernel\n = help: `cargo xtask setup` installs \
             it on Debian"
        );
    }
    let place = Place::new(&tree, options)?;
    let _lock = Lock::take(&place.root)?;
    println!(
        "Linux {} in {}, ARCH={}, {}, backend {}",
        dropin.version()?,
        tree.display(),
        options.machine.name(),
        options.compiler.name(),
        options.backend.name(),
    );
    for edit in dropin.edits(&tree)? {
        println!("note: what is built has the drop-in in place of a local edit: {edit}");
    }
    let build = Build {
        options,
        tools,
        dropin,
        place,
        tree,
    };
    Ok(if build.checks() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Where everything is.
struct Place {
    /// The folder of everything about one tree.
    root: PathBuf,
    /// The copy of the tree.
    source: PathBuf,
    /// The build folder of one architecture and compiler.
    build: PathBuf,
    /// The logs.
    logs: PathBuf,
}

impl Place {
    fn new(tree: &Path, options: &Options) -> Result<Self> {
        let name = tree.file_name().unwrap_or_default().to_string_lossy();
        // Trees of one name in different folders are different trees.
        let key = Sha1::from(tree.as_os_str().as_encoded_bytes()).digest();
        let key = &key.to_string()[..8];
        let root = repository_root().join(format!("target/kernel/{name}-{key}"));
        let mut kind = format!("{}-{}", options.machine.name(), options.compiler.name());
        for line in &options.config {
            kind.push('-');
            // A makefile takes no blanks in names, nor much else.
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
            kind.extend(line.trim_start_matches("CONFIG_").chars().map(plain));
        }
        let place = Self {
            source: root.join("source"),
            build: root.join(&kind),
            logs: root.join(format!("logs/{kind}-{}", options.backend.name())),
            root,
        };
        for dir in [&place.source, &place.build, &place.logs] {
            fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        }
        Ok(place)
    }
}

struct Build<'a> {
    options: &'a Options,
    tools: Toolchain,
    dropin: Dropin,
    place: Place,
    tree: PathBuf,
}

impl Build<'_> {
    /// Makes the checks; whether all is well.
    fn checks(&self) -> bool {
        let mut checks = Checks::new(self.place.logs.clone());
        let ready = checks.check("copy", |log| self.copy(log))
            && checks.check("generate", |_| self.generate());
        if !ready {
            checks.skip(
                &["checkpatch", "rustfmt", "configure", "build"],
                "no drop-in",
            );
            checks.skip(&BUILT, "no drop-in");
            return checks.finish();
        }
        if !self.options.quick {
            checks.check("checkpatch", |log| self.checkpatch(log));
            checks.check("rustfmt", |log| self.rustfmt(log));
        }
        let built = checks.check("configure", |log| self.configure(log))
            && checks.check("build", |log| self.judged(log, &[], &[]));
        if !built {
            checks.skip(&BUILT, "no kernel was built");
            return checks.finish();
        }
        checks.check("kunit", |log| self.kunit(log));
        checks.check("calls", |log| self.calls(log));
        if !self.options.quick {
            checks.check("rustdoc", |log| self.rustdoc(log));
            checks.check("clippy", |log| self.clippy(log));
        }
        checks.finish()
    }

    /// Brings the copy of the tree up to date.
    fn copy(&self, log: &mut Log) -> Result<String> {
        let own: BTreeSet<PathBuf> = self.dropin.files().iter().map(|f| f.path.clone()).collect();
        let source = &self.place.source;
        let synced = scratch::sync(&self.tree, source, &own, &mut |line| log.note(line))?;
        // A tree that was built in has what a build in another folder stumbles over.
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
        let written = write::write(&self.place.source, self.dropin.files(), &[])?;
        let found = format!(
            "{} files written, {} unchanged",
            written.written, written.unchanged
        );
        Ok(found)
    }

    /// Has the kernel's script judge the change as a patch.
    fn checkpatch(&self, log: &mut Log) -> Result<String> {
        let patch = self.place.logs.join("drop-in.patch");
        let Some(text) = self.dropin.patch(&Identity::new(NOBODY)?)? else {
            return Ok("the tree has the drop-in already: no patch to check".into());
        };
        fs::write(&patch, text).with_context(|| format!("cannot write {}", patch.display()))?;
        self.maintained()?;
        let mut command = self.tools.command("perl");
        command.current_dir(&self.place.source);
        command.args([
            "scripts/checkpatch.pl",
            "--no-summary",
            "--terse",
            "--show-types",
        ]);
        // It asks of every new file whether MAINTAINERS has it, which we have just seen.
        command.args(["--ignore", "FILE_PATH_CHANGES"]);
        let (ok, text) = log.run_any(command.arg(&patch))?;
        let complaints: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
        ensure!(ok && complaints.is_empty(), "{}", complaints.join("\n    "));
        Ok(format!("nothing to say of {}", patch.display()))
    }

    /// Fails if the tree's MAINTAINERS has no entry for a file of the drop-in.
    fn maintained(&self) -> Result<()> {
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
        let path = self.place.logs.join("kunitconfig");
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
            "the configuration did not take {}",
            lacking.join(", ")
        );
        let is_inline = config::has(&made, "CONFIG_RUST_INLINE_HELPERS=y");
        let found = format!(
            "CONFIG_RUST_INLINE_HELPERS is {}",
            if is_inline { "on" } else { "off" }
        );
        Ok(found)
    }

    /// The configuration of the kernel that is built.
    fn config(&self) -> Result<String> {
        let path = self.place.build.join(".config");
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Runs `make` with these arguments. Fails if one of `steps` is not among what it says that it
    /// does, or if there are warnings about Rust code or the drop-in's C.
    fn judged(&self, log: &mut Log, args: &[&str], steps: &[&str]) -> Result<String> {
        // What is up to date is not compiled again, and its warnings are not seen again. So what
        // was not found to be without any is not up to date.
        let mark = self.place.build.join("unjudged");
        if mark.exists() {
            for object in OURS {
                let _ = fs::remove_file(self.place.build.join(object));
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
            ensure!(lines.any(done), "it did not come to the step `{step}`");
        }
        let warnings = warnings::find(&text);
        if let Some(first) = warnings.ours.first() {
            bail!("{} warnings; the first: {first}", warnings.ours.len());
        }
        fs::remove_file(&mark).with_context(|| format!("cannot remove {}", mark.display()))?;
        let found = match warnings.others {
            0 => "no warnings".to_owned(),
            others => format!("no warnings, but {others} about what is not the drop-in's"),
        };
        Ok(found)
    }

    fn kunit(&self, log: &mut Log) -> Result<String> {
        let json = self.place.logs.join("kunit.json");
        let _ = fs::remove_file(&json);
        let mut command = match self.options.machine.emulator() {
            None => self.run_program(log)?,
            Some(emulator) => self.run_emulator(emulator)?,
        };
        command.arg(format!("--json={}", json.display()));
        let (ok, _) = log.run_any(&mut command)?;
        let results = fs::read_to_string(&json).context("kunit.py found no results of tests")?;
        let results = kunit::Results::parse(&results)?;
        let found = results.judge(self.dropin.files())?;
        ensure!(ok, "kunit.py failed, though no test did: {found}");
        Ok(found)
    }

    /// Runs a kernel that is a program, and returns the command that reads its console. kunit.py
    /// could do both, but such a kernel drops what the reader of a pipe is too slow for.
    fn run_program(&self, log: &mut Log) -> Result<Command> {
        let console = self.place.logs.join("console.log");
        let mut kernel = self.tools.command(self.place.build.join("linux"));
        kernel.current_dir(&self.place.build);
        kernel.args([
            "mem=1G",
            "console=tty",
            "kunit.enable=1",
            "kunit_shutdown=halt",
        ]);
        // More than one CPU is only to be had without ptrace.
        kernel.args(["seccomp=on", &format!("ncpus={CPUS}")]);
        log.run_into(&mut kernel, &console, TIMEOUT)?;
        let mut command = self.kunit_py("parse");
        command.arg(&console);
        Ok(command)
    }

    /// The command that runs a kernel in an emulator.
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

    /// Has `command` find a program of the emulator's name that runs it without KVM, which kunit.py
    /// asks for wherever it is, and which may be there and not work.
    fn emulate(&self, emulator: &str, command: &mut Command) -> Result<()> {
        let real = setup::find_program(emulator).context("the emulator has gone")?;
        let dir = self.place.root.join("emulate");
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let program = dir.join(emulator);
        let text = include_str!("kernel/emulate.sh").replace("$real", &real.to_string_lossy());
        fs::write(&program, text)
            .and_then(|()| fs::set_permissions(&program, Permissions::from_mode(0o755)))
            .with_context(|| format!("cannot write {}", program.display()))?;
        self.tools.also(&dir, command);
        Ok(())
    }

    /// Disassembles what rustc made and looks whether it calls helpers as it should.
    fn calls(&self, log: &mut Log) -> Result<String> {
        let objdump = self.options.compiler.objdump();
        let calls = calls::count(&self.place.build, objdump, &self.tools, log)?;
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
            "{found}, where {} expected",
            if none { "none is" } else { "some are" }
        );
        Ok(found)
    }

    fn rustdoc(&self, log: &mut Log) -> Result<String> {
        let steps = ["RUSTDOC rust/kernel/lib.rs", "RUSTDOC rust/macros/lib.rs"];
        self.judged(log, &["rustdoc"], &steps)
    }

    /// Has Clippy judge the crates that the drop-in has files in.
    fn clippy(&self, log: &mut Log) -> Result<String> {
        let steps = ["CLIPPY rust/kernel.o", "CLIPPY rust/libmacros.so"];
        self.judged(log, &["CLIPPY=1", "rust/"], &steps)
    }

    /// `make` for the build folder.
    fn make(&self) -> Command {
        let mut command = self.make_in(&self.place.build);
        command.arg(format!("--directory={}", self.place.source.display()));
        command.arg(format!("O={}", self.place.build.display()));
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
        command.current_dir(&self.place.source);
        command.args(["tools/testing/kunit/kunit.py", verb]);
        command
    }

    /// Tells kunit.py which kernel it is about.
    fn kunit_build(&self, command: &mut Command) {
        command.arg(format!("--arch={}", self.options.machine.name()));
        command.arg(format!("--build_dir={}", self.place.build.display()));
        if let Some(option) = self.options.compiler.make_option() {
            command.args(["--make_options", option]);
        }
    }

    fn jobs(&self) -> usize {
        let cpus = || thread::available_parallelism().map_or(1, usize::from);
        self.options.jobs.unwrap_or_else(cpus)
    }
}
