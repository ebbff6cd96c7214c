//! Tests that the commands end well when nobody reads what they print, or when it cannot be written.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A tree that has no drop-in yet.
fn tree() -> TempDir {
    let tree = tempfile::tempdir().expect("a temporary folder");
    let table = include_str!("../../atomics-spec/tables/atomics.tbl");
    for (path, text) in [
        ("Makefile", "VERSION = 7\nPATCHLEVEL = 3\n"),
        ("scripts/atomic/atomics.tbl", table),
        ("rust/helpers/other.c", "/* other helpers */\n"),
        ("rust/kernel/sync/lock.rs", "//! Locks.\n"),
        ("rust/macros/lib.rs", "//! Macros.\n\nmod helpers;\n"),
    ] {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    tree
}

fn run(args: &[&str], stdout: Stdio, stderr: Stdio) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(args).stdin(Stdio::null());
    // The author of a patch.
    command.env("GIT_COMMITTER_NAME", "Some Body");
    command.env("GIT_COMMITTER_EMAIL", "body@example.org");
    let child = command.stdout(stdout).stderr(stderr).spawn();
    let output = child.expect("the command starts").wait_with_output();
    output.expect("the command ends")
}

/// The commands that print something to standard output.
fn commands(tree: &Path) -> [Vec<&str>; 8] {
    let tree = tree.to_str().expect("UTF-8");
    [
        vec!["--help"],
        vec!["list"],
        vec!["list", "--json"],
        vec!["explain", "atomic_add"],
        vec!["gen", "--kernel", tree, "--patch", "-"],
        vec!["gen", "--kernel", tree, "--check"],
        vec!["gen", "--kernel", tree],
        vec!["gen", "--kernel", tree, "--check"],
    ]
}

/// A pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    let full = OpenOptions::new().write(true).open("/dev/full");
    full.expect("a device that is always full").into()
}

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let tree = tree();
    for args in commands(tree.path()) {
        let output = run(&args, closed(), Stdio::piped());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(141), "{args:?}: {said}");
        assert_eq!(said, "", "{args:?}");
    }
}

#[test]
fn a_full_device_is_an_error() {
    let tree = tree();
    for args in commands(tree.path()) {
        let output = run(&args, full(), Stdio::piped());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        let message = "error: cannot write to standard output: No space left on device";
        assert!(said.starts_with(message), "{args:?}: {said}");
    }
}

#[test]
fn an_error_that_cannot_be_printed_is_one() {
    for stderr in [closed, full] {
        let output = run(&["explain", "nothing"], Stdio::null(), stderr());
        assert_eq!(output.status.code(), Some(1));
        let output = run(&["nothing"], Stdio::null(), stderr());
        assert_eq!(output.status.code(), Some(2));
        // A warning is no reason to fail.
        let tree = tree();
        let makefile = "VERSION = 6\nPATCHLEVEL = 1\n";
        fs::write(tree.path().join("Makefile"), makefile).expect("a file");
        let tree = tree.path().to_str().expect("UTF-8");
        let args = ["gen", "--kernel", tree, "--force"];
        let output = run(&args, Stdio::null(), stderr());
        assert_eq!(output.status.code(), Some(0));
    }
}

/// On a terminal there are colours, unless the user wants none; in a pipe there are none.
#[test]
fn colours_are_for_terminals() {
    let shown = |env: &[(&str, &str)]| {
        let command = format!("{} explain smp_mb", env!("CARGO_BIN_EXE_xtask"));
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
        script.env_remove("NO_COLOR").env("TERM", "xterm");
        let output = script
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .output();
        let output = output.expect("script, of util-linux, starts");
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert!(shown(&[]).contains("\x1b[1msmp_mb\x1b[0m"));
    assert!(!shown(&[("NO_COLOR", "1")]).contains('\x1b'));
    assert!(!shown(&[("TERM", "dumb")]).contains('\x1b'));
    let piped = run(&["explain", "smp_mb"], Stdio::piped(), Stdio::piped());
    assert!(!piped.stdout.contains(&0x1b));
}
