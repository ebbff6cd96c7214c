//! Counts the calls of helpers in a kernel's compiled Rust code.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::progress::Log;
use atomics_tools::Toolchain;

/// The prefix of the names of the helpers for atomic operations.
const HELPER: &str = "rust_helper_atomic";

/// The counts from the disassembly.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The number of object files that rustc made.
    pub objects: usize,
    /// The number of instructions in them.
    pub instructions: usize,
    /// The number of references to a helper for an atomic operation.
    pub helpers: usize,
}

/// Disassembles the object files that rustc made in the build folder `build`, and counts.
///
/// # Errors
///
/// If there is nothing to disassemble, or the disassembler fails.
pub fn count(build: &Path, objdump: &str, tools: &Toolchain, log: &mut Log) -> Result<Calls> {
    let mut objects = Vec::new();
    find(build, &mut objects)?;
    objects.sort();
    let mut calls = Calls::default();
    for object in objects {
        let mut command = tools.command(objdump);
        command.current_dir(build);
        let text = log.run(command.args(["--disassemble", "--reloc"]).arg(&object))?;
        calls.objects += 1;
        calls.instructions += text.lines().filter(|line| is_instruction(line)).count();
        calls.helpers += references(&text);
    }
    let dir = build.display();
    ensure!(calls.objects > 0, "rustc made no object files in {dir}");
    ensure!(
        calls.instructions > 0,
        "{objdump} found no instructions in {dir}"
    );
    Ok(calls)
}

/// Counts the relocations in a disassembly that refer to a helper.
fn references(text: &str) -> usize {
    // A relocation's line contains its type and the symbol: `R_X86_64_PLT32  rust_helper_...-0x4`.
    let is_relocation = |line: &&str| {
        let mut words = line.split_whitespace();
        words.any(|word| word.starts_with("R_")) && words.any(|symbol| symbol.starts_with(HELPER))
    };
    text.lines().filter(is_relocation).count()
}

/// Adds the objects below `dir` that rustc made. kbuild stores the command line beside each object.
fn find(dir: &Path, objects: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            find(&path, objects)?;
        } else if path.extension().is_some_and(|end| end == "o") {
            let name = entry.file_name();
            let note = dir.join(format!(".{}.cmd", name.to_string_lossy()));
            let made = fs::read_to_string(note).unwrap_or_default();
            let line = made.lines().next().unwrap_or_default();
            let by_rust = |word: &str| word.ends_with("rustc") || word.ends_with("clippy-driver");
            if line.split_whitespace().any(by_rust) {
                objects.push(path);
            }
        }
    }
    Ok(())
}

/// Whether a line of a disassembly is an instruction: an address, a colon, and hex bytes.
fn is_instruction(line: &str) -> bool {
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    let (address, rest) = line.split_once(':').unwrap_or_default();
    is_hex(address.trim_start()) && rest.split_whitespace().next().is_some_and(is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_in_the_output_of_both_disassemblers() {
        let gnu = "
   4:	e8 00 00 00 00       	call   9 <f+0x9>
			5: R_X86_64_PLT32	rust_helper_atomic_fetch_add-0x4
   9:	e8 00 00 00 00       	call   e <f+0xe>
			a: R_X86_64_PLT32	rust_helper_refcount_inc-0x4
";
        let llvm = "
       4: e8 00 00 00 00               	callq	0x9 <f+0x9>
		0000000000000005:  R_X86_64_PLT32	rust_helper_atomic64_read-0x4
      24: 94000000     	bl	0x24 <f+0x24>
		0000000000000024:  R_AARCH64_CALL26	rust_helper_atomic_i8_set
0000000000000000 <rust_helper_atomic_read>:
";
        assert_eq!(references(gnu), 1);
        assert_eq!(references(llvm), 2);
        assert_eq!(references(""), 0);
        let instructions = |text: &str| text.lines().filter(|l| is_instruction(l)).count();
        assert_eq!((instructions(gnu), instructions(llvm)), (2, 2));
    }
}
