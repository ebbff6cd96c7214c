//! The compiler does not extend a result again whose row says what is above it in its register.

#![cfg(target_arch = "x86_64")]

use std::fs;

use atomics_spec::emit::layout::Backend;
use atomics_spec::emit::module_tree;
use atomics_spec::{Source, Spec, Tables};
use atomics_tests::rustc;

const TABLE: &str = "x86_64.tbl";

const FUNCTIONS: &str = "
#[unsafe(no_mangle)]
pub fn load(v: &Atomic<u32>) -> u64 {
    v.load(Relaxed).into()
}

#[unsafe(no_mangle)]
pub fn add_unless(v: &Atomic<i32>) -> u64 {
    v.fetch_add_unless(1, 0, Full).cast_unsigned().into()
}
";

/// The table of x86_64, where instructions with operands of 32 bits leave zeros above a result.
fn filled(table: &str) -> String {
    let mut filled = table.to_owned();
    for (row, other, filling) in [
        (
            "op          read            8,16,32,64      >r,",
            "8,16,64",
            ">r:zeros,",
        ),
        (
            "op          fetch_add_unless                8,16,32,64      >r@ax,",
            "8,16,64",
            ">r:zeros@ax,",
        ),
    ] {
        let (before, rest) = filled
            .split_once(row)
            .unwrap_or_else(|| panic!("no row `{row}`"));
        let (operands, rest) = rest.split_once('\n').unwrap();
        let (code, rest) = rest.split_once("\n\n").unwrap();
        let name = row.split_whitespace().nth(1).unwrap();
        let binding = row.split_whitespace().nth(3).unwrap();
        filled = format!(
            "{before}op {name} {other} {binding}{operands}\n{code}\n\n\
             op {name} 32 {filling}{operands}\n{code}\n\n{rest}"
        );
    }
    filled
}

/// The instructions of the functions, compiled with a table of x86_64.
fn compile(table: &str) -> [Vec<String>; 2] {
    let mut tables = Tables::builtin();
    for arch in &mut tables.archs {
        if arch.name.ends_with(TABLE) {
            *arch = Source::new(arch.name, table);
        }
    }
    let spec = Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    let text = module_tree(&spec, &Backend::Asm, None, None).unwrap_or_else(|e| panic!("{e}"));
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("lib.rs");
    fs::write(&source, format!("{text}\n{FUNCTIONS}")).unwrap();
    let mut command = rustc::compiler();
    command.args(["--edition=2024", "--crate-type=lib", "-O", "--emit=asm"]);
    command.args(["-Adead_code", "--crate-name=filled", "--out-dir"]);
    let output = command.arg(folder.path()).arg(source).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let assembly = fs::read_to_string(folder.path().join("filled.s")).unwrap();
    ["load", "add_unless"].map(|name| {
        let (_, body) = assembly.split_once(&format!("\n{name}:\n")).unwrap();
        let (body, _) = body.split_once(".cfi_endproc").unwrap();
        let lines = body.lines().map(str::trim);
        let code = lines.filter(|line| !line.starts_with(['.', '#']));
        code.map(|line| line.replace('\t', " ")).collect()
    })
}

#[test]
fn a_filled_result_is_not_extended() {
    let builtin = Tables::builtin();
    let mut archs = builtin.archs.iter();
    let table = archs.find(|arch| arch.name.ends_with(TABLE)).unwrap();
    let table = std::str::from_utf8(table.bytes).unwrap();
    let extends = |code: &[String]| code.iter().any(|line| line == "movl %eax, %eax");
    let (plain, filled) = (compile(table), compile(&filled(table)));
    for (plain, filled) in plain.iter().zip(&filled) {
        assert!(extends(plain), "{plain:?}");
        assert!(!extends(filled), "{filled:?}");
        assert_eq!(filled.len() + 1, plain.len(), "{plain:?} {filled:?}");
    }
}
