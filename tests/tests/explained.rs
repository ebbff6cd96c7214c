//! Tests `cargo xtask explain` and `list` as a user calls them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use atomics_spec::Spec;
use atomics_spec::emit::explain::{Catalogue, ELSEWHERE, Named};
use atomics_tests::project::{cargo, repository, success, write, xtask};
use serde_json::Value;

/// The standard output of a command that must succeed.
fn printed(args: &[&str]) -> String {
    let output = xtask(args);
    success(&output);
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What a command that must fail says.
fn refused(args: &[&str]) -> String {
    let output = xtask(args);
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    assert!(output.stdout.is_empty(), "{args:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// The C names in the table "From C to Rust" of README.md.
fn c_names_of_the_readme() -> BTreeSet<String> {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("a README");
    let (_, table) = readme.split_once("\n| C | Rust |\n").expect("the table");
    let mut names = BTreeSet::new();
    for row in table.lines().take_while(|line| line.starts_with('|')) {
        let cell = row.split('|').nth(1).expect("a column");
        // A name in short form, such as `sub`, has the family of the first.
        for code in cell.split('`').skip(1).step_by(2) {
            let name = code.split('(').next().expect("a name");
            let is_short = !code.contains('(');
            names.insert(match is_short {
                true => format!("atomic_{name}"),
                false => name.to_owned(),
            });
        }
    }
    names
}

#[test]
fn every_c_name_of_the_readme_is_explained() {
    let names = c_names_of_the_readme();
    for name in [
        "READ_ONCE",
        "smp_mb",
        "dma_wmb",
        "atomic_xor",
        "smp_store_mb",
    ] {
        assert!(names.contains(name), "{names:?}");
    }
    let args: Vec<&str> = names.iter().map(String::as_str).collect();
    let text = printed(&[&["explain"], &args[..]].concat());
    for name in &names {
        assert!(
            text.lines()
                .any(|line| line.starts_with(&format!("{name}: "))),
            "{name}"
        );
    }
}

#[test]
fn one_ordering_is_explained_alone() {
    let text = printed(&["explain", "atomic_fetch_add_acquire"]);
    assert!(text.contains("`Acquire` orders the read before"), "{text}");
    for other in ["`Full`", "`Release`", "`Relaxed`"] {
        assert!(!text.contains(other), "{text}");
    }
}

#[test]
fn an_unknown_name_is_told_with_one_of_its_kind() {
    let told = refused(&["explain", "smp_mbb", "atomic_add", "READONCE"]);
    assert!(told.contains("`smp_mbb`\n = help: did you mean `smp_mb`?"));
    assert!(told.contains("`READONCE`\n = help: did you mean `READ_ONCE`?"));
    assert!(!told.contains("atomic_add"), "{told}");
}

#[test]
fn json_has_what_the_text_has() {
    let names = [
        "atomic64_dec_and_test",
        "smp_load_acquire",
        "dma_rmb",
        "set_bit",
    ];
    let text = printed(&[&["explain", "--json", "--arch", "aarch64"], &names[..]].concat());
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let all = all.as_array().expect("an array");
    let kinds: Vec<&str> = all.iter().filter_map(|e| e["kind"].as_str()).collect();
    assert_eq!(kinds, ["function", "macro", "barrier", "elsewhere"]);
    assert_eq!(all[0]["name"], "atomic64_dec_and_test");
    assert_eq!(all[1]["rust"][0]["call"], "atomic_load(ptr, Acquire)");
    assert_eq!(
        all[2]["archs"]["aarch64"][0]["lines"][0]["text"],
        "dmb oshld"
    );
    assert_eq!(all[3]["rust"][0]["call"], "x.or(1 << n, Relaxed)");
}

/// The list has every name and every type, and so does its JSON.
#[test]
fn the_list_is_complete() {
    let spec = Spec::builtin().expect("the tables are right");
    let catalogue = Catalogue::new(&spec);
    let text = printed(&["list"]);
    let first = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let listed: BTreeSet<String> = text.lines().map(first).collect();
    let all: Value = serde_json::from_str(&printed(&["list", "--json"])).expect("JSON");
    let all = all.as_array().expect("an array");
    let name = |entry: &Value| {
        let name = entry["name"].as_str().or(entry["function"].as_str());
        name.expect("a name").to_owned()
    };
    let in_json: BTreeSet<String> = all.iter().map(name).collect();
    for (name, _) in catalogue.all() {
        assert!(listed.contains(name), "{name}");
        assert!(in_json.contains(name), "{name}");
    }
    for ty in &spec.types.types {
        assert!(text.contains(&format!(" {} ", ty.name)), "{}", ty.name);
    }
}

/// What it says to write for things that this crate does not have compiles.
#[test]
fn what_to_write_elsewhere_compiles() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = repository();
    let manifest = format!(
        "[package]\nname = \"elsewhere\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\natomics-core = {{ path = \"{}\", default-features = false }}\n",
        root.join("atomics-core").display()
    );
    let mut program = "\
//! What `explain` says to write.
#![allow(dead_code, unused_must_use, unused_variables)]
use atomics_core::{Acquire, Atomic, Full, Relaxed, Release};
use atomics_core::barrier::{Read, Write, mb, smp_mb};

fn used() {
    let _ = (Acquire, Full, Relaxed, Release, smp_mb(Read), mb(Write), Atomic::new(0));
}
"
    .to_owned();
    for (index, row) in ELSEWHERE.iter().enumerate() {
        assert!(!row.names.is_empty() && !row.note.is_empty());
        let (given, rust) = (row.given, row.rust);
        let _ = write!(program, "\nfn row_{index}({given}) {{\n{rust};\n}}\n");
    }
    write(
        folder.path(),
        &[("Cargo.toml", &manifest), ("src/lib.rs", &program)],
    );
    success(&cargo(folder.path(), "elsewhere", &["check", "--quiet"]));
}

/// Nothing is said to be elsewhere that is here.
#[test]
fn what_is_here_is_not_elsewhere() {
    let spec = Spec::builtin().expect("the tables are right");
    let catalogue = Catalogue::new(&spec);
    for name in ELSEWHERE.iter().flat_map(|row| row.names) {
        let named = catalogue.find(name).expect("a known name");
        assert!(matches!(named, Named::Elsewhere(_)), "{name}");
    }
}

/// Rows of one's own are added with `--extend`, and stand alone without.
#[test]
fn own_rows_can_be_added() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(
        folder.path(),
        &[
            ("my.tbl", "nand\tvF\ti\tv\n"),
            ("semantics.tbl", "nand bitwise ~(v&i) - -\n"),
        ],
    );
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (table, semantics) = (path("my.tbl"), path("semantics.tbl"));
    let own = [
        "list",
        "--names",
        "--table",
        &table,
        "--semantics",
        &semantics,
    ];
    let both = printed(&[&own[..], &["--extend"]].concat());
    let names: Vec<&str> = both.lines().collect();
    assert!(names.contains(&"atomic_fetch_nand_acquire") && names.contains(&"atomic_add"));
    let alone = printed(&own);
    assert!(alone.contains("atomic_fetch_nand_acquire") && !alone.contains("atomic_add"));
    // A name that is there is no new row.
    write(folder.path(), &[("my.tbl", "add\tvF\ti\tv\n")]);
    let told = refused(&["list", "--table", &table, "--extend"]);
    assert!(told.contains("`add`") && told.contains(&table), "{told}");
}
