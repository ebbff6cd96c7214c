//! Checks what loads and stores of `Atomic<T>` are compiled to: what those of `core` are, but with
//! all dependencies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use atomics_machine_code::rustc::Compiler;
use atomics_machine_code::targets::TARGETS;
use atomics_tools::Toolchain;
use object::{Object as _, ObjectSymbol as _, SymbolKind};

/// The variables of this crate.
const OURS: &str = "
    use atomics_core::{Acquire, Atomic, Relaxed, Release};
    type Flag = Atomic<bool>;
    type Short = Atomic<u16>;
    type Word = Atomic<u32>;
    type Long = Atomic<u64>;
    type Pointer = Atomic<*mut u8>;
";

/// Those of `core`.
const CORE: &str = "
    use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
    use core::sync::atomic as core_atomic;
    type Flag = core_atomic::AtomicBool;
    type Short = core_atomic::AtomicU16;
    type Word = core_atomic::AtomicU32;
    type Long = core_atomic::AtomicU64;
    type Pointer = core_atomic::AtomicPtr<u8>;
";

/// Functions that only load and store.
const FUNCTIONS: &str = "
    pub struct Shared {
        a: Word, b: Word, c: Word, d: Word, e: Word, flag: Flag, short: Short, long: Long, at: Pointer,
    }
    type Ring = [Long; 64];
    static COUNT: Word = Word::new(0);
    static READY: Flag = Flag::new(false);

    #[unsafe(no_mangle)]
    pub fn field(s: &Shared) -> u32 { s.b.load(Relaxed) }
    #[unsafe(no_mangle)]
    pub fn long(s: &Shared) -> u64 { s.long.load(Relaxed) }
    #[unsafe(no_mangle)]
    pub fn pointer(s: &Shared) -> *mut u8 { s.at.load(Relaxed) }
    #[unsafe(no_mangle)]
    pub fn constant(s: &Shared) { s.c.store(5, Relaxed) }
    #[unsafe(no_mangle)]
    pub fn in_static() -> u32 { COUNT.load(Relaxed) }
    #[unsafe(no_mangle)]
    pub fn to_statics() { COUNT.store(7, Relaxed); READY.store(true, Relaxed) }
    #[unsafe(no_mangle)]
    pub fn five(s: &Shared) {
        s.a.store(1, Relaxed);
        s.b.store(2, Relaxed);
        s.c.store(3, Relaxed);
        s.d.store(4, Relaxed);
        s.e.store(5, Relaxed);
    }
    #[unsafe(no_mangle)]
    pub fn wait(s: &Shared) { while !s.flag.load(Relaxed) {} }
    #[unsafe(no_mangle)]
    pub fn sum(all: &[Long; 8]) -> u64 {
        let mut sum = 0;
        for one in all { sum += one.load(Relaxed); }
        sum
    }
    #[unsafe(no_mangle)]
    pub fn copy(s: &Shared) { s.a.store(s.b.load(Relaxed) + 1, Relaxed) }
    #[unsafe(no_mangle)]
    pub fn limit(s: &Shared) -> bool { s.a.load(Relaxed) > 100 }
    #[unsafe(no_mangle)]
    pub fn short(s: &Shared) -> bool { s.short.load(Relaxed) == 5 }
    #[unsafe(no_mangle)]
    pub fn four(s: &Shared) -> u32 {
        s.a.load(Relaxed) + s.b.load(Relaxed) + s.c.load(Relaxed) + s.d.load(Relaxed)
    }
    #[unsafe(no_mangle)]
    pub fn poll(s: &Shared) -> bool { s.flag.load(Acquire) && s.a.load(Relaxed) != 0 }
    #[unsafe(no_mangle)]
    pub fn publish(s: &Shared, v: u32) {
        s.a.store(v, Relaxed);
        s.b.store(1, Relaxed);
        s.flag.store(true, Release)
    }
    #[unsafe(no_mangle)]
    pub fn put(s: &Shared, ring: &Ring, v: u64) -> bool {
        let head = s.a.load(Relaxed);
        if head.wrapping_sub(s.b.load(Acquire)) >= 64 { return false; }
        ring[(head & 63) as usize].store(v, Relaxed);
        s.a.store(head.wrapping_add(1), Release);
        true
    }
    #[unsafe(no_mangle)]
    pub fn get(s: &Shared, ring: &Ring) -> Option<u64> {
        let tail = s.b.load(Relaxed);
        if s.a.load(Acquire) == tail { return None; }
        let v = ring[(tail & 63) as usize].load(Relaxed);
        s.b.store(tail.wrapping_add(1), Release);
        Some(v)
    }
";

/// The architectures, each with its features.
const ARCHS: [(&str, &str); 3] = [("x86_64", ""), ("aarch64", "+lse"), ("riscv64", "")];

/// What one of `ours` may have of the bytes of `core`, in hundredths.
const ALL: u64 = 103;

/// A private variable whose values the compiler knows, and an access that depends on one of its bits.
const DEPENDENCY: &str = "
    use atomics_core::{Atomic, Relaxed};
    static INDEX: Atomic<u32> = Atomic::new(0);
    static CELLS: [Atomic<u32>; 4] = [const { Atomic::new(0) }; 4];
    #[unsafe(no_mangle)]
    pub fn fill(at: usize) { CELLS[at & 3].store(9, Relaxed) }
    #[unsafe(no_mangle)]
    pub fn publish() { INDEX.store(1, Relaxed) }
    #[unsafe(no_mangle)]
    pub fn depend() -> u32 { CELLS[(INDEX.load(Relaxed) & 2) as usize].load(Relaxed) }
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! { loop {} }
";

/// The sources of `atomics-core`.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../atomics-core/src")
}

/// Writes the library for a compiler without cargo.
fn library(folder: &Path) -> PathBuf {
    let library = folder.join("lib.rs");
    let text = format!(
        "#![no_std]\n#[path = {:?}]\nmod source {{ pub mod atomic; }}\npub use source::atomic::*;\n",
        sources()
    );
    fs::write(&library, text).expect("writable");
    library
}

/// Runs a compiler.
fn run(command: &mut Command) {
    let output = command.output().expect("rustc");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

/// The functions in an object file, with their sizes in bytes.
fn sizes(object: &Path) -> Vec<(String, u64)> {
    let bytes = fs::read(object).expect("an object file");
    let file = object::File::parse(bytes.as_slice()).expect("an object file");
    let functions = file
        .symbols()
        .filter(|s| s.is_definition() && s.kind() == SymbolKind::Text && s.size() > 0);
    let mut sizes: Vec<(String, u64)> = functions
        .map(|s| (s.name().expect("a name").to_owned(), s.size()))
        .collect();
    sizes.sort();
    sizes
}

#[test]
fn loads_and_stores_are_as_small_as_those_of_core() {
    let tools = Toolchain::find().expect("the tools of the tier `parity`");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = library(folder.path());
    let mut too_large = Vec::new();
    for (arch, features) in ARCHS {
        let target = TARGETS.iter().find(|t| t.name == arch).expect("a target");
        let mut configurations = target.configurations.iter();
        let configuration = configurations
            .find(|c| c.features == features)
            .unwrap_or(&target.configurations[0]);
        let compiler = Compiler::new(target, configuration, &tools, &|_| {}).expect("a compiler");
        let metadata = folder.path().join("libatomics_core.rmeta");
        compiler
            .library("atomics_core", &library, &metadata)
            .expect("the library compiles");
        let [ours, core] = [OURS, CORE].map(|variables| {
            let source = folder.path().join("functions.rs");
            let object = folder.path().join("functions.o");
            fs::write(&source, format!("#![no_std]\n{variables}{FUNCTIONS}")).expect("writable");
            let mut command = compiler.command();
            command.args(["--crate-name=functions", "--emit=obj", "--cap-lints=allow"]);
            command.arg(format!("--extern=atomics_core={}", metadata.display()));
            run(command.arg("-o").arg(&object).arg(&source));
            sizes(&object)
        });
        assert_eq!(ours.len(), FUNCTIONS.matches("no_mangle").count(), "{arch}");
        let total = |sizes: &[(String, u64)]| sizes.iter().map(|(_, size)| size).sum::<u64>();
        let (all, of_core) = (total(&ours), total(&core));
        println!("{arch}: {all} bytes, {of_core} with `core`");
        for ((name, size), (_, of_core)) in ours.iter().zip(&core) {
            println!("{arch} {name}: {size} bytes, {of_core} with `core`");
        }
        if all * 100 > of_core * ALL {
            too_large.push(format!("{arch}: {all} bytes, {of_core} with `core`"));
        }
    }
    assert!(too_large.is_empty(), "{too_large:#?}");
}

#[test]
fn an_access_depends_on_a_load_whose_values_the_compiler_knows() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = library(folder.path());
    let rlib = folder.path().join("libatomics_core.rlib");
    let rustc = |name: &str, kind: &str| {
        let mut command = Command::new("rustc");
        command.args(["--edition=2024", "-Copt-level=3", "-Cpanic=abort"]);
        command.args(["--cap-lints=allow", "--target=x86_64-unknown-linux-gnu"]);
        command.arg(format!("--crate-name={name}"));
        command.arg(format!("--crate-type={kind}"));
        command
    };
    let mut command = rustc("atomics_core", "rlib");
    run(command.arg("-o").arg(&rlib).arg(&library));
    let source = folder.path().join("dependency.rs");
    let assembly = folder.path().join("dependency.s");
    fs::write(&source, format!("#![no_std]\n{DEPENDENCY}")).expect("writable");
    let mut command = rustc("dependency", "staticlib");
    command.args(["-Clto=fat", "-Ccodegen-units=1", "--emit=asm"]);
    command.args([
        "-Cllvm-args=-x86-asm-syntax=intel",
        "-Crelocation-model=static",
    ]);
    command.arg(format!("--extern=atomics_core={}", rlib.display()));
    run(command.arg("-o").arg(&assembly).arg(&source));
    let assembly = fs::read_to_string(&assembly).expect("readable");
    let (_, function) = assembly.split_once("\ndepend:").expect("the function");
    let (function, _) = function.split_once(".Lfunc_end").expect("its end");
    // The bit is taken from the loaded value, and the second load uses it for its address.
    let uses = |line: &str| line.contains("[4*r") || line.contains("+ 4*r");
    assert!(
        function.contains("and\te") && function.lines().any(uses),
        "{function}"
    );
}
