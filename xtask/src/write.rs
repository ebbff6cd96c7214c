//! The one writer that puts generated files on disk, all or nothing.
//!
//! `Plan` looks: it resolves every path and compares in memory, so that what can be seen to go
//! wrong is seen before anything changes. `Transaction::stage` then puts each new content into a
//! temporary file beside its destination, and `Transaction::commit` sets the originals aside and
//! renames the new files into their places. The originals are deleted only once all is done; until
//! then any error brings them back.

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

/// Lines of one file's diff that are shown; the rest is counted.
const DIFF_LINES: usize = 60;

/// How far into a file the marker may stand: a kernel file begins with its licence.
pub const HEAD_LINES: usize = 3;

/// One file as an emitter made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Where the file goes, relative to the root that it is written under.
    pub path: PathBuf,
    /// Everything that stands in the file.
    pub contents: String,
}

/// One way in which the disk is not what the generator would write. Paths are relative to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The file is not there.
    Missing(PathBuf),
    /// The file has other contents. The text is a unified diff from what is on disk to what is
    /// generated, cut to a readable size; its last line then says how much was left out.
    Differs(PathBuf, String),
    /// The file is there and nothing generates it any more.
    Orphaned(PathBuf),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "missing: {}", path.display()),
            Self::Differs(path, diff) => write!(f, "differs: {}\n{diff}", path.display()),
            Self::Orphaned(path) => write!(f, "should no longer be there: {}", path.display()),
        }
    }
}

/// What [`write()`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that were new or differed.
    pub written: usize,
    /// Orphans that were removed.
    pub removed: usize,
    /// Files that already had the right contents and were not touched.
    pub unchanged: usize,
}

/// Compares `files` with what is under `root` and changes nothing. Findings come in the order of
/// `files`, then `orphans`; an orphan that is not there is none.
///
/// # Errors
///
/// When a path is absolute, holds `..`, is named twice or leads out of `root` through a symbolic
/// link; when something other than a plain file stands where a file goes; when a file cannot be
/// read.
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

/// Writes those of `files` that differ and removes `orphans`, with a directory that they leave
/// empty, all or nothing: after an error every
/// file is as it was, with its permissions, and no new directory or temporary file is left.
/// An existing file keeps its mode. (A process that is killed half-way cannot roll back: each file
/// is then the old or the new one, and temporary files may be left. They bear the marker of their
/// contents, so [`find_orphans`] finds them.)
///
/// # Errors
///
/// As [`check`], and when a file cannot be written, renamed or removed.
pub fn write(root: &Path, files: &[Generated], orphans: &[PathBuf]) -> Result<Written> {
    let plan = Plan::new(root, files, orphans)?;
    Transaction::stage(&plan)?.commit()?;
    for dir in plan.removals.iter().filter_map(|(_, dest)| dest.parent()) {
        // It stays if there is something in it.
        let _ = fs::remove_dir(dir);
    }
    Ok(plan.counts)
}

/// The files under `dirs` (relative to `root`, searched with all that is in them; symbolic links
/// are not followed) whose first lines hold `marker` and that are not among `keep`: what an
/// earlier run generated and this one does not. A directory that does not exist holds none.
///
/// # Errors
///
/// When `marker` is empty (every file would be an orphan), when a path is not inside `root`, and
/// when a file or directory cannot be read.
pub fn find_orphans(
    root: &Path,
    dirs: &[&Path],
    keep: &[Generated],
    marker: &str,
) -> Result<Vec<PathBuf>> {
    if marker.is_empty() {
        bail!("an empty marker makes every file an orphan");
    }
    let root = &real_root(root)?;
    let mut found = BTreeSet::new();
    for dir in dirs {
        // By way of a file in it, so that `dir` is followed and judged too if it is a link.
        let inside = resolve(root, &dir.join("file"))?;
        search(inside.parent().unwrap_or(root), marker, &mut found)?;
    }
    // Compared after resolving, so that a file reached through a link is the same file.
    for file in keep {
        found.remove(&resolve(root, &file.path)?);
    }
    let relative = |path: &PathBuf| path.strip_prefix(root).unwrap_or(path).to_owned();
    Ok(found.iter().map(relative).collect())
}

/// A file as it is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Everything that stands in it.
    pub contents: Vec<u8>,
    /// Whether it can be executed.
    pub executable: bool,
}

/// The file at `path` under `root`, or nothing if there is none.
///
/// # Errors
///
/// As [`check`].
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

/// Adds the marked files under `dir` to `found`.
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

/// A unified diff, cut to size.
fn diff(old: &[u8], new: &str) -> String {
    let old = String::from_utf8_lossy(old);
    // The limit on time makes the diff of two large unrelated files coarse instead of slow.
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

/// A file that is to be written.
struct Change<'a> {
    file: &'a Generated,
    /// Where that is.
    dest: PathBuf,
    /// What is there now.
    old: Option<Vec<u8>>,
}

/// Everything that is to be done, made by looking only.
#[derive(Default)]
struct Plan<'a> {
    changes: Vec<Change<'a>>,
    /// Orphans that exist: as the caller named them, and where they are.
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

/// Resolves `path` and notes it in `claims`, where each place may stand once.
fn claim(root: &Path, path: &Path, claims: &mut BTreeSet<PathBuf>) -> Result<PathBuf> {
    let dest = resolve(root, path)?;
    if !claims.insert(dest.clone()) {
        bail!("{} is named twice: a file has one emitter", path.display());
    }
    Ok(dest)
}

/// The root without symbolic links, which the resolved paths are compared with.
fn real_root(root: &Path) -> Result<PathBuf> {
    at("find the tree", root, fs::canonicalize(root))
}

/// Where `path` lies: `root` joined with it, symbolic links in its directories resolved.
fn resolve(root: &Path, path: &Path) -> Result<PathBuf> {
    let shown = path.display();
    let mut place = root.to_owned();
    for part in path.components() {
        let name = match part {
            Component::CurDir => continue,
            Component::Normal(name) => name,
            _ => bail!("{shown}: must be relative to the tree and hold no `..`"),
        };
        // What stands before the last part is a directory, or will be made one.
        let link = place.clone();
        if place.is_symlink() {
            place = at("follow the link", &link, fs::canonicalize(&link))?;
        }
        let (link, target) = (link.display(), place.display());
        if !place.starts_with(root) {
            bail!("{shown}: {link} leads to {target}, outside the tree: make it a directory");
        }
        if place.exists() && !place.is_dir() {
            bail!("{shown}: the file {link} is in the way, a directory belongs there");
        }
        place.push(name);
    }
    Ok(place)
}

/// The metadata of a plain file; nothing if there is nothing. Anything else is an error.
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
    bail!("{shown} is in the way: it is {kind}, a plain file belongs there")
}

/// The changing phases. Dropped before its end, as by a panic, it rolls everything back.
#[derive(Default)]
struct Transaction {
    new_dirs: Vec<PathBuf>,
    staged: Vec<(TempPath, PathBuf)>,
    removals: Vec<PathBuf>,
    /// What was set aside or put into place, with the original if there was one.
    done: Vec<(PathBuf, Option<TempPath>)>,
}

impl Transaction {
    /// Puts every new content on disk, under temporary names.
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

    /// Makes `dir` and what is missing above it, and remembers each.
    fn make_dir(&mut self, dir: &Path) -> Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        self.make_dir(dir.parent().unwrap_or(dir))?;
        at("make the directory", dir, fs::create_dir(dir))?;
        self.new_dirs.push(dir.to_owned());
        Ok(())
    }

    /// Renames everything into place, or nothing.
    fn commit(mut self) -> Result<()> {
        if let Err(error) = self.apply() {
            return Err(self.abandon(error));
        }
        // From here on there is no way back: dropping the originals deletes them. One that cannot
        // be deleted is an orphan like any other, which the next run finds and removes.
        self.done.clear();
        self.new_dirs.clear();
        Ok(())
    }

    fn apply(&mut self) -> Result<()> {
        for (temp, dest) in std::mem::take(&mut self.staged) {
            // A hard link keeps the original at its place until the rename, so that no reader
            // ever finds no file; not every file system has them.
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

    /// Lets `keep` keep the file at `dest` under a temporary name. False if there is no file.
    fn set_aside(&mut self, dest: &Path, keep: impl Fn(&Path) -> io::Result<()>) -> Result<bool> {
        // Looked at once more: it may not be what it was when the plan was made.
        let (Some(_), Some(dir)) = (plain_file(dest)?, dest.parent()) else {
            return Ok(false);
        };
        let mut name = Builder::new();
        let backup = name.prefix(".gen-").suffix(".old").make_in(dir, keep);
        let backup = at("set aside", dest, backup)?.into_temp_path();
        self.done.push((dest.to_owned(), Some(backup)));
        Ok(true)
    }

    /// Rolls back because of `error`, and says how that went.
    fn abandon(mut self, error: anyhow::Error) -> anyhow::Error {
        let problems = self.roll_back().join("; ");
        if problems.is_empty() {
            return error.context("nothing was written, every file is as it was");
        }
        error.context(format!("writing failed half-way, and also: {problems}"))
    }

    /// Takes every step back, the last one first. Returns what could not be taken back.
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
            // If both were names of one file, nothing happened and dropping `backup` deletes the
            // name that is too many. If it failed, the original must not be lost.
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
        // Where this still finds something to do, a panic is on its way and says what happened.
        self.roll_back();
    }
}

/// A temporary file in `dir` with `contents` and the permissions of a new file, or `mode`.
fn fill(dir: &Path, contents: &str, mode: Option<fs::Permissions>) -> io::Result<TempPath> {
    let mut temp = Builder::new()
        .prefix(".gen-")
        .suffix(".new")
        // As for any file that a program makes: the umask takes its bits away.
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(dir)?;
    temp.write_all(contents.as_bytes())?;
    // A full disk may show only now, and must show before the first rename.
    temp.as_file().sync_all()?;
    if let Some(mode) = mode {
        temp.as_file().set_permissions(mode)?;
    }
    Ok(temp.into_temp_path())
}

/// Turns an I/O error into one that says what, which path, and what would be right.
fn at<T>(what: &str, path: &Path, result: io::Result<T>) -> Result<T> {
    let error = match result {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let remedy = match error.kind() {
        ErrorKind::PermissionDenied => ": this user must be able to read and write it",
        ErrorKind::ReadOnlyFilesystem => ": choose a tree on a file system that can be written",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ": free some space and run it again",
        ErrorKind::NotADirectory => ": a file stands where a directory belongs, move it elsewhere",
        ErrorKind::NotFound => ": it has to exist",
        _ => "",
    };
    Err(anyhow!("cannot {what} {}: {error}{remedy}", path.display()))
}
