//! Tests of the writer: what it writes, what it refuses, and that a failure leaves no trace.

use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};

use tempfile::TempDir;

use super::*;

/// The state of a tree that a failure must not change: for each path the mode, the modification
/// time, and the bytes of a file or the target of a link.
type Snapshot = Vec<(PathBuf, u32, (i64, i64), Vec<u8>)>;

/// A tree with two files, one of them with an unusual mode, and an orphan.
fn tree() -> TempDir {
    let tree = TempDir::new().unwrap();
    fs::create_dir(tree.path().join("a")).unwrap();
    put(tree.path(), "a/one", "old one\n");
    put(tree.path(), "a/two", "old two\n");
    put(tree.path(), "a/orphan", "// made by us\n");
    fs::set_permissions(tree.path().join("a/two"), fs::Permissions::from_mode(0o640)).unwrap();
    tree
}

fn put(root: &Path, path: &str, contents: &str) {
    fs::write(root.join(path), contents).unwrap();
}

fn get(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap()
}

fn file(path: &str, contents: &str) -> Generated {
    Generated {
        path: path.into(),
        contents: contents.into(),
    }
}

fn paths(list: &[&str]) -> Vec<PathBuf> {
    list.iter().map(PathBuf::from).collect()
}

/// Two changed files, three new ones in two new directories.
fn files() -> Vec<Generated> {
    vec![
        file("a/one", "new one\n"),
        file("a/two", "new two\n"),
        file("a/three", "new three\n"),
        file("b/c/four", "new four\n"),
        file("b/five", "new five\n"),
    ]
}

fn snapshot(dir: &Path) -> Snapshot {
    let mut all = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let meta = fs::symlink_metadata(&path).unwrap();
        let (bytes, below) = if meta.is_dir() {
            (Vec::new(), snapshot(&path))
        } else if meta.is_symlink() {
            (
                fs::read_link(&path)
                    .unwrap()
                    .into_os_string()
                    .into_encoded_bytes(),
                Vec::new(),
            )
        } else {
            (fs::read(&path).unwrap(), Vec::new())
        };
        // Temporary files change a directory's time; only its entries must stay the same.
        let time = if meta.is_dir() {
            (0, 0)
        } else {
            (meta.mtime(), meta.mtime_nsec())
        };
        all.push((path, meta.mode(), time, bytes));
        all.extend(below);
    }
    all
}

/// Runs `run`, which must fail without changing `root`. Returns the error message.
fn fails<T: fmt::Debug>(root: &Path, run: impl FnOnce() -> Result<T>) -> String {
    let before = snapshot(root);
    let message = format!("{:#}", run().unwrap_err());
    assert_eq!(before, snapshot(root), "the tree has changed");
    message
}

/// Stages [`files`] and the removal of the orphan, runs `sabotage`, and commits. Returns the error
/// message.
fn commit_sabotaged(root: &Path, sabotage: impl Fn(&Path)) -> String {
    let (files, orphans) = (files(), paths(&["a/orphan"]));
    let plan = Plan::new(root, &files, &orphans).unwrap();
    let transaction = plan.stage().unwrap();
    sabotage(root);
    format!("{:#}", transaction.commit().unwrap_err())
}

#[test]
fn writes_what_differs_and_removes_orphans() {
    let tree = tree();
    let root = tree.path();
    let mut files = files();
    files.push(file("a/same", "same\n"));
    put(root, "a/same", "same\n");
    let untouched = fs::metadata(root.join("a/same")).unwrap();

    let orphans = paths(&["a/orphan", "a/gone"]);
    let written = write(root, &files, &orphans).unwrap();

    assert_eq!(
        written,
        Written {
            written: 5,
            removed: 1,
            unchanged: 1
        }
    );
    for Generated { path, contents } in &files {
        assert_eq!(fs::read_to_string(root.join(path)).unwrap(), *contents);
    }
    let now = fs::metadata(root.join("a/same")).unwrap();
    assert_eq!(
        (untouched.ino(), untouched.mtime_nsec()),
        (now.ino(), now.mtime_nsec())
    );
    // Only the files, "a", "b" and "b/c" are left: no temporary file, no backup, no orphan.
    assert_eq!(snapshot(root).len(), files.len() + 3);
    assert_eq!(check(root, &files, &orphans).unwrap(), []);
    let again = write(root, &files, &orphans).unwrap();
    assert_eq!(
        again,
        Written {
            written: 0,
            removed: 0,
            unchanged: 6
        }
    );
}

#[test]
fn keeps_the_mode_of_a_file_and_gives_a_new_one_that_of_any_new_file() {
    let tree = tree();
    let mode = |path: &str| fs::metadata(tree.path().join(path)).unwrap().mode() & 0o7777;
    put(tree.path(), "ordinary", "");
    write(tree.path(), &files(), &[]).unwrap();
    assert_eq!(mode("a/two"), 0o640);
    assert_eq!(mode("a/three"), mode("ordinary"));
}

#[test]
fn check_reports_and_changes_nothing() {
    let tree = tree();
    let before = snapshot(tree.path());
    let files = [file("b/new", "x\n"), file("a/one", "new one\n")];
    let findings = check(tree.path(), &files, &paths(&["a/orphan"])).unwrap();
    let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "missing: b/new",
            "differs: a/one\n--- on disk\n+++ generated\n@@ -1 +1 @@\n-old one\n+new one",
            "no longer generated: a/orphan",
        ]
    );
    assert_eq!(before, snapshot(tree.path()));
}

#[test]
fn a_long_diff_is_cut_and_counted() {
    let tree = tree();
    let contents = "line\n".repeat(100);
    let findings = check(tree.path(), &[file("a/one", &contents)], &[]).unwrap();
    let shown = findings[0].to_string();
    assert!(
        shown.ends_with("+line\n... and 44 more lines of this diff"),
        "{shown}"
    );
    assert_eq!(shown.lines().count(), 1 + DIFF_LINES + 1);
}

#[test]
fn a_file_that_is_not_utf8_differs() {
    let tree = tree();
    fs::write(tree.path().join("a/one"), b"\xff\xfe\n").unwrap();
    let findings = check(tree.path(), &[file("a/one", "one\n")], &[]).unwrap();
    assert!(matches!(&findings[..], [Finding::Differs(..)]));
    write(tree.path(), &[file("a/one", "one\n")], &[]).unwrap();
    assert_eq!(get(tree.path(), "a/one"), "one\n");
}

#[test]
fn refuses_paths_that_are_not_inside_the_tree() {
    let tree = tree();
    let root = tree.path();
    for path in ["/etc/passwd", "../x", "a/../../x", "a/../x"] {
        let list = [file(path, "")];
        let told = fails(root, || write(root, &list, &[]));
        assert!(
            told.contains(path) && told.contains("relative to the tree"),
            "{told}"
        );
        fails(root, || check(root, &list, &[]));
        fails(root, || write(root, &[], &paths(&[path])));
        fails(root, || find_orphans(root, &[Path::new(path)], &[], "x"));
    }
    let told = fails(root, || write(root, &[file("", "")], &[]));
    assert!(
        told.contains("a directory, but a plain file belongs there"),
        "{told}"
    );
    let told = fails(root, || write(&root.join("no/tree"), &files(), &[]));
    assert!(told.contains("no/tree"), "{told}");
    let told = fails(root, || write(&root.join("a/one"), &files(), &[]));
    assert!(told.contains("a directory belongs there"), "{told}");
}

#[test]
fn refuses_symbolic_links_but_follows_those_that_stay_inside() {
    let (tree, outside) = (tree(), TempDir::new().unwrap());
    let root = tree.path();
    put(outside.path(), "x", "// made by us\n");
    symlink(outside.path(), root.join("out")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink("one", root.join("a/link")).unwrap();
    symlink("a", root.join("inside")).unwrap();

    let told = fails(root, || {
        write(root, &[file("a/one", ""), file("out/x", "")], &[])
    });
    assert!(told.contains("outside the tree"), "{told}");
    let told = fails(root, || write(root, &[file("dangling/x", "")], &[]));
    assert!(told.contains("follow the link"), "{told}");
    let told = fails(root, || write(root, &[file("a/link", "")], &[]));
    assert!(
        told.contains("a symbolic link, but a plain file belongs there"),
        "{told}"
    );
    let told = fails(root, || write(root, &[], &paths(&["a/link"])));
    assert!(told.contains("a symbolic link"), "{told}");
    fails(root, || {
        find_orphans(root, &[Path::new("out")], &[], "made by us")
    });
    assert_eq!(get(outside.path(), "x"), "// made by us\n");

    let told = fails(root, || {
        write(root, &[file("a/one", ""), file("inside/one", "")], &[])
    });
    assert!(told.contains("inside/one is listed twice"), "{told}");
    write(root, &[file("inside/one", "through\n")], &[]).unwrap();
    assert_eq!(get(root, "a/one"), "through\n");
}

#[test]
fn refuses_what_stands_in_the_way() {
    let tree = tree();
    let root = tree.path();
    fs::create_dir(root.join("a/three")).unwrap();
    let told = fails(root, || write(root, &files(), &[]));
    assert!(
        told.contains("a/three is in the way: it is a directory"),
        "{told}"
    );
    let told = fails(root, || write(root, &[file("a/one/x", "")], &[]));
    assert!(
        told.contains("a/one is in the way: a directory belongs there"),
        "{told}"
    );
    let told = fails(root, || {
        write(root, &[file("a/one", "")], &paths(&["a/one"]))
    });
    assert!(told.contains("a/one is listed twice"), "{told}");
    // Both are new, so the conflict shows only when the directory is staged.
    let told = fails(root, || write(root, &[file("n", ""), file("n/x", "")], &[]));
    assert!(
        told.contains("nothing was written") && told.contains("n is in the way"),
        "{told}"
    );
}

#[test]
fn a_directory_in_the_way_of_any_rename_brings_everything_back() {
    // The first two files are replaced, the third is new, and the orphan is removed last.
    for (victim, steps_before) in [("a/one", 0), ("a/two", 1), ("a/three", 2), ("a/orphan", 5)] {
        let tree = tree();
        let root = tree.path();
        let before = snapshot(root);
        let told = commit_sabotaged(root, |root| {
            let _ = fs::rename(root.join(victim), root.join("moved"));
            fs::create_dir(root.join(victim)).unwrap();
        });
        assert!(
            told.contains("nothing was written"),
            "{steps_before} steps before: {told}"
        );
        assert!(told.contains(&format!("{victim} is in the way")), "{told}");
        // After undoing the sabotage, the tree must be exactly as before.
        fs::remove_dir(root.join(victim)).unwrap();
        let _ = fs::rename(root.join("moved"), root.join(victim));
        assert_eq!(before, snapshot(root), "{victim}");
    }
}

#[test]
fn a_lost_temporary_file_brings_everything_back() {
    let tree = tree();
    let before = snapshot(tree.path());
    let told = commit_sabotaged(tree.path(), |root| {
        for entry in fs::read_dir(root.join("b/c")).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    });
    assert!(
        told.contains("cannot replace") && told.contains("b/c/four"),
        "{told}"
    );
    assert_eq!(before, snapshot(tree.path()));
}

#[test]
fn a_failure_while_staging_leaves_nothing() {
    let tree = tree();
    let root = tree.path();
    // The name is too long for any file system, but the plan does not reject it.
    let name = format!("b/d/{}/x", "n".repeat(300));
    let mut files = files();
    files.push(file(&name, ""));
    let told = fails(root, || write(root, &files, &[]));
    assert!(told.contains("nnn"), "{told}");

    // A file appears in the place of a directory after the plan was made.
    let before = snapshot(root);
    let files = self::files();
    let plan = Plan::new(root, &files, &[]).unwrap();
    put(root, "b", "");
    let told = format!("{:#}", plan.stage().err().unwrap());
    assert!(
        told.contains("nothing was written") && told.contains("directory"),
        "{told}"
    );
    fs::remove_file(root.join("b")).unwrap();
    assert_eq!(before, snapshot(root));
}

#[test]
fn a_panic_half_way_brings_everything_back() {
    let tree = tree();
    let before = snapshot(tree.path());
    let files = files();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let plan = Plan::new(tree.path(), &files, &[]).unwrap();
        let mut transaction = plan.stage().unwrap();
        transaction.apply().unwrap();
        assert_eq!(get(tree.path(), "b/c/four"), "new four\n");
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert_eq!(before, snapshot(tree.path()));
}

#[test]
fn a_failed_rollback_is_reported() {
    let tree = tree();
    let told = commit_sabotaged(tree.path(), |root| {
        put(root, "b/c/foreign", "");
        fs::create_dir(root.join("b/five")).unwrap();
    });
    assert!(told.contains("writing failed half-way"), "{told}");
    assert!(
        told.contains("cannot restore") && told.contains("b/c"),
        "{told}"
    );
    assert_eq!(get(tree.path(), "a/one"), "old one\n");
}

#[test]
fn finds_marked_files_that_are_not_kept() {
    let tree = tree();
    let root = tree.path();
    fs::create_dir_all(root.join("a/deep/er")).unwrap();
    put(root, "a/kept", "// made by us\n");
    put(root, "a/deep/er/old", "/* made by us */");
    put(root, "a/hand", "// by hand\n\n\n// made by us\n");
    put(root, "a/licensed", "// SPDX\n\n// made by us\n");
    put(root, "elsewhere", "// made by us\n");
    symlink("orphan", root.join("a/link")).unwrap();
    fs::write(root.join("a/binary"), b"\xff\x00made by you").unwrap();

    let dirs = ["a", "./a/deep", "not/there"].map(Path::new);
    let found = find_orphans(root, &dirs, &[file("./a/kept", "")], "made by us").unwrap();
    assert_eq!(found, paths(&["a/deep/er/old", "a/licensed", "a/orphan"]));
    let all = find_orphans(root, &[Path::new("")], &[], "made by us").unwrap();
    assert_eq!(
        all,
        paths(&[
            "a/deep/er/old",
            "a/kept",
            "a/licensed",
            "a/orphan",
            "elsewhere"
        ])
    );
    assert!(find_orphans(root, &dirs, &[], "").is_err());
    assert!(find_orphans(root, &[Path::new("a/one")], &[], "x").is_err());
}

#[test]
fn io_errors_name_the_remedy() {
    let failed = |kind| Err::<(), _>(io::Error::from(kind));
    let told = at(
        "write",
        Path::new("x"),
        failed(ErrorKind::ReadOnlyFilesystem),
    )
    .unwrap_err();
    assert!(told.to_string().starts_with("cannot write x: "));
    assert!(
        told.to_string()
            .ends_with("choose a tree on a writable file system")
    );
}

#[test]
fn what_a_killed_run_left_is_found_by_name_and_judged_as_nothing_else() {
    let tree = tree();
    let root = tree.path();
    fs::create_dir_all(root.join("b/c")).unwrap();
    fs::create_dir(root.join("other")).unwrap();
    // Whole, half-written and empty ones; in a searched folder and in one that is not.
    put(root, "a/.gen-aB3dEf.new", "// made by us\nhalf");
    put(root, "a/.gen-000000.old", "// made by us\n");
    put(root, "b/c/.gen-zzzzzz.new", "");
    // Not the writer's.
    put(root, "a/.gen-aB3dEf.txt", "");
    put(root, "other/.gen-aB3dEf.new", "");
    symlink("one", root.join("a/.gen-link00.new")).unwrap();
    let orphans = find_orphans(root, &[Path::new("a")], &[], "made by us").unwrap();
    assert_eq!(orphans, paths(&["a/orphan"]));
    let debris = find_debris(root, &[Path::new("a")], [Path::new("b/c/four")]).unwrap();
    let expected = [
        "a/.gen-000000.old",
        "a/.gen-aB3dEf.new",
        "b/c/.gen-zzzzzz.new",
    ];
    assert_eq!(debris, paths(&expected));
    remove_debris(root, &debris).unwrap();
    assert!(expected.iter().all(|path| !root.join(path).exists()));
    assert!(!root.join("b").exists());
    for kept in [
        "a/.gen-aB3dEf.txt",
        "other/.gen-aB3dEf.new",
        "a/.gen-link00.new",
    ] {
        assert!(fs::symlink_metadata(root.join(kept)).is_ok(), "{kept}");
    }
    assert_eq!(
        find_debris(root, &[Path::new("a")], [Path::new("b/c/four")]).unwrap(),
        paths(&[])
    );
}

#[test]
fn folders_that_become_empty_are_removed_at_any_depth() {
    let tree = tree();
    let root = tree.path();
    fs::create_dir_all(root.join("b/c/d")).unwrap();
    fs::create_dir_all(root.join("e/f")).unwrap();
    let debris = paths(&["b/.gen-000000.new", "b/c/d/.gen-000000.new"]);
    let orphans = paths(&["e/x", "e/f/x"]);
    for path in debris.iter().chain(&orphans) {
        fs::write(root.join(path), "").unwrap();
    }
    remove_debris(root, &debris).unwrap();
    write(root, &[], &orphans).unwrap();
    assert!(!root.join("b").exists() && !root.join("e").exists());
    assert!(root.join("a").exists());
}

#[test]
fn only_the_head_of_a_file_is_read() {
    let tree = tree();
    let long = "x".repeat(5000) + " made by us\n";
    put(tree.path(), "a/long", &long);
    let found = find_orphans(tree.path(), &[Path::new("a")], &[], "made by us").unwrap();
    assert_eq!(found, paths(&["a/orphan"]));
}

#[test]
fn a_directory_is_made_with_its_parents() {
    let tree = tree();
    let root = tree.path();
    make_dir(&root.join("n/m/../o")).unwrap();
    make_dir(&root.join("n/o")).unwrap();
    assert!(root.join("n/m").is_dir() && root.join("n/o").is_dir());
    let told = make_dir(&root.join("a/one")).unwrap_err().to_string();
    assert!(told.contains("cannot create the directory"), "{told}");
}

/// Only root can write files of another user.
#[test]
fn root_leaves_files_to_the_owner_of_the_tree() {
    let tree = tree();
    let root = tree.path();
    let (user, group) = (Some(12345), Some(23456));
    let places = ["", "a", "a/one", "a/orphan"];
    if places
        .iter()
        .any(|path| chown(root.join(path), user, group).is_err())
    {
        return;
    }
    chown(root.join("a/two"), Some(12346), group).unwrap();
    make_dir(&root.join("made/below")).unwrap();
    write(root, &files(), &[]).unwrap();
    let owner = |path: &str| {
        let meta = fs::metadata(root.join(path)).unwrap();
        (meta.uid(), meta.gid())
    };
    for path in [
        "a/one",
        "a/three",
        "b",
        "b/five",
        "b/c",
        "b/c/four",
        "made",
        "made/below",
    ] {
        assert_eq!(owner(path), (12345, 23456), "{path}");
    }
    assert_eq!(owner("a/two"), (12346, 23456));
    let mode = fs::metadata(root.join("a/two")).unwrap().mode();
    assert_eq!(mode & 0o7777, 0o640);
}
