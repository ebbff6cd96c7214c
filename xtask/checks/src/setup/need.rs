//! The tools that the test tiers need besides cargo.

use std::fmt;

use atomics_machine_code::targets::platforms;
use atomics_tools::kernel_tree::{VAR, kernel_tree};
use atomics_tools::path::{has_c_compiler, has_program};
use atomics_tools::{CrossTools, Herd, Toolchain, libclang};

/// A tool that a test tier needs besides cargo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A C compiler: `$CC` or `cc`.
    CCompiler,
    /// libclang, with which bindgen parses C.
    Libclang,
    /// A Linux tree.
    KernelTree,
    /// The tools that build a kernel.
    KernelToolchain,
    /// The tools that build and run programs for other architectures.
    CrossTools,
    /// herd7, which runs litmus tests.
    Herd,
    /// A program in PATH.
    Program(&'static str),
}

impl Need {
    /// Whether the tool is present.
    pub fn is_met(self) -> bool {
        match self {
            Self::CCompiler => has_c_compiler(),
            Self::Libclang => libclang::is_here(),
            Self::KernelTree => kernel_tree().is_some(),
            Self::KernelToolchain => Toolchain::find().is_ok(),
            Self::CrossTools => CrossTools::find(platforms()).is_ok(),
            Self::Herd => Herd::find().is_ok(),
            Self::Program(name) => has_program(name),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CCompiler => f.write_str("a C compiler (gcc or clang, as `cc` or in CC)"),
            Self::Libclang => {
                f.write_str("libclang (set LIBCLANG_PATH if it is in an unusual place)")
            }
            Self::KernelTree => write!(f, "a Linux 7.3 tree (set {VAR} to its path)"),
            Self::Herd => {
                let fault = Herd::find().err();
                fault.map_or(Ok(()), |fault| write!(f, "{fault:#}"))
            }
            Self::Program(name) => f.write_str(name),
            Self::KernelToolchain => {
                let missing = Toolchain::find().err().unwrap_or_default();
                write!(f, "tools for building a kernel: {}", missing.join(", "))
            }
            Self::CrossTools => {
                let missing = CrossTools::find(platforms()).err().unwrap_or_default();
                let missing = missing.join(", ");
                write!(
                    f,
                    "tools for building and running programs for other architectures: {missing}"
                )
            }
        }
    }
}

/// Those of `needs` that are not met.
pub fn missing(needs: &[Need]) -> Vec<Need> {
    let needs = needs.iter().copied();
    needs.filter(|need| !need.is_met()).collect()
}
