//! Checks that our machine code has the fences and accesses of the kernel's C code: the checked-in
//! report is up to date, and there are no faults.
//!
//! The test builds parts of kernels, so it runs only if `LKMM_KERNEL_TREE` names a tree, which
//! `cargo xtask test parity` sets. Otherwise it is skipped.

use std::path::Path;
use std::{env, fs, thread};

use atomics_parity::{Suite, reasons, report};
use atomics_spec::{Source, Spec};
use atomics_tools::{Toolchain, kernel_tree};
use similar::TextDiff;

#[test]
fn the_report_is_what_is_found() {
    if env::var_os(kernel_tree::VAR).is_none() {
        println!("skipped: LKMM_KERNEL_TREE is not set; `cargo xtask test parity` sets it");
        return;
    }
    let spec = Spec::builtin().unwrap();
    let tools = Toolchain::require().unwrap();
    let suite = Suite {
        spec: &spec,
        tree: kernel_tree::find(None).unwrap(),
        edits: &[],
        folder: build_folder(),
        tools: &tools,
        progress: &|text| eprintln!("{text}"),
    };
    let version = suite.version().unwrap();
    let jobs = thread::available_parallelism().map_or(1, usize::from);
    let found = suite.compare(&suite.targets(), None, jobs).unwrap();
    let lines = &found.lines;

    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let (expected, table) = (read("report.txt"), report::table(&version, lines));
    let diff = TextDiff::from_lines(&expected, &table);
    let diff = diff
        .unified_diff()
        .header("checked in", "found")
        .to_string();
    assert!(
        diff.is_empty(),
        "the report is out of date; `cargo xtask parity --write` updates it:\n{diff}"
    );
    let text = read("reasons.tbl");
    let reasons = Source::new("tests/parity/reasons.tbl", &text);
    let faults = reasons::find_faults(reasons, lines, true).unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The build folder of `cargo xtask parity`, so that a kernel that it has configured is reused.
fn build_folder() -> std::path::PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.unwrap().join("target/parity")
}
