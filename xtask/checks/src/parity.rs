//! `cargo xtask parity`.

use std::env;
use std::fmt::Display;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result, ensure};
use atomics_machine_code::target::Target;
use atomics_machine_code::targets;
use atomics_parity::{Suite, audit, reasons, report};
use atomics_spec::{Source, Spec};
use atomics_tools::process::write_changed;
use atomics_tools::{Toolchain, kernel_tree};
use clap::Args;
use xtask::dropin::Backend;
use xtask::output::{print, tell};
use xtask::repository;

use crate::kernel::Site;
use drop_in::Request;

mod drop_in;

/// The path of the report.
const REPORT: &str = "tests/parity/report.txt";
/// The path of the reasons.
const REASONS: &str = "tests/parity/reasons.tbl";
/// The path of those that are only for the drop-in.
const OWN_REASONS: &str = "tests/parity/drop-in.tbl";

/// Compares the machine code of the kernel's C atomics with ours, variant by variant: accesses,
/// fences, and the number of instructions. Exits with 1 if ours is weaker, or if a difference has
/// no reason in tests/parity/reasons.tbl.
///
/// With --audit, judges the kernel's C alone by what the memory model requires. Exits with 1 if it
/// orders less than that (kernel-weaker), and with 0 if it is as required or orders more
/// (kernel-stronger). What only the compiler orders, as a `memory` clobber does, is not seen.
///
/// With --drop-in, compares what the build of a kernel makes of the drop-in: of a module with a function
/// for each variant. It is built in a copy of the tree, as by `cargo xtask kernel`, in the same
/// folder, and so is the C. Also checks that the kernel's other Rust code has no atomic instructions,
/// and no choices at boot, but those that were compared.
///
/// In all cases, exits with 1 also if something does not build, or has an instruction that
/// tests/machine-code/src/isa does not know, and with 2 if the command line is wrong.
#[derive(Args)]
pub struct Parity {
    /// The kernel's sources (default: those that `cargo xtask setup` unpacked).
    #[arg(long = "kernel", value_name = "TREE")]
    tree: Option<PathBuf>,
    /// Audits the kernel's C without comparing it with ours. Needs no table in
    /// atomics-spec/tables/arch.
    #[arg(long, conflicts_with = "write")]
    audit: bool,
    /// Compares what the build of a kernel makes of the drop-in. A kernel that this machine cannot
    /// build is skipped.
    #[arg(long, conflicts_with_all = ["audit", "write"])]
    drop_in: bool,
    /// How the drop-in implements the operations.
    #[arg(long, value_enum, requires = "drop_in", default_value_t = Backend::Asm)]
    backend: Backend,
    /// The architecture (default: all that have a table, and with --audit also the others; with
    /// --drop-in, all whose kernel supports Rust). May be given more than once.
    #[arg(long = "arch", value_name = "ARCH")]
    archs: Vec<String>,
    /// Prints JSON.
    #[arg(long, conflicts_with = "show")]
    json: bool,
    /// Shows both disassemblies of a variant beside each other, and what they order in a table; with
    /// --audit, the kernel's and what it lacks. Without --arch, on this machine's architecture. Only
    /// this variant is compiled.
    #[arg(long, value_name = "NAME")]
    show: Option<String>,
    /// Updates the report in tests/parity.
    #[arg(long, conflicts_with_all = ["json", "show"])]
    write: bool,
}

impl Parity {
    /// Compares the machine code, and prints the report.
    ///
    /// # Errors
    ///
    /// If something does not build, or cannot be read.
    pub fn run(&self) -> Result<ExitCode> {
        let whole = self.archs.is_empty();
        ensure!(
            !self.write || whole,
            "--write updates the report for all architectures: leave out --arch"
        );
        let spec = Spec::builtin()?;
        let tools = Toolchain::require()?;
        let suite = Suite {
            spec: &spec,
            tree: kernel_tree::find(self.tree.as_deref())?,
            edits: &[],
            folder: repository::root().join("target/parity"),
            tools: &tools,
            progress: &|text| tell(&format!("parity: {text}")),
        };
        let version = suite.version()?;
        let named = self.archs.iter().map(|name| targets::find(name));
        let targets = match whole {
            // As `explain` does: of this machine, unless it has no table.
            true if self.show.is_some() && !self.drop_in => {
                let own = targets::find(env::consts::ARCH).ok();
                own.map_or_else(|| suite.targets(), |own| vec![own])
            }
            true if self.audit => targets::TARGETS.iter().collect(),
            true if self.drop_in => targets::bootable().map(|(target, _)| target).collect(),
            true => suite.targets(),
            false => named.collect::<Result<_>>()?,
        };
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        if self.audit {
            return self.audit(&suite, &version, &targets, jobs);
        }
        if self.drop_in {
            return self.drop_in(&suite, &version, &targets, jobs);
        }
        let found = suite.compare(&targets, self.show.as_deref(), jobs)?;
        if self.show.is_some() {
            print(&found.shown)?;
            return Ok(ExitCode::SUCCESS);
        }
        let lines = &found.lines;
        if self.write {
            let path = repository::root().join(REPORT);
            write_changed(&path, &report::table(&version, lines))?;
            tell(&format!("parity: wrote {REPORT}"));
        } else if self.json {
            print(&report::json(&version, lines)?)?;
        } else {
            print(&report::table(&version, lines))?;
        }
        let text = read(REASONS)?;
        let faults = reasons::find_faults(Source::new(REASONS, &text), lines, whole)?;
        Ok(judge(&faults))
    }

    /// Compares what the builds of kernels make of the drop-in, and prints the differences.
    fn drop_in(
        &self,
        suite: &Suite<'_>,
        version: &str,
        targets: &[&'static Target],
        jobs: usize,
    ) -> Result<ExitCode> {
        let wanted = drop_in::wanted(self.backend);
        let site = Site::open(Some(&suite.tree), wanted, false)?;
        let show = self.show.as_deref();
        let request = Request {
            site: &site,
            backend: self.backend,
            show,
            jobs,
        };
        let (found, errors) = request.compare(suite, targets);
        let lines = &found.lines;
        if show.is_some() {
            print(&found.shown)?;
            return Ok(judge(&errors));
        }
        if self.json {
            print(&report::json(version, lines)?)?;
        } else {
            print(&report::differences(lines))?;
        }
        let (own, shared) = (read(OWN_REASONS)?, read(REASONS)?);
        let own = Source::new(OWN_REASONS, &own);
        let shared = Source::new(REASONS, &shared);
        let faults = reasons::find_faults_of_drop_in(own, shared, lines)?;
        let errors = errors.iter().map(|error| format!("{error:#}"));
        Ok(judge(&errors.chain(faults).collect::<Vec<_>>()))
    }

    /// Audits the kernel's C, and prints the findings.
    fn audit(
        &self,
        suite: &Suite<'_>,
        version: &str,
        targets: &[&'static Target],
        jobs: usize,
    ) -> Result<ExitCode> {
        let show = self.show.as_deref();
        let found = suite.audit(targets, show, jobs)?;
        if show.is_some() {
            print(&found.shown)?;
        } else if self.json {
            print(&audit::json(version, &found.findings)?)?;
        } else {
            print(&audit::table(version, &found.findings))?;
        }
        let shown = |name: &str| show.is_none_or(|wanted| wanted == name);
        let mut weaker = found.weaker().filter(|finding| shown(&finding.name));
        Ok(match weaker.next() {
            None => ExitCode::SUCCESS,
            Some(_) => ExitCode::FAILURE,
        })
    }
}

/// The text of a file of this repository.
fn read(path: &str) -> Result<String> {
    let path = repository::root().join(path);
    let text = fs::read_to_string(&path);
    text.with_context(|| format!("cannot read {}", path.display()))
}

/// Tells the faults. Returns the exit status.
fn judge<F: Display>(faults: &[F]) -> ExitCode {
    for fault in faults {
        tell(&format!("error: {fault:#}"));
    }
    match faults.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
