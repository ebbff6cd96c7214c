//! Counts the calls of helpers in a kernel's compiled Rust code.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use atomics_spec::emit::layout::CHECKERS;
use atomics_tools::Toolchain;

use super::base::Base;
use super::config;
use super::machine::Machine;
use super::progress::Log;

/// The prefix of the names of the helpers for atomic operations.
const HELPER: &str = "rust_helper_atomic";

/// The counts from the disassembly.
#[derive(Debug, Default, PartialEq, Eq)]
struct Calls {
    /// The number of object files that rustc made.
    pub objects: usize,
    /// The number of instructions in them.
    pub instructions: usize,
    /// The number of references to a helper for an atomic operation.
    pub helpers: usize,
    /// The number of places that the kernel patches when it boots.
    pub alternatives: usize,
}

/// Disassembles the object files `objects`, and checks that they call helpers exactly if they should.
///
/// # Errors
///
/// If they do not, or the disassembler fails.
pub fn judge(base: &Base<'_>, objects: &[PathBuf], log: &mut Log) -> Result<String> {
    let objdump = base.settings.compiler.objdump(base.machine);
    let list = match base.machine {
        Machine::Um => None,
        Machine::Booted(target, _) => target.kernel.format.list(),
    };
    let dir = base.folders.build.display();
    ensure!(!objects.is_empty(), "rustc made no object files in {dir}");
    let calls = count(objects, objdump, list, base.tools, log)?;
    ensure!(
        calls.instructions > 0,
        "{objdump} found no instructions in {dir}"
    );
    let mut found = format!(
        "{} references to rust_helper_atomic* in {} objects with {} instructions",
        calls.helpers, calls.objects, calls.instructions
    );
    if let Some((section, _)) = list {
        found += &format!(", {} entries in {section}", calls.alternatives);
    }
    let config = base.config()?;
    let is_on = |option: &str| config::has(&config, &format!("{option}=y"));
    let instrumented = CHECKERS.into_iter().any(is_on);
    let file = format!("backend/{}.rs", base.machine.instructions());
    let inline = base.dropin.files().iter().any(|f| f.path.ends_with(&file));
    // A backend that follows a choice at boot includes what the build makes of C headers.
    let mut files = base.dropin.files().iter();
    let chooses = files.any(|f| f.path.ends_with(&file) && f.contents.contains("generated_"));
    ensure!(
        !chooses || instrumented || calls.alternatives > 0,
        "{found}, but the kernel chooses instructions when it boots"
    );
    let none = (inline && !instrumented) || is_on("CONFIG_RUST_INLINE_HELPERS");
    ensure!(
        none == (calls.helpers == 0),
        "{found}, but {} expected",
        if none { "none were" } else { "some were" }
    );
    Ok(found)
}

/// Disassembles object files, and counts. `list` is the section that lists alternatives, and the size
/// of an entry.
fn count(
    objects: &[PathBuf],
    objdump: &str,
    list: Option<(&str, usize)>,
    tools: &Toolchain,
    log: &mut Log,
) -> Result<Calls> {
    let mut calls = Calls::default();
    for object in objects {
        let mut command = tools.command(objdump);
        command.args(["--section-headers", "--disassemble", "--reloc"]);
        let text = log.run(command.arg(object))?;
        calls.objects += 1;
        calls.instructions += text.lines().filter(|line| is_instruction(line)).count();
        calls.helpers += references(&text);
        if let Some((section, entry)) = list {
            calls.alternatives += size(&text, section) / entry;
        }
    }
    Ok(calls)
}

/// The object files that rustc made below the folder `dir`, sorted.
///
/// # Errors
///
/// If a folder cannot be read.
pub fn objects(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut objects = Vec::new();
    find(dir, &mut objects)?;
    objects.sort();
    Ok(objects)
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

/// The size of the sections of this name, by the section headers: number, name, size, and more.
fn size(text: &str, section: &str) -> usize {
    let size = |line: &str| {
        let mut words = line.split_whitespace();
        let is_header = words.next()?.bytes().all(|b| b.is_ascii_digit());
        let is_it = is_header && words.next()? == section;
        usize::from_str_radix(words.next()?, 16)
            .ok()
            .filter(|_| is_it)
    };
    text.lines().filter_map(size).sum()
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
        assert_eq!((instructions(gnu), instructions(llvm)), (2, 2));
    }

    fn instructions(text: &str) -> usize {
        text.lines().filter(|line| is_instruction(line)).count()
    }

    /// A call is counted in the disassembly of every architecture.
    #[test]
    fn counts_calls_on_every_architecture() {
        let arm64 = "
       8: 94000000     \tbl\t0x8 <f+0x8>
\t\t0000000000000008:  R_AARCH64_CALL26\trust_helper_atomic_inc
      10: 90000000     \tadrp\tx0, 0x0 <f>
\t\t0000000000000010:  R_AARCH64_ADR_PREL_PG_HI21\trust_helper_atomic64_set
";
        let riscv64 = "
       8: 00000097     \tauipc\tra, 0x0
\t\t0000000000000008:  R_RISCV_CALL_PLT\trust_helper_atomic_inc
       c: 000080e7     \tjalr\tra <f+0x8>
      10: 8082         \tret
";
        let loongarch64 = "
       8: 54000000     \tbl\t0 <f+0x8>
\t\t0000000000000008:  R_LARCH_B26\trust_helper_atomic_i16_add
";
        let powerpc64le = "
       8: 01 00 00 48  \tbl\t0x8 <f+0x8>
\t\t0000000000000008:  R_PPC64_REL24\trust_helper_atomic_long_read
";
        let arm = "
       8: ebfffffe     \tbl\t0x8 <f+0x8>          @ imm = #-0x8
\t\t\t00000008:  R_ARM_CALL\trust_helper_atomic_read
";
        let s390x = "
       8: c0 e5 00 00 00 00    \tbrasl\t%r14, 0x8 <f+0x8>
\t\t000000000000000a:  R_390_PLT32DBL\trust_helper_atomic_add+0x2
";
        for (text, calls, insns) in [
            (arm64, 2, 2),
            (riscv64, 1, 3),
            (loongarch64, 1, 1),
            (powerpc64le, 1, 1),
            (arm, 1, 1),
            (s390x, 1, 1),
        ] {
            assert_eq!(
                (references(text), instructions(text)),
                (calls, insns),
                "{text}"
            );
        }
    }

    #[test]
    fn sizes_of_sections() {
        let llvm = "
Sections:
Idx Name                   Size     VMA              Type
  0                        00000000 0000000000000000
  1 .text                  00000024 0000000000000000 TEXT
  2 .altinstructions       00000018 0000000000000000 DATA
  3 .rela.altinstructions  00000060 0000000000000000
";
        let gnu = "
Idx Name          Size      VMA               LMA               File off  Algn
  2 .altinstructions 0000001c  0000000000000000  0000000000000000  00000064  2**0
                  CONTENTS, ALLOC, LOAD, RELOC, READONLY, DATA
  3 .altinstructions 0000000e  0000000000000000  0000000000000000  00000064  2**0
";
        assert_eq!(size(llvm, ".altinstructions"), 24);
        assert_eq!(size(gnu, ".altinstructions"), 42);
        assert_eq!(size(llvm, ".alternative"), 0);
        assert_eq!((instructions(llvm), instructions(gnu)), (0, 0));
    }
}
