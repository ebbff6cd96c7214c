//! Checks the code for an architecture whose kernel this machine cannot build.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use atomics_machine_code::target::Target;
use atomics_parity::{Suite, reasons};
use atomics_spec::{Source, Spec};
use atomics_tools::Toolchain;
use xtask::output::tell;
use xtask::repository;

/// The reasons for differences from the kernel's C, relative to the repository's root.
const REASONS: &str = "tests/parity/reasons.tbl";

/// Compiles the operations for `target` against `core`, and compares them with the C of `tree`.
///
/// # Errors
///
/// If something does not compile, or differs without a reason.
pub fn compare(
    target: &'static Target,
    tree: &Path,
    tools: &Toolchain,
    jobs: usize,
) -> Result<String> {
    let spec = Spec::builtin()?;
    let suite = Suite {
        spec: &spec,
        tree: tree.to_owned(),
        folder: repository::root().join("target/parity"),
        edits: &[],
        tools,
        progress: &|text| tell(&format!("parity: {text}")),
    };
    let lines = suite.compare(&[target], None, jobs)?.lines;
    let path = repository::root().join(REASONS);
    let text = fs::read_to_string(&path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let faults = reasons::find_faults(Source::new(REASONS, &text), &lines, false)?;
    ensure!(faults.is_empty(), "{}", faults.join("; "));
    Ok(format!(
        "the operations compile for {}, and {} comparisons with the kernel's C found nothing weaker",
        target.triple,
        lines.len()
    ))
}
