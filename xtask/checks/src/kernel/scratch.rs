//! Keeps a copy of a kernel tree up to date without recreating it, so that builds in the copy are
//! incremental.

use std::collections::BTreeSet;
use std::fs::{self, File, FileTimes, FileType, Metadata};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What [`sync()`] did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// The number of files and links in the original.
    pub files: usize,
    /// The number of files and links that were copied.
    pub copied: usize,
    /// The number of entries that were removed because the original does not have them.
    pub removed: usize,
}

/// Makes `to` a copy of the tree `from`, without `.git`. Files in `keep` (relative to the root) are
/// not changed. Files are compared by size, time and mode. Calls `note` for each file that is
/// copied or removed.
///
/// # Errors
///
/// If something cannot be read or written, or `note` fails.
pub fn sync(
    from: &Path,
    to: &Path,
    keep: &BTreeSet<PathBuf>,
    note: &mut dyn FnMut(&str) -> Result<()>,
) -> Result<Synced> {
    let mut sync = Sync {
        from,
        to,
        keep,
        note,
        synced: Synced::default(),
    };
    sync.sync_folder(Path::new(""))?;
    Ok(sync.synced)
}

struct Sync<'a> {
    from: &'a Path,
    to: &'a Path,
    keep: &'a BTreeSet<PathBuf>,
    note: &'a mut dyn FnMut(&str) -> Result<()>,
    synced: Synced,
}

impl Sync<'_> {
    /// Updates the copy of the folder `path`.
    fn sync_folder(&mut self, path: &Path) -> Result<()> {
        let (source, target) = (self.from.join(path), self.to.join(path));
        fs::create_dir_all(&target)
            .with_context(|| format!("cannot create {}", target.display()))?;
        let mut names = BTreeSet::new();
        for entry in read(&source)? {
            let path = path.join(entry.file_name());
            if path == Path::new(".git") {
                continue;
            }
            names.insert(entry.file_name());
            if !self.keep.contains(&path) {
                self.sync_entry(&path, entry.file_type()?)?;
            }
        }
        for entry in read(&target)? {
            let path = path.join(entry.file_name());
            let kept = self.keep.iter().any(|kept| kept.starts_with(&path));
            if !names.contains(&entry.file_name()) && !kept {
                remove(&entry.path())?;
                self.synced.removed += 1;
                (self.note)(&format!("removed {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// Updates the copy of the entry at `path`.
    fn sync_entry(&mut self, path: &Path, kind: FileType) -> Result<()> {
        let (here, there) = (self.from.join(path), self.to.join(path));
        let mut old = fs::symlink_metadata(&there).ok();
        if old.as_ref().is_some_and(|old| old.file_type() != kind) {
            // Remove an entry of another kind, such as a file in the place of a folder.
            remove(&there)?;
            old = None;
        }
        if kind.is_dir() {
            return self.sync_folder(path);
        }
        self.synced.files += 1;
        let copied = if kind.is_symlink() {
            copy_link(&here, &there, old.is_some())
        } else {
            copy_file(&here, &there, old)
        };
        if copied.with_context(|| format!("cannot copy {}", here.display()))? {
            self.synced.copied += 1;
            (self.note)(&format!("copied {}", path.display()))?;
        }
        Ok(())
    }
}

fn read(dir: &Path) -> Result<Vec<fs::DirEntry>> {
    let entries = fs::read_dir(dir).and_then(Iterator::collect);
    entries.with_context(|| format!("cannot read {}", dir.display()))
}

fn remove(path: &Path) -> Result<()> {
    let is_dir = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
    let removed = if is_dir {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    removed.with_context(|| format!("cannot remove {}", path.display()))
}

fn copy_link(here: &Path, there: &Path, exists: bool) -> Result<bool> {
    let target = fs::read_link(here)?;
    if exists {
        if fs::read_link(there)? == target {
            return Ok(false);
        }
        fs::remove_file(there)?;
    }
    symlink(target, there)?;
    Ok(true)
}

/// Copies a file with its time and mode, unless it is up to date.
fn copy_file(here: &Path, there: &Path, old: Option<Metadata>) -> Result<bool> {
    let new = fs::metadata(here)?;
    let same = |old: &Metadata| {
        old.len() == new.len()
            && old.permissions() == new.permissions()
            && old.modified().ok() == new.modified().ok()
    };
    if old.as_ref().is_some_and(same) {
        return Ok(false);
    }
    if old.is_some() {
        // Remove it first, because it may not be writable.
        fs::remove_file(there)?;
    }
    fs::copy(here, there)?;
    let times = FileTimes::new().set_modified(new.modified()?);
    // Open the file for reading: it may not be writable, and this is enough to set the time.
    File::open(there)?.set_times(times)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(from: &Path, to: &Path) -> (Synced, Vec<String>) {
        let keep = BTreeSet::from(["rust/kept.rs".into(), "rust/new/kept.rs".into()]);
        let mut notes = Vec::new();
        let mut note = |line: &str| {
            notes.push(line.to_owned());
            Ok(())
        };
        let synced = sync(from, to, &keep, &mut note).unwrap();
        (synced, notes)
    }

    #[test]
    fn a_copy_follows_its_original() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (&dir.path().join("from"), &dir.path().join("to"));
        put(from, "Makefile", "a");
        put(from, "scripts/run", "#!/bin/sh");
        put(from, "rust/kept.rs", "theirs");
        put(from, ".git/config", "theirs");
        fs::set_permissions(from.join("scripts/run"), PermissionsExt::from_mode(0o555)).unwrap();
        symlink("Makefile", from.join("link")).unwrap();
        let (synced, _) = run(from, to);
        assert_eq!((synced.files, synced.copied, synced.removed), (3, 3, 0));
        assert!(!to.join(".git").exists() && !to.join("rust/kept.rs").exists());
        let mode = fs::metadata(to.join("scripts/run"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o555);
        assert_eq!(
            fs::read_link(to.join("link")).unwrap(),
            Path::new("Makefile")
        );

        // Nothing is to be done, and the files in `keep` are not touched.
        put(to, "rust/kept.rs", "ours");
        put(to, "rust/new/kept.rs", "ours");
        let (synced, notes) = run(from, to);
        assert_eq!((synced.copied, synced.removed), (0, 0), "{notes:?}");
        assert_eq!(fs::read_to_string(to.join("rust/kept.rs")).unwrap(), "ours");
        assert!(to.join("rust/new/kept.rs").exists());

        // One file has the same size but another time; one entry changes its kind; one is removed;
        // one is left over in the copy.
        put(from, "Makefile", "b");
        let later = FileTimes::new().set_modified(std::time::SystemTime::UNIX_EPOCH);
        let file = File::options()
            .write(true)
            .open(from.join("Makefile"))
            .unwrap();
        file.set_times(later).unwrap();
        fs::remove_file(from.join("link")).unwrap();
        put(from, "link/file", "x");
        fs::remove_file(from.join("scripts/run")).unwrap();
        put(to, "rust/left/over.rs", "x");
        let (synced, notes) = run(from, to);
        assert_eq!((synced.copied, synced.removed), (2, 2), "{notes:?}");
        assert_eq!(fs::read_to_string(to.join("Makefile")).unwrap(), "b");
        assert!(to.join("link/file").exists() && !to.join("scripts/run").exists());
        assert!(!to.join("rust/left").exists() && to.join("rust/new/kept.rs").exists());
    }
}
