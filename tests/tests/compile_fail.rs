//! Checks that illegal code does not compile, and that the error message says what would be legal.

use std::collections::BTreeMap;
use std::path::Path;

use atomics_tests::rustc::{build_library, link, rendered, report, rustc};

/// The file with the calls that the tables do not allow, one on each line.
const ILLEGAL: &str = concat!(env!("OUT_DIR"), "/illegal.rs");

/// Compiles a file, and returns the errors that rustc reports, as JSON.
fn compile(file: &Path) -> Vec<serde_json::Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = rustc("2024", folder.path());
    link(&mut command, "atomics_core", &build_library("atomics-core"));
    report(&mut command, file, &["error"])
}

/// Compiles a file, and returns the errors that name a line, by line.
fn compile_by_line(file: &Path) -> BTreeMap<usize, Vec<String>> {
    let mut errors: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for message in compile(file) {
        let spans = message["spans"].as_array().cloned().unwrap_or_default();
        if let Some(span) = spans.iter().find(|s| s["is_primary"] == true) {
            let at = span["line_start"].as_u64().unwrap_or(0) as usize;
            let rendered = message["rendered"].to_string();
            errors.entry(at).or_default().push(rendered);
        }
    }
    errors
}

/// Every call that the tables do not allow is exactly one error, and there are no other errors.
#[test]
fn every_illegal_call_is_rejected() {
    let text = std::fs::read_to_string(ILLEGAL).expect("the build script wrote it");
    let expected: Vec<usize> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("fn illegal_"))
        .map(|(index, _)| index + 1)
        .collect();
    let errors = compile_by_line(Path::new(ILLEGAL));
    for at in &expected {
        let line = text.lines().nth(at - 1).unwrap_or("");
        let found = errors.get(at).map_or(&[][..], Vec::as_slice);
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        // The message is one of this crate, about the ordering or the type.
        let ours = ["the ordering must be", "not an operation of this type"];
        assert!(
            ours.iter().any(|o| found[0].contains(o)),
            "{line}: {}",
            found[0]
        );
    }
    let count: usize = errors.values().map(Vec::len).sum();
    assert_eq!(count, expected.len(), "errors elsewhere: {errors:?}");
    println!("{} illegal calls, {count} errors", expected.len());
}

/// The same file without the calls compiles, so the calls cause the errors.
#[test]
fn nothing_else_in_the_illegal_calls_is_wrong() {
    let text = std::fs::read_to_string(ILLEGAL).expect("the build script wrote it");
    let calls = text.lines().filter(|l| l.starts_with("fn illegal_"));
    let heads = calls
        .filter_map(|l| l.split_once(" {"))
        .map(|(head, _)| format!("{head} {{}}\n"));
    let prelude = text.lines().take_while(|l| !l.starts_with("fn "));
    let prelude = prelude.fold(String::new(), |all, line| all + line + "\n");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("legal.rs");
    std::fs::write(&file, prelude + &heads.collect::<String>()).expect("writable");
    assert_eq!(compile_by_line(&file), BTreeMap::new());
}

/// The messages for a representative set of mistakes are as expected.
#[test]
fn messages() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}

/// An `unsafe impl AtomicType` with a wrong `Repr` does not compile. This is not a case for
/// trybuild, because the message quotes Rust's library only where its source is installed.
#[test]
fn a_wrong_layout_is_rejected() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail/type_layout.rs");
    let errors = compile(&file);
    let rendered: Vec<&str> = errors.iter().map(rendered).collect();
    let panicked: Vec<&&str> = rendered
        .iter()
        .filter(|r| r.contains("error[E0080]"))
        .collect();
    assert_eq!(panicked.len(), 1, "{rendered:?}");
    for part in [
        "an `AtomicType` must have the size and the alignment of its `Repr`",
        "evaluation of `atomics_core::Atomic::<Small>::LAYOUT` failed here",
    ] {
        assert!(panicked[0].contains(part), "{}", panicked[0]);
    }
}
