//! Tests `cargo xtask gen` with bad input: it reports the error on standard error, exits with 1 and
//! writes nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use atomics_tests::project::{self, contents};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder)
        .expect("a readable folder")
        .next()
        .is_none()
}

/// Runs a command that must fail. Returns its error message.
fn refused(args: &[&str]) -> String {
    let output = project::xtask(args);
    let [printed, report] = [&output.stdout, &output.stderr].map(|s| String::from_utf8_lossy(s));
    assert_eq!(output.status.code(), Some(1), "{args:?}: {printed}{report}");
    assert_eq!(printed, "", "{args:?}");
    assert!(report.starts_with("error: "), "{args:?}: {report}");
    for noise in ["panicked", "backtrace", "error: error"] {
        assert!(!report.contains(noise), "{args:?}: {report}");
    }
    report.into_owned()
}

/// Runs `gen` with a table of these contents. It must fail with `report`, where FILE is the table.
fn refused_table(option: &str, bytes: &[u8], report: &str) {
    let files = folder();
    let out = folder();
    let path = files.path().join("user.tbl");
    fs::write(&path, bytes).expect("a writable folder");
    let missing = out.path().join("not/there");
    for out in [out.path(), &missing] {
        let found = refused(&["gen", option, text(&path), "--out", text(out)]);
        assert_eq!(found.replace(text(&path), "FILE").trim_end(), report);
    }
    assert!(is_empty(out.path()));
    assert!(!missing.exists());
}

#[test]
fn a_bad_table() {
    let table = b"read l cv\nfrob vX  v\nfrob\tv\tv q:new\n";
    let report = "\
error: unknown meta letter `X`
 --> FILE:2:7
  |
2 | frob vX  v
  |       ^
  = help: the letters are v, l, s, R, F, f, I, i, B, b

error: unknown argument type `q`
 --> FILE:3:10
  |
3 | frob v v q:new
  |          ^
  = help: an argument is `v`, `cv`, `i` or `p`, optionally followed by `:` and a name";
    refused_table("--table", table, report);
}

#[test]
fn bad_semantics() {
    let builtin = project::repository().join("atomics-spec/tables/semantics.tbl");
    let mut table = fs::read(builtin).expect("the built-in table");
    let line = table.iter().filter(|b| **b == b'\n').count() + 1;
    table.extend(b"frob basic v - -\n");
    let report = format!(
        "\
error: `frob` is not an operation of atomics-spec/tables/atomics.tbl
{0}--> FILE:{line}:1
{0} |
{line} | frob basic v - -
{0} | ^^^^
{0} = help: add a row for it to atomics-spec/tables/atomics.tbl, or remove this one",
        " ".repeat(line.to_string().len())
    );
    refused_table("--semantics", &table, &report);
}

#[test]
fn files_that_are_not_tables() {
    let empty = "\
error: the table has no rows
 --> FILE:1:1
  = help: a row is a line that is not blank and not a comment";
    refused_table("--table", b"", empty);
    let binary = "\
error: byte 0x00: this is not a text file
 --> FILE:1:1
  |
1 | \u{fffd}\u{fffd}
  | ^
  = help: the file must be text in UTF-8";
    refused_table("--table", b"\0\xff", binary);
    let long = format!(
        "\
error: the line is too long: 10485760 characters
 --> FILE:1:4097
  |
1 | ...{}...
  | {}^
  = help: a line has at most 4096 characters",
        "x".repeat(96),
        " ".repeat(34)
    );
    refused_table("--table", "x".repeat(10 << 20).as_bytes(), &long);
}

/// A pipe would keep the command waiting for ever, and a device has no end.
#[test]
fn what_is_no_file() {
    let files = folder();
    let pipe = files.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let zero = files.path().join("zero");
    std::os::unix::fs::symlink("/dev/zero", &zero).expect("a link");
    for (path, what) in [(&pipe, "a pipe"), (&zero, "a device")] {
        let path = text(path);
        for args in [
            &["list", "--table", path][..],
            &["list", "--semantics", path],
            &["explain", "atomic_add", "--table", path],
            &["gen", "--check", "--table", path],
        ] {
            let report = refused(args);
            let told = format!("error: cannot read the table {path}: it is {what}, not a file\n");
            assert_eq!(report, told, "{args:?}");
        }
    }
}

#[test]
fn a_missing_table() {
    let out = folder();
    let files = folder();
    let missing = files.path().join("missing.tbl");
    for option in ["--table", "--semantics"] {
        let report = refused(&["gen", option, text(&missing), "--out", text(out.path())]);
        let start = format!(
            "error: cannot read the table {}: No such file",
            missing.display()
        );
        assert!(report.starts_with(&start), "{report}");
        let report = refused(&["gen", option, text(files.path()), "--out", text(out.path())]);
        let name = files.path().display();
        assert_eq!(
            report,
            format!("error: cannot read the table {name}: it is a directory\n")
        );
    }
    assert!(is_empty(out.path()));
}

/// An operation that no architecture can implement.
#[test]
fn a_variant_without_a_plan() {
    let files = folder();
    let out = folder();
    let [ops, semantics] = ["ops.tbl", "semantics.tbl"].map(|name| files.path().join(name));
    fs::write(&ops, "peek l cv\n").expect("a writable folder");
    fs::write(&semantics, "peek basic - - -\n").expect("a writable folder");
    let tables = ["--table", text(&ops), "--semantics", text(&semantics)];
    let report = refused(&[&["gen", "--out", text(out.path())], &tables[..]].concat());
    assert!(report.contains(" cannot implement `peek` at "), "{report}");
    assert!(
        report.contains("\n = help: add a row `op  peek  "),
        "{report}"
    );
    assert!(is_empty(out.path()));
}

/// An operation without a file of documentation: its methods have no prose and no example.
#[test]
fn an_operation_without_documentation() {
    let files = folder();
    let out = folder();
    let path = files.path().join("ops.tbl");
    let builtin = atomics_spec::Tables::builtin().ops.bytes;
    let gen_with = |more: &str| {
        fs::write(&path, [builtin, more.as_bytes()].concat()).expect("a writable folder");
        let semantics = files.path().join("semantics.tbl");
        let own = atomics_spec::Tables::builtin().semantics.bytes;
        let rows = more.replace("vF i v", "bitwise ~(v&i) - -");
        fs::write(&semantics, [own, rows.as_bytes()].concat()).expect("a writable folder");
        let tables = ["--table", text(&path), "--semantics", text(&semantics)];
        let args = [&["gen", "--out", text(out.path())], &tables[..]].concat();
        let output = project::xtask(&args);
        project::success(&output);
        let told = String::from_utf8(output.stderr).expect("UTF-8");
        // Cargo may tell that it builds the program for bindings.
        let notes = told.lines().filter(|line| line.starts_with("note: "));
        notes.map(str::to_owned).collect::<Vec<_>>()
    };
    let told = gen_with("nand vF i v\nnand_again vF i v\n");
    assert_eq!(
        told,
        [
            "note: the documentation lacks prose and examples: atomics-spec/tables has no \
             docs/nand.md, docs/nand_again.md"
        ]
    );
    assert!(gen_with("").is_empty());
}

#[test]
fn other_commands_report_the_same() {
    let files = folder();
    let path = files.path().join("user.tbl");
    fs::write(&path, "frob vX  v\n").expect("a writable folder");
    let report = refused(&["list", "--table", text(&path)]);
    assert!(report.contains("unknown meta letter `X`"), "{report}");
    assert_eq!(
        refused(&["explain", "--table", text(&path), "atomic_add"]),
        report
    );
    assert_eq!(refused(&["gen", "--check", "--table", text(&path)]), report);
}

/// A tree with only the files that the generator requires.
fn tree() -> TempDir {
    let tree = folder();
    let files = [
        ("Makefile", "VERSION = 7\nPATCHLEVEL = 3\n"),
        ("scripts/atomic/atomics.tbl", "read\tl\tcv\nfrob\tvX\tv\n"),
        ("rust/helpers/atomic.c", "/* the kernel's own */\n"),
        ("rust/kernel/sync/atomic.rs", "//! The kernel's own.\n"),
        ("rust/macros/lib.rs", "mod helpers;\n"),
    ];
    project::write(tree.path(), &files);
    tree
}

#[test]
fn a_tree_with_a_bad_table() {
    let tree = tree();
    let before = contents(tree.path());
    let out = folder();
    let table = tree.path().join("scripts/atomic/atomics.tbl");
    let commands = [
        vec!["gen", "--kernel", text(tree.path())],
        vec!["gen", "--kernel", text(tree.path()), "--check"],
        vec![
            "gen",
            "--kernel",
            text(tree.path()),
            "--out",
            text(out.path()),
        ],
    ];
    for args in commands {
        let report = refused(&args);
        let expected = format!(
            "error: unknown meta letter `X`\n --> {}:2:7\n  |\n2 | frob vX v\n  |       ^\n",
            table.display()
        );
        assert!(report.starts_with(&expected), "{report}");
    }
    assert_eq!(contents(tree.path()), before);
    assert!(is_empty(out.path()));
}

#[test]
fn a_folder_that_is_not_a_kernel_tree() {
    for lacking in [
        "Makefile",
        "scripts",
        "rust/helpers",
        "rust/kernel",
        "rust/macros",
    ] {
        let tree = tree();
        let path = tree.path().join(lacking);
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.expect("a writable folder");
        let before = contents(tree.path());
        let report = refused(&["gen", "--kernel", text(tree.path())]);
        let name = tree.path().display();
        let message =
            format!("error: {name} is not a Linux source tree with Rust atomics: it has no");
        assert!(
            report.starts_with(&format!("{message} {lacking}")),
            "{report}"
        );
        assert!(
            report.contains("\n = help: name the root of a tree of Linux"),
            "{report}"
        );
        assert_eq!(contents(tree.path()), before);
    }
}

#[test]
fn a_path_that_is_not_a_folder() {
    let tree = tree();
    let before = contents(tree.path());
    for name in ["Makefile", "missing"] {
        let path = tree.path().join(name);
        let report = refused(&["gen", "--kernel", text(&path)]);
        let message = format!("error: {} ", path.display());
        assert!(report.starts_with(&message), "{report}");
        assert!(
            report.contains("name the root of a Linux source tree"),
            "{report}"
        );
    }
    assert_eq!(contents(tree.path()), before);
}
