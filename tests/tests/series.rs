//! The drop-in as a series of patches for a Linux tree: git applies it, what it leaves is what `gen`
//! writes, the kernel's own script has nothing to say about it, and each patch can be reviewed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use atomics_tests::project::{self, contents, printed, success};
use atomics_tests::tree;
use tempfile::TempDir;

/// How many lines a patch may add.
const LIMIT: usize = 1000;
/// What `checkpatch.pl --strict` says without a reason to change anything.
const ACCEPTED: [(&str, &str); 4] = [
    (
        "FILE_PATH_CHANGES",
        "it says so about each new file; MAINTAINERS has the folders",
    ),
    (
        "COMPLEX_MACRO",
        "a macro that defines functions is no expression; Linux's atomic_ext.c is made of such",
    ),
    (
        "MACRO_ARG_REUSE",
        "the argument of such a macro is a name, without side effects",
    ),
    (
        "LINE_SPACING",
        "it takes the last line of a function for a declaration where the diff cuts it",
    ),
];

/// A series, and a repository with what it applies to.
struct Series {
    folder: TempDir,
    repository: TempDir,
    options: Vec<&'static str>,
}

impl Series {
    /// Makes a series for a tree.
    fn of(tree: &Path, options: &[&'static str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let to = text(folder.path());
        let series = ["gen", "--kernel", text(tree), "--series", to];
        success(&xtask(&[&series, options].concat()));
        let repository = tree::copy_of(tree);
        for args in [
            &["init", "--quiet"][..],
            &["add", "--all", "--force"],
            &["commit", "--quiet", "--message", "Linux"],
            &["tag", "linux"],
        ] {
            success(&git(repository.path(), args));
        }
        Self {
            folder,
            repository,
            options: options.to_vec(),
        }
    }

    /// The mails, the first of which is the cover letter.
    fn mails(&self) -> Vec<PathBuf> {
        let files = contents(self.folder.path()).into_iter();
        files.map(|(path, _)| path).collect()
    }

    /// Applies all patches, and compares what they leave with what `gen` writes.
    fn is_the_drop_in(&self) {
        let mails = self.mails();
        let patches = mails.iter().skip(1).map(|path| text(path));
        let am: Vec<&str> = ["am", "--quiet"].into_iter().chain(patches).collect();
        success(&git(self.repository.path(), &am));
        let made = files(self.repository.path());

        success(&git(
            self.repository.path(),
            &["checkout", "--quiet", "linux"],
        ));
        let generate = ["gen", "--kernel", text(self.repository.path())];
        success(&xtask(&[&generate, &self.options[..]].concat()));
        let generated = files(self.repository.path());
        let differ: Vec<&Path> = made
            .symmetric_difference(&generated)
            .map(|(path, _)| &**path)
            .collect();
        assert!(differ.is_empty(), "{differ:?}");
        success(&git(
            self.repository.path(),
            &["checkout", "--quiet", "--force", "-"],
        ));
    }

    /// The complaints of the tree's `checkpatch.pl` without those that are accepted.
    fn complaints(&self, tree: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for patch in self.mails().iter().skip(1) {
            let mut check = Command::new("perl");
            check.current_dir(tree).arg("scripts/checkpatch.pl");
            check.args(["--strict", "--terse", "--show-types", "--no-summary"]);
            let said = check.arg(patch).output().expect("perl");
            for line in String::from_utf8_lossy(&said.stdout).lines() {
                let accepted = |(kind, _): &(&str, &str)| line.contains(&format!(":{kind}: "));
                if !line.trim().is_empty() && !ACCEPTED.iter().any(accepted) {
                    found.push(line.to_owned());
                }
            }
        }
        found
    }

    /// The subjects of the patches and how many lines they add, in their order.
    fn sizes(&self) -> Vec<(String, usize)> {
        let arguments = [
            "log",
            "--reverse",
            "--numstat",
            "--format=>%s",
            "linux..HEAD",
        ];
        let log = success(&git(self.repository.path(), &arguments));
        let mut sizes: Vec<(String, usize)> = Vec::new();
        for line in log.lines().filter(|line| !line.is_empty()) {
            if let Some(subject) = line.strip_prefix('>') {
                sizes.push((subject.to_owned(), 0));
                continue;
            }
            let added = line
                .split('\t')
                .next()
                .and_then(|n| n.parse::<usize>().ok());
            let last = sizes.last_mut().expect("a subject before the files");
            last.1 += added.expect("a number of lines");
        }
        sizes
    }

    /// The messages of the patches.
    fn messages(&self) -> Vec<String> {
        let arguments = ["log", "--reverse", "-z", "--format=%B", "linux..HEAD"];
        let log = success(&git(self.repository.path(), &arguments));
        let messages = log.split('\0').map(|text| text.trim().to_owned());
        messages.filter(|text| !text.is_empty()).collect()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
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

/// Runs `cargo xtask` with an identity for git.
fn xtask(args: &[&str]) -> Output {
    let env = [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_COMMITTER_NAME", "Some Body"),
        ("GIT_COMMITTER_EMAIL", "body@example.org"),
    ];
    project::xtask_with(&env, args)
}

/// The files of a repository, by their paths in it.
fn files(repository: &Path) -> BTreeSet<(PathBuf, Vec<u8>)> {
    let all = contents(repository).into_iter().map(|(path, text)| {
        let path = path.strip_prefix(repository).expect("below it").to_owned();
        (path, text)
    });
    all.filter(|(path, _)| !path.starts_with(".git")).collect()
}

#[test]
fn a_series_is_what_gen_writes_in_patches_to_review() {
    let Some(tree) = tree::tree() else { return };
    for options in [&[][..], &["--backend", "asm"]] {
        let series = Series::of(&tree, options);
        series.is_the_drop_in();

        let complaints = series.complaints(&tree);
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));

        let sizes = series.sizes();
        for (subject, added) in &sizes {
            println!("{added:6} {subject}");
            assert!(*added <= LIMIT, "{added} lines: {subject}");
        }
        let subjects: BTreeSet<&str> = sizes.iter().map(|(subject, _)| &**subject).collect();
        assert_eq!(subjects.len(), sizes.len(), "two patches have one subject");
        let inlines = |subject: &&&str| subject.contains(": Inline ");
        assert_eq!(
            subjects.iter().any(|subject| inlines(&subject)),
            !options.is_empty()
        );

        for message in series.messages() {
            let signed = "\n\nSigned-off-by: Some Body <body@example.org>";
            assert!(message.ends_with(signed), "{message}");
            assert!(message.lines().all(|line| line.len() <= 75), "{message}");
        }
        let cover = &series.mails()[0];
        assert_eq!(
            cover.file_name().expect("a name"),
            "0000-cover-letter.patch"
        );
        let cover = fs::read_to_string(cover).expect("a cover letter");
        let (head, body) = cover.split_once("\n\n").expect("a head");
        let of = format!("[PATCH 00/{}] rust: sync: atomic: ", sizes.len());
        assert!(head.contains(&of), "{head}");
        let cc = head.split_once("\nCc: ").expect("a line Cc");
        assert!(cc.0.contains("\nTo: "), "{head}");
        assert!(cc.1.contains("rust-for-linux@vger.kernel.org"), "{head}");
        // git breaks the lines of long subjects.
        let words: Vec<&str> = body.split_whitespace().collect();
        let words = words.join(" ");
        for (subject, _) in &sizes {
            assert!(words.contains(subject), "{subject}: {body}");
        }
    }
}

#[test]
fn parts_are_a_series_of_their_own() {
    let Some(tree) = tree::tree() else { return };
    for (options, most, expected) in [
        (
            &["--only", "memory-model"],
            400,
            &["tools/memory-model: "][..],
        ),
        (
            &["--only", "barriers"],
            120,
            &["rust: sync: atomic: Add barriers"],
        ),
        (
            &["--only", "barriers,derive"],
            5000,
            &[
                "rust: sync: atomic: Generate orderings and traits",
                "rust: sync: atomic: Generate the methods",
                "rust: sync: atomic: Move the functions",
                "rust: sync: atomic: Generate the types",
                "rust: sync: atomic: Add barriers",
                "rust: macros: Add derive",
            ],
        ),
        (
            &["--only", "u8"],
            5000,
            &[
                "rust: sync: atomic: Generate orderings and traits",
                "rust: sync: atomic: Generate the methods",
                "rust: sync: atomic: Move the functions",
                "rust: sync: atomic: Generate the types",
                "rust: sync: atomic: Compute on 8-bit",
            ],
        ),
    ] {
        let series = Series::of(&tree, options);
        series.is_the_drop_in();
        let sizes = series.sizes();
        let added: usize = sizes.iter().map(|(_, added)| added).sum();
        assert!(added <= most, "{options:?}: {sizes:?}");
        // Several patches may have one purpose. The helpers are those that the parts need.
        let mut purposes: Vec<&str> = Vec::new();
        for (subject, _) in &sizes {
            let known = expected.iter().find(|start| subject.starts_with(**start));
            let purpose = known.copied().unwrap_or(subject);
            if !subject.starts_with("rust: helpers: ") && purposes.last() != Some(&purpose) {
                purposes.push(purpose);
            }
        }
        assert_eq!(purposes, expected, "{options:?}: {sizes:?}");
        let complaints = series.complaints(&tree);
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
    let to = tempfile::tempdir().expect("a temporary folder");
    let unknown = [
        "gen",
        "--kernel",
        text(&tree),
        "--series",
        text(to.path()),
        "--only",
        "u32",
    ];
    let told = printed(&xtask(&unknown));
    assert!(told.contains("there is no part `u32`"), "{told}");
    assert!(contents(to.path()).is_empty());
}

/// A maintainer may take the barriers first, and the others later.
#[test]
fn barriers_alone_are_small_and_give_way_to_the_whole() {
    let Some(tree) = tree::tree() else { return };
    let copy = tree::copy_of(&tree);
    let root = text(copy.path());
    let barriers = ["gen", "--kernel", root, "--only", "barriers"];
    let told = success(&xtask(&barriers));
    assert!(told.contains(" 3 files written, 0 removed"), "{told}");
    let again = success(&xtask(&barriers));
    assert!(again.contains(" 0 files written, 0 removed"), "{again}");
    // No edit is in the way.
    success(&xtask(&["gen", "--kernel", root]));
    success(&xtask(&["gen", "--kernel", root, "--check"]));
    // Their own edits are still noticed.
    let file = copy.path().join("rust/helpers/atomic_ext.c");
    let edited = fs::read_to_string(tree.join("rust/helpers/atomic_ext.c")).expect("a file");
    let edited = edited.replacen("#include", "#include <linux/types.h>\n#include", 1);
    fs::write(&file, edited).expect("writable");
    let told = printed(&xtask(&["gen", "--kernel", root]));
    assert!(told.contains("differs from the file in Linux"), "{told}");
}
