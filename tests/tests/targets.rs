//! Checks that the guide and the front page of `atomics-core` say, for each architecture, which version
//! of Rust it needs, and for which instructions the feature `std` asks the CPU.

use std::fs;
use std::path::Path;
use std::process::Command;

use atomics_spec::Spec;
use atomics_tests::project::repository;
use atomics_tests::rustc::build_script;

/// The features of `atomics-core` that the tables distinguish.
const FEATURES: [&str; 2] = ["", "std"];
/// Newer than any version that is needed.
const NEWEST: u32 = 199;

/// The minor version of Rust 1 in the manifest.
fn manifest_version() -> u32 {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).expect("readable");
    let (_, version) = manifest
        .split_once("rust-version = \"1.")
        .expect("a version");
    let (version, _) = version.split_once('"').expect("a string");
    version.parse().expect("a number")
}

/// A program that says that it is a compiler of the version in its environment.
fn write_compiler(folder: &Path) {
    let compiler = folder.join("rustc");
    let text = "#!/bin/sh\necho \"rustc 1.$MINOR.0 (0123abcd 2026-01-01)\"\n";
    fs::write(&compiler, text).expect("writable");
    make_executable(&compiler);
}

/// What the build script of `atomics-core` says to a compiler of this version, if it is an error.
fn error(script: &Path, arch: &str, minor: u32) -> Option<String> {
    let mut command = Command::new(script);
    command.env("RUSTC", script.with_file_name("rustc"));
    command.env("MINOR", minor.to_string());
    command.env("CARGO_CFG_TARGET_ARCH", arch);
    let output = command.output().expect("the script starts");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let error = text
        .lines()
        .find_map(|line| line.strip_prefix("cargo::error="));
    error.map(str::to_owned)
}

#[cfg(unix)]
fn make_executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// The oldest Rust that the build script accepts on an architecture.
fn oldest(script: &Path, arch: &str) -> u32 {
    let accepted = |minor: &u32| error(script, arch, *minor).is_none();
    let all = manifest_version()..NEWEST;
    all.clone()
        .find(accepted)
        .unwrap_or_else(|| panic!("no version for {arch}"))
}

/// The rows of the tables in a text whose first column is the name of an architecture.
fn rows<'a>(text: &'a str, arch: &str) -> Vec<Vec<&'a str>> {
    let lines = text
        .lines()
        .map(|line| line.trim_start_matches("//!").trim());
    let cells = lines.filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let cells = cells.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let name = format!("`{arch}`");
    cells
        .filter(|row| row[0].starts_with(&name) && row.len() >= 3)
        .collect()
}

/// A single test: a program cannot be started while another thread's child has it open for writing.
#[test]
fn the_tables_of_architectures_say_what_the_code_does() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = |feature: &str| build_script("atomics-core/build.rs", feature, folder.path());
    let [without, with] = FEATURES.map(script);
    write_compiler(folder.path());
    let spec = Spec::builtin().expect("valid tables");
    for arch in spec.asm_archs() {
        let asked = arch.features.iter().filter(|f| f.detect.is_some());
        let mut asked: Vec<_> = asked.map(|f| format!("`{}`", f.target)).collect();
        if asked.is_empty() {
            asked.push("-".into());
        }
        let (plain, std) = (oldest(&without, &arch.name), oldest(&with, &arch.name));
        let mut version = format!("1.{plain}");
        if std != plain {
            version += &format!(", with `std` 1.{std}");
        }
        let expected = [asked.join(", "), version];
        for file in ["atomics-core/docs/targets.md", "atomics-core/src/lib.rs"] {
            let text = fs::read_to_string(repository().join(file)).expect("readable");
            let rows = rows(&text, &arch.name);
            let said = rows.first().map(|row| &row[row.len() - 2..]);
            let expected = expected.each_ref().map(String::as_str);
            assert_eq!(said, Some(&expected[..]), "{file}: {}", arch.name);
        }
    }
    // The message names what is needed, what there is, and why.
    assert_eq!(
        error(&without, "powerpc64", 94).as_deref(),
        Some(
            "on powerpc64, this crate needs Rust 1.95 or newer, and the compiler is Rust 1.94: \
             `asm!` is unstable there before, and `barrier()` uses it with the feature `c-helpers`, \
             too"
        )
    );
    assert_eq!(
        error(&with, "s390x", 92).as_deref(),
        Some(
            "on s390x with the feature `std`, this crate needs Rust 1.93 or newer, and the compiler \
             is Rust 1.92: `is_s390x_feature_detected!` is unstable before"
        )
    );
    assert_eq!(error(&without, "s390x", 92), None);
    assert_eq!(error(&with, "x86_64", 88), None);
}
