//! Files that one run keeps for the next ones: what is compiled or computed from inputs that have
//! not changed.
//!
//! The name of a file is a digest of all that it depends on, so that none is ever out of date. A
//! file appears complete or not at all: several runs may use the folder at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use atomics_tools::path::entries;

/// How long a file is kept that no run uses.
const UNUSED: Duration = Duration::from_secs(14 * 24 * 3600);

/// A folder of kept files.
#[derive(Clone, Debug)]
pub struct Kept {
    folder: PathBuf,
}

impl Kept {
    /// The folder at a path. Removes what no run has used for a long time.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub fn at(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let now = SystemTime::now();
        for file in entries(folder) {
            let changed = fs::symlink_metadata(&file).and_then(|meta| meta.modified());
            let age = changed.ok().and_then(|time| now.duration_since(time).ok());
            if age.is_some_and(|age| age > UNUSED) {
                // A folder is of a run that was killed. If this fails, the next run tries again.
                let _ = match file.is_dir() {
                    true => fs::remove_dir_all(&file),
                    false => fs::remove_file(&file),
                };
            }
        }
        Ok(Self {
            folder: folder.canonicalize()?,
        })
    }

    /// The file for some inputs, whose name has the beginning and the end of `name`. Calls `make`
    /// with a path to write it to if there is none yet.
    ///
    /// # Errors
    ///
    /// If `make` fails, or the file cannot be moved to its place.
    pub fn file(
        &self,
        inputs: &[&str],
        (start, end): (&str, &str),
        make: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let path = self.folder.join(format!("{start}{}{end}", digest(inputs)));
        if path.is_file() {
            // So that it is not removed for its age. If this fails, it is made again one day.
            let file = fs::File::options().append(true).open(&path);
            let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
            return Ok(path);
        }
        let part = tempfile::Builder::new()
            .prefix("part")
            .tempdir_in(&self.folder);
        let part = part.with_context(|| format!("cannot write to {}", self.folder.display()))?;
        let new = part.path().join(format!("{start}new{end}"));
        make(&new)?;
        fs::rename(&new, &path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(path)
    }
}

/// A digest of texts: different for different lists of texts.
pub fn digest(inputs: &[&str]) -> String {
    let mut sha = sha1_smol::Sha1::new();
    for input in inputs {
        sha.update(&(input.len() as u64).to_le_bytes());
        sha.update(input.as_bytes());
    }
    sha.digest().to_string()
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    const TEXT: (&str, &str) = ("a", ".txt");

    #[test]
    fn a_file_is_made_once_for_the_same_inputs() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::at(&folder.path().join("new")).unwrap();
        let write = |text: &'static str| move |path: &Path| Ok(fs::write(path, text)?);
        let first = kept.file(&["a", "b"], TEXT, write("1")).unwrap();
        let again = kept.file(&["a", "b"], TEXT, write("2")).unwrap();
        assert_eq!(first, again);
        assert_eq!(fs::read_to_string(first).unwrap(), "1");
        let other = kept.file(&["ab", ""], TEXT, write("3")).unwrap();
        assert_eq!(fs::read_to_string(other).unwrap(), "3");
    }

    #[test]
    fn what_could_not_be_made_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::at(folder.path()).unwrap();
        let half = |path: &Path| {
            fs::write(path, "half")?;
            bail!("no more")
        };
        assert!(kept.file(&["a"], TEXT, half).is_err());
        assert_eq!(entries(folder.path()).count(), 0);
    }

    #[test]
    fn what_is_not_used_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::at(folder.path()).unwrap();
        let make = |path: &Path| Ok(fs::write(path, "")?);
        let paths = ["a", "b"].map(|input| kept.file(&[input], TEXT, make).unwrap());
        for path in &paths {
            let file = fs::File::options().append(true).open(path).unwrap();
            file.set_modified(SystemTime::now() - 2 * UNUSED).unwrap();
        }
        let part = folder.path().join("part");
        fs::create_dir(&part).unwrap();
        let file = fs::File::open(&part).unwrap();
        file.set_modified(SystemTime::now() - 2 * UNUSED).unwrap();
        kept.file(&["a"], TEXT, |_| bail!("it is there")).unwrap();
        Kept::at(folder.path()).unwrap();
        assert_eq!(paths.map(|path| path.exists()), [true, false]);
        assert!(!part.exists());
    }
}
