//! Finds the Linux tree for the checks.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::path::cache_folder;

/// The environment variable with the Linux tree to use instead of the one from setup.
pub const VAR: &str = "LKMM_KERNEL_TREE";
/// The package that contains the Linux tree as `usr/src/NAME.tar.xz`.
pub const PACKAGE: &str = "linux-source-7.3";

/// The Linux tree: the one that `LKMM_KERNEL_TREE` names, else the one that setup has unpacked.
///
/// None if it is missing. If the variable names something other than a Linux tree, this is also
/// None, so that a typo does not silently test another tree.
pub fn kernel_tree() -> Option<PathBuf> {
    let tree = tree_in_variable().or_else(|| unpacked_tree().ok())?;
    is_kernel_tree(&tree).then_some(tree)
}

/// The tree that the user named, else [`kernel_tree()`], as an absolute path.
///
/// # Errors
///
/// If there is no tree.
pub fn find(named: Option<&Path>) -> Result<PathBuf> {
    let tree = named.map(Path::to_owned).or_else(kernel_tree);
    let tree = tree.with_context(|| {
        format!(
            "found no kernel tree: name one, or set {VAR} to one, or run `cargo xtask setup` to \
             fetch one"
        )
    })?;
    let found = tree.canonicalize();
    found.with_context(|| format!("cannot find the kernel tree {}", tree.display()))
}

/// Checks that `LKMM_KERNEL_TREE`, if it is set, names a Linux tree.
///
/// # Errors
///
/// If it names something else.
pub fn check_variable() -> Result<()> {
    if let Some(tree) = tree_in_variable() {
        ensure!(
            is_kernel_tree(&tree),
            "{VAR} is {}, which is not a Linux tree: correct or unset it",
            tree.display()
        );
    }
    Ok(())
}

/// Whether a path is a Linux tree: whether it has the table of atomic operations.
pub fn is_kernel_tree(tree: &Path) -> bool {
    tree.join("scripts/atomic/atomics.tbl").is_file()
}

/// The folder into which setup unpacks the Linux tree.
///
/// # Errors
///
/// If there is no cache folder.
pub fn unpacked_tree() -> Result<PathBuf> {
    Ok(cache_folder()?.join(PACKAGE))
}

/// The tree that the variable names.
fn tree_in_variable() -> Option<PathBuf> {
    let named = env::var_os(VAR).filter(|path| !path.is_empty());
    named.map(PathBuf::from)
}
