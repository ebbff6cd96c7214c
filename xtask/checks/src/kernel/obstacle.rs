//! Finds out why this machine's compilers cannot build a kernel for an architecture.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use atomics_tools::path::has_program;
use atomics_tools::{Toolchain, rust};

use super::machine::{Compiler, Machine};

/// Why a kernel cannot be built, if it cannot.
///
/// # Errors
///
/// If the tree's script for the oldest supported versions, or a compiler, does not say a version.
pub fn find(
    tree: &Path,
    machine: Machine,
    compiler: Compiler,
    tools: &Toolchain,
) -> Result<Option<String>> {
    let gcc = format!("{}gcc", machine.cross().unwrap_or_default());
    if compiler == Compiler::Gcc && !has_program(&gcc) {
        return Ok(Some(format!("{gcc} is missing")));
    }
    let mut compilers = vec![("rustc", rust::version()?)];
    if compiler == Compiler::Clang {
        compilers.push(("llvm", clang(tools)?));
    }
    for (tool, here) in compilers {
        let oldest = oldest(tree, machine, tool, tools)?;
        if is_older(&here, &oldest) {
            let kernel = format!("the kernel for {} needs {tool}", machine.name());
            return Ok(Some(format!("{kernel} {oldest}, and this is {here}")));
        }
    }
    Ok(None)
}

/// The oldest version of a tool with which a tree supports an architecture.
fn oldest(tree: &Path, machine: Machine, tool: &str, tools: &Toolchain) -> Result<String> {
    let script = "scripts/min-tool-version.sh";
    let mut command = tools.command("sh");
    command
        .current_dir(tree)
        .args([script, tool])
        .env("ARCH", machine.arch())
        .env("SRCARCH", machine.source_arch());
    let output = command
        .output()
        .with_context(|| format!("cannot run {script}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let said = said.trim();
    ensure!(
        output.status.success() && numbers(said).is_some(),
        "`{script} {tool}` of {} does not print a version, but `{said}`",
        tree.display()
    );
    Ok(said.to_owned())
}

/// The version of Clang.
fn clang(tools: &Toolchain) -> Result<String> {
    let output = tools.command("clang").arg("--version").output();
    let said = output.context("cannot start clang")?.stdout;
    let said = String::from_utf8_lossy(&said);
    let version = said.split_once("version ").map(|(_, rest)| rest);
    let version = version.and_then(|rest| rest.split_whitespace().next());
    Ok(version
        .context("clang does not print its version")?
        .to_owned())
}

/// The numbers of a version such as `1.95.0`, `1.97.0-nightly` or `19.1.7+b1`.
fn numbers(version: &str) -> Option<Vec<u32>> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.');
    let numbers = version[..end.unwrap_or(version.len())].split('.');
    numbers.map(|number| number.parse().ok()).collect()
}

fn is_older(version: &str, than: &str) -> bool {
    numbers(version) < numbers(than)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (old, new) in [
            ("1.95.0", "1.96.0"),
            ("1.9.0", "1.85.0"),
            ("17.0.0", "17.0.1"),
            ("1.95.0-nightly", "1.96.0"),
        ] {
            assert!(is_older(old, new) && !is_older(new, old), "{old} {new}");
        }
        assert!(!is_older("19.1.7", "19.1.7") && !is_older("1.96.0-beta.2", "1.96.0"));
        assert_eq!(numbers(""), None);
        assert_eq!(numbers("rustc: unknown tool"), None);
    }

    /// The reason comes from the tree's script, which gets the architecture.
    #[test]
    fn the_tree_says_which_compiler_an_architecture_needs() {
        let Ok(tools) = Toolchain::find() else {
            return;
        };
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("scripts/min-tool-version.sh");
        fs::create_dir(tree.path().join("scripts")).unwrap();
        let script = "case $1-$ARCH-$SRCARCH in rustc-s390-s390) echo 99.1.0;; \
                      llvm-x86_64-x86) echo 98.0.1;; llvm-arm64-*) ;; *) echo 1.0.0;; esac\n";
        fs::write(path, script).unwrap();
        let reason = |name: &str| {
            let machine = Machine::all().find(|m| m.name() == name).unwrap();
            find(tree.path(), machine, Compiler::Clang, &tools).map_err(|e| e.to_string())
        };
        let here = rust::version().unwrap();
        let wanted = format!("the kernel for s390x needs rustc 99.1.0, and this is {here}");
        assert_eq!(reason("s390x"), Ok(Some(wanted)));
        let wanted = "the kernel for x86_64 needs llvm 98.0.1, and this is ";
        assert!(reason("x86_64").unwrap().unwrap().starts_with(wanted));
        assert_eq!(reason("um"), Ok(None));
        assert!(
            reason("arm64")
                .unwrap_err()
                .contains("does not print a version")
        );
    }
}
