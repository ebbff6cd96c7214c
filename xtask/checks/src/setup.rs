//! `cargo xtask setup`: installs the tools that the test tiers need, on Debian, and lists those
//! that are already installed.
//!
//! Most packages come from the machine's own Debian release. The Linux tree, the source of the Rust
//! standard library, emulators, the libraries of other architectures and herd7 come from newer
//! suites, which the `apt` module uses beside the machine's own sources. The bindgen program comes
//! from crates.io.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use atomics_tools::kernel_tree::{self, PACKAGE, VAR, is_kernel_tree, unpacked_tree};
use atomics_tools::path::has_program;
use clap::Args;
use xtask::output::line;

use apt::PrivateApt;
use need::Need;
use work::{WorkDir, install_packages, run_command, step};

mod apt;
mod cross;
mod emulators;
mod herd;
pub mod need;
mod toolchain;
mod work;

/// The suite that has the package with the Linux tree.
const KERNEL_SUITE: &str = "trixie-backports";
/// The packages from the machine's own release, besides those for building a kernel.
const PACKAGES: [&str; 6] = [
    "clang",
    "gcc",
    "libc6-dev",
    "libclang-dev",
    "nodejs",
    "valgrind",
];

/// Installs the tools that the tests need, on Debian.
///
/// Exits with 1 if one cannot be installed, and with 2 if the command line is wrong.
#[derive(Args)]
pub struct Setup {
    /// Also installs the emulators for `cargo xtask kernel --arch all`.
    #[arg(long)]
    kernel_archs: bool,
}

impl Setup {
    /// Installs the missing tools.
    ///
    /// # Errors
    ///
    /// See [`run`].
    pub fn run(&self) -> Result<ExitCode> {
        run(self.kernel_archs).map(|()| ExitCode::SUCCESS)
    }
}

/// Installs the missing tools, and prints one line per step. `kernel_archs` includes those for kernels
/// that no tier boots.
///
/// # Errors
///
/// If the machine does not run Debian and something is missing (the message lists what to install
/// by hand), if `LKMM_KERNEL_TREE` does not name a Linux tree or `LKMM_HERD7` does not name a
/// usable herd7, or if a step fails.
fn run(kernel_archs: bool) -> Result<()> {
    kernel_tree::check_variable()?;
    if !(has_program("apt-get") && has_program("dpkg")) {
        return without_apt();
    }
    install_packages(
        &PACKAGES
            .into_iter()
            .chain(toolchain::PACKAGES)
            .collect::<Vec<_>>(),
    )?;
    match kernel_tree::kernel_tree() {
        Some(tree) => line(&format!("Linux tree: already in {}", tree.display()))?,
        None => fetch_kernel_tree().with_context(|| {
            format!("cannot fetch {PACKAGE}; to use another tree, set {VAR} to its path")
        })?,
    }
    toolchain::install()?;
    cross::install()?;
    herd::install()?;
    if kernel_archs {
        emulators::install()?;
    }
    Ok(())
}

/// On a system without apt, lists what is missing.
fn without_apt() -> Result<()> {
    let missing = need::missing(&[
        Need::CCompiler,
        Need::Libclang,
        Need::KernelTree,
        Need::KernelToolchain,
        Need::CrossTools,
        Need::Herd,
        Need::Program("node"),
    ]);
    let list: String = missing.iter().map(|need| format!("\n  - {need}")).collect();
    ensure!(
        list.is_empty(),
        "setup supports only Debian. Install by hand:{list}"
    );
    line("everything is installed")?;
    Ok(())
}

/// Fetches and unpacks the Linux tree. Moves it into place only when it is complete.
fn fetch_kernel_tree() -> Result<()> {
    let tree = unpacked_tree()?;
    let work = WorkDir::new(tree.parent().unwrap_or(&tree))?;
    let apt = PrivateApt::new(work.path(), KERNEL_SUITE)?;
    let update = format!("Linux tree: reading the package lists of {KERNEL_SUITE}");
    step(&update, || apt.get(&["update"]))?;
    let download = format!("Linux tree: downloading {PACKAGE}");
    step(&download, || apt.get(&["download", PACKAGE]))?;
    let unpacking = format!("Linux tree: unpacking into {}", tree.display());
    step(&unpacking, || unpack(&work, &tree))
}

/// Unpacks the downloaded package in `work` and moves the Linux tree to `tree`.
fn unpack(work: &WorkDir, tree: &Path) -> Result<()> {
    work.unpack_packages()?;
    let work = work.path();
    let whole = work.join("tree");
    fs::create_dir(&whole).with_context(|| format!("cannot create {}", whole.display()))?;
    let tar = format!("package/usr/src/{PACKAGE}.tar.xz");
    let into = ["-C", "tree", "--strip-components=1", "--no-same-owner"];
    run_command(&[&["tar", "-xJf", &tar], &into[..]].concat(), work)?;
    ensure!(
        is_kernel_tree(&whole),
        "{tar} does not contain a Linux tree"
    );
    match fs::rename(&whole, tree) {
        // Another run of setup has put it there first.
        Err(_) if is_kernel_tree(tree) => Ok(()),
        moved => moved.with_context(|| format!("{} is in the way; remove it", tree.display())),
    }
}
