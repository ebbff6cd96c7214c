//! The list of architectures for setup, builds, test runs and comparisons.
//!
//! Each architecture with a table in `atomics-spec/tables/arch` has an entry here. One without a
//! table may have an entry as well, to audit its kernel.

use anyhow::{Context as _, Result};
use atomics_tools::qemu::Platform;

use crate::abi::Abi;
use crate::alternative::{Format, Patched};
use crate::boot::{self, Boot};
use crate::target::{Build, Configuration, Kernel, NATIVE, Programs, Target};

/// A table of instructions: its name for error messages, and its text.
macro_rules! isa {
    ($name:literal) => {
        (
            concat!("tests/machine-code/src/isa/", $name, ".tbl"),
            include_str!(concat!("isa/", $name, ".tbl")),
        )
    };
}

/// The kernel's numbers of RISC-V extensions.
const ZACAS: u32 = 73;
const ZABHA: u32 = 90;

/// All architectures, in the order of reports.
pub const TARGETS: [Target; 8] = [
    Target {
        name: "x86_64",
        bits: 64,
        kernel: Kernel {
            arch: "x86_64",
            config: &["CONFIG_64BIT=y", "CONFIG_CPU_MITIGATIONS=n"],
            prelude: "",
            cflags: "",
            objects: &[],
            format: Format::X86,
        },
        boot: Some(boot::X86_64),
        triple: "x86_64-unknown-linux-gnu",
        rustc: &[],
        c_helpers: &[],
        objdump: &["-M", "intel"],
        abi: Abi::Registers(&["rdi", "rsi", "rdx", "rcx"]),
        rust_abi: None,
        configurations: &[Configuration {
            name: "-",
            config: &[],
            patched: Patched::None,
            features: "",
            litmus: Some("x86_64"),
        }],
        programs: None,
        isa: isa!("x86"),
    },
    Target {
        name: "x86",
        bits: 32,
        kernel: Kernel {
            arch: "i386",
            config: &[
                "CONFIG_64BIT=n",
                "CONFIG_M686=y",
                "CONFIG_CPU_MITIGATIONS=n",
            ],
            prelude: "",
            cflags: "",
            objects: &["arch/x86/lib/atomic64_cx8_32.o"],
            format: Format::X86,
        },
        // The kernel does not support Rust here.
        boot: None,
        triple: "i686-unknown-linux-gnu",
        // The kernel compiles its C code in the same way.
        rustc: &["-Zregparm=3"],
        c_helpers: &[],
        objdump: &["-M", "intel"],
        abi: Abi::Regparm,
        rust_abi: Some(Abi::RustRegparm),
        configurations: &[Configuration {
            name: "sse2",
            config: &[],
            patched: Patched::All,
            features: "",
            litmus: Some("x86"),
        }],
        programs: Some(Programs {
            triple: "i686-unknown-linux-gnu",
            platform: Platform {
                gnu: "i686-linux-gnu",
                debian: "i386",
                loader: "ld-linux.so.2",
                qemu: "i386",
            },
            builds: &[Build {
                features: "",
                detects: false,
                cpus: &[NATIVE, "max"],
                lacking: None,
            }],
        }),
        isa: isa!("x86"),
    },
    Target {
        name: "aarch64",
        bits: 64,
        kernel: Kernel {
            arch: "arm64",
            config: &["CONFIG_ARM64_PTR_AUTH=n", "CONFIG_ARM64_BTI=n"],
            prelude: "",
            cflags: "",
            objects: &[],
            format: Format::Arm64,
        },
        boot: Some(boot::ARM64),
        triple: "aarch64-unknown-linux-gnu",
        rustc: &[],
        c_helpers: &["-mno-outline-atomics"],
        objdump: &["--mattr=+all"],
        abi: Abi::Registers(&["x0", "x1", "x2", "x3"]),
        rust_abi: None,
        configurations: &[
            Configuration {
                name: "ll/sc",
                config: &[],
                patched: Patched::None,
                features: "-lse,-outline-atomics",
                litmus: Some("aarch64"),
            },
            Configuration {
                name: "lse",
                config: &[],
                patched: Patched::All,
                features: "+lse,-outline-atomics",
                litmus: Some("aarch64+lse"),
            },
        ],
        programs: Some(Programs {
            triple: "aarch64-unknown-linux-gnu",
            platform: Platform {
                gnu: "aarch64-linux-gnu",
                debian: "arm64",
                loader: "ld-linux-aarch64.so.1",
                qemu: "aarch64",
            },
            builds: &[
                Build {
                    features: "",
                    detects: false,
                    // Without LSE, with LSE, and with all later extensions.
                    cpus: &["cortex-a57", "neoverse-n1", "max"],
                    lacking: None,
                },
                Build {
                    features: "",
                    detects: true,
                    cpus: &["cortex-a57", "neoverse-n1"],
                    lacking: None,
                },
                Build {
                    features: "+lse",
                    detects: false,
                    cpus: &["neoverse-n1", "max"],
                    lacking: Some("cortex-a57"),
                },
            ],
        }),
        isa: isa!("aarch64"),
    },
    Target {
        name: "arm",
        bits: 32,
        kernel: Kernel {
            arch: "arm",
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
            prelude: "",
            cflags: "",
            objects: &[],
            format: Format::None,
        },
        boot: Some(boot::ARM),
        triple: "armv7-unknown-linux-gnueabi",
        rustc: &[],
        c_helpers: &[],
        // An object file of a kernel says that it is for version 6, which has no DMB.
        objdump: &["--mattr=+v7,+mp,+db"],
        abi: Abi::Arm,
        rust_abi: None,
        configurations: &[Configuration {
            name: "-",
            config: &[],
            patched: Patched::None,
            features: "",
            litmus: Some("arm"),
        }],
        programs: Some(Programs {
            triple: "armv7-unknown-linux-gnueabihf",
            platform: Platform {
                gnu: "arm-linux-gnueabihf",
                debian: "armhf",
                loader: "ld-linux-armhf.so.3",
                qemu: "arm",
            },
            builds: &[Build {
                features: "",
                detects: false,
                cpus: &["cortex-a7", "max"],
                lacking: None,
            }],
        }),
        isa: isa!("arm"),
    },
    Target {
        name: "riscv64",
        bits: 64,
        kernel: Kernel {
            arch: "riscv",
            config: &[
                "CONFIG_64BIT=y",
                "CONFIG_MMU=y",
                "CONFIG_FPU=y",
                "CONFIG_RISCV_ISA_C=y",
                "CONFIG_RISCV_ISA_ZABHA=y",
                "CONFIG_RISCV_ISA_ZACAS=y",
            ],
            // Zacas is experimental in Clang 19, so the kernel's scripts do not detect it.
            prelude: "#define CONFIG_TOOLCHAIN_HAS_ZACAS 1\n",
            cflags: "-menable-experimental-extensions",
            objects: &[],
            format: Format::Riscv,
        },
        boot: Some(boot::RISCV64),
        triple: "riscv64gc-unknown-linux-gnu",
        rustc: &[],
        c_helpers: &["-mno-relax"],
        objdump: &["--mattr=+zabha,+experimental-zacas"],
        abi: Abi::Registers(&["a0", "a1", "a2", "a3"]),
        rust_abi: None,
        configurations: &[
            Configuration {
                name: "a",
                config: &[],
                patched: Patched::None,
                features: "-relax,-zabha,-zacas",
                litmus: Some("riscv64"),
            },
            Configuration {
                name: "zabha",
                config: &[],
                patched: Patched::Only(&[ZABHA]),
                features: "-relax,+zabha,-zacas",
                litmus: None,
            },
            Configuration {
                name: "zabha,zacas",
                config: &[],
                patched: Patched::Only(&[ZABHA, ZACAS]),
                features: "-relax,+zabha,+zacas",
                litmus: Some("riscv64+zacas"),
            },
        ],
        programs: Some(Programs {
            triple: "riscv64gc-unknown-linux-gnu",
            platform: Platform {
                gnu: "riscv64-linux-gnu",
                debian: "riscv64",
                loader: "ld-linux-riscv64-lp64d.so.1",
                qemu: "riscv64",
            },
            builds: &[
                Build {
                    features: "",
                    detects: false,
                    cpus: &["rv64,zabha=false,zacas=false", "max"],
                    lacking: None,
                },
                Build {
                    features: "+zabha",
                    detects: false,
                    cpus: &["rv64,zabha=true,zacas=false"],
                    lacking: Some("rv64,zabha=false,zacas=false"),
                },
                Build {
                    features: "+zacas",
                    detects: false,
                    cpus: &["rv64,zabha=false,zacas=true"],
                    lacking: Some("rv64,zabha=false,zacas=false"),
                },
                Build {
                    features: "+zabha,+zacas",
                    detects: false,
                    cpus: &["rv64,zabha=true,zacas=true", "max"],
                    lacking: Some("rv64,zabha=true,zacas=false"),
                },
            ],
        }),
        isa: isa!("riscv64"),
    },
    Target {
        name: "powerpc64",
        bits: 64,
        kernel: Kernel {
            arch: "powerpc",
            config: &[
                "CONFIG_PPC64=y",
                "CONFIG_PPC_BOOK3S_64=y",
                "CONFIG_CPU_LITTLE_ENDIAN=y",
                "CONFIG_PPC_HAS_LBARX_LHARX=y",
            ],
            prelude: "",
            cflags: "",
            objects: &[],
            format: Format::Lwsync,
        },
        boot: Some(boot::POWERPC64),
        triple: "powerpc64le-unknown-linux-gnu",
        rustc: &[],
        c_helpers: &[],
        objdump: &["--mcpu=pwr10"],
        abi: Abi::Registers(&["3", "4", "5", "6"]),
        rust_abi: None,
        configurations: &[
            Configuration {
                name: "isync",
                config: &[],
                patched: Patched::None,
                features: "",
                litmus: None,
            },
            Configuration {
                name: "lwsync",
                config: &[],
                patched: Patched::All,
                features: "",
                litmus: Some("powerpc64"),
            },
        ],
        programs: Some(Programs {
            triple: "powerpc64le-unknown-linux-gnu",
            platform: Platform {
                gnu: "powerpc64le-linux-gnu",
                debian: "ppc64el",
                loader: "ld64.so.2",
                qemu: "ppc64le",
            },
            builds: &[Build {
                features: "",
                detects: false,
                cpus: &["power8", "power9", "power10"],
                lacking: None,
            }],
        }),
        isa: isa!("powerpc64"),
    },
    Target {
        name: "s390x",
        bits: 64,
        kernel: Kernel {
            arch: "s390",
            config: &[],
            prelude: "",
            cflags: "",
            objects: &[],
            format: Format::S390,
        },
        boot: Some(boot::S390X),
        triple: "s390x-unknown-linux-gnu",
        rustc: &[],
        c_helpers: &[],
        objdump: &["--mcpu=arch14"],
        abi: Abi::Registers(&["%r2", "%r3", "%r4", "%r5"]),
        rust_abi: None,
        configurations: &[
            // The oldest CPU that the kernel supports, which has no interlocked additions, and the
            // kernel's default.
            Configuration {
                name: "z10",
                config: &["CONFIG_MARCH_Z10=y"],
                patched: Patched::None,
                features: "",
                litmus: None,
            },
            Configuration {
                name: "z196",
                config: &["CONFIG_MARCH_Z196=y"],
                patched: Patched::All,
                // The table uses this feature to detect a CPU with z196's instructions.
                features: "+vector",
                litmus: None,
            },
        ],
        programs: Some(Programs {
            triple: "s390x-unknown-linux-gnu",
            platform: Platform {
                gnu: "s390x-linux-gnu",
                debian: "s390x",
                loader: "ld64.so.1",
                qemu: "s390x",
            },
            builds: &[Build {
                features: "",
                detects: false,
                // The first CPU lacks the z196's new instructions, which include interlocked
                // access.
                cpus: &["max,stfle45=off", "max"],
                lacking: None,
            }],
        }),
        isa: isa!("s390x"),
    },
    Target {
        name: "loongarch64",
        bits: 64,
        kernel: Kernel {
            arch: "loongarch",
            config: &["CONFIG_64BIT=y"],
            prelude: "",
            cflags: "",
            objects: &[],
            format: Format::None,
        },
        boot: Some(boot::LOONGARCH64),
        triple: "loongarch64-unknown-linux-gnu",
        rustc: &[],
        c_helpers: &[],
        objdump: &[],
        abi: Abi::Registers(&["$a0", "$a1", "$a2", "$a3"]),
        rust_abi: None,
        configurations: &[Configuration {
            name: "-",
            config: &[],
            patched: Patched::None,
            features: "",
            litmus: None,
        }],
        programs: Some(Programs {
            triple: "loongarch64-unknown-linux-gnu",
            platform: Platform {
                gnu: "loongarch64-linux-gnu",
                debian: "loong64",
                loader: "ld-linux-loongarch-lp64d.so.1",
                qemu: "loongarch64",
            },
            builds: &[Build {
                features: "",
                detects: false,
                cpus: &["la464", "max"],
                lacking: None,
            }],
        }),
        isa: isa!("loongarch64"),
    },
];

/// Finds an architecture by its name, or by that of its kernel.
///
/// # Errors
///
/// If there is none. The message lists the known architectures.
pub fn find(name: &str) -> Result<&'static Target> {
    let is_booted = |target: &&Target| target.boot.is_some_and(|boot| boot.name == name);
    let named = TARGETS.iter().find(|target| target.name == name);
    let found = named.or_else(|| TARGETS.iter().find(is_booted));
    found.with_context(|| {
        let names = TARGETS.map(|target| target.name).join(", ");
        format!("unknown architecture `{name}`\n = help: the architectures are {names}")
    })
}

/// The architectures whose kernels boot, in the order of [`TARGETS`].
pub fn bootable() -> impl Iterator<Item = (&'static Target, &'static Boot)> {
    let boot = |target: &'static Target| Some((target, target.boot.as_ref()?));
    TARGETS.iter().filter_map(boot)
}

/// The platforms of the architectures that have programs to run.
pub fn platforms() -> impl Iterator<Item = &'static Platform> {
    let programs = TARGETS.iter().filter_map(|target| target.programs.as_ref());
    programs.map(|programs| &programs.platform)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names of the architectures that have a table.
    fn tables() -> BTreeSet<String> {
        let spec = atomics_spec::Spec::builtin().unwrap();
        spec.asm_archs().map(|arch| arch.name.clone()).collect()
    }

    /// Every table of an architecture has an entry here, and every entry has a table of
    /// instructions without errors.
    #[test]
    fn every_architecture_has_an_entry() {
        let entries: BTreeSet<String> = TARGETS.iter().map(|t| t.name.to_owned()).collect();
        let missing: Vec<String> = tables().difference(&entries).cloned().collect();
        assert!(
            missing.is_empty(),
            "tables in atomics-spec/tables/arch without an entry: {missing:?}"
        );
        for target in &TARGETS {
            let isa = target.isa();
            assert!(isa.is_ok(), "{}", isa.unwrap_err());
            assert!(!target.configurations.is_empty(), "{}", target.name);
        }
    }

    #[test]
    fn architectures_have_the_names_of_their_kernels() {
        for (name, found) in [
            ("aarch64", "aarch64"),
            ("arm64", "aarch64"),
            ("powerpc64le", "powerpc64"),
            ("x86", "x86"),
        ] {
            assert_eq!(find(name).unwrap().name, found);
        }
        assert!(find("arm65").is_err());
    }

    /// Tests run on every architecture that has a table: in an emulator, or on x86_64 as ordinary
    /// tests.
    #[test]
    fn every_architecture_is_run() {
        let tables = tables();
        for target in TARGETS.iter().filter(|target| tables.contains(target.name)) {
            let is_run = target.programs.is_some() || target.name == "x86_64";
            assert!(is_run, "{} has no programs to run", target.name);
        }
    }
}
