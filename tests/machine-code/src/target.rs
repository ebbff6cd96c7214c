//! The description of an architecture: how to configure a kernel for it, how to compile and read
//! its code, and how to run its programs.

use anyhow::Result;
use atomics_spec::Source;
use atomics_tools::qemu::Platform;

use crate::abi::Abi;
use crate::alternative::{Format, Patched};
use crate::boot::Boot;
use crate::isa::Isa;
use crate::isa_table;

/// An architecture.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, which is also the name of its table in `atomics-spec/tables/arch`, if it has one.
    pub name: &'static str,
    /// The width of a pointer in bits.
    pub bits: u32,
    /// How to build a kernel.
    pub kernel: Kernel,
    /// How a kernel with Rust boots. None if the kernel does not support Rust.
    pub boot: Option<Boot>,
    /// rustc's target triple for code that is compiled but not linked.
    pub triple: &'static str,
    /// rustc options for such code.
    pub rustc: &'static [&'static str],
    /// C compiler options for the C backend, which a kernel does not contain.
    pub c_helpers: &'static [&'static str],
    /// Options of llvm-objdump.
    pub objdump: &'static [&'static str],
    /// C's calling convention.
    pub abi: Abi,
    /// Rust's calling convention, if it differs.
    pub rust_abi: Option<Abi>,
    /// The configurations in which the code is compiled and compared with a kernel.
    pub configurations: &'static [Configuration],
    /// How to build and run programs. None if the ordinary tests already run on this architecture,
    /// or if it has no table.
    pub programs: Option<Programs>,
    /// The name and the text of the table of instructions.
    pub(crate) isa: (&'static str, &'static str),
}

/// How a kernel is built for an architecture.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// The value of `ARCH`.
    pub arch: &'static str,
    /// Configuration lines besides [`CONFIG`]. The final configuration must contain each of them.
    pub config: &'static [&'static str],
    /// The first lines of the C file that includes the kernel's headers.
    pub prelude: &'static str,
    /// C compiler options for that file.
    pub cflags: &'static str,
    /// Object files with functions that the headers call, relative to the kernel's root.
    pub objects: &'static [&'static str],
    /// The format of its alternatives.
    pub format: Format,
}

/// One way in which a kernel runs, and the target features with which our code is compiled for it.
#[derive(Clone, Copy, Debug)]
pub struct Configuration {
    /// The name.
    pub name: &'static str,
    /// Additional configuration lines of the kernel.
    pub config: &'static [&'static str],
    /// The alternatives that the kernel has applied.
    pub patched: Patched,
    /// rustc's target features.
    pub features: &'static str,
    /// The name in litmus tests, if herd7 has a model of the instructions. Of several
    /// configurations whose code is the same for herd7, only one has a name.
    pub litmus: Option<&'static str>,
}

/// How the differential tests are built and run.
#[derive(Clone, Copy, Debug)]
pub struct Programs {
    /// rustc's name of the target.
    pub triple: &'static str,
    /// The names of its libraries and its emulator.
    pub platform: Platform,
    /// The builds.
    pub builds: &'static [Build],
}

/// A build of the tests with certain instructions.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// Target features, as in `-C target-feature`. Empty for the target's default.
    pub features: &'static str,
    /// Whether the program also detects CPU features at run time: the feature `std` of
    /// atomics-core.
    pub detects: bool,
    /// The CPUs to run on: QEMU CPU models, with options.
    pub cpus: &'static [&'static str],
    /// A CPU that lacks the features. On it, the tests must die of an illegal instruction. This
    /// shows that the build contains the instructions, and that QEMU would also fault if a build
    /// without the features contained one of them.
    pub lacking: Option<&'static str>,
}

/// The configuration of every kernel, on top of `tinyconfig`: several CPUs, without which barriers
/// are compiled out; and optimisation for speed, as in distributions.
pub const CONFIG: [&str; 5] = [
    "CONFIG_SMP=y",
    "CONFIG_EXPERT=y",
    "CONFIG_MODULES=y",
    "CONFIG_CC_OPTIMIZE_FOR_PERFORMANCE=y",
    "CONFIG_CC_OPTIMIZE_FOR_SIZE=n",
];

/// In the CPUs of a [`Build`], this machine's own CPU, without an emulator.
pub const NATIVE: &str = "native";

impl Target {
    /// Parses the table of instructions.
    ///
    /// # Errors
    ///
    /// If the table has an error.
    pub fn isa(&self) -> Result<Isa> {
        let (name, text) = self.isa;
        let word = i64::from(self.bits / 8);
        Ok(isa_table::parse(Source::new(name, text), word)?)
    }

    /// The text of the table of instructions.
    pub fn isa_text(&self) -> &'static str {
        self.isa.1
    }
}

impl Configuration {
    /// The name of the folder for this configuration.
    pub fn folder(&self, target: &Target) -> String {
        format!("{}-{}", target.name, self.name.replace(['/', ','], "-"))
    }
}

impl Build {
    /// A name that distinguishes the build from the target's other builds.
    pub fn name(&self) -> &'static str {
        match (self.features, self.detects) {
            ("", true) => "run time",
            (features, _) => features,
        }
    }

    /// Whether it needs no optional CPU features, and does not detect any.
    pub fn is_plain(&self) -> bool {
        self.name().is_empty()
    }
}
