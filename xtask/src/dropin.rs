//! The drop-in for a kernel tree: which files it has, and whether they may be overwritten.

mod alone;
mod backend;
mod build;
mod checksum;
mod derive;
mod edits;
mod line_ends;
pub mod memory_model;
mod message;
mod mixed;
mod parts;
mod patch;
pub mod patch_file;
pub mod series;
mod state;
mod version;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use atomics_spec::Spec;
use atomics_spec::emit::layout;

pub use backend::Backend;
use edits::Edit;
use parts::Parts;
use patch::Commit;
pub use patch::Identity;
use series::Source;
use state::State;
use version::Version;

use crate::output;
use crate::tables::{TableArgs, undocumented};
use crate::write::{self, Generated};

/// The folders of a tree that contain generated files, and possibly left-over ones.
pub const FOLDERS: [&str; 3] = ["rust/kernel", "rust/helpers", "rust/macros"];

/// The tree's own files that a drop-in may edit. Which ones it does depends on its parts and backend.
pub const EDITED: [&str; 4] = [
    derive::LIB,
    memory_model::DEF,
    build::MAKEFILE,
    build::GITIGNORE,
];

/// The paths that a tree must have.
const NEEDED: [&str; 5] = [
    "Makefile",
    "scripts/atomic/atomics.tbl",
    "rust/helpers",
    "rust/kernel/sync",
    derive::LIB,
];

/// What a user wants of the drop-in.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The tables.
    pub tables: &'a TableArgs,
    /// How the operations are implemented.
    pub backend: Backend,
    /// The parts, if not all are wanted.
    pub only: Option<&'a [String]>,
    /// Whether it has C's functions under their own names.
    pub raw: bool,
}

/// The drop-in for one tree.
#[derive(Clone, Debug)]
pub struct Dropin {
    tree: PathBuf,
    backend: Backend,
    own_semantics: bool,
    spec: Spec,
    parts: Parts,
    state: State,
    files: Vec<Generated>,
}

impl Dropin {
    /// Generates the drop-in for a tree from the tree's own table. Writes nothing.
    ///
    /// # Errors
    ///
    /// If `tree` is not a kernel tree, or its version is not known; if a table has an error; if the
    /// tree's `rust/macros/lib.rs` has no place for the derive, or its
    /// `tools/memory-model/linux-kernel.def` has no place for the atomics, or its `rust/Makefile`
    /// none for what inline assembly needs.
    pub fn read(tree: &Path, wanted: Wanted<'_>) -> Result<Self> {
        require_tree(tree)?;
        Version::of(tree)?.require_known(tree)?;
        Self::of_any_version(tree, wanted)
    }

    /// Like [`read`](Self::read), but accepts any version and warns about an unknown one.
    ///
    /// # Errors
    ///
    /// The same as [`read`](Self::read), except for the version.
    pub fn read_any_version(tree: &Path, wanted: Wanted<'_>) -> Result<Self> {
        require_tree(tree)?;
        let unknown = Version::of(tree).and_then(|version| version.require_known(tree));
        if let Err(error) = unknown {
            let text = error.to_string();
            let text = text.lines().next().unwrap_or_default();
            output::tell(&format!("warning: {text}"));
        }
        Self::of_any_version(tree, wanted)
    }

    fn of_any_version(tree: &Path, wanted: Wanted<'_>) -> Result<Self> {
        let Wanted {
            tables,
            backend,
            only,
            raw,
        } = wanted;
        let tables = TableArgs {
            table: Some(tree.join("scripts/atomic/atomics.tbl")),
            ..tables.clone()
        };
        let spec = tables.load()?;
        let parts = Parts::new(only, &spec, backend)?;
        let has_memory_model = tree.join(memory_model::FOLDER).exists();
        if parts.names_memory_model() && !has_memory_model {
            bail!("{} has no {}", tree.display(), memory_model::FOLDER);
        }
        let mut state = parts.state(&spec, backend, has_memory_model);
        state.raw = raw && !state.operations.is_empty();
        let files = state.files(tree, &spec, backend)?;
        Ok(Self {
            tree: tree.to_owned(),
            backend,
            own_semantics: tables.semantics.is_some(),
            spec,
            parts,
            state,
            files,
        })
    }

    /// What to tell the user: what was added to the wanted parts because they need it, and which
    /// operations have no documentation.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        self.parts
            .note()
            .into_iter()
            .chain(undocumented(&self.spec))
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
    /// point of the derive; if the tree has a memory model, its `linux-kernel.def` with the atomics;
    /// and what its build makes of C headers for inline assembly.
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

    /// Fails if writing into `root` would lose local edits, about which it only warns with `force`, or
    /// parts of the drop-in.
    ///
    /// # Errors
    ///
    /// If local edits would be lost and `force` is not set; if a part that is there, and has files of
    /// its own, is not among those that were named; or if a file cannot be read.
    pub fn require_unedited(&self, root: &Path, orphans: &[PathBuf], force: bool) -> Result<()> {
        if let (Some(list), false) = (self.parts.list(), orphans.is_empty()) {
            // To remove them would leave calls of them in Linux's own files.
            let files: String = (orphans.iter())
                .map(|path| format!("\n  {}", path.display()))
                .collect();
            bail!(
                "{} has parts of the drop-in that are not in `--only {}`:{files}\n \
                 = help: name these parts, too, or restore the files of Linux before",
                root.display(),
                list.join(",")
            );
        }
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
        let message = message::message(message::Facts {
            backend: self.backend,
            again: self.is_generated()?,
            parts: self.parts.list(),
            memory_model: self.state.memory_model,
            command: &self.command("--patch FILE"),
        });
        patch::make(Commit { message, changes }, identity).map(Some)
    }

    /// The drop-in as a series of patches, authored and signed off by `identity`: the cover letter
    /// and the patches, by their file names.
    ///
    /// # Errors
    ///
    /// If the tree already has a drop-in, a file cannot be read, git fails, or the tree's script for
    /// finding maintainers fails.
    pub fn series(&self, identity: &Identity) -> Result<Vec<Generated>> {
        if self.is_generated()? {
            bail!(
                "{} already has a drop-in, but a series begins with the files of Linux\n \
                 = help: --patch makes one patch of what changes",
                self.tree.display()
            );
        }
        let source = Source {
            tree: &self.tree,
            spec: &self.spec,
            backend: self.backend,
            full: &self.state,
            command: &self.command("--series DIR"),
        };
        series::make(source, identity)
    }

    /// Whether the tree already has a drop-in.
    fn is_generated(&self) -> Result<bool> {
        let folders = FOLDERS.map(Path::new);
        let ours = write::find_orphans(&self.tree, &folders, &[], layout::MARKER)?;
        Ok(!ours.is_empty())
    }

    /// The command that made what goes to a place that an option names.
    fn command(&self, to: &str) -> String {
        let mut command = "cargo xtask gen --kernel TREE".to_owned();
        if self.own_semantics {
            command += " --semantics FILE";
        }
        if self.backend == Backend::Asm {
            command += " --backend asm";
        }
        if let Some(list) = self.parts.list() {
            command += &format!(" --only {}", list.join(","));
        }
        format!("{command} {to}")
    }
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
