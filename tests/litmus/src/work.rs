//! The folder of the intermediate files.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use atomics_tools::Lock;
use atomics_tools::path::entries;
use tempfile::{Builder, TempDir};

/// The start of the names of temporary folders.
const PREFIX: &str = ".tmp";
/// The name of a file in a folder that is kept. A later run may overwrite the files there.
const MARKER: &str = ".kept-by-xtask-litmus";
/// The name of the folder of compiled code.
const BUILD: &str = "build";

/// The folder of the intermediate files.
pub struct Work {
    place: Place,
    /// The lock of the folder, if others may come across it.
    _lock: Option<Lock>,
}

enum Place {
    /// A temporary folder.
    Scratch(TempDir),
    /// A folder that is kept.
    Kept(PathBuf),
}

impl Work {
    /// A temporary folder in the system's.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub fn scratch() -> Result<Self> {
        let scratch = tempfile::tempdir().context("cannot make a folder for herd7's files")?;
        Ok(Self {
            place: Place::Scratch(scratch),
            _lock: None,
        })
    }

    /// A temporary folder below `folder`. Removes those there of runs that were killed.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub fn scratch_below(folder: &Path) -> Result<Self> {
        let failed = || format!("cannot create a folder below {}", folder.display());
        fs::create_dir_all(folder).with_context(failed)?;
        // Nobody else removes a folder between its creation and its lock.
        let _lock = Lock::wait(folder, &|_| {})?;
        for left in entries(folder) {
            let name = left.file_name().unwrap_or_default().to_string_lossy();
            let is_folder = fs::symlink_metadata(&left).is_ok_and(|meta| meta.is_dir());
            if is_folder && name.starts_with(PREFIX) && Lock::take(&left).is_ok() {
                // If this fails, the next run tries again.
                let _ = fs::remove_dir_all(&left);
            }
        }
        let scratch = Builder::new().prefix(PREFIX).tempdir_in(folder);
        let scratch = scratch.with_context(failed)?;
        let lock = Lock::take(scratch.path())?;
        Ok(Self {
            place: Place::Scratch(scratch),
            _lock: Some(lock),
        })
    }

    /// A folder that is kept. Created if it does not exist.
    ///
    /// # Errors
    ///
    /// If it cannot be created, is in use, has files that are not those of an earlier run, or a
    /// symbolic link is where compiled code belongs.
    pub fn kept(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let marker = folder.join(MARKER);
        if entries(folder).next().is_none() {
            // Before the lock, so that another run does not take the lock for a foreign file.
            let marked = fs::write(&marker, "");
            marked.with_context(|| format!("cannot write {}", marker.display()))?;
        }
        ensure!(
            fs::symlink_metadata(&marker).is_ok_and(|meta| meta.is_file()),
            "{} has files that were not kept by an earlier run\n \
             = help: name an empty folder, or one that does not exist",
            folder.display()
        );
        for path in [BUILD, Lock::FILE].map(|name| folder.join(name)) {
            ensure!(
                !path.is_symlink(),
                "{} is in the way: it is a symbolic link",
                path.display()
            );
        }
        let lock = Lock::take(folder)?;
        // herd7 runs in another directory, so the path has to be absolute.
        Ok(Self {
            place: Place::Kept(folder.canonicalize()?),
            _lock: Some(lock),
        })
    }

    /// The path of the folder.
    pub fn folder(&self) -> &Path {
        match &self.place {
            Place::Scratch(folder) => folder.path(),
            Place::Kept(folder) => folder,
        }
    }

    /// The path of the folder of compiled code.
    pub fn build_folder(&self) -> PathBuf {
        self.folder().join(BUILD)
    }

    /// Whether the folder is kept.
    pub fn is_kept(&self) -> bool {
        matches!(self.place, Place::Kept(_))
    }
}

/// Writes an intermediate file. Replaces a plain file; does not follow a symbolic link, which would
/// lead out of the folder.
///
/// # Errors
///
/// If something else is in its place, or it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let shown = path.display();
    if let Ok(meta) = fs::symlink_metadata(path) {
        ensure!(
            meta.is_file(),
            "{shown} is in the way: it is not a plain file"
        );
        let removed = fs::remove_file(path);
        removed.with_context(|| format!("cannot replace {shown}"))?;
    }
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o666).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {shown}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn folders_of_killed_runs_are_swept_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir_all(folder.join(".tmpOld/build")).unwrap();
        fs::create_dir(folder.join("kept")).unwrap();
        let one = Work::scratch_below(folder).unwrap();
        assert!(!folder.join(".tmpOld").exists());
        let two = Work::scratch_below(folder).unwrap();
        assert!(one.folder().is_dir() && two.folder().is_dir());
        let path = one.folder().to_owned();
        drop(one);
        assert!(!path.exists() && two.folder().is_dir());
        assert!(folder.join("kept").is_dir());
    }

    #[test]
    fn files_of_others_are_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("new");
        drop(Work::kept(&kept).unwrap());
        drop(Work::kept(&kept).unwrap());
        fs::write(folder.path().join("SB.litmus"), "precious").unwrap();
        let told = Work::kept(folder.path()).err().unwrap().to_string();
        assert!(told.contains("has files that were not kept"), "{told}");
        assert!(!folder.path().join(Lock::FILE).exists());
        // Every build folder has a lock.
        drop(Lock::take(folder.path()).unwrap());
        assert!(Work::kept(folder.path()).is_err());
    }

    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("precious"), "precious").unwrap();
        fs::write(path("linked"), "old").unwrap();
        symlink(path("precious"), path("link")).unwrap();
        let told = write(&path("link"), "new").unwrap_err().to_string();
        assert!(told.contains("link is in the way"), "{told}");
        assert_eq!(fs::read_to_string(path("precious")).unwrap(), "precious");
        // Another name of the file keeps the old text.
        fs::hard_link(path("linked"), path("file")).unwrap();
        write(&path("file"), "new").unwrap();
        assert_eq!(fs::read_to_string(path("file")).unwrap(), "new");
        assert_eq!(fs::read_to_string(path("linked")).unwrap(), "old");
        // Compiled code would be written through a link of the folder.
        let kept = path("kept");
        drop(Work::kept(&kept).unwrap());
        fs::create_dir(path("elsewhere")).unwrap();
        symlink(path("elsewhere"), kept.join(BUILD)).unwrap();
        let told = Work::kept(&kept).err().unwrap().to_string();
        assert!(told.contains("build is in the way"), "{told}");
        assert_eq!(entries(&path("elsewhere")).count(), 0);
    }
}
