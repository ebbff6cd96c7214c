//! A target without instructions that serve gets one error, which names a way out; and what the error
//! names compiles for the target.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use atomics_machine_code::rustc::{Whole, sysroot};
use atomics_tests::project::repository;
use atomics_tests::rustc::{build_library, build_script, link, rendered, report, rustc};
use atomics_tools::rust;

/// A target, and whether its pointers have 64 bits.
const TARGETS: [(&str, bool); 5] = [
    ("riscv32imac-unknown-none-elf", false),
    ("riscv64im-unknown-none-elf", true),
    ("thumbv6m-none-eabi", false),
    ("wasm32-unknown-unknown", false),
    // It has the name of an architecture with a table, whose instructions its CPUs lack.
    ("armv6k-nintendo-3ds", false),
];

/// A crate that uses `atomics!`.
const OWN: &str = "#![no_std]\n\
    //! A user's crate.\n\
    atomics_macros::atomics! {\n    mod atomics;\n    OPTION\n}\n\
    use atomics::{Atomic, Full, barrier};\n\
    /// Uses it.\n\
    pub fn run(x: &Atomic<i32>) -> i32 {\n    barrier::smp_mb(Full);\n    x.fetch_add(1, Full)\n}\n";

struct Compiler {
    triple: &'static str,
    sysroot: PathBuf,
    folder: tempfile::TempDir,
    macros: PathBuf,
}

impl Compiler {
    fn new(triple: &'static str, library: &Path, macros: &Path) -> Self {
        let sysroot = sysroot((triple, &[]), Whole::Crate, library, &|text| {
            println!("{text}")
        });
        Self {
            triple,
            sysroot: sysroot.unwrap_or_else(|e| panic!("{e:#}")),
            folder: tempfile::tempdir().expect("a temporary folder"),
            macros: macros.to_owned(),
        }
    }

    fn command(&self, name: &str) -> Command {
        let mut command = rustc("2024", self.folder.path());
        command.args(["--target", self.triple, "--crate-name", name]);
        command.arg("--sysroot").arg(&self.sysroot);
        command
    }

    /// The errors of a compilation that have a place.
    fn errors(&self, mut command: Command, file: &Path) -> Vec<String> {
        let errors = report(&mut command, file, &["error"]);
        let placed = errors
            .iter()
            .filter(|e| e["spans"].as_array().is_some_and(|s| !s.is_empty()));
        placed.map(|e| rendered(e).to_owned()).collect()
    }

    /// The errors in `atomics-core` with a feature, if it is not empty.
    fn core(&self, feature: &str) -> Vec<String> {
        let mut command = self.command("atomics_core");
        if !feature.is_empty() {
            command.arg("--cfg").arg(format!("feature={feature:?}"));
        }
        self.errors(command, &repository().join("atomics-core/src/lib.rs"))
    }

    /// The errors in a user's crate with an option.
    fn own(&self, option: &str) -> Vec<String> {
        let file = self.folder.path().join("own.rs");
        fs::write(&file, OWN.replace("OPTION", option)).expect("writable");
        let mut command = self.command("own");
        link(&mut command, "atomics_macros", &self.macros);
        self.errors(command, &file)
    }
}

#[track_caller]
fn assert_one(errors: &[String], way_out: &str, what: &str) {
    assert_eq!(errors.len(), 1, "{what}: {errors:#?}");
    assert!(errors[0].contains(way_out), "{what}: {}", errors[0]);
}

#[test]
fn a_target_without_instructions_gets_one_error_with_a_way_out() {
    let Some(library) = rust::library() else {
        panic!("no source of Rust's library: `rustup component add rust-src`");
    };
    let macros = build_library("atomics-macros");
    for (triple, is_wide) in TARGETS {
        let compiler = Compiler::new(triple, &library, &macros);
        let helpers = "on 64-bit targets, use the feature `c-helpers`";
        let own = "with its option `backend = c(";
        assert_one(&compiler.core(""), helpers, triple);
        assert_one(&compiler.core(""), own, triple);
        let with_helpers = compiler.core("c-helpers");
        match is_wide {
            true => assert!(with_helpers.is_empty(), "{triple}: {with_helpers:#?}"),
            false => assert_one(&with_helpers, own, triple),
        }
        assert_one(&compiler.own(""), "use the option `backend = c(", triple);
        let own = compiler.own("backend = c(\"own_\"),");
        assert!(own.is_empty(), "{triple}: {own:#?}");
    }
}

/// No predicate tells these from ARMv7, but their names do.
#[test]
fn the_build_script_refuses_arm_before_version_7() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = build_script("atomics-core/build.rs", "", folder.path());
    let told = |target: &str, flags: &str| {
        let mut command = Command::new(&script);
        command
            .env("TARGET", target)
            .env("CARGO_CFG_TARGET_ARCH", "arm");
        command.env("CARGO_ENCODED_RUSTFLAGS", flags);
        let output = command.output().expect("the script starts");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let errors = text.lines().filter(|l| l.starts_with("cargo::error="));
        errors.map(str::to_owned).collect::<Vec<_>>()
    };
    for old in ["arm-unknown-linux-gnueabihf", "armv6-unknown-freebsd"] {
        let errors = told(old, "");
        let way_out = "with its option `backend = c(\"PREFIX\")`";
        assert_one(&errors, way_out, old);
        assert_one(&errors, "`-Ctarget-cpu=CPU` in RUSTFLAGS", old);
        assert!(told(old, "-Ctarget-cpu=cortex-a7").is_empty());
    }
    for new in [
        "armv7-unknown-linux-gnueabihf",
        "thumbv7neon-unknown-linux-gnueabihf",
    ] {
        assert!(told(new, "").is_empty(), "{new}");
    }
}
