//! Searches the folders of a tree for files that an earlier run left.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::place::at;
use super::temporary::is_temporary;

/// How many lines at the start of a file may contain the marker. A kernel file begins with its
/// licence.
pub const HEAD_LINES: usize = 3;
/// How many bytes to read for these lines, at most. A file may be large.
const HEAD_BYTES: u64 = 4096;

/// Adds the files under `dir` that contain the marker to `found`. Temporary files are not among
/// them: their contents may be incomplete.
pub fn marked(dir: &Path, marker: &str, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    for entry in entries(dir)? {
        let path = entry.path();
        let kind = at("look at", &path, entry.file_type())?;
        if kind.is_dir() {
            marked(&path, marker, found)?;
        } else if kind.is_file() && !is_temporary(&entry.file_name()) {
            let mut text = Vec::new();
            let file = File::open(&path);
            let read = file.and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut text));
            at("read", &path, read)?;
            let mut head = text.split(|&byte| byte == b'\n').take(HEAD_LINES);
            if head.any(|line| String::from_utf8_lossy(line).contains(marker)) {
                found.insert(path);
            }
        }
    }
    Ok(())
}

/// Adds the files in `dir` whose names are those of temporary files, as `is_one` says, to `found`;
/// also those in the folders below it, if `deep`.
pub fn temporary(
    dir: &Path,
    deep: bool,
    is_one: fn(&OsStr) -> bool,
    found: &mut BTreeSet<PathBuf>,
) -> Result<()> {
    for entry in entries(dir)? {
        let path = entry.path();
        let kind = at("look at", &path, entry.file_type())?;
        if kind.is_file() && is_one(&entry.file_name()) {
            found.insert(path);
        } else if kind.is_dir() && deep {
            temporary(&path, deep, is_one, found)?;
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
