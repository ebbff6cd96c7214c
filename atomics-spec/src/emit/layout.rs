//! Which generated file goes where.

mod core_crate;
mod file;
mod kernel;
mod modules;
mod tree;

pub use core_crate::{CFiles, CORE_BINDINGS, CORE_HEADER, c_files, core_crate};
pub use file::{File, MARKER};
pub use kernel::{CHECKERS, KernelBackend, in_kernel_style, kernel};
pub use tree::{Backend, arch_items, module_tree};
