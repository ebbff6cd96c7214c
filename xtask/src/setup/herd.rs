//! herd7, which says what a litmus test may do under a memory model.
//!
//! Releases before 7.58 do not know the operations of today's Linux-kernel memory model, and the
//! Debian that has a newer one has a newer C library than the machine. So the program lies in a
//! folder with that library, and a script starts it with the library's own dynamic linker.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::apt::PrivateApt;
use super::{WorkDir, cache_folder, entries, find_program, step};

/// Names the program to use instead of the one in PATH, or the one that setup fetches.
pub const VAR: &str = "LKMM_HERD7";
/// The oldest version that will do.
const OLDEST: Version = Version(7, 58);
/// The suite that has it, or a newer one.
const SUITE: &str = "sid";
/// herd7, and all the libraries that it needs.
const PACKAGES: [&str; 3] = ["herdtools7", "libc6", "libgmp10"];

/// The name of the script.
const SCRIPT_NAME: &str = "herd7";
/// What starts herd7, in a folder with the program, `lib` and `libdir`. `LINKER` stands for the
/// dynamic linker's file name, which differs between architectures.
const SCRIPT: &str = r#"#!/bin/sh
here=${0%/*}
exec "$here/lib/LINKER" --library-path "$here/lib" "$here/program" -set-libdir "$here/libdir" "$@"
"#;

/// A herd7 that will do.
#[derive(Clone, Debug)]
pub struct Herd {
    program: PathBuf,
}

impl Herd {
    /// Finds herd7: the program that `LKMM_HERD7` names, and no other if it is set; else the one in
    /// PATH if it is new enough; else the one that setup has fetched.
    ///
    /// # Errors
    ///
    /// If there is none; what is wanted, and what is wrong with those that are there.
    pub fn find() -> Result<Self> {
        if let Some(named) = named() {
            return Self::named(&named)
                .with_context(|| format!("herd7, {OLDEST} or newer, in {VAR}"));
        }
        let fetched = fetched_folder().map(|folder| folder.join(SCRIPT_NAME));
        let there = [
            find_program("herd7"),
            fetched.filter(|script| script.exists()),
        ];
        let mut faults = String::new();
        for program in there.into_iter().flatten() {
            match Self::of(&program) {
                Ok(herd) => return Ok(herd),
                Err(fault) => faults += &format!("; {fault:#}"),
            }
        }
        bail!("herd7, {OLDEST} or newer (in PATH, or its path in {VAR}){faults}")
    }

    /// The one that a user names, by its path or as a program in PATH.
    fn named(named: &OsStr) -> Result<Self> {
        let shown = named.to_string_lossy();
        let found = find_program(&shown);
        Self::of(&found.with_context(|| format!("{shown} is no program"))?)
    }

    /// The one at a path, if that is what it is, and new enough.
    fn of(program: &Path) -> Result<Self> {
        // It may be run in another folder.
        let program = path::absolute(program).context("cannot find the current folder")?;
        let herd = Self { program };
        let version = herd.version()?;
        let shown = herd.program.display();
        ensure!(version >= OLDEST, "{shown} is herd7 {version}");
        Ok(herd)
    }

    /// Which version it says it is.
    fn version(&self) -> Result<Version> {
        let shown = self.program.display();
        let output = self.command().arg("-version").output();
        let output = output.with_context(|| format!("cannot run {shown}"))?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let version = Version::of(&said).filter(|_| output.status.success());
        version.with_context(|| {
            let said = said.lines().next().unwrap_or_default();
            format!("`{shown} -version` does not say which version it is, but `{said}`")
        })
    }

    /// The program: an absolute path.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command that runs it.
    pub fn command(&self) -> Command {
        Command::new(&self.program)
    }
}

/// What `LKMM_HERD7` names.
fn named() -> Option<OsString> {
    env::var_os(VAR).filter(|named| !named.is_empty())
}

/// A version: 7.58.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

impl Version {
    /// The version that `herd7 -version` says, in a line such as `7.58, Rev: exported`.
    fn of(said: &str) -> Option<Self> {
        let (major, rest) = said.trim_start().split_once('.')?;
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let minor = &rest[..end.unwrap_or(rest.len())];
        Some(Self(major.parse().ok()?, minor.parse().ok()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// Where setup puts herd7.
fn fetched_folder() -> Option<PathBuf> {
    Some(cache_folder()?.join("herd7"))
}

/// Fetches herd7 if there is none.
///
/// # Errors
///
/// If `LKMM_HERD7` names something else, or a step fails.
pub(super) fn install() -> Result<()> {
    match Herd::find() {
        Ok(herd) => println!("herd7: already in {}", herd.program.display()),
        Err(fault) if named().is_some() => {
            return Err(fault.context(format!(
                "{VAR} names none that will do: correct or unset it"
            )));
        }
        Err(_) => fetch().with_context(|| {
            format!("cannot fetch herd7; {VAR} may name one of yours, {OLDEST} or newer")
        })?,
    }
    Ok(())
}

/// Fetches herd7, so that it comes to its place only as a whole.
fn fetch() -> Result<()> {
    let folder = fetched_folder().context("neither XDG_CACHE_HOME nor HOME names a directory")?;
    let work = WorkDir::new(folder.parent().unwrap_or(&folder))?;
    let apt = PrivateApt::new(work.path(), SUITE)?;
    step(&format!("herd7: reading what {SUITE} has"), || {
        apt.get(&["update"])
    })?;
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
                // One that is too old, or broken.
                fs::rename(&folder, work.path().join("old"))
                    .with_context(|| format!("{} is in the way: remove it", folder.display()))?;
            }
            fs::rename(&whole, &folder).with_context(|| format!("cannot make {}", folder.display()))
        },
    )
}

/// Makes the folder `whole` out of what is needed of the unpacked packages, a small part of them.
fn arrange(package: &Path, whole: &Path) -> Result<()> {
    let (libraries, linker) = libraries(package)?;
    fs::create_dir_all(whole).with_context(|| format!("cannot make {}", whole.display()))?;
    let parts = [
        (package.join("usr/bin/herd7"), "program"),
        (package.join("usr/share/herdtools7/herd"), "libdir"),
        (libraries, "lib"),
    ];
    for (from, to) in parts {
        fs::rename(&from, whole.join(to))
            .with_context(|| format!("the packages have no {}", from.display()))?;
    }
    // Character sets, which it has no use for.
    for folder in entries(&whole.join("lib")).filter(|path| path.is_dir()) {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let script = whole.join(SCRIPT_NAME);
    fs::write(&script, SCRIPT.replace("LINKER", &linker))
        .and_then(|()| fs::set_permissions(&script, Permissions::from_mode(0o755)))
        .with_context(|| format!("cannot write {}", script.display()))
}

/// The folder of the libraries in unpacked packages, and the file name of the dynamic linker there:
/// `ld-linux-x86-64.so.2`, `ld64.so.1` and the like.
fn libraries(package: &Path) -> Result<(PathBuf, String)> {
    let roots = ["usr/lib", "lib"].map(|lib| package.join(lib));
    let folders = roots.iter().flat_map(|root| entries(root));
    let is_linker = |name: &String| name.starts_with("ld") && name.contains(".so.");
    let mut found = folders.filter_map(|folder| {
        let files = entries(&folder)
            .filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned()));
        let linker = files.into_iter().find(is_linker)?;
        Some((folder, linker))
    });
    found.next().with_context(|| {
        format!(
            "no dynamic linker (ld-linux*.so.*) is in the libraries of {}",
            package.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn versions() {
        assert_eq!(Version::of("7.58, Rev: exported\n"), Some(OLDEST));
        assert_eq!(Version::of("7.58+1"), Some(OLDEST));
        assert_eq!(Version::of("8.0"), Some(Version(8, 0)));
        assert!(Version(8, 0) > OLDEST && Version(7, 100) > OLDEST && Version(7, 9) < OLDEST);
        for text in ["", "7", "herd7 7.58", "7.x"] {
            assert_eq!(Version::of(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_new_enough_one_will_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("herd7");
        let judge = |text: &str| {
            program(&path, text);
            Herd::of(&path)
                .map(|herd| herd.program)
                .map_err(|e| format!("{e:#}"))
        };
        let shown = path.display();
        assert_eq!(judge("#!/bin/sh\necho 7.58, Rev: x\n"), Ok(path.clone()));
        let old = judge("#!/bin/sh\necho 7.56\n");
        assert_eq!(old, Err(format!("{shown} is herd7 7.56")));
        let broken = judge("#!/bin/sh\necho no library >&2; exit 1\n").unwrap_err();
        assert!(
            broken.ends_with("does not say which version it is, but `no library`"),
            "{broken}"
        );
        let failing = judge("#!/bin/sh\necho 7.58; exit 1\n");
        assert!(failing.is_err());
    }

    /// What is unpacked starts by its own linker, whatever that is called, and from anywhere.
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
