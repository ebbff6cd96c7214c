//! What a module of inline assembly can use, depending on where it is compiled.

use crate::emit::barrier::Barriers;

/// Whether `asm!` can jump to a `label` block, as it can since Rust 1.87.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// It can.
    Always,
    /// It cannot. A condition becomes a value instead.
    Never,
    /// It can under this `cfg`. A condition has both forms, and the macro `condition!`, which the
    /// module's surroundings define, takes one.
    If(&'static str),
}

/// How the module knows CPU features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosted {
    /// By the macros of `std`, at run time.
    Always,
    /// From the compiler: it uses those that are enabled at compile time.
    Never,
    /// By the macros of `std` under this `cfg`, else from the compiler.
    If(&'static str),
    /// From the options of the kernel, or from the module around it.
    Kernel,
}

/// What a module can use.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// Jumps out of `asm!`.
    pub labels: Labels,
    /// The barriers that the module must have.
    pub barriers: Barriers,
    /// How it knows CPU features.
    pub hosted: Hosted,
}
