//! Searches the folders of a tree for files that an earlier run left.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::place::at;
use super::temporary::is_temporary;

/// How many lines at the start of a file may contain the marker. A kernel file begins with its
/// licence.
pub const HEAD_LINES: usize = 3;

/// Adds the files under `dir` that contain the marker to `found`. Temporary files are not among
/// them: their contents may be incomplete.
pub fn marked(dir: &Path, marker: &str, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    for entry in entries(dir)? {
        let path = entry.path();
        let kind = at("look at", &path, entry.file_type())?;
        if kind.is_dir() {
            marked(&path, marker, found)?;
        } else if kind.is_file() && !is_temporary(&entry.file_name()) {
            let text = at("read", &path, fs::read(&path))?;
            let mut head = text.split(|&byte| byte == b'\n').take(HEAD_LINES);
            if head.any(|line| String::from_utf8_lossy(line).contains(marker)) {
                found.insert(path);
            }
        }
    }
    Ok(())
}

/// Adds the temporary files in `dir` to `found`; also those in the folders below it, if `deep`.
pub fn temporary(dir: &Path, deep: bool, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    for entry in entries(dir)? {
        let path = entry.path();
        let kind = at("look at", &path, entry.file_type())?;
        if kind.is_file() && is_temporary(&entry.file_name()) {
            found.insert(path);
        } else if kind.is_dir() && deep {
            temporary(&path, deep, found)?;
        }
    }
    Ok(())
}

/// The entries of a folder. None if it does not exist.
fn entries(dir: &Path) -> Result<Vec<DirEntry>> {
    let entries = fs::read_dir(dir);
    if matches!(&entries, Err(error) if error.kind() == ErrorKind::NotFound) {
        return Ok(Vec::new());
    }
    let entries = at("search", dir, entries)?;
    entries.map(|entry| at("search", dir, entry)).collect()
}
