//! Generates the Rust declarations of the C helpers: runs `xtask-bindings`, which uses bindgen.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::cargo;
use anyhow::{Context, Result, bail};
use atomics_spec::emit::layout::{CORE_BINDINGS, File};

/// Generates the Rust declarations of the functions in `header`. `root` is the root of this
/// repository.
///
/// # Errors
///
/// If `xtask-bindings` does not build, or fails.
pub fn generate(header: &File, root: &Path) -> Result<File> {
    let mut command = cargo::command();
    command
        .args(["run", "--package", "xtask-bindings", "--"])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot start cargo")?;
    let mut stdin = child.stdin.take().context("cargo has no standard input")?;
    // A write error is ignored: if the process exits early, its exit status says why.
    let _ = stdin.write_all(header.contents.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().context("cannot wait for cargo")?;
    if !output.status.success() {
        bail!(
            "cannot generate {CORE_BINDINGS}: xtask-bindings failed ({})",
            output.status
        );
    }
    Ok(File {
        path: CORE_BINDINGS.to_owned(),
        contents: String::from_utf8(output.stdout).context("bindgen's output is not UTF-8")?,
    })
}
