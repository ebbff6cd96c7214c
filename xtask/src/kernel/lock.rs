//! One run at a time in one folder.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result, bail};

/// The folder is ours for as long as this lives.
pub struct Lock(PathBuf);

impl Lock {
    /// Takes the folder.
    ///
    /// # Errors
    ///
    /// If another process that is alive has it, or the file that says so cannot be written.
    pub fn take(dir: &Path) -> Result<Self> {
        let path = dir.join("lock");
        for _ in 0..2 {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => {
                    let lock = Self(path);
                    write!(file, "{}", process::id())
                        .with_context(|| format!("cannot write {}", lock.0.display()))?;
                    return Ok(lock);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    let holder = fs::read_to_string(&path).unwrap_or_default();
                    if !holder.is_empty() && Path::new("/proc").join(&holder).exists() {
                        bail!(
                            "process {holder} builds in {} just now: wait for it",
                            dir.display()
                        );
                    }
                    // Its process was killed.
                    let _ = fs::remove_file(&path);
                }
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot write {}", path.display()));
                }
            }
        }
        bail!(
            "cannot take {}: others take it again and again",
            path.display()
        )
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // What is left is taken for what a killed process left.
        let _ = fs::remove_file(&self.0);
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
        assert!(
            error.contains(&format!("process {} builds", process::id())),
            "{error}"
        );
        drop(lock);
        // No process has so large a number.
        fs::write(dir.path().join("lock"), "999999999").unwrap();
        drop(Lock::take(dir.path()).unwrap());
        assert!(!dir.path().join("lock").exists());
    }
}
