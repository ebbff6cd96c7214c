//! The backends of a kernel drop-in, compiled for every architecture outside a kernel: which of them
//! a configuration has, and what relaxed loads and stores become.

use std::fs;
use std::path::Path;

use atomics_machine_code::rustc::Compiler;
use atomics_machine_code::target::Target;
use atomics_machine_code::targets::TARGETS;
use atomics_spec::Spec;
use atomics_spec::arch::BARRIERS;
use atomics_spec::emit::layout::CHECKERS;
use atomics_spec::emit::{KernelBackend, KernelParts, kernel_parts};
use atomics_spec::model::Variant;
use atomics_spec::model::op::{ArgKind, Form, Op};
use atomics_spec::model::ty::Family;
use atomics_spec::names;
use atomics_tools::Toolchain;
use atomics_tools::process::run;

/// What the backends use of the crate `kernel`, and functions to look at.
const CRATE: &str = r#"
#![no_std]
#![allow(dead_code, unused_imports)]
extern crate self as kernel;
#[macro_export]
macro_rules! concat_literals {
    ($($text:literal)*) => { ::core::concat!($($text),*) };
}
/// As in the kernel: one string, and the syntax of the C compiler.
#[cfg(target_arch = "x86_64")]
#[macro_export]
macro_rules! asm {
    ($($text:expr),*; $($rest:tt)*) => {
        ::core::arch::asm!($($text)*, options(att_syntax), $($rest)*)
    };
}
#[cfg(not(target_arch = "x86_64"))]
#[macro_export]
macro_rules! asm {
    ($($text:expr),*; $($rest:tt)*) => { ::core::arch::asm!($($text)*, $($rest)*) };
}
pub mod bindings;
pub mod sync {
    pub mod atomic {
        mod backend;
        macro_rules! functions {
            ($($name:ident($($arg:ident: $of:ty),*) -> $ret:ty { $call:expr })*) => {
                $(
                    #[unsafe(no_mangle)]
                    pub unsafe fn $name($($arg: $of),*) -> $ret { unsafe { $call } }
                )*
            };
        }
        functions! {
            load(v: *const i32) -> i32 { backend::atomic::read(v) }
            load_wide(v: *const i64) -> i64 { backend::atomic64::read(v) }
            store(v: *mut i32, i: i32) -> () { backend::atomic::set(v, i) }
            load_acquire(v: *const i32) -> i32 { backend::atomic::read_acquire(v) }
            fetch_add(v: *mut i32, i: i32) -> i32 { backend::atomic::fetch_add(i, v) }
            dec_and_test(v: *mut isize) -> bool { backend::atomic_long::dec_and_test(v) }
            try_cmpxchg(v: *mut i8, p: *mut i8) -> bool { backend::atomic_i8::try_cmpxchg(v, p, 1) }
            add_unless(v: *mut i16) -> bool { backend::atomic_i16::add_unless(v, 1, 2) }
            inc_not_zero(v: *mut i32) -> bool { backend::atomic::inc_not_zero(v) }
        }
    }
}
"#;

/// The options of the kernels that have the inline assembly of an architecture.
fn options(target: &Target) -> Vec<&'static str> {
    let own: &[&str] = match target.name {
        "aarch64" => &["CONFIG_ARM64"],
        // A kernel for version 7 also has the option for 6K.
        "arm" => &["CONFIG_CPU_32v6K", "CONFIG_CPU_32v7", "CONFIG_SMP"],
        "loongarch64" => &["CONFIG_CPU_HAS_AMO"],
        "powerpc64" => &["CONFIG_PPC_HAS_LBARX_LHARX"],
        _ => &[],
    };
    let all = ["CONFIG_ARCH_SUPPORTS_ATOMIC_RMW", LABELS];
    all.into_iter().chain(own.iter().copied()).collect()
}

/// The option of a kernel whose compiler has `label` operands.
const LABELS: &str = "CONFIG_RUSTC_HAS_SPAN_FILE";

/// The declaration of a helper, as bindgen makes it of C, but with pointers to values.
fn declaration(variant: &Variant<'_>) -> String {
    let value = variant.family.repr.rust();
    let params = variant.of.op.args.iter().enumerate();
    let params = params.map(|(at, arg)| match arg.kind {
        ArgKind::Variable { constant: true } => format!("_{at}: *const {value}"),
        ArgKind::Value => format!("_{at}: {value}"),
        _ => format!("_{at}: *mut {value}"),
    });
    let returned = match variant.of.form {
        Form::Void | Form::Store => String::new(),
        Form::Truth(_) => " -> bool".into(),
        _ => format!(" -> {value}"),
    };
    let params: Vec<String> = params.collect();
    let name = variant.function();
    format!("    pub fn {name}({}){returned};\n", params.join(", "))
}

/// Writes the crate. What the build makes of C headers is a jump that is easy to find.
fn write(folder: &Path) {
    write_with(
        folder,
        &Spec::builtin().unwrap_or_else(|e| panic!("{e}")),
        &[],
    );
}

/// The same, with some operations alone inlined on the architectures in `partial`.
fn write_with(folder: &Path, spec: &Spec, partial: &[(String, Spec)]) {
    let parts = KernelParts {
        partial,
        ..KernelParts::all(spec)
    };
    let files = kernel_parts(parts, KernelBackend::Asm).unwrap_or_else(|e| panic!("{e}"));
    for file in files {
        let Some(path) = file.path.strip_prefix("rust/kernel/") else {
            continue;
        };
        let (path, text) = match path.strip_suffix(".S") {
            Some(path) => {
                let text = "::kernel::concat_literals!(\"b {l_no} // chosen\\n\")".to_owned();
                (format!("rust/kernel/{path}"), text)
            }
            None if path.contains("atomic/backend") => (path.to_owned(), file.contents),
            None => continue,
        };
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, text).expect("writable");
    }
    let mut text = String::from("use core::ffi::c_void;\nunsafe extern \"C\" {\n");
    for variant in spec.variants() {
        text += &declaration(&variant);
    }
    for barrier in BARRIERS {
        text += &format!("    pub fn {barrier}();\n");
    }
    text += "}\n";
    fs::write(folder.join("bindings.rs"), text).expect("writable");
    fs::write(folder.join("lib.rs"), CRATE).expect("writable");
}

/// Writes the crate with a use of everything that a kernel uses, in which the compiler warns of what
/// is not used. A kernel is built without warnings.
fn write_strictly(folder: &Path, spec: &Spec) {
    let strict = CRATE.replace(
        "#![allow(dead_code, unused_imports)]",
        "#![deny(warnings)]\n#![allow(unexpected_cfgs, non_snake_case)]",
    );
    let functions = spec.variants().map(|v| {
        let module = names::backend_module(v.family);
        format!(
            "backend::{module}::{} as *const ()",
            names::rust_ident(&v.name())
        )
    });
    let barriers = ["smp_mb", "smp_mb__before_atomic", "smp_mb__after_atomic"];
    let barriers = barriers.map(|name| format!("backend::{name} as *const ()"));
    let used: Vec<String> = functions.chain(barriers).collect();
    let used = format!(
        "pub fn used() -> (bool, [*const (); {}]) {{ (backend::STORE_MB_IS_XCHG, [{}]) }}\n    }}\n}}",
        used.len(),
        used.join(", ")
    );
    let end = strict.rfind("    }\n}").expect("the end of the modules");
    let text = format!("{}{used}\n", &strict[..end]);
    fs::write(folder.join("lib.rs"), text).expect("writable");
}

/// The assembly of a configuration, by its functions.
struct Assembly(String);

impl Assembly {
    fn new(compiler: &Compiler, folder: &Path, options: &[&str]) -> Self {
        let path = folder.join("out.s");
        let mut command = compiler.command();
        command.args(["--crate-name=kernel", "--emit=asm"]);
        for option in options {
            command.args(["--cfg", option]);
        }
        command.env("OBJTREE", folder).arg("-o").arg(&path);
        run(command.arg(folder.join("lib.rs"))).unwrap_or_else(|e| panic!("{options:?}: {e:#}"));
        Self(fs::read_to_string(path).expect("assembly"))
    }

    /// The lines of a function.
    fn function(&self, name: &str) -> Vec<&str> {
        let start = format!("\n{name}:\n");
        let (_, body) = self
            .0
            .split_once(&start)
            .unwrap_or_else(|| panic!("no {name}"));
        let (body, _) = body.split_once(".size\t").unwrap_or((body, ""));
        body.lines().map(str::trim).collect()
    }

    fn has(&self, function: &str, text: &str) -> bool {
        self.function(function)
            .iter()
            .any(|line| line.contains(text))
    }

    /// Whether a function is inline assembly.
    fn is_asm(&self, function: &str) -> bool {
        let starts = |line: &&str| line.ends_with("APP") && !line.ends_with("NO_APP");
        self.function(function).iter().any(starts)
    }
}

#[test]
fn every_architecture_is_inlined_and_its_relaxed_accesses_are_plain() {
    let tools = Toolchain::find().expect("the tools of the tier `parity`");
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path());
    // Linux does not support Rust on 32-bit x86.
    for target in TARGETS.iter().filter(|target| target.name != "x86") {
        let name = target.name;
        let compiler = Compiler::new(target, &target.configurations[0], &tools, &|_| {});
        let compiler = compiler.expect("a compiler");
        let compile = |options: &[&str]| Assembly::new(&compiler, folder.path(), options);
        let helpers = [
            ("load", "atomic_read"),
            ("load_wide", "atomic64_read"),
            ("store", "atomic_set"),
            ("load_acquire", "atomic_read_acquire"),
            ("fetch_add", "atomic_fetch_add"),
            ("dec_and_test", "atomic_long_dec_and_test"),
            ("try_cmpxchg", "atomic_i8_try_cmpxchg"),
            ("add_unless", "atomic_i16_add_unless"),
            ("inc_not_zero", "atomic_inc_not_zero"),
        ];
        let own = options(target);
        let inlined = compile(&own);
        for (function, helper) in helpers {
            assert!(
                !inlined.has(function, helper),
                "{name}: {function} calls {helper}"
            );
            // An access as wide as a pointer is volatile.
            let is_wide = function == "load_wide" && target.bits == 32;
            let is_plain = ["load", "load_wide", "store"].contains(&function) && !is_wide;
            assert_eq!(inlined.is_asm(function), !is_plain, "{name}: {function}");
        }
        // One architecture shows that all of them count.
        let checkers = if name == "x86_64" { 4 } else { 1 };
        for option in CHECKERS.into_iter().take(checkers) {
            let checked = compile(&[&own[..], &[option]].concat());
            for (function, helper) in helpers {
                assert!(
                    checked.has(function, helper),
                    "{name}, {option}: {function}"
                );
            }
        }
        // A kernel without the condition of the architecture calls helpers, except for accesses.
        let conditions: &[&str] = match name {
            "aarch64" => &[LABELS],
            "arm" => &["CONFIG_CPU_32v7", "CONFIG_SMP"],
            "loongarch64" => &["CONFIG_CPU_HAS_AMO"],
            "powerpc64" => &["CONFIG_PPC_HAS_LBARX_LHARX"],
            _ => &[],
        };
        for lacking in conditions {
            let others: Vec<&str> = own.iter().copied().filter(|o| o != lacking).collect();
            let called = compile(&others);
            for (function, helper) in helpers {
                let is_wide = function == "load_wide" && target.bits == 32;
                let is_plain = ["load", "load_wide", "store"].contains(&function) && !is_wide;
                assert_eq!(
                    called.has(function, helper),
                    !is_plain,
                    "{name}: {function}"
                );
            }
        }
        // Without labels, a condition is a value, and arm64 has no choice.
        if name != "aarch64" {
            let others: Vec<&str> = own.iter().copied().filter(|o| *o != LABELS).collect();
            let older = compile(&others);
            for (function, _) in helpers {
                assert_eq!(
                    older.is_asm(function),
                    inlined.is_asm(function),
                    "{name}: {function}"
                );
            }
            let value = match name {
                "x86_64" => Some(("dec_and_test", "sete")),
                "arm" => Some(("inc_not_zero", "movne")),
                _ => None,
            };
            if let Some((function, set)) = value {
                assert!(older.has(function, set), "{name}: {function}");
                assert!(!inlined.has(function, set), "{name}: {function}");
            }
        }
        println!("{name}: {} options", own.len());
    }
}

#[test]
fn arm64_follows_the_kernel() {
    let tools = Toolchain::find().expect("the tools of the tier `parity`");
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path());
    let target = TARGETS.iter().find(|target| target.name == "aarch64");
    let target = target.expect("arm64");
    let compiler = Compiler::new(target, &target.configurations[0], &tools, &|_| {});
    let compiler = compiler.expect("a compiler");
    let own = options(target);
    let compile = |options: &[&str]| Assembly::new(&compiler, folder.path(), options);
    let both = compile(&own);
    let count = |assembly: &Assembly, function: &str, text: &str| {
        let lines = assembly.function(function);
        lines.iter().filter(|line| line.contains(text)).count()
    };
    // Each function has one jump, however many it is made of, and the code of both choices.
    for (function, with, without) in [
        ("fetch_add", "ldaddal", "ldxr"),
        ("dec_and_test", "ldaddal", "ldxr"),
        ("try_cmpxchg", "casalb", "ldxrb"),
        ("add_unless", "casalh", "ldxrh"),
    ] {
        assert_eq!(count(&both, function, "chosen"), 1, "{function}");
        assert_eq!(count(&both, function, with), 1, "{function}");
        assert_eq!(count(&both, function, without), 1, "{function}");
    }
    // READ_ONCE() is a load-acquire with LTO.
    assert_eq!(count(&both, "load", "ldar"), 0);
    let lto = compile(&[&own[..], &["CONFIG_LTO"]].concat());
    assert_eq!(count(&lto, "load", "ldar"), 1);
    assert!(!lto.is_asm("store"));
}

/// A series inlines the operations of an architecture in several patches.
#[test]
fn what_is_not_inlined_yet_calls_helpers() {
    let tools = Toolchain::find().expect("the tools of the tier `parity`");
    let spec = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    let class = |op: &Op| spec.class_of(op).expect("a class").name.clone();
    let first = &spec.types.classes[0].name;
    let exchange = spec.ops.iter().find(|op| op.name == "try_cmpxchg");
    let exchange = class(exchange.expect("an exchange"));
    // Which operations of a family are inlined, and which of the functions are.
    type Has<'a> = &'a dyn Fn(&Family, &Op) -> bool;
    let states: [(Has<'_>, &[&str]); 3] = [
        (
            &|family, op| family.c_object.is_some() && class(op) == *first,
            &["load_acquire"],
        ),
        (
            &|family, _| family.c_object.is_some(),
            &["load_acquire", "fetch_add", "dec_and_test"],
        ),
        (
            &|family, op| family.c_object.is_some() || class(op) == exchange,
            &["load_acquire", "fetch_add", "dec_and_test", "try_cmpxchg"],
        ),
    ];
    for (has, expected) in states {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let targets = TARGETS.iter().filter(|target| target.name != "x86");
        let model = spec.restricted(has);
        let partial = targets.clone().map(|t| (t.name.to_owned(), model.clone()));
        write_with(folder.path(), &spec, &partial.collect::<Vec<_>>());
        for target in targets.clone() {
            let compiler = Compiler::new(target, &target.configurations[0], &tools, &|_| {});
            let compiler = compiler.expect("a compiler");
            let assembly = Assembly::new(&compiler, folder.path(), &options(target));
            for (function, helper) in [
                ("load_acquire", "atomic_read_acquire"),
                ("fetch_add", "atomic_fetch_add"),
                ("dec_and_test", "atomic_long_dec_and_test"),
                ("try_cmpxchg", "atomic_i8_try_cmpxchg"),
                ("add_unless", "atomic_i16_add_unless"),
            ] {
                let is_inlined = expected.contains(&function);
                let name = target.name;
                assert_eq!(assembly.is_asm(function), is_inlined, "{name}: {function}");
                assert_eq!(
                    assembly.has(function, helper),
                    !is_inlined,
                    "{name}: {function}"
                );
            }
        }
        write_strictly(folder.path(), &spec);
        for target in targets {
            let compiler = Compiler::new(target, &target.configurations[0], &tools, &|_| {});
            let compiler = compiler.expect("a compiler");
            for checker in [None, Some(CHECKERS[0])] {
                let own = options(target).into_iter().chain(checker);
                Assembly::new(&compiler, folder.path(), &own.collect::<Vec<_>>());
            }
        }
    }
}
