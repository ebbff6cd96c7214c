//! Builds Rust's library once per target, and the tests once per set of features.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use rustc_build_sysroot::{SysrootBuilder, SysrootConfig, SysrootStatus};

use super::targets::{Build, Target};
use crate::cargo;
use crate::generate::repository_root;
use crate::setup::CrossTools;

/// The test that is built.
const TEST: &str = "differential";

/// The program with the tests.
pub struct Program(pub PathBuf);

/// Builds Rust's library for a target, unless it is there: for other targets than the machine's, a
/// toolchain has its source only.
///
/// It has a place of its own, and not one per build as with `-Zbuild-std`, which would build it
/// anew for each set of features. It is not optimised: that takes twice as long to build, and the
/// tests hardly depend on it.
pub fn library(tools: &CrossTools, target: &Target) -> Result<String> {
    let mut cargo = cargo::command();
    // The library may use what is unstable elsewhere.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    std::fs::create_dir_all(tools.sysroot())
        .with_context(|| format!("cannot make {}", tools.sysroot().display()))?;
    let status = SysrootBuilder::new(tools.sysroot(), target.rust)
        .cargo(cargo)
        .sysroot_config(SysrootConfig::WithStd {
            std_features: vec!["panic-unwind".into()],
        })
        .rustflags(["-Copt-level=0", "-Cdebuginfo=0"])
        .rustflags(linking(tools, target)?)
        .build_from_source(tools.library())?;
    Ok(match status {
        SysrootStatus::AlreadyCached => "is there".into(),
        SysrootStatus::SysrootBuilt => "built".into(),
    })
}

/// Builds the tests for a target with some features.
pub fn tests(
    tools: &CrossTools,
    target: &Target,
    build: &Build,
    c_helpers: bool,
) -> Result<Program> {
    let mut command = cargo::command();
    command.args([
        "test",
        "--no-run",
        "--quiet",
        "--package",
        "atomics-differential",
    ]);
    command.args(["--test", TEST, "--target", target.rust]);
    command.arg(cargo::MESSAGES);
    // Elsewhere the generator is optimised more, which here takes longer than it saves.
    command.args(["--config", "profile.dev.package.atomics-spec.opt-level=1"]);
    if c_helpers {
        command.args(["--features", "c-helpers"]);
        compile_c(tools, target, &mut command);
    }
    if build.asks {
        command.args(["--features", "std"]);
    }
    let mut flags = linking(tools, target)?;
    flags.push(format!("--sysroot={}", path(tools.sysroot())?));
    // The backends of other architectures are compiled nowhere else.
    flags.push("-Dwarnings".into());
    if !build.features.is_empty() {
        flags.push(format!("-Ctarget-feature={}", build.features));
    }
    // With `--target`, these are not for what runs on this machine while it builds.
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.env("CARGO_INCREMENTAL", "0");
    command.stdin(Stdio::null()).current_dir(repository_root());
    let output = command.output().context("cannot start cargo")?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{}", last_lines(&told));
    }
    // Warnings about other crates.
    std::io::stderr().write_all(&output.stderr)?;
    let messages = cargo::messages(&output.stdout, TEST);
    let mut programs = messages.iter().filter_map(|m| m["executable"].as_str());
    let program = programs.next();
    let program = program.context("cargo does not say where the tests are")?;
    Ok(Program(program.into()))
}

/// Flags with which rustc links for a target.
fn linking(tools: &CrossTools, target: &Target) -> Result<Vec<String>> {
    Ok(vec![
        format!("-Clinker={}", path(&tools.llvm("clang"))?),
        format!("-Clink-arg=--target={}", target.gnu),
        format!("-Clink-arg=--sysroot={}", path(tools.root())?),
        "-Clink-arg=-fuse-ld=lld".into(),
    ])
}

/// Has the `cc` crate compile for a target.
fn compile_c(tools: &CrossTools, target: &Target, command: &mut Command) {
    let of = |name: &str| format!("{name}_{}", target.rust.replace('-', "_"));
    command.env(of("CC"), tools.llvm("clang"));
    command.env(of("AR"), tools.llvm("llvm-ar"));
    let root = tools.root().display();
    command.env(of("CFLAGS"), format!("--sysroot={root}"));
}

/// A path as text: rustc's flags are.
fn path(path: &Path) -> Result<&str> {
    let text = path.to_str();
    let text = text.with_context(|| format!("{} is not UTF-8", path.display()))?;
    ensure!(!text.contains('\x1f'), "{text:?} has a separator in it");
    Ok(text)
}

/// The end of what a failed command said.
pub fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let tail = &lines[lines.len().saturating_sub(40)..];
    format!("\n    {}", tail.join("\n    "))
}
