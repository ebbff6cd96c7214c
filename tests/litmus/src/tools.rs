//! The external tools.

use std::path::{Path, PathBuf};

use anyhow::Result;
use atomics_tools::{Herd, Toolchain, kernel_tree};

/// The external tools, and the kernel's sources.
pub struct Tools {
    /// herd7.
    pub herd: Herd,
    /// The compiler and the disassemblers.
    pub toolchain: Toolchain,
    /// The kernel's source tree, which contains the memory model.
    pub kernel_tree: PathBuf,
}

impl Tools {
    /// Finds the tools, and the kernel's sources: those in `kernel_tree` if it is given.
    ///
    /// # Errors
    ///
    /// If something is missing; the error says what.
    pub fn find(kernel_tree: Option<&Path>) -> Result<Self> {
        Ok(Self {
            kernel_tree: kernel_tree::find(kernel_tree)?,
            herd: Herd::find()?,
            toolchain: Toolchain::require()?,
        })
    }
}
