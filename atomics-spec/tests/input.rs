//! Tests what is read of the files that a user names.

#![cfg(unix)]

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use atomics_spec::input;

#[test]
fn only_files_are_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let refused = |path: &Path| input::read(path).unwrap_err().to_string();
    fs::write(path("file"), b"text \xff").expect("a file");
    symlink(path("file"), path("link")).expect("a link");
    assert_eq!(input::read(&path("link")).unwrap(), b"text \xff");
    let error = input::read_text(&path("link")).unwrap_err();
    assert_eq!(error.to_string(), "it is not UTF-8");
    assert!(
        !input::read(Path::new("/proc/self/status"))
            .unwrap()
            .is_empty()
    );

    assert_eq!(refused(folder.path()), "it is a directory");
    let made = Command::new("mkfifo").arg(path("pipe")).status();
    assert!(made.expect("mkfifo").success());
    symlink(path("pipe"), path("to a pipe")).expect("a link");
    assert_eq!(refused(&path("to a pipe")), "it is a pipe, not a file");
    symlink("/dev/zero", path("zero")).expect("a link");
    assert_eq!(refused(&path("zero")), "it is a device, not a file");
    let large = File::create(path("large")).expect("a file");
    large.set_len(1 << 40).expect("a file with a hole");
    assert_eq!(refused(&path("large")), "it is larger than 32 MiB");
    assert!(refused(&path("none")).contains("No such file"));
}
