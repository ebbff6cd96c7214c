//! A lock on a build folder.

use std::fs::{File, OpenOptions};
use std::path::Path;

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::progress::Progress;

/// An exclusive lock on a folder, released when dropped. The system also releases it when the
/// process ends for any reason.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// The name of the file in a folder that is locked, or was.
    pub const FILE: &str = "lock";

    /// Locks the folder. Fails if it is locked.
    ///
    /// # Errors
    ///
    /// If another process has locked it, or its file `lock` cannot be opened.
    pub fn take(dir: &Path) -> Result<Self> {
        match Self::open(dir, FlockOperation::NonBlockingLockExclusive)? {
            Ok(lock) => Ok(lock),
            Err(Errno::WOULDBLOCK) => bail!(
                "another process is building in {}: wait until it ends",
                dir.display()
            ),
            Err(error) => Err(error).with_context(|| format!("cannot lock {}", dir.display())),
        }
    }

    /// Locks the folder. Waits until no other process or thread has locked it, and tells if it must.
    ///
    /// # Errors
    ///
    /// If its file `lock` cannot be opened or locked.
    pub fn wait(dir: &Path, progress: Progress<'_>) -> Result<Self> {
        if let Ok(lock) = Self::open(dir, FlockOperation::NonBlockingLockExclusive)? {
            return Ok(lock);
        }
        progress(&format!("waiting for what builds in {}", dir.display()));
        let lock = Self::open(dir, FlockOperation::LockExclusive)?;
        lock.with_context(|| format!("cannot lock {}", dir.display()))
    }

    fn open(dir: &Path, operation: FlockOperation) -> Result<Result<Self, Errno>> {
        let path = dir.join(Self::FILE);
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(&path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        Ok(flock(&file, operation).map(|()| Self { _file: file }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        let error = Lock::take(dir.path()).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("another process is building in "), "{error}");
        drop(lock);
        drop(Lock::wait(dir.path(), &|_| {}).unwrap());
        drop(Lock::take(dir.path()).unwrap());
    }
}
