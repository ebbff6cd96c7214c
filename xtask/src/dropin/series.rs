//! The drop-in as a series of patches for `git am`, each of which leaves a tree that builds.
//!
//! A patch is the difference of two states of the tree. `steps` says which states there are; here
//! steps are joined as long as the patch stays below [`LIMIT`]: all of a kind, or else all of a group,
//! or else as many as there may be.

mod cover;
pub mod folder;
mod maintainers;
mod message;
mod steps;

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use atomics_spec::Spec;

use super::backend::Backend;
use super::mixed;
use super::patch::{self, Change, Commit, Identity, Mail};
use super::state::State;
use crate::output::tell;
use crate::write::{self, Generated, Original};
use maintainers::Recipients;
use message::Facts;
use steps::{Kind, Step, steps};

/// How many lines a patch may add. A step that adds more is a patch of its own.
pub const LIMIT: usize = 1000;

/// A patch of a series, before git makes it.
struct Patch {
    kind: Kind,
    names: Vec<String>,
    /// The group of its steps, if those of its kind are not joined.
    group: Option<&'static str>,
    files: Files,
}

/// What a series is made from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The tree.
    pub tree: &'a Path,
    /// The model.
    pub spec: &'a Spec,
    /// How the operations are implemented.
    pub backend: Backend,
    /// The state of the tree after the last patch.
    pub full: &'a State,
    /// The command that makes the series.
    pub command: &'a str,
}

/// Makes the mails of the series, the first of which is the cover letter.
///
/// # Errors
///
/// If a file cannot be read, a state cannot be generated, git fails, or the tree's script for
/// finding maintainers fails.
pub fn make(source: Source<'_>, identity: &Identity) -> Result<Vec<Generated>> {
    let before = Files::default();
    let patches = patches(source)?;
    let mut commits = Vec::new();
    let mut last = &before;
    for (at, patch) in patches.iter().enumerate() {
        let same_kind = |other: &&Patch| other.kind == patch.kind;
        let same = |other: &&Patch| same_kind(other) && other.group == patch.group;
        let place = |same: &dyn Fn(&&Patch) -> bool| {
            let before = patches[..at].iter().filter(same).count();
            (before, patches.iter().filter(same).count())
        };
        let message = message::message(Facts {
            kind: &patch.kind,
            names: &patch.names,
            group: patch.group,
            place: place(&same_kind),
            place_in_group: place(&same),
            command: source.command,
        });
        let changes = last.changes(&patch.files, source.tree)?;
        commits.push(Commit { message, changes });
        last = &patch.files;
    }
    let mut mails = patch::series(&commits, identity)?;
    let recipients = recipients(source.tree, &commits)?;
    let cover = mails.first_mut().context("git made no cover letter")?;
    let text = String::from_utf8_lossy(&cover.text);
    let text = cover::filled(&text, source.command, recipients.as_ref())?;
    cover.text = text.into_bytes();
    let to_file = |mail: Mail| {
        let text = String::from_utf8(mail.text);
        Ok(Generated {
            contents: text.with_context(|| format!("{} is not UTF-8", mail.name))?,
            path: mail.name.into(),
        })
    };
    mails.into_iter().map(to_file).collect()
}

/// Whom the series goes to, if the tree can say so.
fn recipients(tree: &Path, commits: &[Commit]) -> Result<Option<Recipients>> {
    let changes = commits.iter().flat_map(|commit| &commit.changes);
    let paths = changes.map(|change| &*change.path).collect();
    let recipients = Recipients::find(tree, &paths)?;
    if recipients.is_none() {
        let tree = tree.display();
        tell(&format!(
            "note: {tree} has no scripts/get_maintainer.pl: the cover letter does not say whom it \
             goes to"
        ));
    }
    Ok(recipients)
}

/// The patches: the steps, joined where that is not too much.
fn patches(source: Source<'_>) -> Result<Vec<Patch>> {
    let mut patches: Vec<Patch> = Vec::new();
    let steps = steps(source.full, source.spec, mixed::fits(source.tree)).into_iter();
    let steps: Vec<Made<'_>> = steps.map(|step| Made::new(step, source)).collect();
    for of_kind in steps.chunk_by(|one, next| one.step.kind == next.step.kind) {
        let none = Files::default();
        let base = patches.last().map_or(&none, |patch| &patch.files);
        let of_kind = join_kind(base, of_kind)?;
        patches.extend(of_kind);
    }
    // A step need not change a file: Linux has one of the files as it is generated.
    let mut changed = Vec::new();
    let mut last = Files::default();
    for patch in patches {
        if !last.changes(&patch.files, source.tree)?.is_empty() {
            last = patch.files.clone();
            changed.push(patch);
        }
    }
    Ok(changed)
}

/// A step with the files of its state, which are only made if they are looked at.
struct Made<'a> {
    step: Step,
    source: Source<'a>,
    files: OnceCell<Files>,
}

impl<'a> Made<'a> {
    fn new(step: Step, source: Source<'a>) -> Self {
        Self {
            step,
            source,
            files: OnceCell::new(),
        }
    }

    fn files(&self) -> Result<&Files> {
        if self.files.get().is_none() {
            let made = Files::of(&self.step.state, self.source)?;
            // It is empty.
            let _ = self.files.set(made);
        }
        self.files.get().context("the files of a step are there")
    }

    /// Whether a patch from a state to this one is short enough.
    fn fits(&self, base: &Files) -> Result<bool> {
        Ok(base.added_lines(self.files()?, self.source.tree)? <= LIMIT)
    }
}

/// The patches of the steps of a kind: one, or else one for each group, or else as few as there may
/// be.
fn join_kind(base: &Files, steps: &[Made<'_>]) -> Result<Vec<Patch>> {
    if let Some(one) = join_all(base, steps)? {
        return Ok(vec![one]);
    }
    let mut of_groups: Vec<Patch> = Vec::new();
    for of_group in steps.chunk_by(|one, next| one.step.group == next.step.group) {
        let base = of_groups.last().map_or(base, |patch| &patch.files);
        let mut patches = match join_all(base, of_group)? {
            Some(one) => vec![one],
            None => join_some(base, of_group)?,
        };
        for patch in &mut patches {
            patch.group = of_group[0].step.group;
        }
        of_groups.extend(patches);
    }
    let any = join_some(base, steps)?;
    Ok(match any.len() < of_groups.len() {
        true => any,
        false => of_groups,
    })
}

/// One patch with all of the steps, unless it would be too long.
fn join_all(base: &Files, steps: &[Made<'_>]) -> Result<Option<Patch>> {
    let Some(last) = steps.last() else {
        return Ok(None);
    };
    if !last.fits(base)? {
        return Ok(None);
    }
    let names = steps.iter().flat_map(|made| made.step.names.clone());
    Ok(Some(Patch {
        kind: last.step.kind.clone(),
        names: names.collect(),
        group: None,
        files: last.files()?.clone(),
    }))
}

/// As few patches with the steps as there may be. A patch with a single step may be too long.
fn join_some(base: &Files, steps: &[Made<'_>]) -> Result<Vec<Patch>> {
    let mut patches: Vec<Patch> = Vec::new();
    // The state before the last patch.
    let mut base = base.clone();
    for made in steps {
        let step = &made.step;
        match patches.last_mut() {
            Some(last) if made.fits(&base)? => {
                last.names.extend(step.names.clone());
                last.files = made.files()?.clone();
            }
            last => {
                if let Some(last) = last {
                    base = last.files.clone();
                }
                patches.push(Patch {
                    kind: step.kind.clone(),
                    names: step.names.clone(),
                    group: None,
                    files: made.files()?.clone(),
                });
            }
        }
    }
    Ok(patches)
}

/// The files of a state, by their paths. Other files are those of the tree.
#[derive(Clone, Debug, Default)]
struct Files(BTreeMap<PathBuf, String>);

impl Files {
    fn of(state: &State, source: Source<'_>) -> Result<Self> {
        let files = state.files(source.tree, source.spec, source.backend)?;
        let files = files.into_iter().map(|file| (file.path, file.contents));
        Ok(Self(files.collect()))
    }

    /// What changes from this state to the next. A file that only this state has is removed.
    fn changes(&self, next: &Self, tree: &Path) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        let gone = self.0.keys().filter(|path| !next.0.contains_key(*path));
        for path in gone.chain(next.0.keys()) {
            let of_tree = write::original(tree, path)?;
            let executable = of_tree.as_ref().is_some_and(|file| file.executable);
            let old = match self.0.get(path) {
                Some(contents) => Some(Original {
                    contents: contents.clone().into_bytes(),
                    executable,
                }),
                None => of_tree,
            };
            let new = next.0.get(path).cloned();
            if old.as_ref().map(|old| &*old.contents) != new.as_deref().map(str::as_bytes) {
                let path = path.clone();
                changes.push(Change { path, old, new });
            }
        }
        Ok(changes)
    }

    /// How many lines the next state has that this one has not.
    fn added_lines(&self, next: &Self, tree: &Path) -> Result<usize> {
        let changes = self.changes(next, tree)?;
        let added = changes.iter().map(|change| {
            let old = change.old.as_ref().map(|old| &*old.contents);
            let old = String::from_utf8_lossy(old.unwrap_or_default());
            lines_added(&old, change.new.as_deref().unwrap_or_default())
        });
        Ok(added.sum())
    }
}

/// How many lines of `new` are not in `old`. A diff has more only if lines change places, and takes
/// much longer for large files.
fn lines_added(old: &str, new: &str) -> usize {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for line in old.lines() {
        *counts.entry(line).or_default() += 1;
    }
    let mut added = 0;
    for line in new.lines() {
        match counts.get_mut(line) {
            Some(count) if *count > 0 => *count -= 1,
            _ => added += 1,
        }
    }
    added
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted() {
        assert_eq!(lines_added("", "a\n\n"), 2);
        assert_eq!(lines_added("a\nb\nb\n", "b\na\nb\nb\nc\n"), 2);
        assert_eq!(lines_added("a\n", ""), 0);
    }
}
