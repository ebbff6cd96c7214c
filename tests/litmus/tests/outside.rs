//! A crate outside of this workspace has litmus tests, with and without herd7.

use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};

use atomics_tests::project;

/// The library: the code that ships.
const LIBRARY: &str = r#"//! A flag.

use atomics_core::{Acquire, Atomic, Relaxed, Release};

/// What is published, and whether it is.
pub struct Slot {
    pub(crate) data: Atomic<i32>,
    pub(crate) ready: Atomic<u32>,
}

impl Slot {
    /// Nothing is published.
    pub const fn new() -> Self {
        Self { data: Atomic::new(0), ready: Atomic::new(0) }
    }
}

#[cfg_attr(test, atomics_litmus::model)]
pub fn publish(slot: &Slot, value: i32) {
    slot.data.store(value, Relaxed);
    slot.ready.store(1, ORDER);
}

#[cfg_attr(test, atomics_litmus::model)]
pub fn consume(slot: &Slot) -> Option<i32> {
    if slot.ready.load(Acquire) == 1 {
        Some(slot.data.load(Relaxed))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use atomics_core::Atomic;
    use atomics_litmus::litmus;

    use crate::{Slot, consume, publish};

    litmus! {
        /// What is consumed was published.
        fn consumed();
        shared { slot: Slot { data: Atomic<i32> = 0, ready: Atomic<u32> = 0 } }
        thread { publish(slot, 5); }
        thread { let seen = consume(slot); }
        never (seen == Some(0))
    }
}
"#;

/// Writes the crate.
fn write(folder: &Path, order: &str) {
    let repository = project::repository();
    let manifest = format!(
        "[package]\nname = \"outside\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\natomics-core = {{ path = {:?} }}\n\n\
         [dev-dependencies]\natomics-litmus = {{ path = {:?} }}\n\n[workspace]\n",
        repository.join("atomics-core"),
        repository.join("tests/litmus"),
    );
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let library = LIBRARY.replace("ORDER", order);
    let unused = if order == "Relaxed" { ", Release" } else { "" };
    fs::write(folder.join("src/lib.rs"), library.replace(unused, "")).unwrap();
    // The versions of this repository, because cargo runs offline.
    fs::copy(repository.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}

/// Runs the crate's tests.
fn test(folder: &Path, set: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).args(["test", "--lib"]);
    command
        .env("CARGO_TARGET_DIR", project::build_folder("outside"))
        .env("CARGO_NET_OFFLINE", "true")
        .env("LKMM_LITMUS_ARCH", "aarch64,riscv64")
        .env_remove("RUSTFLAGS")
        .env_remove("LKMM_LITMUS")
        .envs(set.iter().copied());
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let told = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (status.success(), told.concat())
}

#[test]
fn a_crate_outside_has_litmus_tests() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Release");
    let (ok, told) = test(folder.path(), &[("LKMM_HERD7", "/none")]);
    assert!(ok && told.contains("test tests::consumed ... ok"), "{told}");
    let line = "ran on this machine only, no model was asked";
    assert_eq!(told.matches(line).count(), 1, "{told}");
    let require = [("LKMM_HERD7", "/none"), ("LKMM_LITMUS", "require")];
    let (ok, told) = test(folder.path(), &require);
    assert!(
        !ok && told.contains("is `require`, but a tool is missing"),
        "{told}"
    );
    if env::var_os("LKMM_HERD7").is_none() || env::var_os("LKMM_KERNEL_TREE").is_none() {
        println!("skipped: LKMM_HERD7 and LKMM_KERNEL_TREE are not set");
        return;
    }
    let require = [("LKMM_LITMUS", "require")];
    let (ok, told) = test(folder.path(), &require);
    assert!(ok && !told.contains("not judged"), "{told}");
    write(folder.path(), "Relaxed");
    let (ok, told) = test(folder.path(), &require);
    assert!(!ok, "{told}");
    // The name of the claim's place, and the test in C.
    for what in [
        "src/lib.rs:",
        "the claim is Never, but the LKMM says Sometimes",
        "WRITE_ONCE(*slot_ready, 1);",
    ] {
        assert!(told.contains(what), "{told}");
    }
}
