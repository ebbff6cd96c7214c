//! The architectures and compilers with which kernels are built and run.

use std::env::consts;

use atomics_machine_code::boot::{Boot, Size};
use atomics_machine_code::target::Target;
use atomics_machine_code::targets::bootable;
use clap::ValueEnum;

/// The name of user-mode Linux.
pub const UM: &str = "um";

/// An architecture to build for and run.
#[derive(Clone, Copy, Debug)]
pub enum Machine {
    /// User-mode Linux: the kernel runs as a process of this machine.
    Um,
    /// An architecture whose kernel runs in QEMU.
    Booted(&'static Target, &'static Boot),
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

/// The options for the tests.
const TESTS: &str = "\
CONFIG_SMP=y
CONFIG_KUNIT=y
CONFIG_RUST=y
CONFIG_RUST_KUNIT_TESTS=y
CONFIG_RUST_ATOMICS_KUNIT_TEST=y
CONFIG_RUST_KERNEL_DOCTESTS=y
";

/// The options of a small kernel: what it needs to run the tests and to print their results, as many
/// CPUs as it runs on, and optimisation and checks as in distributions.
const SMALL: &str = "\
CONFIG_EXPERT=y
CONFIG_BUG=y
CONFIG_CC_OPTIMIZE_FOR_PERFORMANCE=y
CONFIG_KUNIT_AUTORUN_ENABLED=y
CONFIG_MULTIUSER=y
CONFIG_NR_CPUS=2
CONFIG_PRINTK=y
CONFIG_RUST_OVERFLOW_CHECKS=y
CONFIG_TTY=y
";

/// The options for code that uses Rust atomics on every architecture.
const USERS: &str = "\
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
const SMALLER_UM: &str = "\
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
    /// All architectures, in the order in which they run.
    pub fn all() -> impl Iterator<Item = Self> {
        let booted = bootable().map(|(target, boot)| Self::Booted(target, boot));
        [Self::Um].into_iter().chain(booted)
    }

    /// The name in `--arch`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Um => UM,
            Self::Booted(_, boot) => boot.name,
        }
    }

    /// The name in `make ARCH=`.
    pub fn arch(self) -> &'static str {
        match self {
            Self::Um => UM,
            Self::Booted(target, _) => target.kernel.arch,
        }
    }

    /// The name of the folder with the architecture's sources, which is `SRCARCH` in the makefiles.
    pub fn source_arch(self) -> &'static str {
        match self.arch() {
            "x86_64" => "x86",
            arch => arch,
        }
    }

    /// Rust's name of the instruction set, which is also the name of its table, if there is one.
    pub fn instructions(self) -> &'static str {
        match self {
            Self::Um => consts::ARCH,
            Self::Booted(target, _) => target.name,
        }
    }

    /// How the kernel boots in QEMU, if it does not run as a process.
    pub fn boot(self) -> Option<&'static Boot> {
        match self {
            Self::Um => None,
            Self::Booted(_, boot) => Some(boot),
        }
    }

    /// Whether every option is off that is neither asked for nor needed.
    pub fn is_small(self) -> bool {
        self.boot().is_some_and(|boot| boot.size == Size::Small)
    }

    /// The start of the names of GNU's tools, if they are not this machine's own.
    pub fn cross(self) -> Option<String> {
        let Self::Booted(target, _) = self else {
            return None;
        };
        let programs = target.programs.as_ref()?;
        let is_own = target.name == consts::ARCH;
        (!is_own).then(|| format!("{}-", programs.platform.gnu))
    }

    /// The configuration options beyond the defaults.
    pub fn config(self) -> String {
        match self {
            Self::Um => [TESTS, USERS, SMALLER_UM].concat(),
            Self::Booted(target, boot) => {
                let mut lines = boot.config.to_vec();
                let parts = match boot.size {
                    Size::Default => [TESTS, USERS, HARDWARE],
                    Size::Small => {
                        lines.extend(target.kernel.config);
                        [TESTS, SMALL, ""]
                    }
                };
                let option = |line: &str| line.split('=').next().map(str::to_owned);
                let own: Vec<_> = lines.iter().map(|line| option(line)).collect();
                let parts = parts.concat();
                // An architecture may set an option in another way.
                let parts = parts.lines().filter(|line| !own.contains(&option(line)));
                let all = parts.chain(lines.iter().copied());
                all.map(|line| format!("{line}\n")).collect()
            }
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

    /// The options for `make`.
    pub fn make_options(self, machine: Machine) -> Vec<String> {
        match self {
            Self::Clang => vec!["LLVM=1".into()],
            Self::Gcc => {
                let cross = machine.cross();
                let option = cross.map(|cross| format!("CROSS_COMPILE={cross}"));
                option.into_iter().collect()
            }
        }
    }

    /// A disassembler for the kernel.
    pub fn objdump(self, machine: Machine) -> &'static str {
        match self {
            Self::Gcc if machine.cross().is_none() => "objdump",
            _ => "llvm-objdump",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No name stands for two architectures, and no configuration has a line twice, of which the
    /// kernel's scripts would use the last.
    #[test]
    fn names_and_configurations_are_unique() {
        let mut names: Vec<&str> = Machine::all().map(Machine::name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for machine in Machine::all() {
            let config = machine.config();
            let mut options: Vec<&str> =
                config.lines().filter_map(|l| l.split('=').next()).collect();
            options.sort_unstable();
            let count = options.len();
            options.dedup();
            assert_eq!(options.len(), count, "{}: {config}", machine.name());
            assert!(config.contains("CONFIG_RUST=y\n"), "{}", machine.name());
        }
    }
}
