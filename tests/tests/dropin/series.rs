//! The drop-in as a series of patches: what is refused, and what is left as it was.

use std::path::Path;
use std::process::Output;

use atomics_tests::project::{self, contents, printed, success};
use tempfile::TempDir;

use super::tree::{DEF, DEFINITIONS, generate, read, refused, text, tree};

/// Makes a tree's series, with an identity for git.
fn series(tree: &TempDir, folder: &Path, options: &[&str]) -> Output {
    let env = [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_COMMITTER_NAME", "Some Body"),
        ("GIT_COMMITTER_EMAIL", "body@example.org"),
    ];
    let args = [
        "gen",
        "--kernel",
        text(tree.path()),
        "--series",
        text(folder),
    ];
    project::xtask_with(&env, &[&args, options].concat())
}

#[test]
fn a_folder_of_others_is_not_written_to() {
    let tree = tree();
    project::write(tree.path(), &[(DEF, DEFINITIONS)]);
    let before = contents(tree.path());
    let place = tempfile::tempdir().expect("a temporary folder");
    let folder = place.path().join("new");
    let said = success(&series(&tree, &folder, &["--only", "memory-model"]));
    assert!(said.contains(": 1 patch and a cover letter"), "{said}");
    assert!(said.contains("has no scripts/get_maintainer.pl"), "{said}");
    let names = |folder: &Path| -> Vec<String> {
        let files = contents(folder).into_iter();
        let names = files.map(|(path, _)| path.file_name().map(|n| n.display().to_string()));
        names.map(|name| name.expect("a name")).collect()
    };
    let one = [
        "0000-cover-letter.patch",
        "0001-tools-memory-model-Complete-the-atomic-operations.patch",
    ];
    assert_eq!(names(&folder), one);
    // Another series takes its place, and no file of the first is left.
    success(&series(&tree, &folder, &["--only", "core"]));
    let core = names(&folder);
    assert!(
        core.len() > 1 && !core.contains(&one[1].to_owned()),
        "{core:?}"
    );
    assert_eq!(contents(tree.path()), before);

    project::write(&folder, &[("notes", "precious\n")]);
    let before = contents(&folder);
    let refused = series(&tree, &folder, &["--only", "memory-model"]);
    assert_eq!(refused.status.code(), Some(1));
    let told = printed(&refused);
    assert!(told.contains("has other files than those of an earlier series, such as notes"));
    assert_eq!(contents(&folder), before);
}

#[test]
fn a_series_begins_with_the_files_of_linux() {
    let tree = tree();
    let folder = tempfile::tempdir().expect("a temporary folder");
    success(&generate(&tree, &["--only", "core"]));
    let told = printed(&series(&tree, folder.path(), &[]));
    assert!(
        told.contains("already has a drop-in, but a series begins with"),
        "{told}"
    );
    assert!(contents(folder.path()).is_empty());
}

#[test]
fn a_series_needs_an_author() {
    let tree = tree();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let env = [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_COUNT", "0"),
        ("EMAIL", ""),
    ];
    let to = text(folder.path());
    let args = ["gen", "--kernel", text(tree.path()), "--series", to];
    let output = project::xtask_with(&env, &args);
    assert_eq!(output.status.code(), Some(1));
    let told = printed(&output);
    assert!(
        told.contains("git does not know the author of the patch"),
        "{told}"
    );
    assert!(contents(folder.path()).is_empty());
}

/// The tree has the parts that were named last. One that has a file of its own is not lost.
#[test]
fn a_tree_with_parts() {
    let tree = tree();
    let folder = "rust/kernel/sync/atomic";
    let has = |tree: &TempDir, name: &str| tree.path().join(folder).join(name).exists();
    let said = success(&generate(&tree, &["--only", "barriers,bitwise,signed"]));
    let note = "note: added core and arithmetic, which others need: barriers, bitwise, signed";
    assert!(said.contains(note), "{said}");
    assert!(has(&tree, "barrier.rs") && !has(&tree, "tests.rs"));
    let has_operation = |tree: &TempDir, name: &str| {
        let text = read(tree, &format!("{folder}/internal.rs"));
        text.contains(name)
    };
    assert!(has_operation(&tree, "fetch_xor") && has_operation(&tree, "fetch_add"));
    assert!(has_operation(&tree, "add_negative") && !has_operation(&tree, "inc_and_test"));
    success(&generate(
        &tree,
        &["--only", "barriers,bitwise,signed", "--check"],
    ));
    let stale = generate(&tree, &["--only", "core", "--check"]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(
        printed(&stale).contains("--only core"),
        "{}",
        printed(&stale)
    );

    let told = refused(&tree, &["--only", "core"]);
    let lost = "TREE has parts of the drop-in that are not in `--only core`:\n  \
                rust/kernel/sync/atomic/barrier.rs\n";
    assert!(told.contains(lost), "{told}");
    success(&generate(&tree, &["--only", "core,barriers,bitwise"]));
    assert!(has(&tree, "barrier.rs"));
    assert!(has_operation(&tree, "fetch_xor") && !has_operation(&tree, "add_negative"));
    let told = printed(&generate(&tree, &["--only", "x86_64"]));
    assert!(
        told.contains("the part `x86_64` is inline assembly"),
        "{told}"
    );
    let told = printed(&generate(&tree, &["--only", "memory-model"]));
    assert!(told.contains("has no tools/memory-model"), "{told}");
}
