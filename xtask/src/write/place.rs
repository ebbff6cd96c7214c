//! Paths below a tree, and the errors about them.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, anyhow, bail};

/// The root with symbolic links resolved, for comparison with resolved paths.
pub fn real_root(root: &Path) -> Result<PathBuf> {
    at("find the tree", root, fs::canonicalize(root))
}

/// Joins `root` and `path`, and resolves symbolic links in the directories of `path`.
pub fn resolve(root: &Path, path: &Path) -> Result<PathBuf> {
    let shown = path.display();
    let mut place = root.to_owned();
    for part in path.components() {
        let name = match part {
            Component::CurDir => continue,
            Component::Normal(name) => name,
            _ => bail!("{shown}: the path must be relative to the tree and must not contain `..`"),
        };
        // Every part but the last is a directory, or will be created as one.
        let link = place.clone();
        if place.is_symlink() {
            place = at("follow the link", &link, fs::canonicalize(&link))?;
        }
        let (link, target) = (link.display(), place.display());
        if !place.starts_with(root) {
            bail!("{shown}: {link} leads to {target}, outside the tree: replace it by a directory");
        }
        if place.exists() && !place.is_dir() {
            bail!("{shown}: the file {link} is in the way: a directory belongs there");
        }
        place.push(name);
    }
    Ok(place)
}

/// The metadata of a plain file. None if it does not exist, an error if it is not a plain file.
pub fn plain_file(path: &Path) -> Result<Option<fs::Metadata>> {
    let meta = fs::symlink_metadata(path);
    if matches!(&meta, Err(error) if error.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let meta = at("look at", path, meta)?;
    let kind = match meta.file_type() {
        kind if kind.is_file() => return Ok(Some(meta)),
        kind if kind.is_dir() => "a directory",
        kind if kind.is_symlink() => "a symbolic link",
        _ => "a special file",
    };
    let shown = path.display();
    bail!("{shown} is in the way: it is {kind}, but a plain file belongs there")
}

/// Turns an I/O error into one that names the action, the path and the remedy.
pub fn at<T>(what: &str, path: &Path, result: io::Result<T>) -> Result<T> {
    let error = match result {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let remedy = match error.kind() {
        ErrorKind::PermissionDenied => ": check its permissions",
        ErrorKind::ReadOnlyFilesystem => ": choose a tree on a writable file system",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ": free some space and try again",
        ErrorKind::NotADirectory => ": a file is in the place of a directory: move it",
        ErrorKind::NotFound => ": it must exist",
        _ => "",
    };
    Err(anyhow!("cannot {what} {}: {error}{remedy}", path.display()))
}
