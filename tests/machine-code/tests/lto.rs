//! With link-time optimisation, the compiler sees the body of a function that is only known by its
//! symbol.

use std::fs;

use atomics_machine_code::object::Referent;
use atomics_machine_code::rustc::{Compiler, Whole};
use atomics_machine_code::targets::TARGETS;
use atomics_tools::Toolchain;

const LIBRARY: &str = "#![no_std]
#[unsafe(no_mangle)]
pub extern \"C\" fn two() -> u32 {
    2
}
";

const USER: &str = "#![no_std]
use library as _;
unsafe extern \"C\" {
    safe fn two() -> u32;
}
#[unsafe(no_mangle)]
pub extern \"C\" fn twice() -> u32 {
    two() + two()
}
";

const PANIC_HANDLER: &str = "
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
";

/// Whether the user's code calls the function in the other crate.
fn has_call(whole: Whole) -> bool {
    let target = TARGETS.iter().find(|target| target.name == "aarch64");
    let target = target.expect("a target");
    let configuration = &target.configurations[0];
    let tools = Toolchain::find().expect("tools");
    let compiler = Compiler::optimising(whole, target, configuration, &tools, &|_| {});
    let compiler = compiler.unwrap_or_else(|e| panic!("{e:#}"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name);
    fs::write(file("library.rs"), LIBRARY).expect("writable");
    let library = file(&format!("liblibrary{}", whole.extension()));
    compiler
        .library("library", &file("library.rs"), &library)
        .unwrap_or_else(|e| panic!("{e:#}"));
    let handler = match whole {
        Whole::Crate => "",
        Whole::Program => PANIC_HANDLER,
    };
    fs::write(file("user.rs"), format!("{USER}{handler}")).expect("writable");
    let object = file("user.o");
    let mut command = compiler.command();
    command.arg(format!("--extern=library={}", library.display()));
    compiler
        .emit(&mut command, "user", &file("user.rs"), &object)
        .unwrap_or_else(|e| panic!("{e:#}"));
    let files = target.read(configuration, &[object], &tools);
    let (object, _) = files.unwrap_or_else(|e| panic!("{e:#}")).remove(0);
    assert!(object.functions.contains_key("twice"));
    let mut names = object.references.values().flatten();
    names.any(|name| matches!(name, Referent::Elsewhere(name) if name == "two"))
}

#[test]
fn a_program_is_optimised_at_once() {
    assert!(has_call(Whole::Crate));
    assert!(!has_call(Whole::Program));
}
