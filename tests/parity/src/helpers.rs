//! Builds the barriers of the C backend: the generated C, with a function for each barrier.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use atomics_machine_code::target::{Configuration, Target};
use atomics_spec::Spec;
use atomics_spec::arch::BARRIERS;
use atomics_spec::emit::layout::c_files;
use atomics_tools::Toolchain;
use atomics_tools::process::{run, write_changed};

use crate::point::Point;

/// The prefix of the generated C functions, and of the names of their comparisons in reports.
const HELPER: &str = "c_helper_";

/// The name of the comparison of a barrier.
pub fn name(barrier: &str) -> String {
    format!("{HELPER}{barrier}")
}

/// The barriers that the C backend has on a target. It supports only 64-bit architectures.
pub fn points(target: &Target, points: &[Point]) -> Vec<Point> {
    let is_barrier = |point: &&Point| BARRIERS.contains(&point.name.as_str());
    let barriers = points.iter().filter(|_| target.bits == 64);
    let renamed = barriers.filter(is_barrier).map(|point| {
        let mut point = point.clone();
        let name = name(&point.name);
        point.c = point.c.replace(&point.name, &name);
        point.name = name;
        point
    });
    renamed.collect()
}

/// Compiles the generated C and the functions of `points` to an object file in `folder`.
///
/// # Errors
///
/// If it does not compile.
pub fn compile(
    spec: &Spec,
    target: &Target,
    configuration: &Configuration,
    tools: &Toolchain,
    folder: &Path,
    points: &[Point],
) -> Result<PathBuf> {
    let folder = folder.join(configuration.folder(target));
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let c = c_files(spec, HELPER)?;
    write_changed(&folder.join("atomic.h"), &c.header)?;
    write_changed(&folder.join("atomic.c"), &c.source)?;
    let mut text = "#include \"atomic.c\"\n".to_owned();
    let _ = writeln!(text, "#define atomic_inc {HELPER}atomic_inc");
    for point in points {
        let _ = write!(text, "\n{}", point.c);
    }
    let source = folder.join("barriers.c");
    write_changed(&source, &text)?;
    let object = folder.join("barriers.o");
    let triple = target
        .programs
        .as_ref()
        .map(|programs| programs.platform.gnu);
    let mut command = tools.command("clang");
    command
        .arg(format!("--target={}", triple.unwrap_or(target.triple)))
        .args([
            "-O2",
            "-fwrapv",
            "-ffreestanding",
            "-fomit-frame-pointer",
            "-c",
        ])
        .args(target.c_helpers)
        .arg("-o");
    run(command.arg(&object).arg(&source))?;
    Ok(object)
}
