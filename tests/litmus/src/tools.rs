//! What is needed from outside.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use atomics_tools::{Herd, Toolchain, kernel_tree};

/// What is needed from outside.
pub struct Tools {
    /// herd7.
    pub herd: Herd,
    /// What compiles and disassembles.
    pub toolchain: Toolchain,
    /// The kernel's sources, of which the memory model is read.
    pub kernel_tree: PathBuf,
}

impl Tools {
    /// Finds them; the kernel's sources are those in `kernel_tree` if it is given.
    ///
    /// # Errors
    ///
    /// What is missing.
    pub fn find(kernel_tree: Option<&Path>) -> Result<Self> {
        Ok(Self {
            kernel_tree: kernel_tree::find(kernel_tree)?,
            herd: Herd::find()?,
            toolchain: Toolchain::find().map_err(|missing| {
                anyhow!(
                    "these tools are missing: {}; `cargo xtask setup` installs them",
                    missing.join(", ")
                )
            })?,
        })
    }
}
