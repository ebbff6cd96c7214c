//! A state of a tree: how much of the drop-in it has, and the files that follow from that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use atomics_spec::Spec;
use atomics_spec::emit::{self, KernelParts};
use atomics_spec::input;
use atomics_spec::model::op::Op;
use atomics_spec::model::ty::Family;

use super::backend::Backend;
use super::mixed::{self, Stage};
use super::{alone, build, checksum, derive, line_ends, memory_model};
use crate::write::Generated;

/// Operations of families, by the names of both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ops(BTreeSet<(String, String)>);

impl Ops {
    /// Adds an operation of a family.
    pub fn add(&mut self, family: &Family, op: &Op) {
        self.0.insert((family.name.clone(), op.name.clone()));
    }

    /// Whether it has an operation of a family.
    pub fn has(&self, family: &Family, op: &Op) -> bool {
        self.0.contains(&(family.name.clone(), op.name.clone()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has all of `others`.
    fn has_all(&self, others: &Self) -> bool {
        self.0.is_superset(&others.0)
    }

    /// Removes those that `others` has not.
    fn keep(&mut self, others: &Self) {
        self.0.retain(|pair| others.0.contains(pair));
    }

    /// The model with only these.
    fn model(&self, spec: &Spec) -> Spec {
        spec.restricted(|family, op| self.has(family, op))
    }
}

/// How much of the drop-in a tree has. What has no operation is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Which C helpers.
    pub helpers: Ops,
    /// How much of Linux's Rust module is replaced.
    pub stage: Stage,
    /// Which operations the new module has.
    pub operations: Ops,
    /// Which of them it has as functions on raw pointers.
    pub pointers: Ops,
    /// Which of them have KUnit tests.
    pub tests: Ops,
    /// Whether it has the barriers.
    pub barriers: bool,
    /// Whether it has `derive(AtomicType)`.
    pub derive: bool,
    /// Whether it has C's functions under their own names.
    pub raw: bool,
    /// Whether herd7 knows the atomics.
    pub memory_model: bool,
    /// Which operations are inline assembly, on each architecture with some.
    pub inlined: BTreeMap<String, Ops>,
}

impl State {
    /// Removes what `other` has not.
    pub fn keep(&mut self, other: &Self) {
        self.stage = self.stage.min(other.stage);
        self.helpers.keep(&other.helpers);
        self.operations.keep(&other.operations);
        self.pointers.keep(&other.pointers);
        self.tests.keep(&other.tests);
        self.barriers &= other.barriers;
        self.derive &= other.derive;
        self.raw &= other.raw;
        self.memory_model &= other.memory_model;
        self.inlined.retain(|arch, ops| {
            match other.inlined.get(arch) {
                Some(others) => ops.keep(others),
                None => *ops = Ops::default(),
            }
            !ops.is_empty()
        });
    }

    /// The files of a tree in this state, as far as the drop-in generates or edits them.
    ///
    /// # Errors
    ///
    /// If a table cannot implement an operation; if the tree's `rust/macros/lib.rs` has no place
    /// for the derive, its `tools/memory-model/linux-kernel.def` has no place for the atomics, or
    /// its `rust/Makefile` none for what inline assembly needs.
    pub fn files(&self, tree: &Path, spec: &Spec, backend: Backend) -> Result<Vec<Generated>> {
        let helpers = self.helpers.model(spec);
        let mut operations = self.operations.model(spec);
        for arch in &mut operations.archs {
            arch.kernel &= self.inlined.contains_key(&arch.name);
        }
        let pointers = self.pointers.model(spec);
        let tests = self.tests.model(spec);
        let partial = (self.inlined.iter()).filter(|(_, ops)| !ops.has_all(&self.operations));
        let partial = partial.map(|(arch, ops)| (arch.clone(), ops.model(spec)));
        let partial: Vec<(String, Spec)> = partial.collect();
        let parts = KernelParts {
            helpers: (!self.helpers.is_empty()).then_some(&helpers),
            operations: (!self.operations.is_empty()).then_some(&operations),
            pointers: &pointers,
            tests: (!self.tests.is_empty()).then_some(&tests),
            barriers: self.barriers.then_some(spec),
            derive: self.derive,
            raw: self.raw,
            partial: &partial,
        };
        let emitted = emit::kernel_parts(parts, backend.into())?.into_iter();
        let emitted = emitted.map(|file| (file.path, file.contents));
        // Before the last stage, Linux's module has some of the new files.
        let there = |(path, _): &(String, String)| {
            let is_module = path == mixed::PATH || path.starts_with(mixed::FOLDER);
            !is_module
                || self.has_only_barriers()
                || self.stage == Stage::Whole
                || mixed::has(self.stage, path)
        };
        let emitted: Vec<(String, String)> = emitted.filter(there).collect();
        let derived = (derive::MODULE.to_owned(), derive::module());
        let mut files: Vec<Generated> = (emitted.into_iter())
            .chain(self.derive.then_some(derived))
            .map(|(path, contents)| Generated {
                contents: prefer_theirs(tree, &path, checksum::sign(contents)),
                path: path.into(),
            })
            .collect();
        if self.has_only_barriers() {
            files.extend(alone::files(tree, spec)?);
        }
        if let Some(contents) = self.mixed_module(tree, &files)? {
            files.push(Generated {
                path: mixed::PATH.into(),
                contents,
            });
        }
        if self.derive {
            let lib = tree.join(derive::LIB);
            let text = input::read_text(&lib);
            let text = text.with_context(|| format!("cannot read {}", lib.display()))?;
            files.push(Generated {
                path: derive::LIB.into(),
                contents: line_ends::keep(&text, derive::with_entry)?,
            });
        }
        files.extend(build::files(tree, &operations, backend)?);
        if self.memory_model {
            files.push(Generated {
                path: memory_model::DEF.into(),
                contents: memory_model::of_tree(tree, &emit::herd::section(spec))?,
            });
        }
        Ok(files)
    }

    /// Whether it has the barriers without the operations.
    fn has_only_barriers(&self) -> bool {
        self.barriers && self.operations.is_empty()
    }

    /// Linux's module with the new files, in a stage in which it has some.
    fn mixed_module(&self, tree: &Path, files: &[Generated]) -> Result<Option<String>> {
        if [Stage::None, Stage::Whole].contains(&self.stage) {
            return Ok(None);
        }
        let files = files.iter().filter(|f| f.path.starts_with(mixed::FOLDER));
        let names = files.filter_map(|f| f.path.file_stem().and_then(|name| name.to_str()));
        let text = mixed::module(tree, self.stage, &names.collect::<Vec<_>>());
        let text = text.with_context(|| format!("{} is not that of Linux", mixed::PATH))?;
        Ok(Some(text))
    }
}

/// Returns the tree's file at `path` if a script of the kernel generated it and only the comments
/// that name the generator differ, else `contents`. The kernel has its own script for one of the
/// files, and two generators would change it back and forth.
fn prefer_theirs(tree: &Path, path: &str, contents: String) -> String {
    let theirs = input::read_text(&tree.join(path)).unwrap_or_default();
    let by_a_script = theirs.contains("// Generated by scripts/");
    if by_a_script && checksum::is_intact(theirs.as_bytes()) && body(&theirs).eq(body(&contents)) {
        theirs
    } else {
        contents
    }
}

/// The lines of a file, without blank lines and lines that are only a `//` comment.
fn body(text: &str) -> impl Iterator<Item = &str> {
    let is_body = |line: &&str| !line.is_empty() && !line.starts_with("// ");
    text.lines().filter(is_body)
}
