//! The Linux tree for tests that need one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The tree that `LKMM_KERNEL_TREE` names. `cargo xtask test` sets the variable to the tree that it
/// found. None without the variable; the test is then skipped.
///
/// # Panics
///
/// If the variable does not name a Linux tree.
pub fn tree() -> Option<PathBuf> {
    let Some(tree) = env::var_os("LKMM_KERNEL_TREE").map(PathBuf::from) else {
        println!("skipped: LKMM_KERNEL_TREE is not set; `cargo xtask test` sets it");
        return None;
    };
    let named = tree.join("scripts/atomic/atomics.tbl").is_file();
    assert!(
        named,
        "LKMM_KERNEL_TREE is {}, which is not a Linux tree",
        tree.display()
    );
    Some(tree)
}

/// Copies the parts of a tree that the drop-in reads and replaces.
///
/// # Panics
///
/// If they cannot be copied.
pub fn copy_of(tree: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = [
        "Makefile",
        "scripts/atomic/atomics.tbl",
        "rust/Makefile",
        "rust/helpers",
        "rust/kernel/.gitignore",
        "rust/kernel/sync",
        "rust/macros",
        "tools/memory-model",
    ];
    for name in files {
        let target = folder.path().join(name);
        fs::create_dir_all(target.parent().expect("inside")).expect("writable");
        let from = tree.join(name);
        assert!(
            Command::new("cp")
                .arg("-r")
                .args([&from, &target])
                .status()
                .is_ok_and(|s| s.success()),
            "cannot copy {}",
            from.display()
        );
    }
    folder
}
