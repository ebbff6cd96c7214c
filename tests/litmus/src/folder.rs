//! Finds the litmus files in a folder.

use std::fs;
use std::io::Error;
use std::path::{Path, PathBuf};

/// A litmus file, or a folder that cannot be read.
pub type Found = Result<PathBuf, (PathBuf, Error)>;

/// The litmus files in a folder and in those below it, in the order of their names, and the folders
/// that cannot be read; if `path` is no folder, `path` itself.
///
/// What a link leads to is read as well, but not if it is a folder that is read anyway, or one above
/// the link, which would have no end.
pub fn litmus_files(path: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    let root = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    walk(&root, path, &mut found);
    found
}

fn walk(root: &Path, path: &Path, found: &mut Vec<Found>) {
    if !path.is_dir() {
        found.push(Ok(path.to_owned()));
        return;
    }
    match entries(root, path) {
        Ok(entries) => entries.iter().for_each(|entry| walk(root, entry, found)),
        Err(error) => found.push(Err((path.to_owned(), error))),
    }
}

/// The folders and litmus files in a folder, in the order of their names.
fn entries(root: &Path, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder)?;
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, Error>>()?;
    let whole = folder.canonicalize()?;
    let is_read_anyway = |entry: &PathBuf| {
        let to = entry.canonicalize();
        entry.is_symlink() && to.is_ok_and(|to| to.starts_with(root) || whole.starts_with(to))
    };
    entries.retain(|entry| match entry.is_dir() {
        true => !is_read_anyway(entry),
        false => entry.extension().is_some_and(|end| end == "litmus"),
    });
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for below in ["suite/more", "suite/z", "beside/more"] {
            fs::create_dir_all(path(below)).unwrap();
        }
        for file in [
            "suite/more/a.litmus",
            "suite/z/b.litmus",
            "beside/c.litmus",
            "suite/d.txt",
        ] {
            fs::write(path(file), "").unwrap();
        }
        for (link, to) in [
            ("suite/more/up", ".."),
            ("suite/more/here", "."),
            ("suite/above", "../.."),
            ("suite/again", "z"),
            ("suite/beside", "../beside"),
            ("beside/more/back", ".."),
        ] {
            symlink(to, path(link)).unwrap();
        }
        let found: Vec<PathBuf> = litmus_files(&path("suite"))
            .into_iter()
            .collect::<Result<_, _>>()
            .unwrap();
        let expected = ["beside/c.litmus", "more/a.litmus", "z/b.litmus"];
        assert_eq!(found, expected.map(|name| path("suite").join(name)));
        let file = path("suite/d.txt");
        assert_eq!(litmus_files(&file)[0].as_ref().unwrap(), &file);
    }
}
