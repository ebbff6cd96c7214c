//! The barriers that reach devices, in the C backend: instructions where the tables have them, and a
//! compile error with the reason elsewhere.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use atomics_spec::emit::layout::{Backend, c_files};
use atomics_spec::emit::module_tree;
use atomics_spec::{Spec, Tables};

const PREFIX: &str = "my_";

/// The model with the tables of all architectures, or of all except this one.
fn spec(with_host: bool) -> Spec {
    let mut tables = Tables::builtin();
    let host = format!("{}.tbl", std::env::consts::ARCH);
    tables
        .archs
        .retain(|table| with_host || !table.name.ends_with(&host));
    let spec = Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(spec.arch(std::env::consts::ARCH).is_some(), with_host);
    spec
}

fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

/// Compiles the Rust of the C backend with a function that makes these calls.
fn compile(spec: &Spec, folder: &Path, calls: &str) -> Output {
    let backend = Backend::C {
        prefix: PREFIX.into(),
    };
    let text = module_tree(spec, &backend, None, None).unwrap_or_else(|e| panic!("{e}"));
    let source = folder.join("lib.rs");
    let function = format!("pub fn calls() {{\n    use barrier::*;\n{calls}}}\n");
    fs::write(&source, format!("{text}\n{function}")).unwrap();
    let mut command = Command::new("rustc");
    command.args([
        "--edition=2024",
        "--crate-type=lib",
        "--emit=metadata",
        "-Adead_code",
    ]);
    run(command.arg("--out-dir").arg(folder).arg(source))
}

#[test]
fn a_barrier_without_instructions_does_not_compile() {
    let folder = tempfile::tempdir().unwrap();
    let (known, unknown) = (spec(true), spec(false));
    let between_cpus = "    smp_mb(Full);\n    smp_mb(Read);\n    smp_mb__after_atomic();\n";
    for (spec, calls) in [
        (
            &known,
            format!("{between_cpus}    mb(Full);\n    dma_mb(Write);\n"),
        ),
        (&unknown, between_cpus.to_owned()),
    ] {
        let output = compile(spec, folder.path(), &calls);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        assert!(!told.contains("warning"), "{told}");
    }
    for call in [
        "mb(Full)",
        "mb(Read)",
        "mb(Write)",
        "dma_mb(Full)",
        "dma_mb(Read)",
    ] {
        let output = compile(&unknown, folder.path(), &format!("    {call};\n"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{call} compiles");
        let reason = "`mb` and `dma_mb` do not exist on this target: no table has its instructions";
        assert!(told.contains(reason), "{call}: {told}");
    }
}

/// What C's preprocessor makes of the header.
fn header(spec: &Spec, folder: &Path) -> String {
    let c = c_files(spec, PREFIX).unwrap_or_else(|e| panic!("{e}"));
    let header = folder.join("atomic.h");
    fs::write(&header, c.header).unwrap();
    fs::write(folder.join("atomic.c"), c.source).unwrap();
    let mut compile = Command::new("cc");
    let output = run(compile
        .args(["-Wall", "-Wextra", "-Werror", "-fwrapv", "-c", "-o"])
        .arg(folder.join("atomic.o"))
        .arg(folder.join("atomic.c")));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = run(Command::new("cc").arg("-E").arg(header));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn c_has_only_the_barriers_whose_instructions_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let (known, unknown) = (
        header(&spec(true), folder.path()),
        header(&spec(false), folder.path()),
    );
    for barrier in ["mb", "rmb", "wmb", "dma_mb", "dma_rmb", "dma_wmb"] {
        let declaration = format!("void {PREFIX}{barrier}(void);");
        assert!(known.contains(&declaration), "{barrier}");
        assert!(!unknown.contains(&declaration), "{barrier}");
    }
    for barrier in ["smp_mb", "smp_mb__before_atomic"] {
        let declaration = format!("void {PREFIX}{barrier}(void);");
        assert!(known.contains(&declaration) && unknown.contains(&declaration));
    }
}

#[test]
fn the_instructions_are_those_of_the_tables() {
    let c = c_files(&spec(true), PREFIX).unwrap().source;
    let between = |start: &str, end: &str| {
        let (_, rest) = c.split_once(start).unwrap_or_else(|| panic!("no {start}"));
        rest.split_once(end)
            .map_or(rest, |(text, _)| text)
            .to_owned()
    };
    for (condition, barrier, instruction) in [
        ("defined(__aarch64__)", "mb", "dsb sy"),
        ("defined(__aarch64__)", "dma_rmb", "dmb oshld"),
        ("defined(__powerpc64__)", "dma_wmb", "lwsync"),
        ("__riscv_xlen == 64", "wmb", "fence ow, ow"),
        ("defined(__loongarch64)", "rmb", "dbar 0x05"),
        ("defined(__s390x__)", "mb", "bcr 15, 0"),
        ("defined(__s390x__)", "dma_rmb", ""),
        ("defined(__x86_64__)", "rmb", "lfence"),
    ] {
        let arch = between(&format!("if {condition}\n"), "\n#el");
        let body = arch
            .split_once(&format!("\n{PREFIX}{barrier}(void)\n"))
            .unwrap()
            .1;
        let body = body.split_once("\n}").unwrap().0;
        let block = format!("__asm__ __volatile__(\"{instruction}\" : : : \"memory\"");
        assert!(body.contains(&block), "{condition} {barrier}: {body}");
    }
    // The C backend does not support 32-bit architectures.
    assert!(!c.contains("__i386__") && !c.contains("__arm__"));
}
