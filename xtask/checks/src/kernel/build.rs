//! Builds a kernel with the drop-in for an architecture, runs it, and runs the kernel's own checks on
//! the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use atomics_machine_code::boot::Boot;
use xtask::dropin::Identity;
use xtask::write::{self, Generated};

use super::args::KernelArgs;
use super::base::{Base, plain};
use super::machine::Machine;
use super::progress::{Checks, Done, Lines, Log};
use super::run::Kernel;
use super::site::Site;
use super::{calls, foreign, kunit, series};

/// The author of the patch for checkpatch, in git's format.
const NOBODY: &str = "Nobody <nobody@example.invalid> 1700000000 +0000";
/// The checks that need a build.
const BUILT: [&str; 4] = ["kunit", "calls", "rustdoc", "clippy"];

/// What the builds for all architectures share.
pub struct Shared<'a> {
    /// The options.
    pub options: &'a KernelArgs,
    /// The tree, with its drop-in.
    pub site: &'a Site,
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
        let base = self.site.base(machine, self.options.settings())?;
        Ok(Build {
            options: self.options,
            base,
        })
    }
}

struct Build<'a> {
    options: &'a KernelArgs,
    base: Base<'a>,
}

impl Build<'_> {
    /// Runs the checks.
    fn run_checks(&self, sources: bool) -> Result<Vec<Done>> {
        let mut checks = Checks::new(self.base.folders.logs.clone(), Lines::Printed);
        if let Some(folder) = &self.options.series {
            self.check_series(&mut checks, folder)?;
            return checks.finish();
        }
        let ready = checks.check("copy", |log| self.base.copy(log, &self.base.own()))?
            && checks.check("generate", |_| self.base.generate())?;
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
        let built = checks.check("configure", |log| self.base.configure(log))?
            && checks.check("build", |log| {
                let make = self.base.machine.boot().map_or("all", |boot| boot.make);
                self.base.make_without_warnings(log, &[make], &[])
            })?;
        if !built {
            checks.skip(&BUILT, "the kernel was not built")?;
            return checks.finish();
        }
        self.run_tests(&mut checks)?;
        checks.check("calls", |log| {
            let objects = calls::objects(&self.base.folders.build)?;
            calls::judge(&self.base, &objects, log)
        })?;
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
        let mut good = checks.check("copy", |log| self.base.copy(log, &BTreeSet::new()))?
            && checks.check("configure", |log| self.base.configure(log))?;
        // What the copy put back is older than what a former drop-in was built to.
        self.base.build_anew()?;
        for patch in &patches {
            good = good
                && checks.check("patch", |log| {
                    series::apply(patch, &self.base.folders.source, log)?;
                    let make = self.base.machine.boot().map_or("all", |boot| boot.make);
                    let built = self.base.make_without_warnings(log, &[make], &[])?;
                    let name = patch.file_name().unwrap_or_default().display();
                    Ok(format!("{built}: {name}"))
                })?;
        }
        if !good {
            return checks.skip(&["compare", "kunit"], "a patch does not build");
        }
        checks.check("compare", |_| {
            let findings = write::check(&self.base.folders.source, self.base.dropin.files(), &[])?;
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            ensure!(findings.is_empty(), "{}", findings.join("\n    "));
            Ok(format!("{} patches make the drop-in", patches.len()))
        })?;
        self.run_tests(checks)
    }

    /// The files of the drop-in with the tests and examples that the kernel has.
    fn tested(&self) -> Result<Vec<Generated>> {
        Ok(match self.options.series {
            Some(_) => self.base.dropin.files().to_vec(),
            None => self.base.with_own_tests()?.0,
        })
    }

    /// Runs the kernel, and judges its tests.
    fn run_tests(&self, checks: &mut Checks) -> Result<()> {
        match self.base.machine.boot() {
            None => checks.check("kunit", |log| self.run_program(log)).map(drop),
            Some(boot) => self.run_on_cpus(boot, checks),
        }
    }

    /// Checks the generated code without a kernel.
    fn skip(&self, why: &str) -> Result<Vec<Done>> {
        let mut checks = Checks::new(self.base.folders.logs.clone(), Lines::Printed);
        checks.skip(&["configure", "build"], why)?;
        checks.skip(&BUILT, "the kernel was not built")?;
        if let Machine::Booted(target, _) = self.base.machine {
            let parity = |_: &mut Log| {
                foreign::compare(
                    target,
                    self.base.tree,
                    self.base.tools,
                    self.base.settings.jobs,
                )
            };
            checks.check("parity", parity)?;
        }
        checks.finish()
    }

    /// Runs the kernel's checkpatch.pl on the drop-in as a patch.
    fn checkpatch(&self, log: &mut Log) -> Result<String> {
        let patch = self.base.folders.logs.join("drop-in.patch");
        let Some(text) = self.base.dropin.patch(&Identity::new(NOBODY)?)? else {
            return Ok("the tree already has the drop-in: no patch to check".into());
        };
        fs::write(&patch, text).with_context(|| format!("cannot write {}", patch.display()))?;
        self.check_maintainers()?;
        let mut command = self.base.tools.command("perl");
        command.current_dir(&self.base.folders.source);
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
        let path = self.base.tree.join("MAINTAINERS");
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        let entries = text.lines().filter_map(|line| line.strip_prefix("F:"));
        let entries: Vec<&str> = entries.map(str::trim).collect();
        for file in self.base.dropin.files() {
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
        log.run(self.base.make().arg("rustfmtcheck"))?;
        Ok("nothing to change".into())
    }

    /// The kernel to run.
    fn kernel(&self) -> Kernel<'_> {
        Kernel {
            tools: self.base.tools,
            build: &self.base.folders.build,
            kvm: self.options.kvm,
        }
    }

    /// Runs a user-mode kernel, and judges its tests.
    fn run_program(&self, log: &mut Log) -> Result<String> {
        let console = self.base.folders.logs.join("console.log");
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
        let console = self.base.folders.logs.join(name);
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
        let json = self.base.folders.logs.join("kunit.json");
        let _ = fs::remove_file(&json);
        let mut command = self.base.kunit_py("parse");
        command.arg(console);
        command.arg(format!("--json={}", json.display()));
        let (ok, _) = log.run_any(&mut command)?;
        let results = fs::read_to_string(&json).context("kunit.py wrote no test results")?;
        let results = kunit::Results::parse(&results)?;
        let found = results.judge(&self.tested()?)?;
        ensure!(ok, "kunit.py failed, but no test failed: {found}");
        Ok(found)
    }

    fn rustdoc(&self, log: &mut Log) -> Result<String> {
        let steps = ["RUSTDOC rust/kernel/lib.rs", "RUSTDOC rust/macros/lib.rs"];
        self.base.make_without_warnings(log, &["rustdoc"], &steps)
    }

    /// Runs Clippy on the crates that contain files of the drop-in.
    fn clippy(&self, log: &mut Log) -> Result<String> {
        let steps = ["CLIPPY rust/kernel.o", "CLIPPY rust/libmacros.so"];
        self.base
            .make_without_warnings(log, &["CLIPPY=1", "rust/"], &steps)
    }
}
