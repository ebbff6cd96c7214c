//! Finds and runs the external tools that the checks need.
//!
//! This crate does not install or print anything, and does not depend on the location of this
//! repository. `cargo xtask setup` installs missing tools.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a library prints nothing"
)]

pub mod herd7;
pub mod kernel_tree;
pub mod libclang;
pub mod lock;
pub mod path;
pub mod pool;
pub mod process;
pub mod progress;
pub mod qemu;
pub mod qemu_system;
pub mod rust;
pub mod toolchain;

pub use herd7::Herd;
pub use kernel_tree::kernel_tree;
pub use lock::Lock;
pub use progress::Progress;
pub use qemu::CrossTools;
pub use toolchain::Toolchain;
