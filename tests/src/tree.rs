//! A real Linux tree, for the tests that compare with one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The tree that `LKMM_KERNEL_TREE` names; `cargo xtask test` names the one that it found. Without
/// the variable there is none, and a test says so and passes.
///
/// # Panics
///
/// If it names something else.
pub fn tree() -> Option<PathBuf> {
    let Some(tree) = env::var_os("LKMM_KERNEL_TREE").map(PathBuf::from) else {
        println!("no Linux tree is named: `cargo xtask test` does so");
        return None;
    };
    let named = tree.join("scripts/atomic/atomics.tbl").is_file();
    assert!(
        named,
        "LKMM_KERNEL_TREE is {}, which is no Linux tree",
        tree.display()
    );
    Some(tree)
}

/// The parts of a tree that the drop-in reads and replaces, copied.
///
/// # Panics
///
/// If they cannot be copied.
pub fn copy_of(tree: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = [
        "Makefile",
        "scripts/atomic/atomics.tbl",
        "rust/helpers",
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
            "copying {}",
            from.display()
        );
    }
    folder
}
