//! The implementations of atomics that are measured.

/// An implementation of atomics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Implementation {
    /// This project's, in inline assembly.
    Ours,
    /// This project's, with C helpers.
    Helpers,
    /// A call of a C function for each operation.
    Calls,
    /// The functions in C.
    C,
    /// `core::sync::atomic`.
    Core,
    /// portable-atomic.
    Portable,
}

impl Implementation {
    /// All, in the order of tables.
    pub const ALL: [Self; 6] = [
        Self::Ours,
        Self::C,
        Self::Core,
        Self::Portable,
        Self::Helpers,
        Self::Calls,
    ];

    /// The name, which is also that of the feature of the package `functions`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Helpers => "helpers",
            Self::Calls => "calls",
            Self::C => "c",
            Self::Core => "core",
            Self::Portable => "portable",
        }
    }

    /// What it is.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ours => "this crate",
            Self::Helpers => "this crate, C helpers",
            Self::Calls => "a C call per operation",
            Self::C => "C, inlined",
            Self::Core => "core",
            Self::Portable => "portable-atomic",
        }
    }
}
