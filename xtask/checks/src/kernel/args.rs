//! The options of `cargo xtask kernel`.

use std::path::PathBuf;
use std::thread;

use atomics_machine_code::targets::bootable;
use clap::Args;
use clap::builder::PossibleValuesParser;
use xtask::dropin::Backend;
use xtask::tables::TableArgs;

use super::base::Settings;
use super::config;
use super::machine::{Compiler, UM};

/// The value of `--arch` for all architectures.
pub const ALL: &str = "all";

/// Builds a kernel with the drop-in in a copy of TREE, runs its KUnit tests, and runs the kernel's
/// own checks on the drop-in. TREE itself is only read.
///
/// Exits with 1 if a check fails, and with 2 if the command line is wrong.
#[derive(Args)]
pub struct KernelArgs {
    #[command(flatten)]
    pub(super) tables: TableArgs,
    /// The kernel's sources (default: those that `cargo xtask setup` unpacked).
    #[arg(long, value_name = "TREE")]
    pub(super) tree: Option<PathBuf>,
    /// The architecture to build for and run. `all` runs one after the other, and prints a table.
    #[arg(long, default_value = UM, value_parser = names())]
    pub(super) arch: String,
    /// Runs on this CPU only: a QEMU CPU model, with options. May be given more than once.
    #[arg(long = "cpu", value_name = "MODEL")]
    pub(super) cpus: Vec<String>,
    /// How the drop-in implements the operations.
    #[arg(long, value_enum, default_value_t)]
    pub(super) backend: Backend,
    /// Only these parts of the drop-in, as of `cargo xtask gen`.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) only: Option<Vec<String>>,
    /// Also with the module `raw`, as of `cargo xtask gen`.
    #[arg(long)]
    pub(super) raw: bool,
    /// Builds after each patch of the series in DIR, which `cargo xtask gen --series` wrote with the
    /// same options. The last one must leave what `gen` generates.
    #[arg(long, value_name = "DIR")]
    pub(super) series: Option<PathBuf>,
    /// The C compiler.
    #[arg(long = "cc", value_enum, default_value_t)]
    pub(super) compiler: Compiler,
    /// An additional configuration option, such as CONFIG_KASAN=y. May be given more than once.
    #[arg(long = "kconfig", value_name = "CONFIG_NAME=VALUE", value_parser = config::line)]
    pub(super) config: Vec<String>,
    /// How many jobs `make` runs at once (default: the number of CPUs).
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<usize>,
    /// Accepts a TREE of an unknown Linux version.
    #[arg(long)]
    pub(super) force: bool,
    /// Only builds, runs and disassembles; skips the checks of the sources.
    #[arg(long)]
    pub(super) quick: bool,
    /// Lets QEMU use KVM instead of emulating the CPU.
    #[arg(long)]
    pub(super) kvm: bool,
}

impl KernelArgs {
    /// What a kernel is built with.
    pub fn settings(&self) -> Settings<'_> {
        Settings {
            compiler: self.compiler,
            backend: self.backend,
            config: &self.config,
            jobs: self.jobs.unwrap_or_else(cpus),
        }
    }
}

/// The number of CPUs of this machine.
pub fn cpus() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The values of `--arch`.
fn names() -> PossibleValuesParser {
    let booted = bootable().map(|(_, boot)| boot.name);
    PossibleValuesParser::new([UM].into_iter().chain(booted).chain([ALL]))
}
