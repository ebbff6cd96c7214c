//! How the drop-in implements the operations.

use atomics_spec::emit::KernelBackend;
use clap::ValueEnum;

/// How the drop-in implements the operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// Calls C helpers.
    #[default]
    Helpers,
    /// Uses inline assembly where the architecture's table allows it and no sanitizer or debug
    /// option checks each access; otherwise calls C helpers.
    Asm,
}

impl Backend {
    /// The name of the backend on the command line.
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
