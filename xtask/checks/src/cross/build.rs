//! Builds the Rust standard library once per target, and the tests once per set of features.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use rustc_build_sysroot::{SysrootBuilder, SysrootConfig, SysrootStatus};

use atomics_machine_code::target::{Build, Programs};
use atomics_tools::CrossTools;
use atomics_tools::path::text;
use atomics_tools::process::{tail, tie_gently};
use xtask::{cargo, repository};

/// The test to build.
const TEST: &str = "differential";

/// How many lines of a failed program's output to show.
pub const LINES: usize = 40;

/// A program with the tests.
pub struct Program(pub PathBuf);

/// Builds the Rust standard library for a target, unless it has been built. For targets other than
/// the host, the toolchain has only its source.
///
/// The library is built once per target; `-Zbuild-std` would rebuild it for each set of features.
/// It is built without optimisation, which halves the build time and hardly slows the tests down.
pub fn library(tools: &CrossTools, programs: &Programs) -> Result<String> {
    let mut cargo = cargo::command();
    // The library uses unstable features.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    tie_gently(&mut cargo);
    std::fs::create_dir_all(tools.sysroot())
        .with_context(|| format!("cannot create {}", tools.sysroot().display()))?;
    let status = SysrootBuilder::new(tools.sysroot(), programs.triple)
        .cargo(cargo)
        .sysroot_config(SysrootConfig::WithStd {
            std_features: vec!["panic-unwind".into()],
        })
        .rustflags(["-Copt-level=0", "-Cdebuginfo=0"])
        .rustflags(linking(tools, programs)?)
        .build_from_source(tools.library())?;
    Ok(match status {
        SysrootStatus::AlreadyCached => "already built".into(),
        SysrootStatus::SysrootBuilt => "built".into(),
    })
}

/// Builds the tests for a target with some features.
pub fn tests(
    tools: &CrossTools,
    programs: &Programs,
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
    command.args(["--test", TEST, "--target", programs.triple]);
    command.arg(cargo::MESSAGES);
    if c_helpers {
        command.args(["--features", "c-helpers"]);
        compile_c(tools, programs, &mut command);
    }
    if build.detects {
        command.args(["--features", "std"]);
    }
    let mut flags = linking(tools, programs)?;
    flags.push(format!("--sysroot={}", text(tools.sysroot())?));
    // Only this command compiles the backends of other architectures, so deny warnings here.
    flags.push("-Dwarnings".into());
    if !build.features.is_empty() {
        flags.push(format!("-Ctarget-feature={}", build.features));
    }
    // With `--target`, these flags do not apply to build scripts and procedural macros.
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.env("CARGO_INCREMENTAL", "0");
    command.stdin(Stdio::null()).current_dir(repository::root());
    let output = tie_gently(&mut command).output();
    let output = output.context("cannot start cargo")?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{}", tail(&told, LINES));
    }
    // Show warnings about other crates.
    let _ = std::io::stderr().write_all(&output.stderr);
    let messages = cargo::messages(&output.stdout, TEST);
    let mut programs = messages.iter().filter_map(|m| m["executable"].as_str());
    let program = programs.next();
    let program = program.context("cargo did not report the path of the tests")?;
    Ok(Program(program.into()))
}

/// The rustc flags for linking for a target.
fn linking(tools: &CrossTools, programs: &Programs) -> Result<Vec<String>> {
    Ok(vec![
        format!("-Clinker={}", text(&tools.llvm("clang"))?),
        format!("-Clink-arg=--target={}", programs.platform.gnu),
        format!("-Clink-arg=--sysroot={}", text(tools.root())?),
        "-Clink-arg=-fuse-ld=lld".into(),
    ])
}

/// Sets the variables with which the `cc` crate compiles for a target.
fn compile_c(tools: &CrossTools, programs: &Programs, command: &mut Command) {
    let of = |name: &str| format!("{name}_{}", programs.triple.replace('-', "_"));
    command.env(of("CC"), tools.llvm("clang"));
    command.env(of("AR"), tools.llvm("llvm-ar"));
    let root = tools.root().display();
    command.env(of("CFLAGS"), format!("--sysroot={root}"));
}
