//! The architectures and compilers with which kernels are built and run.

use clap::ValueEnum;

/// An architecture, by its name in `make ARCH=`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Machine {
    /// User-mode Linux: the kernel runs as a process of this machine.
    #[default]
    Um,
    /// x86_64, run in qemu-system-x86_64.
    #[value(name = "x86_64")]
    X86_64,
    /// arm64, run in qemu-system-aarch64.
    Arm64,
}

/// The C compiler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Compiler {
    /// Clang and LLVM's other tools: `make LLVM=1`.
    #[default]
    Clang,
    /// GCC and the GNU tools.
    Gcc,
}

/// The options for the tests, and for code that uses Rust atomics on every architecture.
const COMMON: &str = "\
CONFIG_SMP=y
CONFIG_KUNIT=y
CONFIG_RUST=y
CONFIG_RUST_KUNIT_TESTS=y
CONFIG_RUST_ATOMICS_KUNIT_TEST=y
CONFIG_RUST_KERNEL_DOCTESTS=y
CONFIG_NET=y
CONFIG_ANDROID_BINDER_IPC_RUST=y
CONFIG_BLOCK=y
CONFIG_BLK_DEV=y
CONFIG_CONFIGFS_FS=y
CONFIG_BLK_DEV_RUST_NULL=y
CONFIG_DEBUG_FS=y
CONFIG_SAMPLES=y
CONFIG_SAMPLES_RUST=y
CONFIG_SAMPLE_RUST_CONFIGFS=y
CONFIG_SAMPLE_RUST_DEBUGFS=y
CONFIG_SAMPLE_RUST_DEBUGFS_SCOPED=y
CONFIG_SAMPLE_RUST_DRIVER_FAUX=y
CONFIG_SAMPLE_RUST_DRIVER_PLATFORM=y
CONFIG_SAMPLE_RUST_MINIMAL=y
CONFIG_SAMPLE_RUST_MISC_DEVICE=y
CONFIG_SAMPLE_RUST_PRINT=y
";

/// The options that make user-mode Linux smaller, by a seventh of its C files, which take most of
/// the time of a build.
///
/// Without `CONFIG_EXPERT`, some of these cannot be turned off. It changes defaults, too: tracing,
/// which is off without it, would be on, and the namespaces, which are on without it, would be off.
const SMALL: &str = "\
CONFIG_EXPERT=y
CONFIG_AIO=n
CONFIG_ETHTOOL_NETLINK=n
CONFIG_FTRACE=n
CONFIG_HID_SUPPORT=n
CONFIG_INPUT=n
CONFIG_IO_URING=n
CONFIG_NAMESPACES=y
CONFIG_NETDEVICES=n
CONFIG_PID_NS=y
CONFIG_WIRELESS=n
";

/// The options for users of Rust atomics that do not exist in user-mode Linux.
const HARDWARE: &str = "\
CONFIG_PCI=y
CONFIG_DRM=y
CONFIG_DRM_NOVA=y
CONFIG_NOVA_CORE=y
CONFIG_SAMPLE_RUST_DMA=y
CONFIG_SAMPLE_RUST_DRIVER_AUXILIARY=y
CONFIG_SAMPLE_RUST_DRIVER_PCI=y
";

impl Machine {
    /// The name in `make ARCH=` and `kunit.py --arch`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Um => "um",
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// Rust's name of the instruction set, which is also the name of its table, if there is one.
    pub fn instructions(self) -> &'static str {
        match self {
            Self::Um => std::env::consts::ARCH,
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    /// The emulator that runs the kernel, if it needs one.
    pub fn emulator(self) -> Option<&'static str> {
        match self {
            Self::Um => None,
            Self::X86_64 => Some("qemu-system-x86_64"),
            Self::Arm64 => Some("qemu-system-aarch64"),
        }
    }

    /// The configuration options beyond the defaults.
    pub fn config(self) -> String {
        match self {
            Self::Um => COMMON.to_owned() + SMALL,
            Self::X86_64 | Self::Arm64 => COMMON.to_owned() + HARDWARE,
        }
    }
}

impl Compiler {
    /// The name in folder names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clang => "clang",
            Self::Gcc => "gcc",
        }
    }

    /// The option for `make`, if any.
    pub fn make_option(self) -> Option<&'static str> {
        match self {
            Self::Clang => Some("LLVM=1"),
            Self::Gcc => None,
        }
    }

    /// The matching disassembler.
    pub fn objdump(self) -> &'static str {
        match self {
            Self::Clang => "llvm-objdump",
            Self::Gcc => "objdump",
        }
    }
}
