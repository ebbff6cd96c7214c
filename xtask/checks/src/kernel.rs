//! `cargo xtask kernel`: builds a kernel with the drop-in, runs its KUnit tests, and runs the
//! kernel's own checks on the sources.

use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use atomics_tools::qemu_system;
use xtask::dropin::Wanted;
use xtask::output::line;

use args::ALL;
pub use args::KernelArgs;
pub use base::{Base, Settings};
use build::Shared;
pub use machine::{Compiler, Machine};
pub use progress::{Checks, Lines};
use progress::{Done, Outcome};
pub use site::Site;

mod args;
mod base;
mod build;
pub mod calls;
mod config;
mod foreign;
mod kunit;
mod machine;
pub mod obstacle;
mod progress;
mod run;
mod scratch;
mod series;
mod site;
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
    let wanted = Wanted {
        tables: &options.tables,
        backend: options.backend,
        only: options.only.as_deref(),
        raw: options.raw,
    };
    let site = Site::open(options.tree.as_deref(), wanted, options.force)?;
    let shared = Shared {
        options,
        site: &site,
    };
    let mut reports: Vec<(Machine, Vec<Done>)> = Vec::new();
    for machine in machines {
        line(&format!(
            "Linux {} in {}, {}, {}, backend {}",
            site.dropin.version()?,
            site.tree.display(),
            machine.name(),
            options.compiler.name(),
            options.backend.name(),
        ))?;
        let mut obstacle = obstacle::find(&site.tree, machine, options.compiler, &site.tools)?;
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
