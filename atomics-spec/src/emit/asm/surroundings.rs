//! What a module of inline assembly can use, depending on where it is compiled.

use crate::emit::barrier::Barriers;

/// Whether `asm!` can jump to a `label` block, as it can since Rust 1.87.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// It can.
    Always,
    /// It cannot. A condition becomes a value instead.
    Never,
    /// It can under this `cfg`.
    If(&'static str),
}

/// Whether the module can detect CPU features at run time, with the macros of `std`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosted {
    /// It can.
    Always,
    /// It cannot. It uses the features that are enabled at compile time.
    Never,
    /// It can under this `cfg`.
    If(&'static str),
}

/// What a module can use.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// Jumps out of `asm!`.
    pub labels: Labels,
    /// The barriers that the module must have.
    pub barriers: Barriers,
    /// Run-time detection of CPU features.
    pub hosted: Hosted,
}
