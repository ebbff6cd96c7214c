//! A search of the documentation finds what C and `core` call a thing.
//!
//! rustdoc's own search runs in Node.js. Without it, the tests fail: they do not skip.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use atomics_spec::{Spec, names};
use atomics_tests::project::{build_folder, cargo, repository, success};

/// The folder of the documentation of `atomics-core`.
fn documentation() -> &'static Path {
    static FOLDER: OnceLock<std::path::PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = build_folder("search").join("doc");
        // rustdoc leaves what an earlier version of the crate had in its index.
        let _ = fs::remove_dir_all(&folder);
        let args = ["doc", "--package", "atomics-core", "--no-deps"];
        success(&cargo(&repository(), "search", &args));
        folder
    })
}

/// The addresses that each query finds, in their order.
fn search(queries: &BTreeSet<String>) -> BTreeMap<String, Vec<String>> {
    let script = repository().join("tests/tests/search/search.js");
    let mut command = Command::new("node");
    command.arg(script).arg(documentation()).arg("atomics_core");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = command
        .spawn()
        .expect("Node.js runs the search: `cargo xtask setup` installs it");
    let lines: String = queries.iter().map(|query| format!("{query}\n")).collect();
    let mut input = node.stdin.take().expect("it is piped");
    input.write_all(lines.as_bytes()).expect("it reads");
    drop(input);
    let output = success(&node.wait_with_output().expect("it ends"));
    let results: BTreeMap<String, Vec<String>> = output
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let found = line["found"].as_array().expect("a list");
            let found = found.iter().map(|href| href.as_str().expect("a string"));
            let query = line["query"].as_str().expect("a string");
            (query.to_owned(), found.map(str::to_owned).collect())
        })
        .collect();
    assert_eq!(results.len(), queries.len());
    results
}

/// The address of a method of `Atomic`.
fn method(name: &str) -> String {
    format!("../atomics_core/struct.Atomic.html#method.{name}")
}

/// Each C name finds the method of `Atomic`. Before it is at most an item whose own name that is: the
/// function on raw pointers, and the trait `AtomicAdd`.
#[test]
fn each_c_name_finds_its_method() {
    let spec = Spec::builtin().expect("the built-in tables are good");
    let mut expected = BTreeMap::new();
    for v in spec.variants().filter(|v| v.family.c_object.is_some()) {
        let name = names::function(v.family, &v.name());
        expected.insert(name, v.of.method());
    }
    for (name, of) in [
        ("READ_ONCE", "load"),
        ("smp_load_acquire", "load"),
        ("WRITE_ONCE", "store"),
        ("smp_store_release", "store"),
    ] {
        expected.insert(name.into(), of.into());
    }
    assert!(expected.contains_key("atomic64_fetch_add_acquire"));
    let results = search(&expected.keys().cloned().collect());
    let mut wrong = Vec::new();
    for (name, of) in &expected {
        let own = [
            format!("../atomics_core/fn.{name}.html"),
            "../atomics_core/trait.AtomicAdd.html".into(),
        ];
        let mut found = results[name].iter().filter(|href| !own.contains(href));
        if found.next() != Some(&method(of)) {
            wrong.push(format!("{name}: {of}: {:?}", results[name]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names in the first column of the table after a heading: words in backticks, without their
/// arguments.
fn first_column(text: &str, heading: &str) -> BTreeSet<String> {
    let (_, after) = text.split_once(heading).expect("the heading");
    let lines = after.lines().map(|line| line.trim_start_matches("//! "));
    let rows = lines
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    let mut names = BTreeSet::new();
    for row in rows.skip(2) {
        let first = row.split('|').nth(1).expect("a column");
        for code in first.split('`').skip(1).step_by(2) {
            let end = code.find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = &code[..end.unwrap_or(code.len())];
            if !name.is_empty() {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// Whether a query finds what a user wants at once: more than the types and traits behind `Atomic`,
/// which share some of its names.
fn is_good(found: &[String]) -> bool {
    let mut first = found.iter().take(2);
    first.any(|href| !href.contains("AtomicRepr") && !href.contains("Ops.html"))
}

#[test]
fn the_names_in_the_tables_are_found() {
    let read = |path: &str| fs::read_to_string(repository().join(path)).expect("a file");
    let c = first_column(&read("README.md"), "## From C to Rust");
    assert!(c.contains("smp_store_mb") && c.len() > 20, "{c:?}");
    let mut core = first_column(
        &read("atomics-core/src/lib.rs"),
        "//! # From `core::sync::atomic`",
    );
    assert!(core.contains("compare_exchange_weak"), "{core:?}");
    assert!(core.len() > 20, "{core:?}");
    // `core::hint::spin_loop` is not replaced.
    assert!(core.remove("core"));
    for (name, found) in search(&c.union(&core).cloned().collect()) {
        assert!(is_good(&found), "{name}: {found:?}");
    }
}

/// Each name of `core` finds what replaces it.
#[test]
fn each_name_of_core_finds_its_replacement() {
    let new = method("new");
    let expected = [
        ("AtomicBool", &*new),
        ("AtomicPtr", &new),
        ("AtomicU32", &new),
        ("AtomicUsize", &new),
        ("swap", &method("xchg")),
        ("compare_exchange", &method("cmpxchg")),
        ("compare_exchange_weak", &method("cmpxchg")),
        ("compare_and_swap", &method("cmpxchg")),
        ("fetch_update", &method("cmpxchg")),
        ("fetch_max", &method("cmpxchg")),
        ("fetch_not", &method("fetch_xor")),
        ("from_mut", &method("from_mut")),
        ("fence", "../atomics_core/barrier/fn.smp_mb.html"),
        ("compiler_fence", "../atomics_core/barrier/fn.barrier.html"),
    ];
    let queries = expected.map(|(name, _)| name.to_owned()).into();
    let results = search(&queries);
    for (name, href) in expected {
        assert_eq!(results[name].first().map(|f| &**f), Some(href), "{name}");
    }
    for name in ["SeqCst", "AcqRel"] {
        let found = &search(&[name.to_owned()].into())[name];
        assert!(
            found[0].ends_with("/ordering/struct.Full.html"),
            "{found:?}"
        );
    }
}
