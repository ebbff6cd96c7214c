//! The generated files and their paths, for each destination.

#[cfg(feature = "tools")]
mod core_crate;
#[cfg(feature = "tools")]
mod file;
#[cfg(feature = "tools")]
mod kernel;
mod modules;
mod tree;

#[cfg(feature = "tools")]
pub use core_crate::{CFiles, CORE_BINDINGS, CORE_HEADER, c_files, core_crate};
#[cfg(feature = "tools")]
pub use file::{File, MARKER};
#[cfg(feature = "tools")]
pub use kernel::{
    CHECKERS, KernelBackend, KernelParts, in_kernel_style, kernel, kernel_barrier_helpers,
    kernel_parts, kernel_sequences,
};
pub use tree::{Backend, arch_items, arch_stand_in, module_tree};
