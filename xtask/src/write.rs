//! Writes generated files to disk, all or nothing. All generated files are written here.
//!
//! `Plan` only reads: it resolves every path and compares contents in memory, so that most errors
//! are found before anything changes. `Transaction::stage` then writes each new content to a
//! temporary file beside its destination, and `Transaction::commit` sets the originals aside and
//! renames the new files into place. The originals are deleted only after every rename has
//! succeeded; until then, any error restores them.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use similar::TextDiff;
use tempfile::{Builder, TempPath};

#[cfg(test)]
mod tests;

/// How many lines of one file's diff are shown. The rest is only counted.
const DIFF_LINES: usize = 60;

/// How many lines at the start of a file may contain the marker. A kernel file begins with its
/// licence.
pub const HEAD_LINES: usize = 3;

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
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "missing: {}", path.display()),
            Self::Differs(path, diff) => write!(f, "differs: {}\n{diff}", path.display()),
            Self::Orphaned(path) => write!(f, "no longer generated: {}", path.display()),
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
/// temporary files may be left. They contain the marker, so [`find_orphans`] finds them.
///
/// # Errors
///
/// The same as [`check`], and when a file cannot be written, renamed or removed.
pub fn write(root: &Path, files: &[Generated], orphans: &[PathBuf]) -> Result<Written> {
    let plan = Plan::new(root, files, orphans)?;
    Transaction::stage(&plan)?.commit()?;
    for dir in plan.removals.iter().filter_map(|(_, dest)| dest.parent()) {
        // This fails if the directory is not empty, which is fine.
        let _ = fs::remove_dir(dir);
    }
    Ok(plan.counts)
}

/// Finds the files that an earlier run generated and this one does not: files under `dirs` whose
/// first lines contain `marker` and that are not in `keep`.
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
        search(inside.parent().unwrap_or(root), marker, &mut found)?;
    }
    // Compare resolved paths, so that a file reached through a link counts as the same file.
    for file in keep {
        found.remove(&resolve(root, &file.path)?);
    }
    let relative = |path: &PathBuf| path.strip_prefix(root).unwrap_or(path).to_owned();
    Ok(found.iter().map(relative).collect())
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

/// Adds the files under `dir` that contain the marker to `found`.
fn search(dir: &Path, marker: &str, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(dir);
    if matches!(&entries, Err(error) if error.kind() == ErrorKind::NotFound) {
        return Ok(());
    }
    for entry in at("search", dir, entries)? {
        let entry = at("search", dir, entry)?;
        let path = entry.path();
        let kind = at("look at", &path, entry.file_type())?;
        if kind.is_dir() {
            search(&path, marker, found)?;
        } else if kind.is_file() {
            let text = at("read", &path, fs::read(&path))?;
            let mut head = text.split(|&byte| byte == b'\n').take(HEAD_LINES);
            if head.any(|line| String::from_utf8_lossy(line).contains(marker)) {
                found.insert(path);
            }
        }
    }
    Ok(())
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

/// The root with symbolic links resolved, for comparison with resolved paths.
fn real_root(root: &Path) -> Result<PathBuf> {
    at("find the tree", root, fs::canonicalize(root))
}

/// Joins `root` and `path`, and resolves symbolic links in the directories of `path`.
fn resolve(root: &Path, path: &Path) -> Result<PathBuf> {
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
fn plain_file(path: &Path) -> Result<Option<fs::Metadata>> {
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

/// The phases that change the disk. Dropping a transaction before its end rolls everything back.
#[derive(Default)]
struct Transaction {
    new_dirs: Vec<PathBuf>,
    staged: Vec<(TempPath, PathBuf)>,
    removals: Vec<PathBuf>,
    /// The files that were replaced, created or removed, with the original if there was one.
    done: Vec<(PathBuf, Option<TempPath>)>,
}

impl Transaction {
    /// Writes all new contents to temporary files.
    fn stage(plan: &Plan<'_>) -> Result<Self> {
        let mut this = Self::default();
        for change in &plan.changes {
            if let Err(error) = this.stage_one(change) {
                return Err(this.abandon(error));
            }
        }
        this.removals = plan.removals.iter().map(|(_, dest)| dest.clone()).collect();
        Ok(this)
    }

    fn stage_one(&mut self, change: &Change<'_>) -> Result<()> {
        let dest = &change.dest;
        let dir = dest.parent().unwrap_or(dest);
        self.make_dir(dir)?;
        let mode = plain_file(dest)?.map(|meta| meta.permissions());
        let temp = at("write", dest, fill(dir, &change.file.contents, mode))?;
        self.staged.push((temp, dest.clone()));
        Ok(())
    }

    /// Creates `dir` and its missing parents, and records each.
    fn make_dir(&mut self, dir: &Path) -> Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        self.make_dir(dir.parent().unwrap_or(dir))?;
        at("create the directory", dir, fs::create_dir(dir))?;
        self.new_dirs.push(dir.to_owned());
        Ok(())
    }

    /// Renames all files into place, or none.
    fn commit(mut self) -> Result<()> {
        if let Err(error) = self.apply() {
            return Err(self.abandon(error));
        }
        // This is the point of no return: dropping the originals deletes them. If one cannot be
        // deleted, the next run finds it as an orphan and removes it.
        self.done.clear();
        self.new_dirs.clear();
        Ok(())
    }

    fn apply(&mut self) -> Result<()> {
        for (temp, dest) in std::mem::take(&mut self.staged) {
            // With a hard link, the original stays in place until the rename, so readers always
            // find a file. Not every file system supports hard links.
            let existed = self.set_aside(&dest, |backup| {
                fs::hard_link(&dest, backup).or_else(|_| fs::rename(&dest, backup))
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
        let mut name = Builder::new();
        let backup = name.prefix(".gen-").suffix(".old").make_in(dir, keep);
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

/// Creates a temporary file in `dir` with `contents`, and with `mode` or the default mode.
fn fill(dir: &Path, contents: &str, mode: Option<fs::Permissions>) -> io::Result<TempPath> {
    let mut temp = Builder::new()
        .prefix(".gen-")
        .suffix(".new")
        // The default mode of a new file; the umask is applied to it.
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(dir)?;
    temp.write_all(contents.as_bytes())?;
    // A full disk may be noticed only here, and must be noticed before the first rename.
    temp.as_file().sync_all()?;
    if let Some(mode) = mode {
        temp.as_file().set_permissions(mode)?;
    }
    Ok(temp.into_temp_path())
}

/// Turns an I/O error into one that names the action, the path and the remedy.
fn at<T>(what: &str, path: &Path, result: io::Result<T>) -> Result<T> {
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
