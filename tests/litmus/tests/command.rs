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

const GOOD: &str = "C good\n{}\nP0(int *x)\n{\n\tWRITE_ONCE(*x, 1);\n}\nexists (x=1)\n";

/// Every malformed file is reported on a line, with file, line and column.
#[test]
fn malformed_files_are_counted() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    for (name, contents) in [
        ("one.litmus", GOOD.replace("1);", "1)")),
        ("two.litmus", GOOD.replace("x=1", "x 1")),
        ("other.litmus", "PPC other\n{}\n".into()),
    ] {
        fs::write(folder.path().join(name), contents).expect("writable");
    }
    let output = project::xtask(&["litmus", "--kernel", "/", text(folder.path())]);
    let told = project::printed(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for (place, message) in [
        ("one.litmus:6:1", "expected `;`, found `}`"),
        ("two.litmus:7:11", "expected `=`, found `1`"),
    ] {
        let line = format!("{place}: {message}\n");
        assert!(told.contains(&line), "{line} is not in:\n{told}");
    }
    assert!(told.contains("malformed files: 2\n"), "{told}");
    assert!(told.contains("passed over, in PPC: "), "{told}");
}

/// A bad file does not keep the others from being checked, and one that only herd7 can read has a
/// verdict.
#[test]
fn a_bad_file_does_not_end_the_run() {
    let Some(tree) = tree_and_herd() else { return };
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bad.litmus");
    fs::write(&path, GOOD.replace("1);", "1)")).expect("writable");
    // herd7 takes a local variable that the thread does not have for 0.
    let theirs = GOOD.replace("x=1", "0:r7=0");
    for (name, contents) in [("good.litmus", GOOD), ("theirs.litmus", &theirs)] {
        fs::write(folder.path().join(name), contents).expect("writable");
    }
    let args = ["litmus", "--kernel", text(&tree), "--arch", "x86_64"];
    let run = |more: &[&str]| project::xtask(&[&args, more, &[text(folder.path())]].concat());
    let output = run(&[]);
    let told = project::printed(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for line in [
        "bad.litmus:6:1: expected `;`, found `}`\nskipped: ",
        "theirs.litmus:7:9: P0 has no local variable `r7`; the LKMM says Always\n",
        "malformed files: 1\n",
        "good: the LKMM says Always\n",
        "x86_64                 0         1         0         0         0         0         0\n",
    ] {
        assert!(told.contains(line), "{line} is not in:\n{told}");
    }
    let output = run(&["--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report in JSON");
    assert_eq!(report["good"], false);
    assert_eq!(report["malformed"][0]["file"], text(&path));
    let verdicts: Vec<_> = report["tests"].as_array().expect("tests").iter().collect();
    assert_eq!(verdicts.len(), 2);
    assert!(verdicts.iter().all(|test| test["lkmm"] == "Always"));
    // A wrong result weighs more.
    let wrong = theirs.replace("{}", "(* Result: Never *)\n{}");
    fs::write(folder.path().join("theirs.litmus"), wrong).expect("writable");
    let output = run(&[]);
    let told = project::printed(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let line = "its comment states the result Never, but the LKMM says Always\n";
    assert!(told.contains(line), "{told}");
    fs::remove_file(path).expect("it is there");
    fs::write(folder.path().join("theirs.litmus"), theirs).expect("writable");
    assert_eq!(run(&[]).status.code(), Some(0));
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

/// A file in Rust, with a function of its own.
const RUST: &str = "use atomics_core::{Acquire, Atomic, Relaxed, Release};

#[litmus::model]
fn publish(data: &Atomic<i32>, ready: &Atomic<bool>) {
    data.store(1, Relaxed);
    ready.store(true, Release);
}

litmus! {
    fn published();
    shared { data: Atomic<i32> = 0, ready: Atomic<bool> = false }
    thread { publish(data, ready); }
    thread { let r0 = ready.load(Acquire); let r1 = data.load(Relaxed); }
    never (r0 && r1 == 0)
}
";

/// Tests in Rust are checked as those in C are.
#[test]
fn rust_files_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str, contents: &str| {
        let path = folder.path().join(name);
        fs::write(&path, contents).expect("writable");
        path
    };
    let good = path("good.rs", RUST);
    let bad = path("bad.rs", &RUST.replace("ready.load(Acquire)", "1.5"));
    let none = path("none.rs", "fn main() {}\n");
    let output = project::xtask(&["litmus", text(&bad), text(&none)]);
    let told = project::printed(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for what in [
        "bad.rs:13:23: the model has numbers and truths",
        "none.rs: there is no `litmus!` in it",
        "malformed files: 2",
    ] {
        assert!(told.contains(what), "{told}");
    }
    let Some(tree) = tree_and_herd() else { return };
    let _alone = alone();
    let (ok, tests) = run_json(&tree, &["--arch", "aarch64", text(&good)]);
    assert!(ok, "{tests:?}");
    assert_eq!(tests[0]["name"], "published");
    assert_eq!(tests[0]["lkmm"], "Never");
    // Here it is a run of the C, in which a part that is not there may have any value.
    let choice = path(
        "choice.rs",
        "litmus! { fn choice(); shared { x: Atomic<i32> = 5 } thread {
            let r = if x.load(Relaxed) == 5 { Err(7) } else { x.cmpxchg(5, 1, Full) };
        } thread { x.store(6, Relaxed); } sometimes (r == Ok(5) || r == Err(6)) }",
    );
    let (ok, tests) = run_json(&tree, &["--run=2000", text(&choice)]);
    assert!(ok, "{tests:?}");
    let (ok, tests) = run_json(&tree, &["--arch", "aarch64", text(&choice)]);
    assert!(ok, "{tests:?}");
    let false_claim = path("false.rs", &RUST.replace("Release)", "Relaxed)"));
    let (ok, tests) = run_json(&tree, &["--arch", "aarch64", text(&false_claim)]);
    assert!(!ok, "{tests:?}");
    assert_eq!(tests[0]["lkmm"], "Sometimes");
}

/// Either form is turned into the other, without herd7.
#[test]
fn tests_are_printed_in_both_languages() {
    let folder = tempfile::tempdir().expect("a folder");
    let rust = folder.path().join("t.rs");
    fs::write(&rust, RUST).expect("writable");
    let output = project::xtask(&["litmus", "--print", "c", text(&rust)]);
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        printed.contains("smp_store_release(ready, 1);"),
        "{printed}"
    );
    let c = folder.path().join("t.litmus");
    fs::write(&c, &printed).expect("writable");
    let output = project::xtask(&["litmus", "--print", "rust", text(&c)]);
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    for line in [
        "ready.store(1, Release);",
        "let r0: i32 = ready.load(Acquire);",
        "never ((r0 == 1 && r1 == 0))",
    ] {
        assert!(printed.contains(line), "{printed}");
    }
    fs::write(&c, "C t\n{}\nP0(int *x)\n{\n\t*x = 1;\n}\nexists (x=1)\n").expect("writable");
    let output = project::xtask(&["litmus", "--print", "rust", text(&c)]);
    let told = project::printed(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("`litmus!` does not have a plain store at"),
        "{told}"
    );
}
