//! `cargo xtask kernel`: builds a kernel with the drop-in, runs its KUnit tests, and runs the
//! kernel's own checks on the sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use atomics_tools::{Lock, Toolchain, kernel_tree, qemu_system};
use sha1_smol::Sha1;
use xtask::dropin::{self, Dropin, Wanted};
use xtask::output::{line, tell};
use xtask::repository;
use xtask::write::Lock as TreeLock;

use args::ALL;
pub use args::KernelArgs;
use build::Shared;
use machine::Machine;
use progress::{Done, Outcome};

mod args;
mod build;
mod calls;
mod config;
mod foreign;
mod kunit;
mod machine;
mod obstacle;
mod progress;
mod run;
mod scratch;
mod series;
mod table;
mod upstream;
mod warnings;

/// Runs all checks and prints a line for each.
///
/// # Errors
///
/// If the tree is not a kernel tree, a tool is missing, or the scratch copy cannot be written.
pub fn run(options: &KernelArgs) -> Result<ExitCode> {
    let all = options.arch == ALL;
    let machines = Machine::all().filter(|m| all || m.name() == options.arch);
    let machines: Vec<Machine> = machines.collect();
    ensure!(
        options.cpus.is_empty() || machines.iter().all(|m| m.boot().is_some()),
        "--cpu is for one architecture whose kernel runs in QEMU"
    );
    let tree = kernel_tree::find(options.tree.as_deref())?;
    dropin::require_tree(&tree)?;
    let tree_lock = TreeLock::for_reading(&tree, &tell)?;
    let wanted = Wanted {
        tables: &options.tables,
        backend: options.backend,
        only: options.only.as_deref(),
        raw: options.raw,
    };
    let dropin = if options.force {
        Dropin::read_any_version(&tree, wanted)?
    } else {
        Dropin::read(&tree, wanted)?
    };
    let tools = Toolchain::require()?;
    let root = folder(&tree)?;
    let _lock = Lock::take(&root)?;
    for edit in dropin.edits(&tree)? {
        line(&format!(
            "note: the build uses the drop-in in place of a local edit: {edit}"
        ))?;
    }
    drop(tree_lock);
    let shared = Shared {
        options,
        tools: &tools,
        dropin: &dropin,
        tree: &tree,
        root: &root,
    };
    let mut reports: Vec<(Machine, Vec<Done>)> = Vec::new();
    for machine in machines {
        line(&format!(
            "Linux {} in {}, {}, {}, backend {}",
            dropin.version()?,
            tree.display(),
            machine.name(),
            options.compiler.name(),
            options.backend.name(),
        ))?;
        let mut obstacle = obstacle::find(&tree, machine, options.compiler, &tools)?;
        let emulator = lacks_emulator(machine);
        if let (None, false, Some(why)) = (&obstacle, all, &emulator) {
            bail!("{why}");
        }
        obstacle = obstacle.or(emulator);
        reports.push(match obstacle {
            Some(why) => (machine, shared.skip(machine, &why)?),
            None => {
                let sources = !options.quick && reports.is_empty();
                (machine, shared.run(machine, sources)?)
            }
        });
    }
    if all {
        for row in table::rows(&reports) {
            line(&row)?;
        }
    }
    let done = reports.iter().flat_map(|(_, done)| done);
    let failed = done.filter(|done| done.outcome == Outcome::Failed).count();
    Ok(match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The error about a missing emulator of an architecture, if it is missing.
fn lacks_emulator(machine: Machine) -> Option<String> {
    let boot = machine.boot()?;
    let lacks = qemu_system::find(boot.emulator).is_none();
    lacks.then(|| {
        format!(
            "{} is needed to run the kernel, but is missing\n \
             = help: `cargo xtask setup --kernel-archs` installs it on Debian",
            boot.emulator
        )
    })
}

/// The folder for all builds of one tree.
fn folder(tree: &Path) -> Result<PathBuf> {
    let name = tree.file_name().unwrap_or_default().to_string_lossy();
    // Trees with the same name in different folders must not share a build folder.
    let key = Sha1::from(tree.as_os_str().as_encoded_bytes()).digest();
    let key = &key.to_string()[..8];
    let root = repository::root().join(format!("target/kernel/{name}-{key}"));
    fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
    Ok(root)
}
