//! The drop-in for a kernel tree: which files it has, and whether they may be overwritten.

mod backend;
mod checksum;
mod derive;
mod edits;
mod line_ends;
pub mod memory_model;
mod message;
mod patch;
pub mod patch_file;
mod version;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use atomics_spec::emit::{self, layout};
use atomics_spec::input;

pub use backend::Backend;
use edits::Edit;
pub use patch::Identity;
use version::Version;

use crate::output;
use crate::tables::TableArgs;
use crate::write::{self, Generated};

/// The folders of a tree that contain generated files, and possibly left-over ones.
pub const FOLDERS: [&str; 3] = ["rust/kernel/sync/atomic", "rust/helpers", "rust/macros"];

/// The paths that a tree must have.
const NEEDED: [&str; 5] = [
    "Makefile",
    "scripts/atomic/atomics.tbl",
    "rust/helpers",
    "rust/kernel/sync",
    derive::LIB,
];

/// The drop-in for one tree.
#[derive(Clone, Debug)]
pub struct Dropin {
    tree: PathBuf,
    backend: Backend,
    own_semantics: bool,
    files: Vec<Generated>,
}

impl Dropin {
    /// Generates the drop-in for a tree from the tree's own table. Writes nothing.
    ///
    /// # Errors
    ///
    /// If `tree` is not a kernel tree, or its version is not known; if a table has an error; if the
    /// tree's `rust/macros/lib.rs` has no place for the derive, or its
    /// `tools/memory-model/linux-kernel.def` has no place for the atomics.
    pub fn read(tree: &Path, tables: &TableArgs, backend: Backend) -> Result<Self> {
        require_tree(tree)?;
        Version::of(tree)?.require_known(tree)?;
        Self::of_any_version(tree, tables, backend)
    }

    /// Like [`read`](Self::read), but accepts any version and warns about an unknown one.
    ///
    /// # Errors
    ///
    /// The same as [`read`](Self::read), except for the version.
    pub fn read_any_version(tree: &Path, tables: &TableArgs, backend: Backend) -> Result<Self> {
        require_tree(tree)?;
        let unknown = Version::of(tree).and_then(|version| version.require_known(tree));
        if let Err(error) = unknown {
            let text = error.to_string();
            let text = text.lines().next().unwrap_or_default();
            output::tell(&format!("warning: {text}"));
        }
        Self::of_any_version(tree, tables, backend)
    }

    fn of_any_version(tree: &Path, tables: &TableArgs, backend: Backend) -> Result<Self> {
        let tables = TableArgs {
            table: Some(tree.join("scripts/atomic/atomics.tbl")),
            ..tables.clone()
        };
        let spec = tables.load()?;
        let emitted = emit::kernel(&spec, backend.into())?;
        let emitted = emitted.into_iter().map(|f| (f.path, f.contents));
        let derive = (derive::MODULE.to_owned(), derive::module());
        let mut files: Vec<Generated> = emitted
            .chain([derive])
            .map(|(path, contents)| Generated {
                contents: prefer_theirs(tree, &path, checksum::sign(contents)),
                path: path.into(),
            })
            .collect();
        let lib = tree.join(derive::LIB);
        let text = input::read_text(&lib);
        let text = text.with_context(|| format!("cannot read {}", lib.display()))?;
        files.push(Generated {
            path: derive::LIB.into(),
            contents: line_ends::keep(&text, derive::with_entry)?,
        });
        if tree.join(memory_model::FOLDER).exists() {
            files.push(Generated {
                path: memory_model::DEF.into(),
                contents: memory_model::of_tree(tree, &emit::herd::section(&spec))?,
            });
        }
        Ok(Self {
            tree: tree.to_owned(),
            backend,
            own_semantics: tables.semantics.is_some(),
            files,
        })
    }

    /// The Linux version of the tree.
    ///
    /// # Errors
    ///
    /// If the tree's Makefile does not contain it.
    pub fn version(&self) -> Result<Version> {
        Version::of(&self.tree)
    }

    /// All files to write: the generated files; the tree's `rust/macros/lib.rs` with the entry
    /// point of the derive; and, if the tree has a memory model, its `linux-kernel.def` with the
    /// atomics.
    pub fn files(&self) -> &[Generated] {
        &self.files
    }

    /// The files under `root` that an earlier run generated and this one does not.
    ///
    /// # Errors
    ///
    /// The same as [`write::find_orphans`].
    pub fn orphans(&self, root: &Path) -> Result<Vec<PathBuf>> {
        write::find_orphans(root, &FOLDERS.map(Path::new), &self.files, layout::MARKER)
    }

    /// The local edits in the drop-in's files under `root`, as text for the user.
    ///
    /// # Errors
    ///
    /// If a file cannot be read.
    pub fn edits(&self, root: &Path) -> Result<Vec<String>> {
        let edits = edits::find(root, &self.files, &self.orphans(root)?)?;
        Ok(edits.iter().map(ToString::to_string).collect())
    }

    /// Fails if writing into `root` would lose local edits. With `force`, only warns about them.
    ///
    /// # Errors
    ///
    /// If local edits would be lost and `force` is not set, or if a file cannot be read.
    pub fn require_unedited(&self, root: &Path, orphans: &[PathBuf], force: bool) -> Result<()> {
        let edits = edits::find(root, &self.files, orphans)?;
        let root = root.display();
        if force {
            for edit in &edits {
                output::tell(&format!(
                    "warning: discarding a local edit in {root}: {edit}"
                ));
            }
        } else if !edits.is_empty() {
            let list: String = edits.iter().map(|edit| format!("\n  {edit}")).collect();
            let crlf = match edits.iter().any(Edit::is_of_line_ends) {
                true => {
                    "\n = help: git writes CRLF if core.autocrlf is set: check the tree out with LF"
                }
                false => "",
            };
            bail!(
                "{root} has local edits that would be lost:{list}{crlf}\n \
                 = help: save them elsewhere, or give --force to discard them"
            );
        }
        Ok(())
    }

    /// The drop-in as a patch for the tree, authored and signed off by `identity`. None if the tree
    /// already has the drop-in.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or git fails.
    pub fn patch(&self, identity: &Identity) -> Result<Option<Vec<u8>>> {
        let written = self.files.iter();
        let written = written.map(|f| (f.path.clone(), Some(f.contents.clone())));
        let removed = self.orphans(&self.tree)?.into_iter();
        let mut changes = Vec::new();
        for (path, new) in written.chain(removed.map(|path| (path, None))) {
            let old = write::original(&self.tree, &path)?;
            if old.as_ref().map(|o| o.contents.as_slice()) != new.as_deref().map(str::as_bytes) {
                changes.push(patch::Change { path, old, new });
            }
        }
        if changes.is_empty() {
            return Ok(None);
        }
        let again = write::original(&self.tree, Path::new(derive::MODULE))?.is_some();
        let message = message::message(message::Facts {
            backend: self.backend,
            again,
            memory_model: self
                .files
                .iter()
                .any(|f| f.path == Path::new(memory_model::DEF)),
            own_semantics: self.own_semantics,
        });
        patch::make(&changes, &message, identity).map(Some)
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

/// Checks that `tree` is a kernel tree.
///
/// # Errors
///
/// If it is not.
pub fn require_tree(tree: &Path) -> Result<()> {
    let named = tree.display();
    if !tree.is_dir() {
        let fault = if tree.exists() {
            "is not a directory"
        } else {
            "does not exist"
        };
        bail!("{named} {fault}: name the root of a Linux source tree");
    }
    for needed in NEEDED {
        if !tree.join(needed).exists() {
            bail!(
                "{named} is not a Linux source tree with Rust atomics: it has no {needed}\n \
                 = help: name the root of a tree of Linux {}",
                version::known("or")
            );
        }
    }
    Ok(())
}
