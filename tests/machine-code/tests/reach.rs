//! Checks what the documentation says about memory that the compiler keeps to itself: in its wrong
//! examples, the compiler moves or removes stores across a barrier or an ordered store; in its right
//! ones, all stores stay where they are.

use std::fs;
use std::path::{Path, PathBuf};

use atomics_machine_code::rustc::Compiler;
use atomics_machine_code::targets::TARGETS;
use atomics_tools::Toolchain;

/// The file with the examples about barriers.
const BARRIER: &str = "atomics-core/src/atomic/barrier.rs";
/// The page of the guide with those about orderings.
const ORDERING: &str = "atomics-core/docs/choosing.md";

/// The examples: the file, the function, what its source does, and what the compiled function does
/// on aarch64 and on x86_64. `s` is a store, `b` a barrier and `r` the ordered store, which is the
/// only one of a byte. A store of a vector is one store, so `send_wrong` has one of all four words on
/// aarch64. On x86_64 its ordered store is one of `core`, and LLVM moves no other store across that.
const EXAMPLES: [(&str, &str, &str, [&str; 2]); 4] = [
    (BARRIER, "refill_wrong", "sbssbs", ["bssbs"; 2]),
    (BARRIER, "refill", "sbssbs", ["sbssbs"; 2]),
    (ORDERING, "send_wrong", "ssrss", ["rs", "srs"]),
    (ORDERING, "send", "ssrss", ["ssrss"; 2]),
];

/// The root of the workspace.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The code block of a file that defines a function.
fn example(file: &str, function: &str) -> String {
    let text = fs::read_to_string(repository().join(file)).expect("readable");
    let lines = text.lines().map(|line| {
        let line = line.strip_prefix("//!").unwrap_or(line);
        line.strip_prefix(' ').unwrap_or(line).to_owned() + "\n"
    });
    let text: String = lines.collect();
    let head = format!("fn {function}(");
    let block = text.split("```").find(|block| block.contains(&head));
    let block = block.unwrap_or_else(|| panic!("{file} has no example with `{head}`"));
    block.split_once('\n').expect("more lines").1.to_owned()
}

/// The stores and barriers of a function in an assembly file.
fn effects(assembly: &str, arch: &str, function: &str) -> String {
    let label = format!("{}{function}", function.len());
    let mut lines = assembly.lines();
    lines
        .by_ref()
        .find(|line| line.ends_with(':') && line.contains(&label) && !line.starts_with('.'))
        .unwrap_or_else(|| panic!("no function {function}"));
    let mut found = String::new();
    let mut before = 0;
    for line in lines.take_while(|line| !line.starts_with(".Lfunc_end")) {
        let line = line.trim();
        let comment = line.trim_start_matches(['#', '/']).trim();
        match (comment, arch) {
            ("APP", _) => before = found.len(),
            // A block without a store is a barrier, even if it has no instruction.
            ("NO_APP", _) if found.len() == before => found.push('b'),
            (_, "aarch64") if line.starts_with("str") || line.starts_with("stp") => found.push('s'),
            (_, "aarch64") if line.starts_with("stlrb") => found.push('r'),
            (_, "x86_64") if line.starts_with("mov") => {
                let target = line.split(',').next().unwrap_or_default();
                if target.contains("byte ptr [") {
                    found.push('r');
                } else if target.contains('[') {
                    found.push('s');
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_examples_are_as_wrong_and_as_right_as_they_say() {
    let tools = Toolchain::find().expect("the tools of the tier `parity`");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = folder.path().join("lib.rs");
    let source = repository().join("atomics-core/src");
    fs::write(
        &library,
        format!(
            "#![no_std]\n#[path = {source:?}]\nmod source {{ pub mod atomic; }}\n\
             pub use source::atomic::*;\n"
        ),
    )
    .expect("writable");
    for target in TARGETS
        .iter()
        .filter(|t| ["aarch64", "x86_64"].contains(&t.name))
    {
        let configuration = &target.configurations[0];
        let compiler = Compiler::new(target, configuration, &tools, &|_| {}).expect("a compiler");
        let metadata = folder.path().join("libatomics_core.rmeta");
        compiler
            .library("atomics_core", &library, &metadata)
            .expect("the library compiles");
        for (file, function, program, expected) in EXAMPLES {
            let text = folder.path().join("example.rs");
            let assembly = folder.path().join("example.s");
            fs::write(&text, format!("#![no_std]\n{}", example(file, function))).expect("writable");
            let mut command = compiler.command();
            command.args(["-Copt-level=3", "--crate-name=example", "--emit=asm"]);
            // Small functions are compiled only where they are used, otherwise.
            command.arg("-Zcross-crate-inline-threshold=never");
            command.arg(format!("--extern=atomics_core={}", metadata.display()));
            if target.name == "x86_64" {
                command.arg("-Cllvm-args=-x86-asm-syntax=intel");
            }
            let output = command
                .arg("-o")
                .arg(&assembly)
                .arg(&text)
                .output()
                .expect("rustc");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{errors}");
            let assembly = fs::read_to_string(&assembly).expect("readable");
            let mut found = effects(&assembly, target.name, function);
            if !program.contains('b') {
                // The empty blocks around accesses of `core` are no barriers of the program.
                found.retain(|effect| effect != 'b');
            }
            let expected = expected[usize::from(target.name == "x86_64")];
            println!("{} {function}: {program} became {found}", target.name);
            assert_eq!(
                found, expected,
                "{} {function}: {program} became {found}\n{assembly}",
                target.name
            );
        }
    }
}
