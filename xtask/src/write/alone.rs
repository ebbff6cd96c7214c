//! Writes one file outside a tree: a patch. Its folder may be shared, such as /tmp, and is not
//! locked. Instead, a run locks its temporary file, so that other runs do not take it for left.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tempfile::NamedTempFile;

use super::temporary::{self, is_alone};
use super::{owner, search};

/// Writes the file at `place` in `folder` atomically. It keeps the mode and the owner of `old`, if
/// it replaces that. Removes what killed runs have left in the folder, as far as possible.
///
/// # Errors
///
/// If it cannot be written.
pub fn write_alone(
    folder: &Path,
    place: &Path,
    contents: &[u8],
    old: Option<&Metadata>,
) -> io::Result<()> {
    sweep(folder);
    let mode = old.map_or(Permissions::from_mode(0o666), Metadata::permissions);
    let mut temp = create(folder, &mode)?;
    temp.write_all(contents)?;
    temp.as_file().sync_all()?;
    if let Some(old) = old {
        owner::give_file(temp.as_file(), old)?;
        // After the owner, because a new owner takes bits of the mode away.
        temp.as_file().set_permissions(mode)?;
    }
    temp.persist(place)?;
    Ok(())
}

/// Removes the temporary files that killed runs have left in a folder.
fn sweep(folder: &Path) {
    let mut found = BTreeSet::new();
    if search::temporary(folder, false, is_alone, &mut found).is_ok() {
        for path in found {
            let Ok(file) = File::open(&path) else {
                continue;
            };
            // The lock is held until the file is gone.
            if lock(&file).is_ok() {
                // In a folder like /tmp, it may be another user's.
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Creates a temporary file, and locks it.
fn create(folder: &Path, mode: &Permissions) -> io::Result<NamedTempFile> {
    loop {
        let mut builder = temporary::builder_alone();
        let temp = builder.permissions(mode.clone()).tempfile_in(folder)?;
        let is_locked = lock(temp.as_file()) != Err(Errno::WOULDBLOCK);
        // Another run may have locked and removed it before.
        if is_locked && temp.path().exists() {
            return Ok(temp);
        }
    }
}

/// Not every file system has locks. Without them, nothing is removed.
fn lock(file: &File) -> rustix::io::Result<()> {
    flock(file, FlockOperation::NonBlockingLockExclusive)
}

#[cfg(test)]
mod tests {
    use super::super::lock::Lock;
    use super::*;

    #[test]
    fn only_what_no_run_writes_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let left = folder.join(".gen-patch-aaaaaa.new");
        fs::write(&left, "").unwrap();
        // A run in a tree that has this folder.
        let staged = folder.join(".gen-aaaaaa.new");
        fs::write(&staged, "").unwrap();
        let mode = Permissions::from_mode(0o600);
        let written = create(folder, &mode).unwrap();
        write_alone(folder, &folder.join("patch"), b"new", None).unwrap();
        assert!(!left.exists() && staged.exists() && written.path().exists());
        assert_eq!(fs::read(folder.join("patch")).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder).unwrap().count(), 3);
    }

    #[test]
    fn a_folder_that_is_locked_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let _locked = Lock::for_writing(folder, &|_| {}).unwrap();
        write_alone(folder, &folder.join("patch"), b"new", None).unwrap();
    }

    /// Only root can write files of another user.
    #[test]
    fn a_replaced_file_keeps_its_mode_and_owner() {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("patch");
        fs::write(&place, "old").unwrap();
        fs::set_permissions(&place, Permissions::from_mode(0o606)).unwrap();
        let _ = chown(&place, Some(12345), Some(23456));
        let old = fs::metadata(&place).unwrap();
        write_alone(folder.path(), &place, b"new", Some(&old)).unwrap();
        let new = fs::metadata(&place).unwrap();
        let kept = |meta: &Metadata| (meta.uid(), meta.gid(), meta.mode());
        assert_eq!(kept(&new), kept(&old));
        assert_eq!(fs::read(&place).unwrap(), b"new");
    }
}
