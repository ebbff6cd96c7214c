//! Installs QEMU's system emulators for the kernels that no test tier boots.
//!
//! Debian 12's QEMU is too old for some of the CPUs. A newer one needs newer libraries than the
//! machine has. So it is installed in a folder together with all libraries that it needs, and
//! scripts start it with the dynamic linker among them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use atomics_machine_code::targets::bootable;
use atomics_tools::path::entries;
use atomics_tools::qemu_system::{fetched_folder, find, find_recent};
use xtask::output::line;

use super::apt::PrivateApt;
use super::toolchain;
use super::work::{WorkDir, libraries, step};

/// The suite with a QEMU that knows all CPUs that are tested.
const SUITE: &str = "trixie";
/// The packages with the emulators. The second one has LoongArch's, and depends on s390's.
const PACKAGES: [&str; 3] = ["qemu-system-ppc", "qemu-system-misc", "qemu-system-riscv"];

/// The script that starts the emulator `NAME` with the libraries in `LIB` below its folder.
const SCRIPT: &str = r#"#!/bin/sh
here=${0%/*}
exec "$here/LIB/LINKER" --library-path "$here/LIB" "$here/usr/bin/NAME" -L "$here/usr/share/qemu" "$@"
"#;

/// The emulators that are installed here: all but those that a tier needs.
fn wanted() -> impl Iterator<Item = &'static str> {
    let all = bootable().map(|(_, boot)| boot.emulator);
    all.filter(|emulator| !toolchain::EMULATORS.contains(emulator))
}

/// Fetches the emulators if one is missing or too old.
///
/// # Errors
///
/// If a step fails.
pub(super) fn install() -> Result<()> {
    let here: Option<Vec<_>> = wanted().map(find_recent).collect();
    match here.as_deref() {
        Some([first, ..]) => {
            let folder = first.parent().unwrap_or(first);
            line(&format!("emulators: already in {}", folder.display()))
        }
        _ => fetch().context("cannot fetch QEMU's system emulators"),
    }
}

/// Fetches the emulators. Moves them into place only when they are complete.
fn fetch() -> Result<()> {
    let folder = fetched_folder()?;
    let work = WorkDir::new(folder.parent().unwrap_or(&folder))?;
    let apt = PrivateApt::new(work.path(), SUITE)?;
    let update = format!("emulators: reading the package lists of {SUITE}");
    step(&update, || apt.get(&["update"]))?;
    let packages = apt.with_dependencies(&PACKAGES)?;
    let what = format!("emulators: downloading {} packages", packages.len());
    step(&what, || {
        let names = packages.iter().map(String::as_str);
        apt.get(&["download"].into_iter().chain(names).collect::<Vec<_>>())
    })?;
    let what = format!("emulators: unpacking into {}", folder.display());
    step(&what, || {
        work.unpack_packages()?;
        let whole = work.path().join("package");
        arrange(&whole)?;
        if folder.exists() {
            fs::rename(&folder, work.path().join("old"))
                .with_context(|| format!("{} is in the way; remove it", folder.display()))?;
        }
        fs::rename(&whole, &folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        for name in wanted() {
            ensure!(find(name).is_some(), "{SUITE} has no {name}");
        }
        Ok(())
    })
}

/// Writes a script for each emulator into the folder of the unpacked packages, and removes the
/// emulators that nothing needs, which are most of the packages.
fn arrange(whole: &Path) -> Result<()> {
    let (folder, linker) = libraries(whole)?;
    let folder = folder.strip_prefix(whole).unwrap_or(&folder).to_owned();
    let programs = whole.join("usr/bin");
    for program in entries(&programs) {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        if !wanted().any(|wanted| wanted == name) {
            fs::remove_file(&program)
                .with_context(|| format!("cannot remove {}", program.display()))?;
        }
    }
    for name in wanted().filter(|name| programs.join(name).exists()) {
        let text = SCRIPT
            .replace("LIB", &folder.to_string_lossy())
            .replace("LINKER", &linker)
            .replace("NAME", name);
        let script = whole.join(name);
        fs::write(&script, text)
            .and_then(|()| fs::set_permissions(&script, Permissions::from_mode(0o755)))
            .with_context(|| format!("cannot write {}", script.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The scripts start the packaged program with the packaged linker.
    #[test]
    fn keeps_the_wanted_emulators() {
        let whole = tempfile::tempdir().unwrap();
        let program = |path: &str, text: &str| {
            let path = whole.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        };
        let linker = "#!/bin/sh\necho \"$@\"\n";
        program("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", linker);
        for name in ["qemu-system-riscv64", "qemu-system-sh4", "getent"] {
            program(&format!("usr/bin/{name}"), "");
        }
        arrange(whole.path()).unwrap();
        assert_eq!(entries(&whole.path().join("usr/bin")).count(), 1);
        let script = whole.path().join("qemu-system-riscv64");
        let output = Command::new(&script)
            .args(["-cpu", "a b"])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let said = said.replace(whole.path().to_str().unwrap(), "HERE");
        assert_eq!(
            said,
            "--library-path HERE/usr/lib/x86_64-linux-gnu HERE/usr/bin/qemu-system-riscv64 \
             -L HERE/usr/share/qemu -cpu a b\n"
        );
        assert!(!whole.path().join("qemu-system-sh4").exists());
    }

    /// Every emulator is installed: for the tiers, or by `--kernel-archs`.
    #[test]
    fn every_kernel_has_an_emulator() {
        let others: Vec<&str> = wanted().collect();
        assert!(!others.is_empty());
        for emulator in toolchain::EMULATORS {
            assert!(bootable().any(|(_, boot)| boot.emulator == emulator));
        }
    }
}
