//! Writes generated files to disk, all or nothing. All generated files are written here.
//!
//! `Plan` only reads: it resolves every path and compares contents in memory, so that most errors
//! are found before anything changes. `Transaction::stage` then writes each new content to a
//! temporary file beside its destination, and `Transaction::commit` sets the originals aside and
//! renames the new files into place. The originals are deleted only after every rename has
//! succeeded; until then, any error restores them.
//!
//! A caller holds the [`Lock`] of the tree while it judges and writes, and first removes what a
//! killed run has left: [`find_debris`].

mod alone;
mod lock;
mod owner;
mod place;
mod search;
mod temporary;
mod transaction;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{self, Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use similar::TextDiff;

pub use alone::write_alone;
pub use lock::Lock;
use place::{at, plain_file, real_root, resolve};
pub use search::HEAD_LINES;
use temporary::is_temporary;
use transaction::Transaction;

#[cfg(test)]
mod tests;

/// How many lines of one file's diff are shown. The rest is only counted.
const DIFF_LINES: usize = 60;

/// One generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The path of the file, relative to the root that it is written under.
    pub path: PathBuf,
    /// The contents of the file.
    pub contents: String,
}

/// One difference between the disk and the generator's output. Paths are relative to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The file does not exist.
    Missing(PathBuf),
    /// The contents of the file differ. The text is a unified diff from disk to generated contents.
    /// If it was cut to a readable size, its last line says how much was left out.
    Differs(PathBuf, String),
    /// The file exists but is no longer generated.
    Orphaned(PathBuf),
    /// The file is a temporary file that a killed run has left.
    Debris(PathBuf),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "missing: {}", path.display()),
            Self::Differs(path, diff) => write!(f, "differs: {}\n{diff}", path.display()),
            Self::Orphaned(path) => write!(f, "no longer generated: {}", path.display()),
            Self::Debris(path) => write!(f, "left by a run that was killed: {}", path.display()),
        }
    }
}

/// What [`write()`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many files were new or differed.
    pub written: usize,
    /// How many orphans were removed.
    pub removed: usize,
    /// How many files already had the right contents and were not touched.
    pub unchanged: usize,
}

/// Compares `files` with the files under `root` and changes nothing. The findings are in the order
/// of `files`, then of `orphans`. An orphan that does not exist is not a finding.
///
/// # Errors
///
/// When a path is absolute, contains `..`, is listed twice or leads out of `root` through a
/// symbolic link; when the destination exists and is not a plain file; when a file cannot be read.
pub fn check(root: &Path, files: &[Generated], orphans: &[PathBuf]) -> Result<Vec<Finding>> {
    let plan = Plan::new(root, files, orphans)?;
    let changes = plan.changes.iter();
    let changed = changes.map(|Change { file, old, .. }| match old {
        None => Finding::Missing(file.path.clone()),
        Some(old) => Finding::Differs(file.path.clone(), diff(old, &file.contents)),
    });
    let removals = plan.removals.iter();
    let orphaned = removals.map(|(path, _)| Finding::Orphaned(path.to_path_buf()));
    Ok(changed.chain(orphaned).collect())
}

/// Writes those of `files` that differ, removes `orphans`, and removes directories that this leaves
/// empty. All or nothing: after an error, every file has its old contents and permissions, and no
/// new directory or temporary file is left. An existing file keeps its mode.
///
/// A process that is killed half-way cannot roll back. Each file is then either old or new, and
/// temporary files may be left. [`find_debris`] finds them.
///
/// # Errors
///
/// The same as [`check`], and when a file cannot be written, renamed or removed.
pub fn write(root: &Path, files: &[Generated], orphans: &[PathBuf]) -> Result<Written> {
    let plan = Plan::new(root, files, orphans)?;
    plan.stage()?.commit()?;
    let removals = plan.removals.iter();
    let dirs: BTreeSet<&Path> = removals.filter_map(|(_, dest)| dest.parent()).collect();
    // The deepest first.
    for dir in dirs.iter().rev() {
        // This fails if the directory is not empty, which is fine.
        let _ = fs::remove_dir(dir);
    }
    Ok(plan.counts)
}

/// Finds the files that an earlier run generated and this one does not: files under `dirs` whose
/// first lines contain `marker` and that are not in `keep`. Temporary files are not among them:
/// see [`find_debris`].
///
/// `dirs` are relative to `root` and are searched recursively, without following symbolic links. A
/// directory that does not exist is skipped.
///
/// # Errors
///
/// When `marker` is empty (every file would be an orphan), when a path is not inside `root`, or
/// when a file or directory cannot be read.
pub fn find_orphans(
    root: &Path,
    dirs: &[&Path],
    keep: &[Generated],
    marker: &str,
) -> Result<Vec<PathBuf>> {
    if marker.is_empty() {
        bail!("with an empty marker, every file would be an orphan");
    }
    let root = &real_root(root)?;
    let mut found = BTreeSet::new();
    for dir in dirs {
        // Resolve a file in `dir` rather than `dir`, so that `dir` is followed if it is a link.
        let inside = resolve(root, &dir.join("file"))?;
        search::marked(inside.parent().unwrap_or(root), marker, &mut found)?;
    }
    // Compare resolved paths, so that a file reached through a link counts as the same file.
    for file in keep {
        found.remove(&resolve(root, &file.path)?);
    }
    Ok(relative(root, &found))
}

/// Finds the temporary files that killed runs have left: those below `dirs` and beside `files`. Call it while holding the tree's [`Lock`], or it finds those of a run in progress.
///
/// # Errors
///
/// When a path is not inside `root`, or when a directory cannot be read.
pub fn find_debris<'a>(
    root: &Path,
    dirs: &[&Path],
    files: impl IntoIterator<Item = &'a Path>,
) -> Result<Vec<PathBuf>> {
    let root = &real_root(root)?;
    let mut found = BTreeSet::new();
    for dir in dirs {
        let inside = resolve(root, &dir.join("file"))?;
        let dir = inside.parent().unwrap_or(root);
        search::temporary(dir, true, is_temporary, &mut found)?;
    }
    let folders: BTreeSet<&Path> = files.into_iter().filter_map(Path::parent).collect();
    for folder in folders {
        let inside = resolve(root, &folder.join("file"))?;
        let dir = inside.parent().unwrap_or(root);
        search::temporary(dir, false, is_temporary, &mut found)?;
    }
    Ok(relative(root, &found))
}

/// Whether a file of this name is one that [`find_debris`] would find.
pub fn is_debris(name: &OsStr) -> bool {
    is_temporary(name)
}

/// Removes what [`find_debris`] has found, and directories that this leaves empty.
///
/// # Errors
///
/// When a file cannot be removed.
pub fn remove_debris(root: &Path, debris: &[PathBuf]) -> Result<()> {
    for path in debris.iter().map(|path| root.join(path)) {
        at("remove", &path, fs::remove_file(&path))?;
    }
    let dirs = debris.iter().flat_map(|path| path.ancestors().skip(1));
    let dirs: BTreeSet<&Path> = dirs.filter(|dir| *dir != Path::new("")).collect();
    // The deepest first.
    for dir in dirs.iter().rev() {
        // This fails if the directory is not empty, which is fine.
        let _ = fs::remove_dir(root.join(dir));
    }
    Ok(())
}

/// Creates a directory and its missing parents. Each belongs to the owner of its parent.
///
/// # Errors
///
/// If one cannot be created.
pub fn make_dir(dir: &Path) -> Result<()> {
    let dir = at("create the directory", dir, path::absolute(dir))?;
    transaction::make_dir(&dir, &mut Vec::new())
}

/// The paths without the root.
fn relative(root: &Path, paths: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let relative = |path: &PathBuf| path.strip_prefix(root).unwrap_or(path).to_owned();
    paths.iter().map(relative).collect()
}

/// A file as it is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The contents of the file.
    pub contents: Vec<u8>,
    /// Whether the file is executable.
    pub executable: bool,
}

/// Reads the file at `path` under `root`. None if it does not exist.
///
/// # Errors
///
/// The same as [`check`].
pub fn original(root: &Path, path: &Path) -> Result<Option<Original>> {
    if !root.exists() {
        return Ok(None);
    }
    let place = resolve(&real_root(root)?, path)?;
    let Some(meta) = plain_file(&place)? else {
        return Ok(None);
    };
    Ok(Some(Original {
        contents: at("read", &place, fs::read(&place))?,
        executable: meta.permissions().mode() & 0o111 != 0,
    }))
}

/// A unified diff, cut to [`DIFF_LINES`] lines.
fn diff(old: &[u8], new: &str) -> String {
    let old = String::from_utf8_lossy(old);
    // With a timeout, the diff of two large unrelated files is coarse instead of slow.
    let mut config = TextDiff::configure();
    config.timeout(Duration::from_secs(2));
    let diff = config.diff_lines(&*old, new);
    let mut unified = diff.unified_diff();
    let text = unified.header("on disk", "generated").to_string();
    let mut lines = text.lines();
    let mut shown: Vec<&str> = lines.by_ref().take(DIFF_LINES).collect();
    let left_out = lines.count();
    let note = format!("... and {left_out} more lines of this diff");
    if left_out > 0 {
        shown.push(&note);
    }
    shown.join("\n")
}

/// A file to write.
struct Change<'a> {
    file: &'a Generated,
    /// The resolved path of the file.
    dest: PathBuf,
    /// The contents on disk, if the file exists.
    old: Option<Vec<u8>>,
}

/// All changes to make. Building the plan changes nothing on disk.
#[derive(Default)]
struct Plan<'a> {
    changes: Vec<Change<'a>>,
    /// The orphans that exist: the path that the caller gave, and the resolved path.
    removals: Vec<(&'a Path, PathBuf)>,
    counts: Written,
}

impl<'a> Plan<'a> {
    fn new(root: &Path, files: &'a [Generated], orphans: &'a [PathBuf]) -> Result<Self> {
        let root = &real_root(root)?;
        let mut plan = Self::default();
        let mut claims = BTreeSet::new();
        for file in files {
            let dest = claim(root, &file.path, &mut claims)?;
            let old = match plain_file(&dest)? {
                Some(_) => Some(at("read", &dest, fs::read(&dest))?),
                None => None,
            };
            if old.as_deref() == Some(file.contents.as_bytes()) {
                plan.counts.unchanged += 1;
            } else {
                plan.changes.push(Change { file, dest, old });
            }
        }
        for orphan in orphans {
            let dest = claim(root, orphan, &mut claims)?;
            if plain_file(&dest)?.is_some() {
                plan.removals.push((orphan, dest));
            }
        }
        plan.counts.written = plan.changes.len();
        plan.counts.removed = plan.removals.len();
        Ok(plan)
    }

    /// Writes the new contents to temporary files.
    fn stage(&self) -> Result<Transaction> {
        let changes = self.changes.iter();
        let changes = changes.map(|change| (&*change.dest, &*change.file.contents));
        let removals = self.removals.iter().map(|(_, dest)| dest.clone());
        Transaction::stage(changes, removals.collect())
    }
}

/// Resolves `path` and adds it to `claims`. Fails if it is already there.
fn claim(root: &Path, path: &Path, claims: &mut BTreeSet<PathBuf>) -> Result<PathBuf> {
    let dest = resolve(root, path)?;
    if !claims.insert(dest.clone()) {
        bail!(
            "{} is listed twice: each file has one emitter",
            path.display()
        );
    }
    Ok(dest)
}
