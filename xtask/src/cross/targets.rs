//! The architectures, their builds, and the CPUs that each build runs on: the one list from which
//! setup, the builds and the runs follow.

use clap::builder::PossibleValuesParser;

/// An architecture on which the differential tests run.
pub struct Target {
    /// Its name, which is that of its table in `atomics-spec/tables/arch`.
    pub arch: &'static str,
    /// What rustc calls it.
    pub rust: &'static str,
    /// What GNU calls it: the folder of its libraries has this name.
    pub gnu: &'static str,
    /// What Debian calls it in the names of packages.
    pub debian: &'static str,
    /// What its dynamic linker is called.
    pub loader: &'static str,
    /// What QEMU calls it.
    pub qemu: &'static str,
    /// Its width. The C backend is for 64 bits only.
    pub bits: u32,
    /// What is built.
    pub builds: &'static [Build],
}

/// The tests, built with certain instructions.
pub struct Build {
    /// Rust's target features, as in `-C target-feature`; empty for what the target has anyway.
    pub features: &'static str,
    /// Whether the CPU is asked at run time for what it has besides: the feature `std` of
    /// atomics-core.
    pub asks: bool,
    /// The CPUs that it runs on, by QEMU's name; each may have options.
    pub cpus: &'static [&'static str],
    /// A CPU that lacks the features: the tests must die there of an illegal instruction. That
    /// shows that this build does have the instructions, and that QEMU would fault if a build
    /// without the features had one of them.
    pub lacking: Option<&'static str>,
}

impl Build {
    /// What tells it from the other builds of the target.
    pub fn name(&self) -> &'static str {
        match (self.features, self.asks) {
            ("", true) => "run time",
            (features, _) => features,
        }
    }

    /// Whether it needs nothing but what all CPUs of the architecture have, and asks for no more.
    pub fn is_plain(&self) -> bool {
        self.name().is_empty()
    }
}

/// This machine's own CPU, without an emulator, where it can run the architecture's programs.
pub const NATIVE: &str = "native";

/// The names of the architectures, for the command line.
pub fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(TARGETS.iter().map(|target| target.arch))
}

/// The architectures. x86_64 is not here: the tier `differential` runs on it.
pub const TARGETS: [Target; 7] = [
    Target {
        arch: "aarch64",
        rust: "aarch64-unknown-linux-gnu",
        gnu: "aarch64-linux-gnu",
        debian: "arm64",
        loader: "ld-linux-aarch64.so.1",
        qemu: "aarch64",
        bits: 64,
        builds: &[
            Build {
                features: "",
                asks: false,
                // The first has no LSE; the second has, and all that came after it the third.
                cpus: &["cortex-a57", "neoverse-n1", "max"],
                lacking: None,
            },
            Build {
                features: "",
                asks: true,
                cpus: &["cortex-a57", "neoverse-n1"],
                lacking: None,
            },
            Build {
                features: "+lse",
                asks: false,
                cpus: &["neoverse-n1", "max"],
                lacking: Some("cortex-a57"),
            },
        ],
    },
    Target {
        arch: "riscv64",
        rust: "riscv64gc-unknown-linux-gnu",
        gnu: "riscv64-linux-gnu",
        debian: "riscv64",
        loader: "ld-linux-riscv64-lp64d.so.1",
        qemu: "riscv64",
        bits: 64,
        builds: &[
            Build {
                features: "",
                asks: false,
                cpus: &["rv64,zabha=false,zacas=false", "max"],
                lacking: None,
            },
            Build {
                features: "+zabha",
                asks: false,
                cpus: &["rv64,zabha=true,zacas=false"],
                lacking: Some("rv64,zabha=false,zacas=false"),
            },
            Build {
                features: "+zacas",
                asks: false,
                cpus: &["rv64,zabha=false,zacas=true"],
                lacking: Some("rv64,zabha=false,zacas=false"),
            },
            Build {
                features: "+zabha,+zacas",
                asks: false,
                cpus: &["rv64,zabha=true,zacas=true", "max"],
                lacking: Some("rv64,zabha=true,zacas=false"),
            },
        ],
    },
    Target {
        arch: "arm",
        rust: "armv7-unknown-linux-gnueabihf",
        gnu: "arm-linux-gnueabihf",
        debian: "armhf",
        loader: "ld-linux-armhf.so.3",
        qemu: "arm",
        bits: 32,
        builds: &[Build {
            features: "",
            asks: false,
            cpus: &["cortex-a7", "max"],
            lacking: None,
        }],
    },
    Target {
        arch: "powerpc64",
        rust: "powerpc64le-unknown-linux-gnu",
        gnu: "powerpc64le-linux-gnu",
        debian: "ppc64el",
        loader: "ld64.so.2",
        qemu: "ppc64le",
        bits: 64,
        builds: &[Build {
            features: "",
            asks: false,
            cpus: &["power8", "power9", "power10"],
            lacking: None,
        }],
    },
    Target {
        arch: "s390x",
        rust: "s390x-unknown-linux-gnu",
        gnu: "s390x-linux-gnu",
        debian: "s390x",
        loader: "ld64.so.1",
        qemu: "s390x",
        bits: 64,
        builds: &[Build {
            features: "",
            asks: false,
            // The first lacks what came with the z196, interlocked access among it.
            cpus: &["max,stfle45=off", "max"],
            lacking: None,
        }],
    },
    Target {
        arch: "loongarch64",
        rust: "loongarch64-unknown-linux-gnu",
        gnu: "loongarch64-linux-gnu",
        debian: "loong64",
        loader: "ld-linux-loongarch-lp64d.so.1",
        qemu: "loongarch64",
        bits: 64,
        builds: &[Build {
            features: "",
            asks: false,
            cpus: &["la464", "max"],
            lacking: None,
        }],
    },
    Target {
        arch: "x86",
        rust: "i686-unknown-linux-gnu",
        gnu: "i686-linux-gnu",
        debian: "i386",
        loader: "ld-linux.so.2",
        qemu: "i386",
        bits: 32,
        builds: &[Build {
            features: "",
            asks: false,
            cpus: &[NATIVE, "max"],
            lacking: None,
        }],
    },
];
