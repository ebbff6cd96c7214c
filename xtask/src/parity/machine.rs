//! The architectures: how a kernel is configured for each, how ours is compiled, and how the two are
//! read.

use super::alternative::Format;
use super::isa::Isa;
use super::track::Argument;

/// What every kernel is configured with, beside `tinyconfig`: several CPUs, without which barriers
/// vanish; and optimised for speed, as distributions do.
pub const CONFIG: [&str; 5] = [
    "CONFIG_SMP=y",
    "CONFIG_EXPERT=y",
    "CONFIG_MODULES=y",
    "CONFIG_CC_OPTIMIZE_FOR_PERFORMANCE=y",
    "CONFIG_CC_OPTIMIZE_FOR_SIZE=n",
];

/// How a function gets its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abi {
    /// Each in a register.
    Registers(&'static [&'static str]),
    /// In r0 to r3 and then on the stack; 64 bits begin at an even register.
    Arm,
    /// In eax, edx and ecx; the first one that does not fit ends that.
    Regparm,
    /// The same, but 64 bits, though they count for two registers, are on the stack.
    RustRegparm,
}

/// Which places a kernel has patched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patched {
    /// None.
    None,
    /// All.
    All,
    /// Those for these features of the CPU, by the kernel's numbers.
    Only(&'static [u32]),
}

/// One way in which a kernel runs, and how ours is compiled for it.
#[derive(Clone, Copy, Debug)]
pub struct Branch {
    /// Its name.
    pub name: &'static str,
    /// What the kernel is configured with besides.
    pub config: &'static [&'static str],
    /// Which of its code the kernel has patched.
    pub patched: Patched,
    /// The features of ours, for rustc.
    pub features: &'static str,
}

/// An architecture.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// The name of our table.
    pub name: &'static str,
    /// The kernel's `ARCH`.
    pub kernel: &'static str,
    /// What the kernel is configured with. Each line must hold in the end.
    pub config: &'static [&'static str],
    /// What the C file begins with, and options of its compiler.
    pub extra: (&'static str, &'static str),
    /// Objects of the kernel that have functions which are called, below its root.
    pub objects: &'static [&'static str],
    /// How patches are listed.
    pub format: Format,
    /// The target of rustc.
    pub target: &'static str,
    /// Options of rustc.
    pub rustc: &'static [&'static str],
    /// Options of llvm-objdump.
    pub objdump: &'static [&'static str],
    /// How arguments are passed in C.
    pub abi: Abi,
    /// How they are in Rust, where that is another way.
    pub rust_abi: Option<Abi>,
    /// The width of a pointer.
    pub bits: u32,
    /// The ways in which a kernel runs.
    pub branches: &'static [Branch],
    /// The text of the table of instructions.
    isa: &'static str,
}

impl Machine {
    /// The table of instructions.
    ///
    /// # Errors
    ///
    /// If the table is wrong.
    pub fn isa(&self) -> anyhow::Result<Isa> {
        let mut isa = Isa::parse(&format!("the instructions of {}", self.name), self.isa)?;
        isa.word = i64::from(self.bits / 8);
        Ok(isa)
    }
}

/// The kernel's numbers of extensions of RISC-V.
const ZACAS: u32 = 73;
const ZABHA: u32 = 90;

const ONE: Branch = Branch {
    name: "-",
    config: &[],
    patched: Patched::None,
    features: "",
};

/// All of them.
pub const MACHINES: [Machine; 8] = [
    Machine {
        name: "x86_64",
        kernel: "x86_64",
        config: &["CONFIG_64BIT=y", "CONFIG_CPU_MITIGATIONS=n"],
        extra: ("", ""),
        objects: &[],
        format: Format::X86,
        target: "x86_64-unknown-linux-gnu",
        rustc: &[],
        objdump: &["-M", "intel"],
        abi: Abi::Registers(&["rdi", "rsi", "rdx", "rcx"]),
        rust_abi: None,
        bits: 64,
        branches: &[ONE],
        isa: include_str!("isa/x86.tbl"),
    },
    Machine {
        name: "x86",
        kernel: "i386",
        config: &[
            "CONFIG_64BIT=n",
            "CONFIG_M686=y",
            "CONFIG_CPU_MITIGATIONS=n",
        ],
        extra: ("", ""),
        objects: &["arch/x86/lib/atomic64_cx8_32.o"],
        format: Format::X86,
        target: "i686-unknown-linux-gnu",
        // As the kernel's C is compiled.
        rustc: &["-Zregparm=3"],
        objdump: &["-M", "intel"],
        abi: Abi::Regparm,
        rust_abi: Some(Abi::RustRegparm),
        bits: 32,
        branches: &[Branch {
            name: "sse2",
            config: &[],
            patched: Patched::All,
            features: "",
        }],
        isa: include_str!("isa/x86.tbl"),
    },
    Machine {
        name: "aarch64",
        kernel: "arm64",
        config: &["CONFIG_ARM64_PTR_AUTH=n", "CONFIG_ARM64_BTI=n"],
        extra: ("", ""),
        objects: &[],
        format: Format::Arm64,
        target: "aarch64-unknown-linux-gnu",
        rustc: &[],
        objdump: &["--mattr=+all"],
        abi: Abi::Registers(&["x0", "x1", "x2", "x3"]),
        rust_abi: None,
        bits: 64,
        branches: &[
            Branch {
                name: "ll/sc",
                config: &[],
                patched: Patched::None,
                features: "-lse,-outline-atomics",
            },
            Branch {
                name: "lse",
                config: &[],
                patched: Patched::All,
                features: "+lse,-outline-atomics",
            },
        ],
        isa: include_str!("isa/aarch64.tbl"),
    },
    Machine {
        name: "arm",
        kernel: "arm",
        config: &[
            "CONFIG_MMU=y",
            "CONFIG_ARCH_MULTIPLATFORM=y",
            "CONFIG_CPU_V7=y",
            "CONFIG_ARCH_MULTI_V7=y",
            "CONFIG_ARCH_MULTI_V6=n",
            "CONFIG_ARCH_VIRT=y",
            "CONFIG_SMP_ON_UP=n",
            "CONFIG_ARM_LPAE=n",
            "CONFIG_THUMB2_KERNEL=n",
            "CONFIG_CACHE_L2X0=n",
        ],
        extra: ("", ""),
        objects: &[],
        format: Format::None,
        target: "armv7-unknown-linux-gnueabi",
        rustc: &[],
        objdump: &["--mattr=+v7,+mp"],
        abi: Abi::Arm,
        rust_abi: None,
        bits: 32,
        branches: &[ONE],
        isa: include_str!("isa/arm.tbl"),
    },
    Machine {
        name: "riscv64",
        kernel: "riscv",
        config: &[
            "CONFIG_64BIT=y",
            "CONFIG_MMU=y",
            "CONFIG_FPU=y",
            "CONFIG_RISCV_ISA_C=y",
            "CONFIG_RISCV_ISA_ZABHA=y",
            "CONFIG_RISCV_ISA_ZACAS=y",
        ],
        // To Clang 19, Zacas is an experiment: the kernel's scripts do not find that it has it.
        extra: (
            "#define CONFIG_TOOLCHAIN_HAS_ZACAS 1\n",
            "-menable-experimental-extensions",
        ),
        objects: &[],
        format: Format::Riscv,
        target: "riscv64gc-unknown-linux-gnu",
        rustc: &[],
        objdump: &["--mattr=+zabha,+experimental-zacas"],
        abi: Abi::Registers(&["a0", "a1", "a2", "a3"]),
        rust_abi: None,
        bits: 64,
        branches: &[
            Branch {
                name: "a",
                config: &[],
                patched: Patched::None,
                features: "-relax,-zabha,-zacas",
            },
            Branch {
                name: "zabha",
                config: &[],
                patched: Patched::Only(&[ZABHA]),
                features: "-relax,+zabha,-zacas",
            },
            Branch {
                name: "zabha,zacas",
                config: &[],
                patched: Patched::Only(&[ZABHA, ZACAS]),
                features: "-relax,+zabha,+zacas",
            },
        ],
        isa: include_str!("isa/riscv64.tbl"),
    },
    Machine {
        name: "powerpc64",
        kernel: "powerpc",
        config: &[
            "CONFIG_PPC64=y",
            "CONFIG_PPC_BOOK3S_64=y",
            "CONFIG_CPU_LITTLE_ENDIAN=y",
            "CONFIG_PPC_HAS_LBARX_LHARX=y",
        ],
        extra: ("", ""),
        objects: &[],
        format: Format::Lwsync,
        target: "powerpc64le-unknown-linux-gnu",
        rustc: &[],
        objdump: &["--mcpu=pwr10"],
        abi: Abi::Registers(&["3", "4", "5", "6"]),
        rust_abi: None,
        bits: 64,
        branches: &[
            Branch {
                name: "isync",
                config: &[],
                patched: Patched::None,
                features: "",
            },
            Branch {
                name: "lwsync",
                config: &[],
                patched: Patched::All,
                features: "",
            },
        ],
        isa: include_str!("isa/powerpc64.tbl"),
    },
    Machine {
        name: "s390x",
        kernel: "s390",
        config: &[],
        extra: ("", ""),
        objects: &[],
        format: Format::S390,
        target: "s390x-unknown-linux-gnu",
        rustc: &[],
        objdump: &["--mcpu=arch14"],
        abi: Abi::Registers(&["%r2", "%r3", "%r4", "%r5"]),
        rust_abi: None,
        bits: 64,
        branches: &[
            // The oldest one that the kernel's tree accepts, which has no interlocked additions; and
            // the one that it takes if nobody asks.
            Branch {
                name: "z10",
                config: &["CONFIG_MARCH_Z10=y"],
                patched: Patched::None,
                features: "",
            },
            Branch {
                name: "z196",
                config: &["CONFIG_MARCH_Z196=y"],
                patched: Patched::All,
                // By this the table knows a CPU with z196's instructions.
                features: "+vector",
            },
        ],
        isa: include_str!("isa/s390x.tbl"),
    },
    Machine {
        name: "loongarch64",
        kernel: "loongarch",
        config: &["CONFIG_64BIT=y"],
        extra: ("", ""),
        objects: &[],
        format: Format::None,
        target: "loongarch64-unknown-linux-gnu",
        rustc: &[],
        objdump: &[],
        abi: Abi::Registers(&["$a0", "$a1", "$a2", "$a3"]),
        rust_abi: None,
        bits: 64,
        branches: &[ONE],
        isa: include_str!("isa/loongarch64.tbl"),
    },
];

/// The architecture with a name.
pub fn find(name: &str) -> Option<&'static Machine> {
    MACHINES.iter().find(|machine| machine.name == name)
}

impl Abi {
    /// Where arguments of these widths are.
    pub fn places(self, bits: &[u32]) -> Vec<Argument> {
        let names: &[&str] = match self {
            Self::Registers(names) => names,
            Self::Arm => &["r0", "r1", "r2", "r3"],
            Self::Regparm | Self::RustRegparm => &["eax", "edx", "ecx"],
        };
        // How many registers are spoken for, which one is next, and where the stack goes on.
        let (mut taken, mut next) = (0, 0);
        let mut stack = if self == Self::Arm { 0 } else { 4 };
        let mut places = Vec::new();
        for bits in bits {
            let is_wide = *bits > 32 && !matches!(self, Self::Registers(_));
            let words = usize::from(is_wide) + 1;
            if self == Self::Arm && is_wide {
                taken += taken % 2;
                next = taken;
            }
            let fits = taken + words <= names.len();
            taken = if fits { taken + words } else { names.len() };
            if fits && !(is_wide && self == Self::RustRegparm) {
                places.push(Argument::Register(names[next].to_owned()));
                next += words;
            } else {
                places.push(Argument::Stack(stack));
                stack += if is_wide { 8 } else { 4 };
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_where_compilers_put_them() {
        let place = |text: &str| match text.parse() {
            Ok(at) => Argument::Stack(at),
            Err(_) => Argument::Register(text.into()),
        };
        let all = |texts: &[&str]| texts.iter().map(|t| place(t)).collect::<Vec<_>>();
        assert_eq!(Abi::Arm.places(&[32, 64, 64]), all(&["r0", "r2", "0"]));
        assert_eq!(Abi::Arm.places(&[64, 32]), all(&["r0", "r2"]));
        assert_eq!(Abi::Regparm.places(&[64, 32]), all(&["eax", "ecx"]));
        assert_eq!(
            Abi::Regparm.places(&[32, 64, 64]),
            all(&["eax", "edx", "4"])
        );
        assert_eq!(Abi::RustRegparm.places(&[64, 32]), all(&["4", "eax"]));
        let registers = Abi::Registers(&["x0", "x1"]);
        assert_eq!(registers.places(&[64, 64]), all(&["x0", "x1"]));
    }
}
