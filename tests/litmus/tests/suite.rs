//! `cargo xtask litmus --suite`: a folder of litmus files, in runs that may be ended.
//!
//! This runs where `cargo xtask test litmus` names a herd7 in `LKMM_HERD7` and a tree in
//! `LKMM_KERNEL_TREE`; without one of them it says so and passes.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::{env, fs};

use atomics_tests::project::{self, printed};
use atomics_tests::tree::tree;
use serde_json::Value;

const GOOD: &str = "C good\n{}\nP0(int *x)\n{\n\tWRITE_ONCE(*x, 1);\n}\nexists (x=1)\n";

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The files of results, whose lines are whole.
fn rows(path: &Path) -> Vec<Value> {
    let all = fs::read_to_string(path).expect("results");
    assert!(all.ends_with('\n'), "{all}");
    let rows = all.lines().map(serde_json::from_str);
    rows.collect::<Result<_, _>>()
        .unwrap_or_else(|e| panic!("{e}: {all}"))
}

/// The files that have results.
fn files(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["file"].as_str()).collect()
}

#[test]
fn a_suite_is_gone_on_with() {
    let Some(tree) = tree() else { return };
    if env::var_os("LKMM_HERD7").is_none() {
        println!("skipped: LKMM_HERD7 is not set; `cargo xtask test litmus` sets it");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("archive");
    fs::create_dir_all(archive.join("more")).expect("a folder");
    let locked = GOOD.replace("WRITE_ONCE(*x, 1)", "spin_lock(x); WRITE_ONCE(*x, 1)");
    for (name, contents) in [
        ("good.litmus", GOOD.to_owned()),
        (
            "more/never.litmus",
            GOOD.replace("{}", "(* Result: Always *)\n{}"),
        ),
        ("more/other.litmus", "PPC other\n{}\n".into()),
        (
            "more/lock.litmus",
            locked.replace("int *x", "spinlock_t *x"),
        ),
        ("more/readme.txt", "not a test".into()),
    ] {
        fs::write(archive.join(name), contents).expect("writable");
    }
    let results = folder.path().join("new/results.jsonl");
    let run = |more: &[&str]| -> Output {
        let args = [
            "litmus",
            "--kernel",
            text(&tree),
            "--arch",
            "x86_64",
            "--suite",
            text(&archive),
        ];
        project::xtask(&[&args[..], &["--results", text(&results)], more].concat())
    };
    let report = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();

    // All of it, in two parts.
    let output = run(&["--compare", "--shard=1/2"]);
    let told = printed(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("litmus: 2 files; the results go to "),
        "{told}"
    );
    assert_eq!(files(&rows(&results)), ["good.litmus", "more/never.litmus"]);
    let output = run(&["--compare"]);
    let told = printed(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let all = rows(&results);
    assert_eq!(all.len(), 4, "{told}");
    for line in [
        "litmus: going on: 2 of 4 files have results in ",
        "passed over: 1: PPC, such as more/other.litmus\n",
        "\nfiles: 4; 3 tests in C, 1 in other languages, 0 malformed\n",
        "1 of 1 are the stated result, 3 of 3 are herd7's on the unmodified file\n",
    ] {
        assert!(told.contains(line), "{line} is not in:\n{told}");
    }
    let skipped = all.iter().find(|row| row["file"] == "more/lock.litmus");
    let why = skipped
        .and_then(|row| row["skipped"].as_str())
        .expect("a reason");
    assert!(why.contains("more/lock.litmus:"), "{why}");
    let whole = report(&output);

    // A run that was killed in the middle of a line.
    let text = fs::read_to_string(&results).expect("results");
    let second = text.match_indices('\n').nth(1).expect("two lines").0;
    fs::write(&results, &text[..second + 10]).expect("writable");
    let output = run(&["--compare"]);
    let told = printed(&output);
    assert!(told.contains("going on: 2 of 4 files"), "{told}");
    assert_eq!(report(&output), whole);
    let names: Vec<Value> = rows(&results);
    let distinct: BTreeSet<&str> = files(&names).into_iter().collect();
    assert_eq!((names.len(), distinct.len()), (4, 4));

    // Nothing is left to do, and the report is the same.
    let output = run(&["--compare"]);
    assert!(
        printed(&output).contains("going on: 4 of 4 files"),
        "{}",
        printed(&output)
    );
    assert_eq!(report(&output), whole);
    assert_eq!(rows(&results).len(), 4);

    // A file that changes is checked again; a malformed one and a wrong one have their status.
    fs::write(archive.join("good.litmus"), GOOD.replace("1);", "1)")).expect("writable");
    let output = run(&["--compare"]);
    let told = printed(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("going on: 3 of 4 files"), "{told}");
    assert!(
        told.contains("malformed: 1: expected `;`, found `}`, such as good.litmus\n"),
        "{told}"
    );
    let wrong = GOOD.replace("{}", "(* Result: Never *)\n{}");
    fs::write(archive.join("more/never.litmus"), wrong).expect("writable");
    let output = run(&["--compare"]);
    let told = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let line = "error: 1: its comment states the result Never, but the LKMM says Always, such as \
                more/never.litmus\n";
    assert!(told.contains(line), "{told}");
    // A row of each time that a file was checked.
    assert_eq!(rows(&results).len(), 6);
}

/// A run with a longer limit goes on with what took too long, and one with a shorter limit with
/// nothing.
#[test]
fn more_time_is_for_what_took_too_long() {
    let Some(tree) = tree() else { return };
    let Ok(herd) = env::var("LKMM_HERD7") else {
        println!("skipped: LKMM_HERD7 is not set; `cargo xtask test litmus` sets it");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("archive");
    fs::create_dir(&archive).expect("a folder");
    // A herd7 that takes long until there is a file.
    let (slow, quick) = (folder.path().join("herd7"), folder.path().join("quick"));
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in -version) ;; *) [ -e {} ] || exec sleep 600;; esac\n\
         exec {herd} \"$@\"\n",
        quick.display()
    );
    fs::write(&slow, script).expect("writable");
    fs::set_permissions(&slow, fs::Permissions::from_mode(0o755)).expect("ours");
    let locked = GOOD.replace("WRITE_ONCE(*x, 1)", "synchronize_rcu(); WRITE_ONCE(*x, 1)");
    for (name, contents) in [
        ("good.litmus", GOOD),
        ("other.litmus", "PPC other\n{}\n"),
        ("rcu.litmus", &locked),
    ] {
        fs::write(archive.join(name), contents).expect("writable");
    }
    let results = folder.path().join("results.jsonl");
    let run = |limit: &str| {
        let of = ["litmus", "--kernel", text(&tree), "--arch", "x86_64"];
        let paths = ["--suite", text(&archive), "--results", text(&results)];
        let args = [&of[..], &paths, &["--limit", limit]].concat();
        let output = project::xtask_with(&[("LKMM_HERD7", text(&slow))], &args);
        (output.status.code(), printed(&output))
    };
    let (status, told) = run("1");
    assert_eq!(status, Some(1), "{told}");
    assert!(
        told.contains("timed out: 2: on the LKMM, such as good.litmus"),
        "{told}"
    );
    let limits = |rows: &[Value]| -> Vec<bool> {
        rows.iter().map(|row| row.get("limit").is_some()).collect()
    };
    assert_eq!(limits(&rows(&results)), [true, true, false]);
    let (status, told) = run("1");
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("going on: 3 of 3 files"), "{told}");
    fs::write(&quick, "").expect("writable");
    let (status, told) = run("60");
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("going on: 1 of 3 files"), "{told}");
    assert!(told.contains("LKMM: 2 verdicts"), "{told}");
    assert_eq!(limits(&rows(&results)[3..]), [false, false]);
    let (status, told) = run("1");
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("going on: 3 of 3 files"), "{told}");
}
