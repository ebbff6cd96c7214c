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
    /// On the stack.
    Cdecl,
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
    /// Options of llvm-objdump.
    pub objdump: &'static [&'static str],
    /// How the kernel passes arguments.
    pub kernel_abi: Abi,
    /// How ours does.
    pub abi: Abi,
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
        objdump: &["-M", "intel"],
        kernel_abi: Abi::Registers(&["rdi", "rsi", "rdx", "rcx"]),
        abi: Abi::Registers(&["rdi", "rsi", "rdx", "rcx"]),
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
        objdump: &["-M", "intel"],
        kernel_abi: Abi::Regparm,
        abi: Abi::Cdecl,
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
        objdump: &["--mattr=+all"],
        kernel_abi: Abi::Registers(&["x0", "x1", "x2", "x3"]),
        abi: Abi::Registers(&["x0", "x1", "x2", "x3"]),
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
        objdump: &["--mattr=+v7,+mp"],
        kernel_abi: Abi::Arm,
        abi: Abi::Arm,
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
        objdump: &["--mattr=+zabha,+experimental-zacas"],
        kernel_abi: Abi::Registers(&["a0", "a1", "a2", "a3"]),
        abi: Abi::Registers(&["a0", "a1", "a2", "a3"]),
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
        objdump: &["--mcpu=pwr10"],
        kernel_abi: Abi::Registers(&["3", "4", "5", "6"]),
        abi: Abi::Registers(&["3", "4", "5", "6"]),
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
        objdump: &["--mcpu=arch14"],
        kernel_abi: Abi::Registers(&["%r2", "%r3", "%r4", "%r5"]),
        abi: Abi::Registers(&["%r2", "%r3", "%r4", "%r5"]),
        bits: 64,
        branches: &[
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
                features: "",
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
        objdump: &[],
        kernel_abi: Abi::Registers(&["$a0", "$a1", "$a2", "$a3"]),
        abi: Abi::Registers(&["$a0", "$a1", "$a2", "$a3"]),
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
        let register = |name: &str| Argument::Register(name.to_owned());
        let mut next = 0;
        let mut stack = if self == Self::Arm { 0 } else { 4 };
        bits.iter()
            .map(|bits| {
                let words = usize::from(*bits > 32) + 1;
                let names: &[&str] = match self {
                    Self::Registers(names) => {
                        next += 1;
                        return register(names[next - 1]);
                    }
                    Self::Arm => {
                        if words == 2 {
                            next += next % 2;
                        }
                        &["r0", "r1", "r2", "r3"]
                    }
                    Self::Regparm => &["eax", "edx", "ecx"],
                    Self::Cdecl => &[],
                };
                if next + words <= names.len() {
                    next += words;
                    return register(names[next - words]);
                }
                next = names.len();
                let at = stack;
                stack += 4 * i64::try_from(words).unwrap_or(1);
                Argument::Stack(at)
            })
            .collect()
    }
}
