//! Installs QEMU's user mode and the C libraries of other architectures.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use atomics_machine_code::targets::platforms;
use atomics_tools::path::entries;
use atomics_tools::qemu::{CrossTools, Platform, ROOT_VAR, fetched_root};
use xtask::output::line;

use super::apt::PrivateApt;
use super::work::{WorkDir, step};

/// The suite whose QEMU supports the newest of the tested instructions.
const QEMU_SUITE: &str = "trixie-backports";
/// The suite with the libraries of all the architectures.
const LIBRARY_SUITE: &str = "trixie";
/// The version of GCC's own library in that suite.
const GCC: &str = "14";

/// The packages with the libraries of an architecture.
fn packages(platform: &Platform) -> [String; 4] {
    let of = |library: &str| format!("{library}-{}-cross", platform.debian);
    [
        of("libc6"),
        of("libc6-dev"),
        of("libgcc-s1"),
        of(&format!("libgcc-{GCC}-dev")),
    ]
}

/// Fetches QEMU and the libraries if they are missing.
///
/// # Errors
///
/// If a step fails.
pub(super) fn install() -> Result<()> {
    // LLVM and the source of the Rust standard library have been installed by `toolchain`.
    match CrossTools::find(platforms()) {
        Ok(tools) => line(&format!(
            "other architectures: already in {}",
            tools.root().display()
        ))?,
        Err(_) => fetch().with_context(|| {
            format!(
                "cannot fetch QEMU and C libraries; to use your own, set {ROOT_VAR} to their folder"
            )
        })?,
    }
    Ok(())
}

/// Fetches QEMU and all the libraries. Moves them into place only when they are complete.
fn fetch() -> Result<()> {
    let root = fetched_root()?;
    let work = WorkDir::new(root.parent().unwrap_or(&root))?;
    let libraries: Vec<String> = platforms().flat_map(packages).collect();
    let wanted = [
        (QEMU_SUITE, vec!["qemu-user".to_owned()]),
        (LIBRARY_SUITE, libraries),
    ];
    for (suite, packages) in &wanted {
        let apt = PrivateApt::new(work.path(), suite)?;
        let update = format!("other architectures: reading the package lists of {suite}");
        step(&update, || apt.get(&["update"]))?;
        let what = match packages.as_slice() {
            [one] => one.clone(),
            more => format!("{} packages with C libraries", more.len()),
        };
        let mut download = vec!["download"];
        download.extend(packages.iter().map(String::as_str));
        let what = format!("other architectures: downloading {what}");
        step(&what, || apt.get(&download))?;
    }
    let what = format!("other architectures: unpacking into {}", root.display());
    step(&what, || {
        work.unpack_packages()?;
        let unpacked = work.path().join("package");
        drop_other_emulators(&unpacked.join("usr/bin"))?;
        if root.exists() {
            // An earlier version of setup has installed fewer architectures.
            fs::rename(&root, work.path().join("old"))
                .with_context(|| format!("{} is in the way; remove it", root.display()))?;
        }
        fs::rename(&unpacked, &root).with_context(|| format!("cannot create {}", root.display()))
    })
}

/// Removes the emulators of architectures that are not tested, which are most of a large package.
fn drop_other_emulators(folder: &Path) -> Result<()> {
    let wanted: Vec<String> = platforms().map(|p| format!("qemu-{}", p.qemu)).collect();
    for file in entries(folder) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("qemu-") && !wanted.iter().any(|w| *w == name) {
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_emulators_of_the_targets() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["qemu-aarch64", "qemu-m68k", "other"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        drop_other_emulators(folder.path()).unwrap();
        let mut left: Vec<_> = entries(folder.path()).collect();
        left.sort_unstable();
        assert_eq!(
            left,
            ["other", "qemu-aarch64"].map(|n| folder.path().join(n))
        );
    }
}
