//! Names that are difficult for a generator: keywords, and names that the generated code uses
//! itself. They are allowed, and the generated code must compile.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use super::small;
use atomics_spec::emit::layout::Backend;
use atomics_spec::emit::{File, KernelBackend, core_crate, kernel, module_tree};
use atomics_spec::{Source, Spec, Tables};

#[path = "../random_tables/kernel_headers.rs"]
mod kernel_headers;

#[path = "../random_tables/duplicates.rs"]
mod duplicates;

/// Names of arguments: Rust keywords, and names of variables in the generated functions.
const NAMES: [&str; 16] = [
    "type", "match", "r", "found", "old", "counter", "ptr", "this", "ordering", "next", "bits",
    "stored", "expected", "is", "mem", "found_",
];

/// Adds operations of every kind with arguments called `name`.
fn add(name: &str, ops: &mut String, semantics: &mut String) {
    let other = format!("{name}_");
    let mut row = |op: &str, meta: &str, args: &str, meaning: &str| {
        let _ = writeln!(ops, "{op}_{name} {meta} {args}");
        let _ = writeln!(semantics, "{op}_{name} {meaning}");
    };
    row(
        "sum",
        "vRF",
        &format!("i:{name} v"),
        &format!("arithmetic v+{name} - -"),
    );
    row(
        "mix",
        "vRF",
        &format!("i:{name} v:{other}"),
        &format!("bitwise {other}^--{name}+(~1-{name}) - -"),
    );
    row(
        "put",
        "v",
        &format!("v:{other} i:{name}"),
        &format!("basic {name} - -"),
    );
    row(
        "swap",
        "I",
        &format!("v i:{name}"),
        &format!("exchange {name} - v"),
    );
    row(
        "bump",
        "vRF",
        &format!("v:{name}"),
        &format!("arithmetic {name}+1 - -"),
    );
    row(
        "unless",
        "fB",
        &format!("v:{name} i:{other} i"),
        &format!("conditional {name}+i {name}=={other} {name}!={other}"),
    );
    row(
        "try_put",
        "BF",
        &format!("v p:{name} i:{other}"),
        &format!("exchange {other} v!={name} v=={name}"),
    );
    row(
        "try_sum",
        "B",
        &format!("v:{other} p:{name} i"),
        &format!("conditional {other}+i {other}!={name} {other}=={name}"),
    );
}

/// The built-in model with operations for all names.
static SPEC: LazyLock<Spec> = LazyLock::new(|| {
    let builtin = Tables::builtin();
    let [mut ops, mut semantics] = [builtin.ops, builtin.semantics]
        .map(|source| String::from_utf8_lossy(source.bytes).into_owned());
    for name in NAMES {
        add(name, &mut ops, &mut semantics);
    }
    let tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        ..builtin
    };
    Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"))
});

/// Writes files below a folder.
fn write(files: &[File], folder: &Path) {
    for file in files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
        fs::write(path, &file.contents).expect("a writable folder");
    }
}

/// Runs a compiler in a folder; panics with its messages if it fails.
fn run(folder: &Path, program: &str, args: &[&str]) {
    let mut command = Command::new(program);
    let output = command
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    let output = output.unwrap_or_else(|e| panic!("{program} does not start: {e}"));
    let text = String::from_utf8_lossy(&output.stderr);
    let shown: Vec<_> = text.lines().take(36).collect();
    assert!(output.status.success(), "{}", shown.join("\n"));
}

fn rustc(folder: &Path, file: &str) {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let flags = [
        "--edition=2024",
        "--crate-type=lib",
        "--emit=metadata",
        "--cap-lints=allow",
    ];
    run(folder, &rustc, &[&flags[..], &[file]].concat());
}

fn has_gcc() -> bool {
    let version = Command::new("gcc")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    let there = version.is_ok_and(|status| status.success());
    if !there {
        eprintln!("gcc is not installed: the C text is not checked.");
    }
    there
}

#[test]
fn the_rust_text_is_rust() {
    let spec = &*SPEC;
    let files = [core_crate(spec), kernel(spec, KernelBackend::Asm)];
    for file in files
        .into_iter()
        .flat_map(|f| f.unwrap_or_else(|e| panic!("{e}")))
    {
        if file.path.ends_with(".rs") {
            let parsed = syn::parse_file(&file.contents);
            parsed.unwrap_or_else(|e| panic!("{}: {e}", file.path));
        }
    }
}

/// Unlike the parser, the compiler detects names that are defined twice or mean another item.
#[test]
fn the_rust_text_compiles() {
    let spec = &*SPEC;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let c = Backend::C {
        prefix: "c_".into(),
    };
    let bare = Backend::C {
        prefix: String::new(),
    };
    for (name, backend) in [("asm", Backend::Asm), ("c", c), ("bare", bare)] {
        let tree = module_tree(spec, &backend, None, None).unwrap_or_else(|e| panic!("{e}"));
        let text = format!("#![no_std]\n#![allow(dead_code)]\npub mod atomic {{\n{tree}}}\n");
        fs::write(folder.path().join(format!("{name}.rs")), text).expect("a writable folder");
    }
    rustc(folder.path(), "c.rs");
    rustc(folder.path(), "bare.rs");
    if cfg!(target_arch = "x86_64") {
        rustc(folder.path(), "asm.rs");
    }
}

/// The built-in operations have templates, which call the variable `{v}` whatever its name is.
#[test]
fn templates_work_with_variables_of_any_name() {
    let builtin = Tables::builtin();
    let [ops, semantics] = [builtin.ops, builtin.semantics]
        .map(|source| String::from_utf8_lossy(source.bytes).into_owned());
    let mut text = "#![no_std]\n#![allow(dead_code)]\n".to_owned();
    for name in ["r", "type", "is"] {
        // Renames from the third column on: arguments in `ops`, expressions in `semantics`.
        let renamed = |text: &str, rename: &dyn Fn(&str) -> String| {
            let rows = text.lines().filter(|line| !line.starts_with('#'));
            let row = |line: &str| {
                let cells = line.split_whitespace().enumerate();
                let cells = cells.map(|(i, c)| if i < 2 { c.into() } else { rename(c) });
                cells.collect::<Vec<_>>().join(" ") + "\n"
            };
            rows.map(row).collect::<String>()
        };
        let ops = renamed(&ops, &|arg| match arg {
            "v" | "cv" => format!("{arg}:{name}"),
            _ => arg.into(),
        });
        let semantics = renamed(&semantics, &|expr| expr.replace('v', name));
        let tables = Tables {
            ops: Source::new("ops.tbl", &ops),
            semantics: Source::new("semantics.tbl", &semantics),
            ..Tables::builtin()
        };
        let spec = Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
        let tree = module_tree(&spec, &Backend::Asm, None, None).unwrap_or_else(|e| panic!("{e}"));
        let _ = writeln!(text, "pub mod {name}_ {{\n{tree}}}");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("asm.rs"), text).expect("a writable folder");
    if cfg!(target_arch = "x86_64") {
        rustc(folder.path(), "asm.rs");
    }
}

#[test]
fn the_c_text_is_c() {
    if !has_gcc() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = core_crate(&SPEC).unwrap_or_else(|e| panic!("{e}"));
    write(&files, folder.path());
    // `--x` is a double negation in a table, but another operator in C.
    let bodies = files.iter().filter(|f| f.path.ends_with(".c"));
    assert!(bodies.clone().count() > 0);
    assert!(bodies.clone().all(|f| !f.contents.contains("--")));
    let flags = [
        "-fsyntax-only",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-unused-parameter",
    ];
    let file = ["-xc", "-Iatomics-core/c", "atomics-core/c/atomic.c"];
    run(folder.path(), "gcc", &[&flags[..], &file].concat());
}

#[test]
fn the_c_text_for_a_kernel_is_c() {
    if !has_gcc() {
        return;
    }
    let spec = &*SPEC;
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(
        &kernel(spec, KernelBackend::Asm).unwrap_or_else(|e| panic!("{e}")),
        folder.path(),
    );
    kernel_headers::write(spec, folder.path());
    for name in ["atomic.c", "atomic_ext.c"] {
        let path = format!("rust/helpers/{name}");
        run(
            folder.path(),
            "gcc",
            &["-fsyntax-only", "-Wall", "-Werror", "-I.", "-xc", &path],
        );
    }
}

#[test]
fn methods_and_operations_may_be_keywords() {
    let ops = format!("{}move v i v\nmatch l cv\ntry_loop B v p i\n", super::OPS);
    let semantics = format!(
        "{}move bits v+i - -\nmatch basic - - -\ntry_loop basic i v!=p v==p\n",
        super::SEMANTICS
    );
    let tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        ..small()
    };
    let spec = Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    let backend = Backend::C {
        prefix: String::new(),
    };
    let tree = module_tree(&spec, &backend, None, None).unwrap_or_else(|e| panic!("{e}"));
    for method in ["fn r#move", "fn r#match", "fn r#loop", "x.r#match("] {
        assert!(tree.contains(method), "{method}");
    }
    syn::parse_file(&tree).unwrap_or_else(|e| panic!("{e}"));
}

/// The KUnit suite has tests and functions of its own, which its tests of operations must not hide.
#[test]
fn tests_of_a_kernel_have_names_of_their_own() {
    let names = [
        "exchange",
        "variable",
        "check",
        "check_method",
        "add_by_workers",
        "or_calls",
        "raw_cmpxchg",
    ];
    let rows = |end: &str| names.map(|name| format!("{name} {end}\n")).concat();
    // This one has a test, but no method.
    let raw = "cmpxchg I v i:old i:new\n";
    let raw_meaning = "cmpxchg basic new v!=old v\n";
    let ops = format!("{}{raw}{}", super::OPS, rows("v v i"));
    let semantics = format!("{}{raw_meaning}{}", super::SEMANTICS, rows("bits v+i - -"));
    let tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        ..small()
    };
    let spec = Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    let files = kernel(&spec, KernelBackend::Helpers).unwrap_or_else(|e| panic!("{e}"));
    let suite = files.iter().find(|f| f.path.ends_with("atomic/tests.rs"));
    let suite = suite.expect("a suite");
    duplicates::check(&suite.path, &suite.contents).unwrap_or_else(|e| panic!("{e}"));
    let suite = &suite.contents;
    // The others give way to these operations.
    assert!(suite.contains("#[test] fn raw_cmpxchg_method(v, old, new)"));
    assert!(suite.contains("#[test] fn add_by_workers_method: "));
    for name in names {
        let row = format!("#[test] fn {name}(v, i)");
        assert_eq!(suite.matches(&row).count(), 1, "{name}");
    }
}
