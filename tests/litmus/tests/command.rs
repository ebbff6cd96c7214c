//! `cargo xtask litmus`: its options, its output and its exit status.
//!
//! What needs herd7 and a kernel tree runs where `cargo xtask test litmus` names them, in
//! `LKMM_HERD7` and `LKMM_KERNEL_TREE`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use atomics_tests::project;
use atomics_tests::tree::tree;
use serde_json::Value;

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The start of a command removes the folders of those that were killed, so that a test of that has
/// to be alone.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process that is killed when this is dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The tree, if herd7 is named as well.
fn tree_and_herd() -> Option<PathBuf> {
    if env::var_os("LKMM_HERD7").is_none() {
        println!("skipped: LKMM_HERD7 is not set; `cargo xtask test litmus` sets it");
        return None;
    }
    tree()
}

/// Runs the command with `--json`. Returns whether it succeeded, and the tests in its report.
fn run_json(tree: &Path, args: &[&str]) -> (bool, Vec<Value>) {
    let fixed = ["litmus", "--json", "--kernel", text(tree)];
    let output = project::xtask(&[&fixed, args].concat());
    assert!(
        output.stdout.ends_with(b"}\n"),
        "{}",
        project::printed(&output)
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report in JSON");
    let tests = report["tests"].as_array().expect("a list of tests");
    (output.status.success(), tests.clone())
}

/// A table without a fence makes the command fail; the built-in one does not.
#[test]
fn an_unsound_table_is_a_failure() {
    let Some(tree) = tree_and_herd() else { return };
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("riscv64.tbl");
    let tables = project::repository().join("atomics-spec/tables/arch");
    let table = fs::read_to_string(tables.join("riscv64.tbl")).expect("a table");
    let (fence, none) = ("fence rw, rw ", "nop ");
    assert!(table.contains(fence));
    fs::write(&broken, table.replace(fence, none)).expect("writable");
    let wanted = [
        "--all",
        "--arch",
        "riscv64",
        "--filter",
        "SB+atomic_cmpxchg-",
    ];
    let (succeeds, tests) = run_json(&tree, &wanted);
    assert!(succeeds, "{tests:#?}");
    let names: Vec<&str> = tests.iter().filter_map(|t| t["name"].as_str()).collect();
    assert!(!names.is_empty() && names.iter().all(|n| n.contains("SB+atomic_cmpxchg-")));
    let verdicts = |tests: &[Value]| -> Vec<String> {
        let targets = tests.iter().filter_map(|t| t["targets"].as_array());
        let verdicts = targets.flatten().filter_map(|t| t["verdict"].as_str());
        verdicts.map(str::to_owned).collect()
    };
    assert!(verdicts(&tests).iter().all(|verdict| verdict == "sound"));
    let table = ["--arch-table", text(&broken)];
    let (succeeds, tests) = run_json(&tree, &[&wanted[..], &table].concat());
    assert!(!succeeds);
    assert!(
        verdicts(&tests).iter().any(|verdict| verdict == "UNSOUND"),
        "{tests:#?}"
    );
    // One of two parts, run on this machine.
    let part = [
        "--all",
        "--filter",
        "SB+atomic_cmpxchg-",
        "--shard=1/2",
        "--run=10",
    ];
    let (succeeds, half) = run_json(&tree, &part);
    assert!(
        succeeds && half.len() == tests.len().div_ceil(2),
        "{half:#?}"
    );
}

/// Every malformed file is reported, with file, line and column.
#[test]
fn malformed_files_are_a_failure() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let good = "C good\n{}\nP0(int *x)\n{\n\tWRITE_ONCE(*x, 1);\n}\nexists (x=1)\n";
    for (name, contents) in [
        ("one.litmus", good.replace("1);", "1)")),
        ("two.litmus", good.replace("x=1", "z=1")),
    ] {
        fs::write(folder.path().join(name), contents).expect("writable");
    }
    let output = project::xtask(&["litmus", "--kernel", "/", text(folder.path())]);
    assert_eq!(output.status.code(), Some(1));
    let told = project::printed(&output);
    for place in ["one.litmus:6:1", "two.litmus:7:9"] {
        assert!(told.contains(place), "{place} is not in:\n{told}");
    }
}

/// The children of a process.
fn children(parent: u32) -> Vec<PathBuf> {
    let is_child = |path: &PathBuf| {
        let stat = fs::read_to_string(path.join("stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned());
        let rest = after_name.unwrap_or_default();
        rest.split(' ').nth(1) == Some(parent.to_string().as_str())
    };
    let all = fs::read_dir("/proc").expect("processes");
    let paths = all.map(|entry| entry.expect("a process").path());
    paths.filter(is_child).collect()
}

/// Waits until `find` finds something.
fn wait<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A signal to the command alone ends the program that it runs, too, and the next run removes the
/// folder.
#[test]
fn a_signal_ends_the_test_program() {
    let Some(tree) = tree_and_herd() else { return };
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("SB.litmus");
    let test = "C SB\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\nexists (x=1)\n";
    fs::write(&file, test).expect("a file");
    // Build it first.
    project::xtask(&["litmus", "--help"]);
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["run", "--quiet", "--package", "xtask", "--", "litmus"]);
    command.args(["--run=100000000000", "--kernel", text(&tree), text(&file)]);
    command.current_dir(project::repository());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut command = Killed(command.spawn().expect("cargo"));
    let (program, exe) = wait("the program does not start", || {
        children(command.0.id()).into_iter().find_map(|path| {
            let exe = fs::read_link(path.join("exe")).ok()?;
            exe.ends_with("build/run/litmus").then_some((path, exe))
        })
    });
    let scratch = exe.ancestors().nth(3).expect("a folder");
    let pid = command.0.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(killed.expect("kill").success());
    command.0.wait().expect("it ends");
    wait("the program goes on", || {
        let exe_now = fs::read_link(program.join("exe")).ok();
        (exe_now.as_ref() != Some(&exe)).then_some(())
    });
    assert!(scratch.is_dir(), "the command was not ended by the signal");
    project::xtask(&["litmus", "--run=1", "--kernel", text(&tree), text(&file)]);
    assert!(!scratch.exists(), "{} is left", scratch.display());
}
