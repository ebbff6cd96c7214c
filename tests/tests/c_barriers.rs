//! The barriers that reach devices, in the C backend: instructions where the tables have them, and a
//! compile error with the reason elsewhere.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use atomics_spec::emit::layout::{Backend, c_files};
use atomics_spec::emit::module_tree;
use atomics_spec::{Source, Spec, Tables};
use atomics_tests::rustc;

const PREFIX: &str = "my_";

/// Whether a table is in the file of this name.
fn is_file(table: &Source<'_>, name: &str) -> bool {
    Path::new(table.name)
        .file_name()
        .is_some_and(|file| file == name)
}

/// The tables of all architectures, or of all except this one.
fn tables(with_host: bool) -> Tables<'static> {
    let mut tables = Tables::builtin();
    let host = format!("{}.tbl", std::env::consts::ARCH);
    tables
        .archs
        .retain(|table| with_host || !is_file(table, &host));
    tables
}

/// The model with these tables.
fn load(tables: &Tables<'_>) -> Spec {
    Spec::load(tables).unwrap_or_else(|e| panic!("{e}"))
}

/// The model with the tables of all architectures, or of all except this one.
fn spec(with_host: bool) -> Spec {
    let spec = load(&tables(with_host));
    assert_eq!(spec.arch(std::env::consts::ARCH).is_some(), with_host);
    spec
}

/// The same, with edits in the table in the file `name`: another text in place of each first one.
fn edited(with_host: bool, name: &str, edits: &[(&str, &str)]) -> Spec {
    let builtin = tables(with_host);
    let table = builtin.archs.iter().find(|table| is_file(table, name));
    let mut text = String::from_utf8_lossy(table.unwrap().bytes).into_owned();
    for (from, to) in edits {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    let replace = |table| match is_file(&table, name) {
        true => Source::new(name, &text),
        false => table,
    };
    load(&Tables {
        archs: tables(with_host).archs.into_iter().map(replace).collect(),
        ..tables(with_host)
    })
}

fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

/// The Rust of the C backend.
fn rust(spec: &Spec) -> String {
    let backend = Backend::C {
        prefix: PREFIX.into(),
    };
    module_tree(spec, &backend, None, None).unwrap_or_else(|e| panic!("{e}"))
}

/// Compiles the Rust of the C backend with a function that makes these calls.
fn compile(spec: &Spec, folder: &Path, calls: &str) -> Output {
    let text = rust(spec);
    let source = folder.join("lib.rs");
    let function = format!("pub fn calls() {{\n    use barrier::*;\n{calls}}}\n");
    fs::write(&source, format!("{text}\n{function}")).unwrap();
    run(rustc::rustc("2024", folder).arg("-Adead_code").arg(source))
}

/// Checks that a call does not compile, and that the compiler gives this reason.
fn refuse(spec: &Spec, folder: &Path, call: &str, reason: &str) {
    let output = compile(spec, folder, &format!("    {call};\n"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{call} compiles");
    assert!(told.contains(reason), "{call}: {told}");
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
        let reason = "the C helpers have no instructions of this target for `mb` and `dma_mb`";
        refuse(&unknown, folder.path(), call, reason);
    }
}

#[test]
fn a_barrier_with_an_expression_exists_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let spec = edited(
        false,
        "c.tbl",
        &[(
            "barrier     rmb\n",
            "barrier     rmb\nc           __atomic_thread_fence(__ATOMIC_SEQ_CST)\n",
        )],
    );
    let output = compile(&spec, folder.path(), "    mb(Read);\n");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !told.contains("warning"),
        "{told}"
    );
    for call in ["mb(Full)", "dma_mb(Read)"] {
        let reason = "the C helpers have no instructions of this target for `mb(Full)` and `mb(Write)` \
                      and `dma_mb(Full)` and `dma_mb(Read)` and `dma_mb(Write)`";
        refuse(&spec, folder.path(), call, reason);
    }
    let header = header(&spec, folder.path());
    assert!(header.contains("void my_rmb(void);"));
    assert!(!header.contains("void my_mb(void);"));
}

#[test]
fn rust_has_the_barriers_that_c_has() {
    let text = rust(&spec(true));
    // The implementations of the trait, and the calls.
    let modules: Vec<&str> = text.split("mod devices {").collect();
    assert_eq!(modules.len(), 3);
    for before in &modules[..2] {
        let (_, condition) = before.rsplit_once("#[cfg(").unwrap();
        assert!(condition.contains("target_arch = \"x86_64\""));
        // The C backend does not support 32-bit architectures.
        for arch in ["x86", "arm"] {
            assert!(!condition.contains(&format!("{arch:?}")), "{condition}");
        }
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

/// A barrier of two instructions, of which one accesses the stack. Its text depends on the syntax of
/// the table.
#[test]
#[cfg(target_arch = "x86_64")]
fn several_instructions_are_one_statement() {
    for (lang, first, text) in [
        (
            "lang asm att_syntax",
            "lock addl $0, -4(%rsp)",
            r"lock addl $0, -4(%%rsp)\n\tmfence",
        ),
        (
            "lang asm",
            "lock add dword ptr [rsp - 4], 0",
            r".intel_syntax noprefix\n\tlock add dword ptr [rsp - 4], 0\n\tmfence\n\t.att_syntax",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let barrier = format!(
            "barrier     mb stack\n\
             asm         {first} -- changes nothing\n\
             asm         mfence  "
        );
        let edits = [
            ("lang        asm         att_syntax", lang),
            ("barrier     mb\nasm         mfence  ", &barrier),
        ];
        header(&edited(true, "x86_64.tbl", &edits), folder.path());
        let c = fs::read_to_string(folder.path().join("atomic.c")).unwrap();
        let function = format!(
            "__attribute__((noinline)) void\nmy_mb(void)\n{{\n\
            \t/* changes nothing */\n\
            \t/* orders all accesses, of every memory type */\n\
            \t__asm__ __volatile__(\"{text}\" : : : \"memory\", \"cc\");\n}}\n"
        );
        assert!(c.contains(&function), "{c}");
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
