//! Scratch projects for tests that need cargo.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

/// The root of this repository.
pub fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// The folder in which cargo builds this repository.
fn target() -> PathBuf {
    // target/debug/deps/test
    let own = env::current_exe().unwrap_or_default();
    own.ancestors()
        .nth(3)
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// The build folder of a scratch project. It is below the folder in which cargo builds this
/// repository, so that a second run need not build the dependencies again.
pub fn build_folder(name: &str) -> PathBuf {
    target().join("scratch").join(name)
}

/// Runs this repository's `cargo xtask`.
pub fn xtask(args: &[&str]) -> Output {
    xtask_with(&[], args)
}

/// Runs this repository's `cargo xtask` with additional environment variables.
pub fn xtask_with(env: &[(&str, &str)], args: &[&str]) -> Output {
    let run = ["run", "--quiet", "--package", "xtask", "--"];
    run_cargo(&repository(), &target(), env, &[&run, args].concat())
}

/// Runs cargo in a folder, offline, with a separate build folder.
pub fn cargo(folder: &Path, build: &str, args: &[&str]) -> Output {
    run_cargo(folder, &build_folder(build), &[], args)
}

fn run_cargo(folder: &Path, target: &Path, env: &[(&str, &str)], args: &[&str]) -> Output {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true");
    command
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_MANIFEST_DIR")
        .envs(env.iter().copied());
    command
        .output()
        .unwrap_or_else(|e| panic!("cargo does not start: {e}"))
}

/// The output of a command, from both streams. Panics with it if the command failed.
pub fn success(output: &Output) -> String {
    let text = printed(output);
    assert!(output.status.success(), "{text}");
    text
}

/// The output of a command, from both streams.
pub fn printed(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams
        .map(|s| String::from_utf8_lossy(s).into_owned())
        .concat()
}

/// Writes files, given by their paths below `folder` and their contents.
pub fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder)).expect("a writable folder");
        fs::write(path, text).expect("a writable folder");
    }
}

/// Copies this repository's working tree, without `.git` and `target`.
pub fn copy_of_repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = repository();
    copy(&root, folder.path(), &root);
    folder
}

fn copy(from: &Path, to: &Path, root: &Path) {
    for entry in fs::read_dir(from).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().unwrap_or_default();
        let is_built = path.parent() == Some(root) && (name == "target" || name == ".git");
        if is_built {
            continue;
        }
        let target = to.join(name);
        if path.is_dir() {
            fs::create_dir_all(&target).expect("a writable folder");
            copy(&path, &target, root);
        } else {
            fs::copy(&path, &target).expect("a writable folder");
        }
    }
}

/// All files below a folder, with their contents.
pub fn contents(folder: &Path) -> BTreeSet<(PathBuf, Vec<u8>)> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.insert((path.clone(), fs::read(&path).expect("readable")));
        }
    }
    found
}
