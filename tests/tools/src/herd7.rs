//! herd7, which computes the outcomes of a litmus test that a memory model allows.
//!
//! Releases before 7.58 do not support all operations of the current Linux-kernel memory model.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::path::{cache_folder, find_program};

/// The environment variable with the program to use instead of the one in PATH or from setup.
pub const VAR: &str = "LKMM_HERD7";
/// The oldest supported version.
pub const OLDEST: Version = Version(7, 58);
/// The name of the script in the folder that setup makes.
pub const SCRIPT_NAME: &str = "herd7";

/// A herd7 of a supported version.
#[derive(Clone, Debug)]
pub struct Herd {
    program: PathBuf,
}

impl Herd {
    /// Finds herd7: if `LKMM_HERD7` is set, only the program that it names; else the one in PATH if
    /// it is new enough; else the one that setup has fetched.
    ///
    /// # Errors
    ///
    /// If none is found. The message says what is required, and why each candidate was rejected.
    pub fn find() -> Result<Self> {
        if let Some(named) = path_in_variable() {
            return Self::from_variable(&named)
                .with_context(|| format!("herd7, {OLDEST} or newer, in {VAR}"));
        }
        let fetched = fetched_folder().ok().map(|folder| folder.join(SCRIPT_NAME));
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

    /// The program at the path that the user gave, or of that name in PATH.
    fn from_variable(named: &OsStr) -> Result<Self> {
        let shown = named.to_string_lossy();
        let found = find_program(&shown);
        Self::of(&found.with_context(|| format!("{shown} is not a program"))?)
    }

    /// Checks that the program at a path is herd7 and new enough.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub fn of(program: &Path) -> Result<Self> {
        // Use an absolute path: the program may be run in another folder.
        let program = path::absolute(program).context("cannot find the current folder")?;
        let herd = Self { program };
        let version = herd.version()?;
        let shown = herd.program.display();
        ensure!(version >= OLDEST, "{shown} is herd7 {version}");
        Ok(herd)
    }

    /// The version that the program reports.
    fn version(&self) -> Result<Version> {
        let shown = self.program.display();
        let output = self.command().arg("-version").output();
        let output = output.with_context(|| format!("cannot run {shown}"))?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let version = Version::of(&said).filter(|_| output.status.success());
        version.with_context(|| {
            let said = said.lines().next().unwrap_or_default();
            format!("`{shown} -version` does not print a version, but `{said}`")
        })
    }

    /// The absolute path of the program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command that runs it.
    pub fn command(&self) -> Command {
        Command::new(&self.program)
    }
}

/// The value of `LKMM_HERD7`, unless it is empty.
pub fn path_in_variable() -> Option<OsString> {
    env::var_os(VAR).filter(|named| !named.is_empty())
}

/// A version: 7.58.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32);

impl Version {
    /// Parses the output of `herd7 -version`, such as `7.58, Rev: exported`.
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
///
/// # Errors
///
/// If there is no cache folder.
pub fn fetched_folder() -> Result<PathBuf> {
    Ok(cache_folder()?.join("herd7"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

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
    fn an_old_or_broken_herd7_is_rejected() {
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
            broken.ends_with("does not print a version, but `no library`"),
            "{broken}"
        );
        let failing = judge("#!/bin/sh\necho 7.58; exit 1\n");
        assert!(failing.is_err());
    }
}
