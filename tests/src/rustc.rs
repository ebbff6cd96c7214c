//! Compiles single files that use `atomics-core`, and reads what the compiler says.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::repository;

/// Builds a library of the workspace, and returns the path of its `.rlib`, or of the shared library
/// of a crate of macros.
///
/// # Panics
///
/// If it does not compile.
pub fn build_library(name: &str) -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--offline", "--message-format=json"])
        .args(["--package", name])
        .output()
        .expect("cargo starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let artifact = |line: &str| -> Option<PathBuf> {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let target = message["target"]["name"].as_str()?;
        let file = message["filenames"]
            .as_array()?
            .iter()
            .filter_map(|f| f.as_str());
        let file = file
            .filter(|f| f.ends_with(".rlib") || f.ends_with(env::consts::DLL_SUFFIX))
            .map(PathBuf::from)
            .next();
        file.filter(|_| target == name.replace('-', "_"))
    };
    text.lines()
        .filter_map(artifact)
        .next()
        .expect("cargo builds the library")
}

/// The compiler that Cargo uses.
pub fn compiler() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// A rustc command for a library of this edition, whose output goes to `folder`.
pub fn rustc(edition: &str, folder: &Path) -> Command {
    let mut command = compiler();
    command.args(["--edition", edition, "--crate-type", "lib", "--emit"]);
    command.args(["metadata", "--out-dir"]).arg(folder);
    command
}

/// Lets a compilation use a library of the workspace.
///
/// # Panics
///
/// If the path is not one that [`build_library`] returned.
pub fn link(command: &mut Command, name: &str, library: &Path) {
    let deps = library.parent().expect("a library has a parent folder");
    command.arg("-L").arg(deps.join("deps"));
    command.arg("--extern");
    command.arg(format!("{name}={}", library.display()));
}

/// Compiles a file, and returns what rustc reports at these levels, as JSON.
///
/// # Panics
///
/// If rustc does not start.
pub fn report(command: &mut Command, file: &Path, levels: &[&str]) -> Vec<serde_json::Value> {
    let command = command.args(["--error-format", "json"]).arg(file);
    let output = command.output().expect("rustc starts");
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| {
            let level = message["level"].as_str().unwrap_or_default();
            levels.iter().any(|wanted| level.starts_with(wanted))
        })
        .collect()
}

/// The text of a message, as rustc prints it.
pub fn rendered(message: &serde_json::Value) -> &str {
    message["rendered"].as_str().unwrap_or_default()
}

/// Compiles a build script of the repository with a feature of its crate, if it is not empty, and
/// returns the program, which is in `folder`.
///
/// # Panics
///
/// If it does not compile.
pub fn build_script(path: &str, feature: &str, folder: &Path) -> PathBuf {
    let program = folder.join(format!("script-{feature}"));
    let mut command = compiler();
    command.args(["--edition=2024", "--crate-name=build_script"]);
    command
        .args(["--allow=unexpected_cfgs", "-o"])
        .arg(&program);
    if !feature.is_empty() {
        command.arg("--cfg").arg(format!("feature={feature:?}"));
    }
    let status = command.arg(repository().join(path)).status();
    assert!(status.expect("rustc starts").success(), "{path}");
    program
}
