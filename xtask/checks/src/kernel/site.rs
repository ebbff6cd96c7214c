//! A tree for which kernels are built: the drop-in that it gets, and the folder of its builds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use atomics_tools::{Lock, Toolchain, kernel_tree};
use sha1_smol::Sha1;
use xtask::dropin::{self, Dropin, Wanted};
use xtask::output::{line, tell};
use xtask::repository;
use xtask::write::Lock as TreeLock;

use super::base::{Base, Folders, Settings};
use super::machine::Machine;

/// A tree for which kernels are built. No other process builds for it while this lives.
pub struct Site {
    /// The tree, which is only read.
    pub tree: PathBuf,
    /// The drop-in.
    pub dropin: Dropin,
    /// The tools that build a kernel.
    pub tools: Toolchain,
    root: PathBuf,
    _lock: Lock,
}

impl Site {
    /// Finds the tree, and makes its drop-in. With `force`, its version may be an unknown one.
    ///
    /// # Errors
    ///
    /// If it is not a kernel tree, a tool is missing, or another process builds for it.
    pub fn open(tree: Option<&Path>, wanted: Wanted<'_>, force: bool) -> Result<Self> {
        let tree = kernel_tree::find(tree)?;
        dropin::require_tree(&tree)?;
        let tree_lock = TreeLock::for_reading(&tree, &tell)?;
        let dropin = if force {
            Dropin::read_any_version(&tree, wanted)?
        } else {
            Dropin::read(&tree, wanted)?
        };
        let tools = Toolchain::require()?;
        let root = folder(&tree)?;
        let lock = Lock::take(&root)?;
        for edit in dropin.edits(&tree)? {
            line(&format!(
                "note: the build uses the drop-in in place of a local edit: {edit}"
            ))?;
        }
        drop(tree_lock);
        Ok(Self {
            tree,
            dropin,
            tools,
            root,
            _lock: lock,
        })
    }

    /// A kernel to build, with its folders.
    ///
    /// # Errors
    ///
    /// If a folder cannot be made.
    pub fn base<'a>(&'a self, machine: Machine, settings: Settings<'a>) -> Result<Base<'a>> {
        Ok(Base {
            machine,
            settings,
            tools: &self.tools,
            dropin: &self.dropin,
            tree: &self.tree,
            folders: Folders::new(&self.root, machine, settings)?,
        })
    }
}

/// The folder for all builds of one tree.
fn folder(tree: &Path) -> Result<PathBuf> {
    let name = tree.file_name().unwrap_or_default().to_string_lossy();
    // Trees with the same name in different folders must not share a build folder.
    let key = Sha1::from(tree.as_os_str().as_encoded_bytes()).digest();
    let key = &key.to_string()[..8];
    let root = repository::root().join(format!("target/kernel/{name}-{key}"));
    fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
    Ok(root)
}
