//! The drop-in as a patch.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use atomics_tests::project::{self, contents, printed, success};
use tempfile::TempDir;

use super::tree::{DEF, DEFINITIONS, generate, read, text, tree};

/// Runs git in a folder, with an identity and without the user's configuration.
fn git(folder: &Path, args: &[&str]) -> Output {
    let mut git = Command::new("git");
    git.current_dir(folder).args(args);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "Some Body");
        git.env(format!("GIT_{who}_EMAIL"), "body@example.org");
    }
    git.output().expect("git")
}

/// A tree with a drop-in in a git repository. One file of the drop-in is executable, and one is no
/// longer generated.
pub fn repository() -> TempDir {
    let tree = tree();
    success(&generate(&tree, &["--backend", "asm"]));
    project::write(tree.path(), &[(DEF, DEFINITIONS)]);
    fs::remove_dir_all(tree.path().join("rust/kernel/sync/atomic/backend/")).expect("a folder");
    fs::remove_file(tree.path().join("rust/helpers/atomic_ext.c")).expect("a file");
    for feature in ["lse", "zabha", "zacas"] {
        let sequence = format!("rust/kernel/generated_arch_atomic_{feature}_asm.rs.S");
        fs::remove_file(tree.path().join(sequence)).expect("a file");
    }
    let gone = read(&tree, "rust/kernel/sync/atomic/internal.rs");
    project::write(tree.path(), &[("rust/helpers/gone.rs", &gone)]);
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(tree.path().join("rust/helpers/atomic.c"), mode).expect("a file");
    for args in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "Linux"],
    ] {
        success(&git(tree.path(), args));
    }
    tree
}

/// Writes a git configuration with unusual settings.
fn strange_git(folder: &Path) -> PathBuf {
    let path = folder.join("config");
    let hooks = folder.join("hooks");
    project::write(&hooks, &[("pre-commit", "#!/bin/sh\nexit 1\n")]);
    let config = format!(
        "[user]\n\tname = Ann Äuthor\n\temail = ann@example.org\n[core]\n\thooksPath = {}\n\
         \tautocrlf = true\n\tabbrev = 4\n[commit]\n\tgpgSign = true\n[format]\n\tsignOff = true\n\
         \tattach = true\n\tnumbered = true\n\tsubjectPrefix = X\n[diff]\n\tnoprefix = true\n\
         \tcontext = 0\n\texternal = false\n[init]\n\tdefaultObjectFormat = sha256\n",
        hooks.display()
    );
    fs::write(&path, config).expect("a writable folder");
    path
}

/// Makes a tree's patch, with an unusual git configuration.
pub fn patch(tree: &TempDir, file: &Path, options: &[&str]) -> Output {
    let strange = tempfile::tempdir().expect("a temporary folder");
    let config = strange_git(strange.path());
    let env = [
        ("GIT_CONFIG_GLOBAL", text(&config)),
        ("GIT_DIR", "/nonexistent"),
        ("GIT_AUTHOR_NAME", "Not Me"),
    ];
    let args = ["gen", "--kernel", text(tree.path()), "--patch", text(file)];
    project::xtask_with(&env, &[&args, options].concat())
}

#[test]
fn git_am_accepts_the_patch() {
    let tree = repository();
    // An unrelated change by the user.
    project::write(tree.path(), &[("rust/helpers/other.c", "/* mine */\n")]);
    let before = contents(tree.path());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("0001.patch");
    success(&patch(&tree, &file, &[]));
    assert_eq!(contents(tree.path()), before);
    // The second run overwrites the patch.
    success(&patch(&tree, &file, &[]));
    let mail = fs::read_to_string(&file).expect("a patch");
    for line in [
        "Subject: [PATCH] rust: sync: atomic: Regenerate the atomics",
        "Signed-off-by: Ann Äuthor <ann@example.org>",
        "  cargo xtask gen --kernel TREE --patch FILE",
        "deleted file mode 100644",
    ] {
        assert_eq!(
            mail.lines().filter(|l| *l == line).count(),
            1,
            "{line}\n{mail}"
        );
    }
    assert!(mail.contains(&format!("+++ b/{DEF}\n")), "{mail}");
    assert!(
        !mail.contains("Not Me") && !mail.contains("other.c"),
        "{mail}"
    );

    let expected = tempfile::tempdir().expect("a temporary folder");
    success(&git(
        expected.path(),
        &["clone", "--quiet", text(tree.path()), "."],
    ));
    success(&generate(&expected, &[]));
    let expected = files_with_modes(expected.path());
    let mode = |path| {
        expected
            .iter()
            .find(|f| f.0 == Path::new(path))
            .map(|f| f.1)
    };
    assert_eq!(mode("rust/helpers/atomic.c"), Some(0o100));
    assert_eq!(mode("rust/helpers/atomic_ext.c"), Some(0));
    for options in [&["am", "--quiet"][..], &["am", "--quiet", "-3"]] {
        let clone = tempfile::tempdir().expect("a temporary folder");
        success(&git(
            clone.path(),
            &["clone", "--quiet", text(tree.path()), "."],
        ));
        success(&git(clone.path(), &[options, &[text(&file)]].concat()));
        assert_eq!(files_with_modes(clone.path()), expected);
        let author = git(clone.path(), &["log", "-1", "--format=%an <%ae>"]);
        assert_eq!(success(&author), "Ann Äuthor <ann@example.org>\n");
    }
    // The patch also applies to the tree with the user's change.
    success(&git(tree.path(), &["am", "--quiet", text(&file)]));
    assert_eq!(read(&tree, "rust/helpers/other.c"), "/* mine */\n");
    // Now there is nothing to do.
    fs::remove_file(&file).expect("a file");
    let said = success(&patch(&tree, &file, &[]));
    assert!(
        said.contains("already has this drop-in: no patch is needed"),
        "{said}"
    );
    assert!(!file.exists());
}

/// All files of a repository: path, executable bit and contents.
fn files_with_modes(folder: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let files = contents(folder).into_iter();
    let relative = files.map(|(path, text)| {
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        let path = path.strip_prefix(folder).expect("below it").to_owned();
        (path, mode & 0o100, text)
    });
    relative
        .filter(|(path, ..)| !path.starts_with(".git"))
        .collect()
}

#[test]
fn the_patch_is_written_to_a_file_or_to_stdout() {
    let tree = tree();
    project::write(tree.path(), &[(DEF, DEFINITIONS)]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    let to_file = success(&patch(&tree, &file, &[]));
    assert!(to_file.contains("apply it with `git am`"), "{to_file}");
    let written = fs::read_to_string(&file).expect("a patch");
    assert!(written.contains("\nSubject: [PATCH] rust: sync: atomic: Generate all"));
    assert!(written.contains("\nComplete the atomics in tools/memory-model/linux-kernel.def"));
    let to_stdout = patch(&tree, Path::new("-"), &[]).stdout;
    let body = |mail: &str| mail.split_once("\nSubject").map(|m| m.1.to_owned());
    assert_eq!(body(&String::from_utf8_lossy(&to_stdout)), body(&written));
    // A file that is not a patch is not overwritten.
    fs::write(&file, "precious\n").expect("a writable folder");
    let refusal = patch(&tree, &file, &[]);
    assert_eq!(refusal.status.code(), Some(1));
    assert!(printed(&refusal).contains("is not a patch of this command"));
    assert_eq!(fs::read_to_string(&file).expect("a file"), "precious\n");
    success(&patch(&tree, &file, &["--force"]));
    let body_of_file = body(&fs::read_to_string(&file).expect("a patch"));
    assert_eq!(body_of_file, body(&written));
    let nowhere = patch(&tree, &folder.path().join("not/there"), &[]);
    assert!(printed(&nowhere).contains("cannot write the patch"));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

/// With a full temporary folder, git would write about a crash.
#[test]
fn a_full_temporary_folder() {
    let tree = tree();
    let small = tempfile::tempdir().expect("a temporary folder");
    // Only root can make a small file system, in a name space of its own.
    let mount = "mount -t tmpfs -o size=16k none \"$0\"";
    let mut unshare = Command::new("unshare");
    unshare.args(["-m", "sh", "-c", mount]).arg(small.path());
    if !unshare.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: this user cannot mount a file system");
        return;
    }
    success(&project::xtask(&["--help"]));
    let script = format!("{mount} && TMPDIR=\"$0\" exec \"$@\"");
    let mut unshare = Command::new("unshare");
    unshare.args(["-m", "sh", "-c", &script]).arg(small.path());
    unshare.args(["cargo", "run", "--quiet", "--package", "xtask", "--"]);
    unshare.args(["gen", "--kernel", text(tree.path()), "--patch", "-"]);
    unshare.current_dir(project::repository());
    unshare.env("GIT_COMMITTER_NAME", "Some Body");
    unshare.env("GIT_COMMITTER_EMAIL", "body@example.org");
    let output = unshare.output().expect("unshare");
    assert_eq!(output.status.code(), Some(1));
    let report = printed(&output);
    assert!(report.starts_with("error: cannot write "), "{report}");
    let told = format!("below {}; free some space there", small.path().display());
    assert!(report.contains(&told), "{report}");
    assert!(!report.contains("crash"), "{report}");
}

#[test]
fn a_patch_needs_an_author() {
    let tree = tree();
    let home = tempfile::tempdir().expect("a temporary folder");
    let env = [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_COUNT", "0"),
        ("GIT_COMMITTER_NAME", "Only A Name"),
        ("EMAIL", ""),
    ];
    let file = home.path().join("patch");
    let args = ["gen", "--kernel", text(tree.path()), "--patch", text(&file)];
    let output = project::xtask_with(&env, &args);
    assert_eq!(output.status.code(), Some(1));
    let report = printed(&output);
    assert!(
        report.starts_with("error: git does not know the author of the patch: "),
        "{report}"
    );
    assert!(
        report.contains("git config --global user.name NAME"),
        "{report}"
    );
    assert!(!file.exists());
}
