//! The drop-in of a kernel tree: which files it has there, and whether they may be written.

mod checksum;
mod derive;
mod edits;
pub mod memory_model;
mod message;
pub mod output;
mod patch;
mod version;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use atomics_spec::emit::{self, KernelBackend, layout};
use clap::ValueEnum;

pub use patch::Identity;
use version::Version;

use crate::tables::TableArgs;
use crate::write::{self, Generated};

/// How a kernel's drop-in carries out the operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// It calls C helpers.
    #[default]
    Helpers,
    /// By inline assembly where the architecture's table allows it and nothing checks each access;
    /// else it calls C helpers.
    Asm,
}

impl Backend {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Helpers => "helpers",
            Self::Asm => "asm",
        }
    }
}

impl From<Backend> for KernelBackend {
    fn from(backend: Backend) -> Self {
        match backend {
            Backend::Helpers => Self::Helpers,
            Backend::Asm => Self::Asm,
        }
    }
}

/// The folders of a tree that have generated files, and may have left-over ones.
pub const FOLDERS: [&str; 3] = ["rust/kernel/sync/atomic", "rust/helpers", "rust/macros"];

/// What the drop-in needs to find in a tree.
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
    /// Makes the drop-in for a tree, by the tree's own table. Writes nothing.
    ///
    /// # Errors
    ///
    /// If `tree` is not one of a kernel, or of a version that is not known; if a table is wrong;
    /// or if the tree's `rust/macros/lib.rs` has no place for the derive, or its
    /// `tools/memory-model/linux-kernel.def` none for the atomics.
    pub fn read(tree: &Path, tables: &TableArgs, backend: Backend) -> Result<Self> {
        require_tree(tree)?;
        Version::of(tree)?.require_known(tree)?;
        Self::of_any_version(tree, tables, backend)
    }

    /// The same for a tree of any version. A warning says so if it is not a known one.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), but for the version.
    pub fn read_any_version(tree: &Path, tables: &TableArgs, backend: Backend) -> Result<Self> {
        require_tree(tree)?;
        let unknown = Version::of(tree).and_then(|version| version.require_known(tree));
        if let Err(error) = unknown {
            let text = error.to_string();
            eprintln!("warning: {}", text.lines().next().unwrap_or_default());
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
                contents: theirs_or(tree, &path, checksum::signed(contents)),
                path: path.into(),
            })
            .collect();
        let lib = tree.join(derive::LIB);
        let text = fs::read_to_string(&lib);
        let text = text.with_context(|| format!("cannot read {}", lib.display()))?;
        files.push(Generated {
            path: derive::LIB.into(),
            contents: derive::with_entry(&text)?,
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

    /// The version of Linux that the tree has.
    ///
    /// # Errors
    ///
    /// If its Makefile does not say.
    pub fn version(&self) -> Result<Version> {
        Version::of(&self.tree)
    }

    /// Everything that is to be written: generated files; the tree's `rust/macros/lib.rs` with the
    /// entry point of the derive; and, if the tree has a memory model, its `linux-kernel.def` with
    /// the atomics.
    pub fn files(&self) -> &[Generated] {
        &self.files
    }

    /// What an earlier run generated under `root` and this one does not.
    ///
    /// # Errors
    ///
    /// As [`write::find_orphans`].
    pub fn orphans(&self, root: &Path) -> Result<Vec<PathBuf>> {
        write::find_orphans(root, &FOLDERS.map(Path::new), &self.files, layout::MARKER)
    }

    /// The local edits in the drop-in's files under `root`, as a reader is told of them.
    ///
    /// # Errors
    ///
    /// If a file cannot be read.
    pub fn edits(&self, root: &Path) -> Result<Vec<String>> {
        let edits = edits::find(root, &self.files, &self.orphans(root)?)?;
        Ok(edits.iter().map(ToString::to_string).collect())
    }

    /// Refuses to write into `root` if local edits would be lost; with `force`, says which.
    ///
    /// # Errors
    ///
    /// In that case, or if a file cannot be read.
    pub fn require_unedited(&self, root: &Path, orphans: &[PathBuf], force: bool) -> Result<()> {
        let edits = edits::find(root, &self.files, orphans)?;
        let root = root.display();
        if force {
            for edit in &edits {
                eprintln!("warning: a local edit gives way in {root}: {edit}");
            }
        } else if !edits.is_empty() {
            let list: String = edits.iter().map(|edit| format!("\n  {edit}")).collect();
            bail!(
                "{root} has local edits, which would be lost:{list}\n \
                 = help: keep them elsewhere, or give --force to do without them"
            );
        }
        Ok(())
    }

    /// The drop-in as a patch for the tree, from and signed off by `identity`; nothing if the tree
    /// has it already.
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

/// What the tree has at `path` already, if only the comments differ that say who wrote it; else
/// `contents`. The kernel has a script of its own for one of the files, and two generators would
/// change it back and forth.
fn theirs_or(tree: &Path, path: &str, contents: String) -> String {
    let theirs = fs::read_to_string(tree.join(path)).unwrap_or_default();
    let by_a_script = theirs.contains("// Generated by scripts/");
    if by_a_script && checksum::is_intact(theirs.as_bytes()) && body(&theirs).eq(body(&contents)) {
        theirs
    } else {
        contents
    }
}

/// The lines of a file, but for those that are nothing but a `//` comment, and blank ones.
fn body(text: &str) -> impl Iterator<Item = &str> {
    let is_body = |line: &&str| !line.is_empty() && !line.starts_with("// ");
    text.lines().filter(is_body)
}

/// Refuses what is not a kernel tree.
fn require_tree(tree: &Path) -> Result<()> {
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
