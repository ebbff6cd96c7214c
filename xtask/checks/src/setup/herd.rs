//! Installs herd7.
//!
//! The Debian suite with a recent enough herd7 has a newer C library than the machine. So the
//! program is installed in a folder together with that library, and a script starts it with that
//! library's dynamic linker.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use atomics_tools::herd7::{self, Herd, OLDEST, SCRIPT_NAME, VAR};
use atomics_tools::path::entries;
use xtask::output::line;

use super::apt::PrivateApt;
use super::work::{WorkDir, libraries, step};

/// The suite with herd7 7.58 or newer.
const SUITE: &str = "sid";
/// The packages with herd7 and all libraries that it needs.
const PACKAGES: [&str; 3] = ["herdtools7", "libc6", "libgmp10"];

/// The script that starts herd7. Its folder contains `program`, `lib` and `libdir`. `LINKER` stands
/// for the file name of the dynamic linker, which depends on the architecture.
const SCRIPT: &str = r#"#!/bin/sh
here=${0%/*}
exec "$here/lib/LINKER" --library-path "$here/lib" "$here/program" -set-libdir "$here/libdir" "$@"
"#;

/// Fetches herd7 if it is missing.
///
/// # Errors
///
/// If `LKMM_HERD7` does not name a usable herd7, or a step fails.
pub fn install() -> Result<()> {
    match Herd::find() {
        Ok(herd) => line(&format!("herd7: already in {}", herd.program().display()))?,
        Err(fault) if herd7::path_in_variable().is_some() => {
            return Err(fault.context(format!(
                "{VAR} does not name a usable herd7: correct or unset it"
            )));
        }
        Err(_) => fetch().with_context(|| {
            format!("cannot fetch herd7; to use your own, {OLDEST} or newer, set {VAR} to its path")
        })?,
    }
    Ok(())
}

/// Fetches herd7. Moves it into place only when it is complete.
fn fetch() -> Result<()> {
    let folder = herd7::fetched_folder()?;
    let work = WorkDir::new(folder.parent().unwrap_or(&folder))?;
    let apt = PrivateApt::new(work.path(), SUITE)?;
    step(
        &format!("herd7: reading the package lists of {SUITE}"),
        || apt.get(&["update"]),
    )?;
    let what = format!("herd7: downloading {}", PACKAGES.join(" "));
    step(&what, || apt.get(&[&["download"], &PACKAGES[..]].concat()))?;
    step(
        &format!("herd7: unpacking into {}", folder.display()),
        || {
            work.unpack_packages()?;
            let whole = work.path().join("herd7");
            arrange(&work.path().join("package"), &whole)?;
            Herd::of(&whole.join(SCRIPT_NAME))?;
            if folder.exists() {
                // The installed herd7 is too old, or broken.
                fs::rename(&folder, work.path().join("old"))
                    .with_context(|| format!("{} is in the way; remove it", folder.display()))?;
            }
            fs::rename(&whole, &folder)
                .with_context(|| format!("cannot create {}", folder.display()))
        },
    )
}

/// Makes the folder `whole` from the unpacked packages, with only the files that herd7 needs.
fn arrange(package: &Path, whole: &Path) -> Result<()> {
    let (libraries, linker) = libraries(package)?;
    fs::create_dir_all(whole).with_context(|| format!("cannot create {}", whole.display()))?;
    let parts = [
        (package.join("usr/bin/herd7"), "program"),
        (package.join("usr/share/herdtools7/herd"), "libdir"),
        (libraries, "lib"),
    ];
    for (from, to) in parts {
        fs::rename(&from, whole.join(to))
            .with_context(|| format!("the packages have no {}", from.display()))?;
    }
    // These folders contain character sets, which herd7 does not use.
    for folder in entries(&whole.join("lib")).filter(|path| path.is_dir()) {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let script = whole.join(SCRIPT_NAME);
    fs::write(&script, SCRIPT.replace("LINKER", &linker))
        .and_then(|()| fs::set_permissions(&script, Permissions::from_mode(0o755)))
        .with_context(|| format!("cannot write {}", script.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }

    /// The script starts the program with the packaged linker, whatever the linker's file name.
    #[test]
    fn keeps_what_is_needed() {
        for (lib, linker) in [
            ("usr/lib/x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
            ("lib/s390x-linux-gnu", "ld64.so.1"),
        ] {
            let work = tempfile::tempdir().unwrap();
            let package = work.path().join("package");
            let make = |path: &str, text: &str| program(&package.join(path), text);
            make(
                &format!("{lib}/{linker}"),
                "#!/bin/sh\necho 7.58, with: \"$@\"\n",
            );
            make(&format!("{lib}/libc.so.6"), "");
            make(&format!("{lib}/gconv/large.so"), "");
            make("usr/bin/herd7", "");
            make("usr/bin/diy7", "");
            make("usr/share/herdtools7/herd/stdlib.cat", "");
            let whole = work.path().join("whole");
            arrange(&package, &whole).unwrap();
            let herd = Herd::of(&whole.join(SCRIPT_NAME)).unwrap();
            let output = herd.command().args(["a b", "c"]).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            let said = said.replace(whole.to_str().unwrap(), "HERE");
            assert_eq!(
                said,
                "7.58, with: --library-path HERE/lib HERE/program -set-libdir HERE/libdir a b c\n"
            );
            assert!(whole.join("libdir/stdlib.cat").exists());
            assert!(whole.join("lib/libc.so.6").exists() && !whole.join("lib/gconv").exists());
            assert_eq!(entries(&whole).count(), 4);
        }
    }

    #[test]
    fn says_what_the_packages_lack() {
        let work = tempfile::tempdir().unwrap();
        let fault = arrange(work.path(), &work.path().join("whole")).unwrap_err();
        assert!(
            fault.to_string().starts_with("no dynamic linker"),
            "{fault}"
        );
        program(&work.path().join("usr/lib/x-linux-gnu/ld-linux.so.2"), "");
        let fault = arrange(work.path(), &work.path().join("whole")).unwrap_err();
        assert!(fault.to_string().contains("have no "), "{fault}");
    }
}
