//! The phases of writing that change the disk.

use std::fs::{self, Metadata, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempPath;

use super::owner;
use super::place::{at, plain_file};
use super::temporary::{self, NEW, OLD};

/// The phases that change the disk. Dropping a transaction before its end rolls everything back.
#[derive(Default)]
pub struct Transaction {
    new_dirs: Vec<PathBuf>,
    staged: Vec<(TempPath, PathBuf)>,
    removals: Vec<PathBuf>,
    /// The files that were replaced, created or removed, with the original if there was one.
    done: Vec<(PathBuf, Option<TempPath>)>,
}

impl Transaction {
    /// Writes all new contents to temporary files: those of `changes`, which are destinations with
    /// their contents. [`commit`](Self::commit) will also remove the files `removals`.
    pub fn stage<'a>(
        changes: impl IntoIterator<Item = (&'a Path, &'a str)>,
        removals: Vec<PathBuf>,
    ) -> Result<Self> {
        let mut this = Self::default();
        for (dest, contents) in changes {
            if let Err(error) = this.stage_one(dest, contents) {
                return Err(this.abandon(error));
            }
        }
        this.removals = removals;
        Ok(this)
    }

    fn stage_one(&mut self, dest: &Path, contents: &str) -> Result<()> {
        let dir = dest.parent().unwrap_or(dest);
        make_dir(dir, &mut self.new_dirs)?;
        let old = plain_file(dest)?;
        let temp = at("write", dest, fill(dir, contents, old))?;
        self.staged.push((temp, dest.to_owned()));
        Ok(())
    }

    /// Renames all files into place, or none.
    pub fn commit(mut self) -> Result<()> {
        if let Err(error) = self.apply() {
            return Err(self.abandon(error));
        }
        // This is the point of no return: dropping the originals deletes them. If one cannot be
        // deleted, the next run finds it by its name and removes it.
        self.done.clear();
        self.new_dirs.clear();
        Ok(())
    }

    pub fn apply(&mut self) -> Result<()> {
        for (temp, dest) in std::mem::take(&mut self.staged) {
            // The original stays in place until the rename: readers always find a file, and so does
            // the next run if this one is killed. Not every file system supports hard links.
            let existed = self.set_aside(&dest, |backup| match fs::hard_link(&dest, backup) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    fs::copy(&dest, backup).map(|_| ())
                }
                linked => linked,
            })?;
            at("replace", &dest, temp.persist(&dest).map_err(|e| e.error))?;
            if !existed {
                self.done.push((dest, None));
            }
        }
        for dest in std::mem::take(&mut self.removals) {
            self.set_aside(&dest, |backup| fs::rename(&dest, backup))?;
        }
        Ok(())
    }

    /// Backs up the file at `dest` under a temporary name, by calling `keep`. False if there is no
    /// file.
    fn set_aside(&mut self, dest: &Path, keep: impl Fn(&Path) -> io::Result<()>) -> Result<bool> {
        // Check again: the file may have changed since the plan was made.
        let (Some(_), Some(dir)) = (plain_file(dest)?, dest.parent()) else {
            return Ok(false);
        };
        let backup = temporary::builder(OLD).make_in(dir, keep);
        let backup = at("set aside", dest, backup)?.into_temp_path();
        self.done.push((dest.to_owned(), Some(backup)));
        Ok(true)
    }

    /// Rolls back because of `error`, and adds the result of that to the error.
    fn abandon(mut self, error: anyhow::Error) -> anyhow::Error {
        let problems = self.roll_back().join("; ");
        if problems.is_empty() {
            return error.context("nothing was written: every file is unchanged");
        }
        error.context(format!(
            "writing failed half-way, and could not be undone: {problems}"
        ))
    }

    /// Undoes every step in reverse order. Returns an error message for each that failed.
    fn roll_back(&mut self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut note = |path: &Path, result: io::Result<()>| {
            problems.extend(at("restore", path, result).err().map(|e| e.to_string()));
        };
        for (dest, backup) in self.done.drain(..).rev() {
            let Some(mut backup) = backup else {
                note(&dest, fs::remove_file(&dest));
                continue;
            };
            let restored = fs::rename(&backup, &dest);
            // If both are names of one file, the rename did nothing, and dropping `backup` deletes
            // the extra name. If the rename failed, keep the backup.
            backup.disable_cleanup(restored.is_err());
            note(&dest, restored);
        }
        self.staged.clear();
        for dir in self.new_dirs.drain(..).rev() {
            note(&dir, fs::remove_dir(&dir));
        }
        problems
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // There is something to undo only during a panic, which reports the cause.
        self.roll_back();
    }
}

/// Creates `dir`, an absolute path, and its missing parents, and adds each to `made`.
pub fn make_dir(dir: &Path, made: &mut Vec<PathBuf>) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().unwrap_or(dir);
    make_dir(parent, made)?;
    match fs::create_dir(dir) {
        // Another run has created it, or it is `..`.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && dir.is_dir() => return Ok(()),
        created => at("create the directory", dir, created)?,
    }
    made.push(dir.to_owned());
    let of = at("look at", parent, fs::metadata(parent))?;
    at("set the owner of", dir, owner::give_folder(dir, &of))
}

/// Creates a temporary file in `dir` with `contents`, and with the mode and the owner of `old`, or
/// those of a new file in `dir`.
fn fill(dir: &Path, contents: &str, old: Option<Metadata>) -> io::Result<TempPath> {
    let mut temp = temporary::builder(NEW)
        // The default mode of a new file; the umask is applied to it.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(dir)?;
    temp.write_all(contents.as_bytes())?;
    // A full disk may be noticed only here, and must be noticed before the first rename.
    temp.as_file().sync_all()?;
    match old {
        Some(old) => {
            owner::give_file(temp.as_file(), &old)?;
            // After the owner, because a new owner takes bits of the mode away.
            temp.as_file().set_permissions(old.permissions())?;
        }
        None => owner::give_file(temp.as_file(), &fs::metadata(dir)?)?,
    }
    Ok(temp.into_temp_path())
}
