//! Around a barrier that writes below the stack pointer, the compiler keeps nothing there.

#![cfg(target_arch = "x86_64")]

use std::fs;

use atomics_spec::Spec;
use atomics_spec::emit::layout::Backend;
use atomics_spec::emit::module_tree;
use atomics_tests::rustc;

/// A function that calls nothing, so that its variable can be in the red zone.
const FUNCTION: &str = "
#[unsafe(no_mangle)]
pub unsafe fn leaf(n: usize) -> u32 {
    let values = [1_u32, 2, 3, 4, 5, n as u32];
    BARRIER
    unsafe { (&raw const values[n % 6]).read_volatile() }
}
";

/// The lines of the compiled function that access memory below the stack pointer.
fn below_the_stack(barrier: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let spec = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    let text = module_tree(&spec, &Backend::Asm, None, None).unwrap_or_else(|e| panic!("{e}"));
    let source = folder.path().join("lib.rs");
    let function = FUNCTION.replace("BARRIER", barrier);
    fs::write(&source, format!("{text}\n{function}")).unwrap();
    let mut command = rustc::compiler();
    command.args(["--edition=2024", "--crate-type=lib", "-O", "--emit=asm"]);
    command.args(["-Adead_code", "--crate-name=leaf", "--out-dir"]);
    let output = command.arg(folder.path()).arg(source).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let assembly = fs::read_to_string(folder.path().join("leaf.s")).unwrap();
    let (_, body) = assembly.split_once("\nleaf:\n").unwrap();
    let (body, _) = body.split_once(".cfi_endproc").unwrap();
    let lines = body.lines().map(str::trim);
    let below = lines.filter(|line| line.contains("(%rsp") && line.contains('-'));
    below.map(|line| line.replace('\t', " ")).collect()
}

#[test]
fn the_red_zone_is_free_where_a_barrier_writes() {
    // Without a barrier, the variable is there.
    assert!(!below_the_stack("").is_empty());
    let barrier = "barrier::smp_mb(barrier::Full);";
    let lines = below_the_stack(barrier);
    assert!(
        matches!(lines.as_slice(), [only] if only.contains("addl $0, -4(%rsp)")),
        "{lines:?}"
    );
}
