//! Our machine code has the fences and accesses of the kernel's C: the report in `parity/` is what
//! `cargo xtask parity` finds, and what it finds is right.
//!
//! This builds parts of kernels, so that it runs only where `cargo xtask test parity` names a tree
//! in `LKMM_KERNEL_TREE`; without it, it says so and passes.

use std::{env, fs};

use atomics_tests::project;

#[test]
fn the_report_is_what_parity_finds() {
    let Some(tree) = env::var_os("LKMM_KERNEL_TREE") else {
        println!("no Linux tree is named: `cargo xtask test parity` does so");
        return;
    };
    let tree = tree.to_str().expect("a path in UTF-8");
    let output = project::xtask(&["parity", "--kernel", tree]);
    // What it complains of - weaker code, a mean over 1.00, a reason that is missing or for
    // nothing - makes it fail.
    project::success(&output);
    // Progress is on standard error, and the report on standard output.
    let found = String::from_utf8(output.stdout).expect("a report in UTF-8");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/parity/report.txt");
    let expected = fs::read_to_string(path).expect("the report is checked in");
    let diff = similar::TextDiff::from_lines(&expected, &found);
    let diff = diff
        .unified_diff()
        .header("checked in", "found")
        .to_string();
    assert!(
        found == expected,
        "{diff}\nIf that is meant: cargo xtask parity --write"
    );
}
