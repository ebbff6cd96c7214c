//! Tests `cargo xtask gen --kernel` with different contents of the tree: versions, local edits and
//! patches. The tree has only the files that the drop-in reads.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use atomics_tests::project::{self, contents, printed, success};
use tempfile::TempDir;

const LIB: &str = "rust/macros/lib.rs";

fn tree() -> TempDir {
    let tree = tempfile::tempdir().expect("a temporary folder");
    let table = project::repository().join("atomics-spec/tables/atomics.tbl");
    let table = fs::read_to_string(table).expect("the built-in table");
    let files = [
        ("Makefile", "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\n"),
        ("scripts/atomic/atomics.tbl", &table),
        ("rust/helpers/other.c", "/* other helpers */\n"),
        ("rust/kernel/sync/lock.rs", "//! Locks.\n"),
        (
            LIB,
            "//! Macros.\n\nmod helpers;\n\nuse proc_macro::TokenStream;\n",
        ),
    ];
    project::write(tree.path(), &files);
    tree
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn read(tree: &TempDir, path: &str) -> String {
    fs::read_to_string(tree.path().join(path)).expect("a file")
}

/// Runs `gen --kernel` on a tree.
fn generate(tree: &TempDir, options: &[&str]) -> Output {
    project::xtask(&[&["gen", "--kernel", text(tree.path())], options].concat())
}

/// Runs `gen --kernel`, which must fail without changing the tree. Returns its error message.
fn refused(tree: &TempDir, options: &[&str]) -> String {
    let before = contents(tree.path());
    let output = generate(tree, options);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    assert_eq!(contents(tree.path()), before);
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    report.replace(text(tree.path()), "TREE")
}

#[test]
fn an_unknown_version() {
    let tree = tree();
    project::write(
        tree.path(),
        &[("Makefile", "VERSION = 6\nPATCHLEVEL = 17\n")],
    );
    let report = "\
error: TREE is Linux 6.17, but the drop-in is only known to work in 7.2 and 7.3
 = help: name a tree of one of these, or give --force to generate it anyway
";
    assert_eq!(refused(&tree, &[]), report);
    assert_eq!(refused(&tree, &["--check"]), report);
    assert_eq!(refused(&tree, &["--patch", "-"]), report);
    let out = tree.path().join("out");
    assert_eq!(refused(&tree, &["--out", text(&out)]), report);
    let forced = generate(&tree, &["--force"]);
    let said = success(&forced);
    assert!(said.contains("warning: "), "{said}");
    assert!(said.contains(" is Linux 6.17, but"), "{said}");
    success(&generate(&tree, &["--force", "--check"]));
}

/// `cargo xtask kernel` reports a bad tree before it copies or builds anything.
#[test]
fn no_kernel_to_build() {
    let tree = tree();
    project::write(
        tree.path(),
        &[("Makefile", "VERSION = 6\nPATCHLEVEL = 17\n")],
    );
    let before = contents(tree.path());
    let kernel = |tree: &Path, more: &[&str]| {
        let output = project::xtask(&[&["kernel", "--tree", text(tree)], more].concat());
        assert!(!output.status.success(), "{}", printed(&output));
        printed(&output).replace(text(tree), "TREE")
    };
    let said = kernel(tree.path(), &[]);
    assert!(
        said.contains("error: TREE is Linux 6.17, but the"),
        "{said}"
    );
    let said = kernel(&tree.path().join("nowhere"), &[]);
    assert!(
        said.contains("error: cannot find the kernel tree TREE"),
        "{said}"
    );
    let said = kernel(&tree.path().join("rust"), &[]);
    assert!(
        said.contains("error: TREE is not a Linux source tree"),
        "{said}"
    );
    let said = kernel(tree.path(), &["--kconfig", "KASAN"]);
    assert!(said.contains("write CONFIG_NAME=VALUE"), "{said}");
    assert_eq!(contents(tree.path()), before);
}

#[test]
fn a_makefile_without_a_version() {
    let tree = tree();
    for (makefile, lacking) in [
        ("PATCHLEVEL = 3\n", "VERSION"),
        ("VERSION = 7\nPATCHLEVEL =\n", "PATCHLEVEL"),
        ("VERSION = seven\nPATCHLEVEL = 3\n", "VERSION"),
    ] {
        project::write(tree.path(), &[("Makefile", makefile)]);
        let report = refused(&tree, &[]);
        assert_eq!(
            report,
            format!(
                "error: TREE/Makefile does not contain the version of Linux: it has no line \
                 `{lacking} = NUMBER`\n"
            )
        );
    }
    assert!(success(&generate(&tree, &["--force"])).contains("does not contain the version"));
}

#[test]
fn local_edits_are_kept() {
    let tree = tree();
    success(&generate(&tree, &["--backend", "asm"]));
    let fresh = contents(tree.path());
    let edited = [
        // Edited; checksum removed; not generated at all; and a file that will be removed.
        ("rust/kernel/sync/atomic/typed.rs", "//! Typed", "//! Mine"),
        ("rust/kernel/sync/atomic/raw.rs", "\n// ", "\n//"),
        ("rust/helpers/atomic.c", "cargo xtask gen", "me"),
        (
            "rust/kernel/sync/atomic/backend/x86_64.rs",
            "unsafe",
            "safe",
        ),
        (LIB, "attributes(atomic)", "attributes(atomics)"),
    ];
    for (path, from, to) in edited {
        let old = read(&tree, path);
        let at = old
            .rfind(from)
            .or_else(|| old.rfind("//!"))
            .expect("something to edit");
        let new = format!("{}{to}{}", &old[..at], &old[at + from.len()..]);
        fs::write(tree.path().join(path), new).expect("a writable folder");
    }
    project::write(
        tree.path(),
        &[("rust/macros/atomic_type.rs", "//! My own.\n")],
    );
    let report = refused(&tree, &[]);
    assert_eq!(
        report,
        "\
error: TREE has local edits that would be lost:
  rust/helpers/atomic.c: differs from the file in Linux
  rust/kernel/sync/atomic/raw.rs: was generated, but its last line is not a checksum
  rust/kernel/sync/atomic/typed.rs: was edited after it was generated
  rust/macros/atomic_type.rs: is neither a generated file nor a file of Linux
  rust/macros/lib.rs: has a generated part that was edited
  rust/kernel/sync/atomic/backend/x86_64.rs: was edited after it was generated
 = help: save them elsewhere, or give --force to discard them
"
    );
    assert_eq!(refused(&tree, &["--patch", "-"]), report);
    let checked = printed(&generate(&tree, &["--backend", "asm", "--check"]));
    assert!(checked.contains("unless --force is given"), "{checked}");
    // An empty folder has no local edits.
    let out = tempfile::tempdir().expect("a temporary folder");
    success(&generate(&tree, &["--out", text(out.path())]));
    // With --out, only edits in the output folder matter.
    let typed = out.path().join("rust/kernel/sync/atomic/typed.rs");
    fs::write(&typed, "//! Mine.\n").expect("a writable folder");
    let elsewhere = refused(&tree, &["--out", text(out.path())]);
    assert!(elsewhere.contains("typed.rs: is neither"), "{elsewhere}");
    assert!(!elsewhere.contains("raw.rs"), "{elsewhere}");

    let said = success(&generate(&tree, &["--force", "--backend", "asm"]));
    assert_eq!(
        said.matches("warning: discarding a local edit").count(),
        6,
        "{said}"
    );
    assert_eq!(contents(tree.path()), fresh);
}

#[test]
fn one_backend_replaces_another() {
    let tree = tree();
    success(&generate(&tree, &[]));
    let helpers = contents(tree.path());
    success(&generate(&tree, &["--backend", "asm"]));
    assert_ne!(contents(tree.path()), helpers);
    success(&generate(&tree, &["--backend", "asm", "--check"]));
    // The kernel may be built with a compiler that does not support `label` operands.
    let asm = read(&tree, "rust/kernel/sync/atomic/backend/x86_64.rs");
    let option = "CONFIG_RUSTC_HAS_SPAN_FILE";
    let jumps = asm.matches("label {").count();
    assert!(jumps > 0);
    assert_eq!(asm.matches(&format!("#[cfg({option})]\n")).count(), jumps);
    let without = asm.matches(&format!("#[cfg(not({option}))]\n")).count();
    assert_eq!(without, jumps);
    success(&generate(&tree, &[]));
    assert_eq!(contents(tree.path()), helpers);
    assert!(!tree.path().join("rust/kernel/sync/atomic/backend").exists());
}

/// A file that the kernel's own script has generated is kept if it has the same code.
#[test]
fn a_file_of_the_kernels_script() {
    const HELPERS: &str = "rust/helpers/atomic.c";
    let tree = tree();
    success(&generate(&tree, &[]));
    let ours = read(&tree, HELPERS);
    let signed = |text: &str| format!("{text}// {}\n", sha1_smol::Sha1::from(text).digest());
    let (above, _) = ours.trim_end().rsplit_once('\n').expect("more than a line");
    let banner = above.lines().nth(2).expect("a banner");
    let theirs = above.replace(banner, "// Generated by scripts/x.sh\n// DO NOT MODIFY");
    let theirs = signed(&(theirs + "\n"));
    project::write(tree.path(), &[(HELPERS, &theirs)]);
    success(&generate(&tree, &[]));
    assert_eq!(read(&tree, HELPERS), theirs);
    success(&generate(&tree, &["--check"]));
    // A file with other code is replaced.
    let (above, _) = theirs
        .trim_end()
        .rsplit_once('\n')
        .expect("more than a line");
    let other = signed(&(above.replacen("atomic_add(i, v);", "atomic_sub(i, v);", 1) + "\n"));
    assert_ne!(other, theirs);
    project::write(tree.path(), &[(HELPERS, &other)]);
    success(&generate(&tree, &[]));
    assert_eq!(read(&tree, HELPERS), ours);
}

#[test]
fn the_users_macros_are_kept() {
    let tree = tree();
    success(&generate(&tree, &[]));
    let edited =
        read(&tree, LIB).replace("mod helpers;", "mod helpers;\nmod mine;") + "\n// End.\n";
    project::write(tree.path(), &[(LIB, &edited)]);
    success(&generate(&tree, &["--check"]));
    success(&generate(&tree, &["--backend", "asm"]));
    assert_eq!(read(&tree, LIB), edited);
}

#[test]
fn macros_of_another_shape() {
    let tree = tree();
    project::write(tree.path(), &[(LIB, "//! Macros.\n")]);
    let report = refused(&tree, &[]);
    assert!(
        report.starts_with("error: rust/macros/lib.rs has no list of modules, to which"),
        "{report}"
    );
    assert_eq!(refused(&tree, &["--force"]), report);
}

const DEF: &str = "tools/memory-model/linux-kernel.def";

/// An example of a tree's definitions for herd7.
const DEFINITIONS: &str = "\
READ_ONCE(A) __load{ONCE}(A)

// Atomic
atomic_read(A) READ_ONCE(*A)
atomic_or(B, A) { __atomic_op{NORETURN}(A,|,B); }

// Others
refcount_read(A) atomic_read(A)
";

#[test]
fn definitions_for_herd7() {
    let tree = tree();
    project::write(tree.path(), &[(DEF, DEFINITIONS)]);
    success(&generate(&tree, &[]));
    let fresh = read(&tree, DEF);
    let (above, ours) = fresh.split_once("// Atomic\n").expect("the heading");
    let (ours, below) = ours.split_once("\n// Others").expect("the next one");
    assert_eq!(above, "READ_ONCE(A) __load{ONCE}(A)\n\n");
    assert_eq!(below, "\nrefcount_read(A) atomic_read(A)\n");
    assert!(
        ours.starts_with("// Generated by `cargo xtask gen --kernel TREE`."),
        "{ours}"
    );
    assert!(
        ours.contains("\natomic64_or(V,X) { __atomic_op{NORETURN}(X,|,V); }\n"),
        "{ours}"
    );
    success(&generate(&tree, &["--check"]));
    assert!(success(&generate(&tree, &[])).contains(" 0 files written, 0 removed"));
    // The user's own lines are kept.
    let mine = format!("// Mine.\n{fresh}mine(A) READ_ONCE(*A)\n");
    project::write(tree.path(), &[(DEF, &mine)]);
    success(&generate(&tree, &["--backend", "asm"]));
    assert_eq!(read(&tree, DEF), mine);
    // An edit in the generated part is only overwritten with --force.
    project::write(tree.path(), &[(DEF, &fresh.replace("(X,|,V)", "(X,^,V)"))]);
    let edited = printed(&generate(&tree, &["--check"]));
    assert!(edited.contains(&format!("differs: {DEF}")), "{edited}");
    assert!(edited.contains("unless --force is given"), "{edited}");
    let report = refused(&tree, &[]);
    let fault = format!("{DEF}: has a generated part that was edited");
    assert!(report.contains(&fault), "{report}");
    success(&generate(&tree, &["--force"]));
    assert_eq!(read(&tree, DEF), fresh);
    // The same applies when the definitions are first replaced.
    project::write(
        tree.path(),
        &[(DEF, &DEFINITIONS.replace("(A,|,B)", "(A,^,B)"))],
    );
    let report = refused(&tree, &[]);
    let fault = format!("{DEF}: defines atomics differently from the generated definitions");
    assert!(report.contains(&fault), "{report}");
    assert_eq!(refused(&tree, &["--patch", "-"]), report);
}

#[test]
fn a_memory_model_of_another_shape() {
    let tree = tree();
    project::write(tree.path(), &[("tools/memory-model/README", "A model.\n")]);
    let report = refused(&tree, &[]);
    assert!(
        report.contains(&format!("cannot read TREE/{DEF}, whose atomics")),
        "{report}"
    );
    let heading = DEFINITIONS.replace("// Atomic", "// Atomics");
    let apart = DEFINITIONS.replace("refcount_read", "atomic_add");
    for (text, fault) in [
        (
            heading,
            "has no atomics where they are expected: a line `// Atomic`, and below",
        ),
        (
            apart,
            "defines `atomic_add` apart from the other atomics:\n  atomic_add(A) atomic_read",
        ),
    ] {
        project::write(tree.path(), &[(DEF, &text)]);
        let report = refused(&tree, &[]);
        assert!(
            report.starts_with(&format!("error: {DEF} {fault}")),
            "{report}"
        );
        assert_eq!(refused(&tree, &["--force"]), report);
    }
}

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
fn repository() -> TempDir {
    let tree = tree();
    success(&generate(&tree, &["--backend", "asm"]));
    project::write(tree.path(), &[(DEF, DEFINITIONS)]);
    fs::remove_dir_all(tree.path().join("rust/kernel/sync/atomic/backend/")).expect("a folder");
    fs::remove_file(tree.path().join("rust/helpers/atomic_ext.c")).expect("a file");
    let gone = read(&tree, "rust/kernel/sync/atomic/raw.rs");
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
fn patch(tree: &TempDir, file: &Path, options: &[&str]) -> Output {
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
