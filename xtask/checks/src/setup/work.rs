//! Runs the steps of setup, in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use atomics_tools::path::{entries, has_program};
use atomics_tools::process::tail;
use xtask::output::{line, print};

/// Installs those of the packages `wanted` that are missing.
///
/// # Errors
///
/// If apt-get fails.
pub fn install_packages(wanted: &[&str]) -> Result<()> {
    let missing = wanted.iter().copied().filter(|p| !is_installed(p));
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() {
        line(&format!(
            "packages: already installed: {}",
            wanted.join(" ")
        ))?;
        return Ok(());
    }
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(&missing);
    let what = format!("packages: installing {}", missing.join(" "));
    step(&what, || {
        // If this fails, the package lists may be empty or old: update them and try again.
        if apt_get_as_root(&install).is_ok() {
            return Ok(());
        }
        apt_get_as_root(&["update"])?;
        apt_get_as_root(&install)
    })
    .with_context(|| {
        format!(
            "to do this by hand, run as root: apt-get {}",
            install.join(" ")
        )
    })
}

/// Whether dpkg says that a package is installed.
fn is_installed(package: &str) -> bool {
    let format = "--showformat=${db:Status-Status}\n";
    let mut query = Command::new("dpkg-query");
    let output = query.args(["--show", format, package]).output();
    let said = output.map(|output| output.stdout).unwrap_or_default();
    // A package may be installed for several architectures, with a line for each.
    said.split(|&byte| byte == b'\n')
        .any(|line| line == b"installed")
}

/// Runs apt-get as root, without asking questions.
fn apt_get_as_root(args: &[&str]) -> Result<()> {
    let id = Command::new("id").arg("-u").output();
    let is_root = id.context("cannot run id")?.stdout.trim_ascii() == b"0";
    let sudo: &[&str] = if is_root { &[] } else { &["sudo"] };
    ensure!(
        is_root || has_program("sudo"),
        "this needs root, and sudo is missing"
    );
    let apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    // If another apt is running, wait for it instead of failing.
    let wait: &[&str] = &["--option=DPkg::Lock::Timeout=300"];
    run_command(&[sudo, &apt_get, wait, args].concat(), Path::new("/"))
}

/// A temporary folder for one run of setup, removed when dropped.
pub struct WorkDir(PathBuf);

impl WorkDir {
    /// Creates the folder, and removes the folders of runs that were killed.
    ///
    /// # Errors
    ///
    /// If the folder cannot be created.
    pub fn new(cache: &Path) -> Result<Self> {
        for left in entries(cache) {
            let name = left.file_name().unwrap_or_default().to_string_lossy();
            let pid = name.strip_prefix(".setup-");
            if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                let _ = fs::remove_dir_all(&left);
            }
        }
        let dir = cache.join(format!(".setup-{}", process::id()));
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        Ok(Self(dir))
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Unpacks the downloaded packages into `package`.
    ///
    /// # Errors
    ///
    /// If there are none, or dpkg fails.
    pub fn unpack_packages(&self) -> Result<()> {
        let is_package = |path: &PathBuf| path.extension().is_some_and(|end| end == "deb");
        let packages: Vec<_> = entries(&self.0).filter(is_package).collect();
        ensure!(!packages.is_empty(), "no package was downloaded");
        for package in packages {
            let package = package.to_string_lossy();
            run_command(&["dpkg", "-x", &package, "package"], &self.0)?;
        }
        Ok(())
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        // If this fails, the next run removes the folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Finds the folder of the libraries in unpacked packages, and the file name of the dynamic linker:
/// `ld-linux-x86-64.so.2`, `ld64.so.1` and the like.
///
/// # Errors
///
/// If there is none.
pub fn libraries(package: &Path) -> Result<(PathBuf, String)> {
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
            "no dynamic linker (ld-linux*.so.*) found in the libraries of {}",
            package.display()
        )
    })
}

/// Runs one step, and prints a line with its name, its result and its time.
///
/// # Errors
///
/// The error of the step.
pub fn step(what: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
    // Show the line before the step is run.
    print(&format!("{what} ... "))?;
    let start = Instant::now();
    let result = run();
    let end = if result.is_ok() { "done" } else { "failed" };
    line(&format!("{end} in {:.1} s", start.elapsed().as_secs_f32()))?;
    result
}

/// Runs a command in `dir` without showing its output.
///
/// # Errors
///
/// If it does not start, or fails. The error then contains the end of its output.
pub fn run_command(words: &[&str], dir: &Path) -> Result<()> {
    output_of(words, dir).map(drop)
}

/// Runs a command in `dir`, and returns what it prints.
///
/// # Errors
///
/// The same as [`run_command`].
pub fn output_of(words: &[&str], dir: &Path) -> Result<String> {
    let line = words.join(" ");
    let (program, args) = words.split_first().context("the command is empty")?;
    let mut command = Command::new(program);
    let output = command
        .args(args)
        .current_dir(dir)
        .env("LC_ALL", "C")
        .output();
    let output = output.with_context(|| format!("cannot run `{line}`"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    let end = tail(&String::from_utf8_lossy(&said), 15);
    bail!("`{line}` failed ({}):{end}", output.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_the_folders_of_killed_runs() {
        let cache = tempfile::tempdir().unwrap();
        // No process has such a large ID.
        fs::create_dir_all(cache.path().join(".setup-999999999/x")).unwrap();
        fs::create_dir(cache.path().join("linux-source")).unwrap();
        let work = WorkDir::new(cache.path()).unwrap();
        assert_eq!(entries(cache.path()).count(), 2);
        drop(work);
        let left: Vec<_> = entries(cache.path()).collect();
        assert_eq!(left, [cache.path().join("linux-source")]);
    }

    #[test]
    fn the_error_of_a_failing_command_contains_its_output() {
        let told = run_command(
            &["sh", "-c", "echo to the point >&2; exit 3"],
            Path::new("/"),
        );
        let told = told.unwrap_err().to_string();
        assert!(
            told.contains("exit status: 3") && told.ends_with("\n    to the point"),
            "{told}"
        );
        let told = run_command(&["no-such-program"], Path::new("/"))
            .unwrap_err()
            .to_string();
        assert_eq!(told, "cannot run `no-such-program`");
    }
}
