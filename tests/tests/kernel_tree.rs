//! What is generated agrees with a real Linux tree, where there is one.
//!
//! The tree is the one that `LKMM_KERNEL_TREE` names; `cargo xtask test` names the one that it
//! found. Without the variable the tests say so and pass, and where it names no tree they fail.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use atomics_tests::project::{self, contents, success};

fn tree() -> Option<PathBuf> {
    let Some(tree) = env::var_os("LKMM_KERNEL_TREE").map(PathBuf::from) else {
        println!("no Linux tree is named: `cargo xtask test tree` does so");
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

/// What `cargo xtask` prints.
fn xtask(args: &[&str]) -> String {
    success(&project::xtask(args))
}

/// The parts of a tree that the drop-in reads and replaces, copied.
fn copy_of(tree: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = [
        "Makefile",
        "scripts/atomic/atomics.tbl",
        "rust/helpers",
        "rust/kernel/sync",
        "rust/macros",
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

/// C without its comment lines.
fn code(c: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in c.lines() {
        let trimmed = line.trim();
        inside |= trimmed.starts_with("/*");
        if !inside && !trimmed.starts_with("//") && !trimmed.is_empty() {
            out.push_str(line);
            out.push('\n');
        }
        inside &= !trimmed.ends_with("*/");
    }
    out
}

#[test]
fn the_c_helpers_are_upstreams() {
    let Some(tree) = tree() else { return };
    let copy = copy_of(&tree);
    let root = copy.path().to_str().expect("a path in UTF-8");
    let first = xtask(&["gen", "--kernel", root]);
    println!("{first}");
    let helpers = "rust/helpers/atomic.c";
    let read = |root: &Path| fs::read_to_string(root.join(helpers)).expect("a helper file");
    assert_eq!(code(&read(copy.path())), code(&read(&tree)));
    // Then it is left to the kernel's own script.
    assert_eq!(read(copy.path()), read(&tree));
    // The second time, nothing changes, not even the time of a file.
    let before = contents(copy.path());
    let second = xtask(&["gen", "--kernel", root]);
    assert_eq!(contents(copy.path()), before);
    assert!(second.contains(" 0 files written, 0 removed"), "{second}");
    xtask(&["gen", "--kernel", root, "--check"]);
}

/// Who looks for a name finds what upstream's text lets him find.
#[test]
fn every_alias_of_upstream_is_there() {
    let Some(tree) = tree() else { return };
    let copy = copy_of(&tree);
    xtask(&[
        "gen",
        "--kernel",
        copy.path().to_str().expect("a path in UTF-8"),
    ]);
    let aliases = |root: &Path| -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for name in [
            "atomic.rs",
            "atomic/flag.rs",
            "atomic/pointer.rs",
            "atomic/typed.rs",
        ] {
            let file = root.join("rust/kernel/sync").join(name);
            let text = fs::read_to_string(file).unwrap_or_default();
            for part in text.split("#[doc(alias").skip(1) {
                let part = part.split(")]").next().unwrap_or_default();
                found.extend(part.split('"').skip(1).step_by(2).map(str::to_owned));
            }
        }
        found
    };
    let (theirs, ours) = (aliases(&tree), aliases(copy.path()));
    assert!(theirs.len() > 10, "{theirs:?}");
    let missing: Vec<_> = theirs.difference(&ours).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The backends of the drop-in.
const BACKENDS: [&str; 2] = ["helpers", "asm"];

/// It asks whether MAINTAINERS has a line for each new file. It has: those for the folders.
#[test]
fn checkpatch_takes_the_patch() {
    let Some(tree) = tree() else { return };
    for backend in BACKENDS {
        let copy = copy_of(&tree);
        let root = copy.path().to_str().expect("a path in UTF-8");
        let file = copy.path().join("0001.patch");
        let to = file.to_str().expect("a path in UTF-8");
        let who = [
            ("GIT_COMMITTER_NAME", "Some Body"),
            ("GIT_COMMITTER_EMAIL", "body@example.org"),
        ];
        let args = ["gen", "--kernel", root, "--backend", backend, "--patch", to];
        success(&project::xtask_with(&who, &args));
        let mut perl = Command::new("perl");
        perl.arg(tree.join("scripts/checkpatch.pl")).arg("--root");
        perl.arg(&tree).args(["--ignore", "FILE_PATH_CHANGES", to]);
        let said = success(&perl.output().expect("perl"));
        assert!(said.contains("total: 0 errors, 0 warnings,"), "{said}");
    }
}

#[test]
fn the_kernels_rustfmt_has_nothing_to_change() {
    let Some(tree) = tree() else { return };
    for backend in BACKENDS {
        let copy = copy_of(&tree);
        let root = copy.path().to_str().expect("a path in UTF-8");
        xtask(&["gen", "--kernel", root, "--backend", backend]);
        // With the modules that they declare.
        for file in ["rust/kernel/sync/atomic.rs", "rust/macros/lib.rs"] {
            let mut rustfmt = Command::new("rustfmt");
            rustfmt.arg("--check").arg("--config-path");
            rustfmt
                .arg(tree.join(".rustfmt.toml"))
                .arg(copy.path().join(file));
            success(&rustfmt.output().expect("rustfmt"));
        }
    }
}

#[test]
fn the_names_are_those_of_the_header() {
    let Some(tree) = tree() else { return };
    let header = fs::read_to_string(tree.join("include/linux/atomic/atomic-instrumented.h"));
    let header = header.expect("the instrumented header");
    let families = ["atomic_", "atomic64_", "atomic_long_"];
    // A definition has its name at the start of a line.
    let names = header
        .lines()
        .filter_map(|line| line.split_once('('))
        .map(|(name, _)| name);
    let names = names.filter(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    let expected: BTreeSet<&str> = names
        .filter(|n| families.iter().any(|f| n.starts_with(f)))
        .collect();
    assert_eq!(expected.len(), 255);
    let listed = xtask(&["list", "--names"]);
    let found: BTreeSet<&str> = listed.lines().collect();
    assert_eq!(found, expected);
    assert!(listed.lines().is_sorted() && found.len() == listed.lines().count());
}

#[test]
fn the_table_is_upstreams() {
    let Some(tree) = tree() else { return };
    let read = |path: &Path| fs::read_to_string(path).expect("a table");
    let rows = |text: &str| -> Vec<Vec<String>> {
        let rows = text
            .lines()
            .filter(|l| !l.is_empty() && !l.starts_with('#'));
        rows.map(|l| l.split_whitespace().map(str::to_owned).collect())
            .collect()
    };
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../atomics-spec/tables/atomics.tbl");
    assert_eq!(
        rows(&read(&own)),
        rows(&read(&tree.join("scripts/atomic/atomics.tbl")))
    );
}
