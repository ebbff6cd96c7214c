//! Checks that the generated files agree with a real Linux tree.
//!
//! `LKMM_KERNEL_TREE` names the tree; `cargo xtask test` sets it to the tree that it found. Without
//! the variable, the tests are skipped. If it does not name a tree, they fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use atomics_spec::Spec;
use atomics_tests::project::{self, contents, success};
use atomics_tests::tree::{copy_of, tree};
use tempfile::TempDir;

/// Runs `cargo xtask`, which must succeed, and returns its output.
fn xtask(args: &[&str]) -> String {
    success(&project::xtask(args))
}

/// C code without comment lines and blank lines.
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
    // The file of the kernel's own script is kept.
    assert_eq!(read(copy.path()), read(&tree));
    // A second run changes nothing.
    let before = contents(copy.path());
    let second = xtask(&["gen", "--kernel", root]);
    assert_eq!(contents(copy.path()), before);
    assert!(second.contains(" 0 files written, 0 removed"), "{second}");
    xtask(&["gen", "--kernel", root, "--check"]);
}

/// Every documentation alias of upstream's code is also an alias in the drop-in.
#[test]
fn every_alias_of_upstream_exists() {
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
            "atomic/typed_delta.rs",
            "atomic/typed_value.rs",
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

/// The drop-in as a patch, in a copy of the tree.
fn patch(tree: &Path, backend: &str) -> (TempDir, PathBuf) {
    let copy = copy_of(tree);
    let root = copy.path().to_str().expect("a path in UTF-8");
    let file = copy.path().join("0001.patch");
    let to = file.to_str().expect("a path in UTF-8");
    let who = [
        ("GIT_COMMITTER_NAME", "Some Body"),
        ("GIT_COMMITTER_EMAIL", "body@example.org"),
    ];
    let args = ["gen", "--kernel", root, "--backend", backend, "--patch", to];
    success(&project::xtask_with(&who, &args));
    (copy, file)
}

/// The lines that the drop-in adds to each file.
fn added(tree: &Path, backend: &str) -> BTreeMap<String, usize> {
    let (_copy, file) = patch(tree, backend);
    let patch = fs::read_to_string(file).expect("a patch");
    let mut files = BTreeMap::new();
    let mut name = String::new();
    for line in patch.lines() {
        if let Some(path) = line.strip_prefix("+++ ") {
            name = path.trim_start_matches("b/").to_owned();
        } else if line.starts_with('+') {
            *files.entry(name.clone()).or_insert(0) += 1;
        }
    }
    files
}

/// A maintainer reads all of it.
#[test]
fn the_drop_in_is_short() {
    let Some(tree) = tree() else { return };
    let helpers = added(&tree, "helpers");
    let all: usize = helpers.values().sum();
    assert!((5_000..=8_000).contains(&all), "{all} lines");
    let asm = added(&tree, "asm");
    for (file, lines) in helpers.iter().chain(&asm) {
        assert!(*lines <= 1_500, "{file}: {lines} lines");
    }
    // What an architecture adds: its files, and its share of what is not of one architecture.
    let spec = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    let archs = spec.asm_archs().filter(|arch| arch.kernel);
    let own: Vec<(&str, usize)> = archs
        .map(|arch| {
            let path = format!("rust/kernel/sync/atomic/backend/{}", arch.name);
            let is_own = |file: &str| {
                let rest = file.strip_prefix(&path);
                rest.is_some_and(|rest| rest.starts_with(['.', '/']))
            };
            let files = asm.iter().filter(|(file, _)| is_own(file));
            (arch.name.as_str(), files.map(|(_, lines)| lines).sum())
        })
        .collect();
    let count = own.len();
    assert!(count >= 7, "{own:?}");
    let of_archs: usize = own.iter().map(|(_, lines)| lines).sum();
    let shared = asm.values().sum::<usize>() - all - of_archs;
    for (arch, lines) in own {
        let lines = lines + shared.div_ceil(count);
        println!("{arch}: {lines} lines");
        assert!((300..=1_200).contains(&lines), "{arch}: {lines} lines");
    }
}

/// FILE_PATH_CHANGES is ignored: it asks whether MAINTAINERS covers each new file, which it does by
/// folder. COMPLEX_MACRO is ignored: it asks for parentheses around the functions that the macros of
/// `rust/helpers/atomic_ext.c` define, as it does for the file of that name in Linux.
#[test]
fn checkpatch_accepts_the_patch() {
    let Some(tree) = tree() else { return };
    for backend in BACKENDS {
        let (_copy, file) = patch(&tree, backend);
        let mut perl = Command::new("perl");
        perl.arg(tree.join("scripts/checkpatch.pl")).arg("--root");
        perl.arg(&tree)
            .args(["--ignore", "FILE_PATH_CHANGES,COMPLEX_MACRO"])
            .arg(file);
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
        // rustfmt also checks the modules that these files declare.
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
    // The name of a function is at the start of a line of its definition.
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

/// The definitions in a file for herd7, by name: the number of parameters, and the body without
/// spaces and with parameters replaced by numbers.
fn definitions(text: &str) -> BTreeMap<String, (usize, String)> {
    let definition = |line: &str| {
        let (name, rest) = line.split_once('(')?;
        let (parameters, body) = rest.split_once(')')?;
        let parameters: Vec<&str> = parameters.split(',').map(str::trim).collect();
        let mut words = vec![String::new()];
        for c in body.chars() {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let last = words.last_mut().expect("a word");
            if is_word(c) && last.chars().all(is_word) {
                last.push(c);
            } else {
                words.push(c.to_string());
            }
        }
        let words = words.iter().map(|word| {
            let index = parameters.iter().position(|parameter| parameter == word);
            index.map_or_else(|| word.trim().to_owned(), |index| format!("#{index}"))
        });
        Some((name.to_owned(), (parameters.len(), words.collect())))
    };
    text.lines().filter_map(definition).collect()
}

#[test]
fn the_definitions_for_herd7_are_upstreams_and_more() {
    const DEF: &str = "tools/memory-model/linux-kernel.def";
    let Some(tree) = tree() else { return };
    let copy = copy_of(&tree);
    // This fails if it would change the meaning of an existing definition.
    xtask(&[
        "gen",
        "--kernel",
        copy.path().to_str().expect("a path in UTF-8"),
    ]);
    let read = |root: &Path| definitions(&fs::read_to_string(root.join(DEF)).expect("a file"));
    let (theirs, ours) = (read(&tree), read(copy.path()));
    let atomics = theirs.keys().filter(|name| name.starts_with("atomic_"));
    assert_eq!(atomics.count(), 76);
    for (name, theirs) in &theirs {
        assert_eq!(ours.get(name), Some(theirs), "{name}");
    }
    let names = xtask(&["list", "--names"]);
    let mut added: Vec<&str> = ours.keys().map(String::as_str).collect();
    added.retain(|name| !theirs.contains_key(*name));
    assert!(added.contains(&"atomic_inc_not_zero") && added.contains(&"atomic64_add"));
    assert!(
        added.iter().all(|name| names.lines().any(|n| n == *name)),
        "{added:?}"
    );
}
