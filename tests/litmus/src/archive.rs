//! Checks a folder of thousands of litmus files. A run that was ended is gone on with.
//!
//! ```text
//! folder --find--> files --Suite, in batches--> rows --results--> file of JSON lines --summary--> report
//! ```

mod reason;
mod results;
mod row;
mod summary;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, ensure};
use atomics_spec::{Spec, input};

use crate::files::{self, Files, shown};
use crate::folder::litmus_files;
use crate::kept::digest;
use crate::select::Shard;
use crate::suite::Suite;

pub use results::Results;
pub use row::{OnTarget, Row};
pub use summary::{Summary, status};

/// How many files are checked before their results are written, if each may take up to a minute.
const BATCH: usize = 64;

/// How many files are checked before their results are written. Fewer if each may take long, so that
/// a run that is ended loses little.
fn batch(limit: Duration) -> usize {
    let minutes = usize::try_from(limit.as_secs().div_ceil(60)).unwrap_or(BATCH);
    (BATCH / minutes.max(1)).max(4)
}

/// A file of an archive.
#[derive(Clone, Debug)]
struct Member {
    path: PathBuf,
    /// Its name in messages and results: its path below the folder.
    name: String,
}

/// The litmus files of a folder and of those below it.
#[derive(Clone, Debug)]
pub struct Archive {
    members: Vec<Member>,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// The rows of the files that are done.
    pub rows: &'a [Row],
    /// The number of files.
    pub files: usize,
    /// How long the other files may take.
    pub left: Duration,
}

impl Archive {
    /// The archive in a folder.
    ///
    /// # Errors
    ///
    /// If a folder cannot be read.
    pub fn find(folder: &Path) -> Result<Self> {
        ensure!(folder.is_dir(), "there is no folder {}", shown(folder));
        let found = litmus_files(folder).into_iter();
        let members = found.map(|found| {
            let path = found.map_err(|(folder, error)| {
                Error::new(error).context(format!("cannot read {}", shown(&folder)))
            })?;
            let name = shown(path.strip_prefix(folder).unwrap_or(&path));
            Ok(Member { path, name })
        });
        Ok(Self {
            members: members.collect::<Result<_>>()?,
        })
    }

    /// Keeps the files of one part.
    pub fn shard(&mut self, shard: Shard) {
        shard.retain(&mut self.members);
    }

    /// Keeps the files with a text in their names.
    pub fn filter(&mut self, text: &str) {
        self.members.retain(|member| member.name.contains(text));
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Checks the files that `results` has no row of: one with the same contents, which was checked
    /// with the same tools, tables and targets, and whose time limit was enough or no shorter.
    /// Calls `first` with the number of rows that there are, and `stage` from time to time. Returns
    /// the rows of all files.
    ///
    /// # Errors
    ///
    /// If a tool is missing, or the results cannot be written.
    pub fn check(
        &self,
        suite: &Suite<'_>,
        spec: &Spec,
        results: &mut Results,
        first: &dyn Fn(usize),
        stage: &dyn Fn(Stage<'_>),
    ) -> Result<Vec<Row>> {
        let settings = suite.settings()?;
        let mut rows = Vec::new();
        let mut wanted = Vec::new();
        for member in &self.members {
            // Whatever is wrong with the file is found when it is read for its test.
            let bytes = input::read(&member.path).unwrap_or_default();
            let key = digest(&[&settings, &files::text(bytes)]);
            match results.find(&member.name, &key, suite.time_limit()) {
                Some(row) => rows.push(row.clone()),
                None => wanted.push((member, key)),
            }
        }
        first(rows.len());
        let start = Instant::now();
        let mut done = 0;
        for batch in wanted.chunks(batch(suite.time_limit())) {
            let mut files = Files::default();
            for (member, _) in batch {
                files.add_named(spec, &member.path, member.name.clone());
            }
            let new = check_batch(suite, files, batch)?;
            results.add(&new)?;
            rows.extend(new);
            done += batch.len();
            let each = start.elapsed().as_secs_f64() / done as f64;
            stage(Stage {
                rows: &rows,
                files: self.len(),
                left: Duration::from_secs_f64(each * (wanted.len() - done) as f64),
            });
        }
        rows.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(rows)
    }
}

/// The rows of some files, in the order of `batch`.
fn check_batch(suite: &Suite<'_>, files: Files, batch: &[(&Member, String)]) -> Result<Vec<Row>> {
    let Files {
        tests,
        mut unread,
        foreign,
    } = files;
    suite.ask_unread(&mut unread)?;
    let findings = suite.check(&tests)?;
    let mut rows: Vec<Row> = findings.iter().map(Row::of_finding).collect();
    rows.extend(unread.iter().map(Row::of_unread));
    rows.extend(foreign.iter().map(Row::of_foreign));
    for row in &mut rows {
        let member = batch.iter().find(|(member, _)| member.name == row.file);
        let (_, key) = member.context("a row of no file")?;
        row.key.clone_from(key);
        let limit = suite.time_limit().as_millis();
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        row.limit = row.lacks_time().then_some(limit);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_may_take_long_are_few_at_once() {
        for (seconds, files) in [
            (0, 64),
            (1, 64),
            (60, 64),
            (300, 12),
            (900, 4),
            (u64::MAX, 4),
        ] {
            assert_eq!(batch(Duration::from_secs(seconds)), files, "{seconds} s");
        }
    }
}
