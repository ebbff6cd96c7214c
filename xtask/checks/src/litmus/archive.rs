//! `cargo xtask litmus --suite`: a folder of thousands of litmus files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use atomics_litmus::archive::{Archive, Results, Stage, Summary, status};
use atomics_litmus::{Shard, Suite, Targets};
use atomics_spec::Spec;
use xtask::output::{print, tell};

/// The suite: its folder, and which of its files to check.
pub struct Wanted<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// Only files with a text in their names.
    pub filter: Option<&'a str>,
    /// Only a part of the files.
    pub shard: Option<Shard>,
    /// The file with the results, if it is named.
    pub results: Option<&'a Path>,
    /// Where the results are if no file is named.
    pub below: &'a Path,
}

impl Wanted<'_> {
    /// Checks the files, and prints the report.
    ///
    /// # Errors
    ///
    /// If the folder or the results cannot be read, or a tool is missing.
    pub fn check(&self, suite: &Suite<'_>, spec: &Spec, targets: &Targets) -> Result<ExitCode> {
        let mut archive = Archive::find(self.folder)?;
        if let Some(text) = self.filter {
            archive.filter(text);
        }
        if let Some(shard) = self.shard {
            archive.shard(shard);
        }
        ensure!(!archive.is_empty(), "there is no such litmus file");
        let path = match self.results {
            Some(path) => path.to_owned(),
            None => self.default_results()?,
        };
        let mut results = Results::open(&path)?;
        let shown = results.path().display().to_string();
        let first = |done: usize| {
            let files = archive.len();
            tell(&match done {
                0 => format!("litmus: {files} files; the results go to {shown}"),
                _ => format!("litmus: going on: {done} of {files} files have results in {shown}"),
            });
        };
        let rows = archive.check(suite, spec, &mut results, &first, &|stage| {
            tell(&line(stage))
        })?;
        print(&Summary::text(&rows, &targets.names()))?;
        Ok(status(&rows).into())
    }

    /// A file of this folder and part.
    fn default_results(&self) -> Result<PathBuf> {
        let whole = self.folder.canonicalize()?;
        let digest = sha1_smol::Sha1::from(whole.display().to_string()).digest();
        let name = whole.file_name().unwrap_or_default().to_string_lossy();
        let part = self
            .shard
            .map(|shard| format!("-{}", shard.to_string().replace('/', "-of-")));
        let part = part.unwrap_or_default();
        let digest = &digest.to_string()[..8];
        Ok(self.below.join(format!("{name}-{digest}{part}.jsonl")))
    }
}

/// How far a run has come.
fn line(stage: Stage<'_>) -> String {
    let Summary {
        files,
        malformed,
        faults,
        unsound,
        timed_out,
        failed,
        ..
    } = Summary::of(stage.rows);
    format!(
        "litmus: {files} of {} files: {unsound} UNSOUND, {faults} errors, {failed} failed, \
         {timed_out} timed out, {malformed} malformed; {}",
        stage.files,
        left(stage.left)
    )
}

fn left(time: Duration) -> String {
    match time.as_secs() {
        0 => "done".into(),
        seconds @ 1..120 => format!("{seconds} s left"),
        seconds => format!("{} min left", seconds / 60),
    }
}
