//! How the drop-in implements the operations.

use atomics_spec::emit::KernelBackend;
use clap::ValueEnum;
use clap::builder::PossibleValue;

/// How the drop-in implements the operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

impl ValueEnum for Backend {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Helpers, Self::Asm]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Helpers => "Calls C helpers",
            Self::Asm => {
                "Uses inline assembly where the architecture's table allows it and no sanitizer or \
                 debug option checks each access; otherwise calls C helpers"
            }
        };
        Some(PossibleValue::new(self.name()).help(help))
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
