//! Reads an object file: its disassembly, sections, functions and relocations.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use object::read::elf::ElfFile;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SectionIndex};

use crate::isa::Isa;
use atomics_tools::Toolchain;

/// A place in a section of an object file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The section's index.
    pub section: usize,
    /// The offset in the section.
    pub offset: u64,
}

impl Address {
    /// The address `bytes` further on.
    pub fn plus(self, bytes: u64) -> Self {
        Self {
            offset: self.offset.wrapping_add(bytes),
            ..self
        }
    }
}

/// An instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insn {
    /// The whole mnemonic, with prefixes, such as `lock xadd`.
    pub mnemonic: String,
    /// The operands, as the disassembler prints them.
    pub operands: Vec<String>,
    /// The size in bytes.
    pub size: u64,
    /// The jump target, if the instruction encodes it.
    pub target: Option<Address>,
}

impl Insn {
    /// The instruction as one line.
    pub fn text(&self) -> String {
        let text = format!("{} {}", self.mnemonic, self.operands.join(", "));
        text.trim_end().to_owned()
    }
}

/// The target of a relocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referent {
    /// A place in this file.
    Inside(Address),
    /// A symbol of another file.
    Elsewhere(String),
}

/// The contents of an object file.
#[derive(Debug, Default)]
pub struct ObjectFile {
    /// The instructions.
    pub insns: BTreeMap<Address, Insn>,
    /// The global functions.
    pub functions: HashMap<String, Address>,
    /// The targets of relocations, by the address of the relocation.
    pub references: BTreeMap<Address, Vec<Referent>>,
    /// The contents of sections, by name.
    sections: HashMap<String, (usize, Vec<u8>)>,
}

impl ObjectFile {
    /// Reads and disassembles a file. `options` are for llvm-objdump.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or llvm-objdump fails.
    pub fn read(path: &Path, isa: &Isa, options: &[&str], tools: &Toolchain) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut binary = Self::default();
        let what = || format!("{} is not a supported object file", path.display());
        match object::FileKind::parse(&*bytes).with_context(what)? {
            object::FileKind::Elf64 => {
                let file = ElfFile::<object::elf::FileHeader64<object::Endianness>>::parse(&*bytes);
                binary.load(&file.with_context(what)?)?;
            }
            object::FileKind::Elf32 => {
                let file = ElfFile::<object::elf::FileHeader32<object::Endianness>>::parse(&*bytes);
                binary.load(&file.with_context(what)?)?;
            }
            kind => bail!(
                "{} is not an ELF file, but of kind {kind:?}",
                path.display()
            ),
        }
        let mut command = tools.command("llvm-objdump");
        command.args(["-d", "--no-show-raw-insn"]);
        let output = command.args(options).arg(path).output();
        let output =
            output.context("cannot start llvm-objdump; `cargo xtask setup` installs it")?;
        ensure!(
            output.status.success(),
            "llvm-objdump {}: {}",
            path.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        let text =
            String::from_utf8(output.stdout).context("llvm-objdump's output is not UTF-8")?;
        binary.disassembly(&text, isa)?;
        Ok(binary)
    }

    fn load<'d, Header>(&mut self, file: &ElfFile<'d, Header>) -> Result<()>
    where
        Header: object::read::elf::FileHeader<Endian = object::Endianness>,
    {
        for symbol in file.symbols() {
            let (Ok(name), Some(index)) = (symbol.name(), symbol.section_index()) else {
                continue;
            };
            if symbol.is_global() {
                let place = Address {
                    section: index.0,
                    offset: symbol.address(),
                };
                self.functions.insert(name.to_owned(), place);
            }
        }
        for section in file.sections() {
            let name = section.name().context("a section has no name")?.to_owned();
            let data = section.data().unwrap_or_default().to_vec();
            let index = section.index().0;
            for (offset, relocation) in section.relocations() {
                let RelocationTarget::Symbol(symbol) = relocation.target() else {
                    continue;
                };
                let symbol = file.symbol_by_index(symbol)?;
                let mut addend = relocation.addend();
                if relocation.has_implicit_addend() {
                    let at = usize::try_from(offset)?;
                    let word = data
                        .get(at..at + 4)
                        .context("a relocation is outside its section")?;
                    addend += i64::from(i32::from_le_bytes(word.try_into()?));
                }
                let referent = match symbol.section_index() {
                    Some(SectionIndex(section)) => Referent::Inside(Address {
                        section,
                        offset: symbol.address().wrapping_add_signed(addend),
                    }),
                    None => Referent::Elsewhere(symbol.name()?.to_owned()),
                };
                let place = Address {
                    section: index,
                    offset,
                };
                self.references.entry(place).or_default().push(referent);
            }
            self.sections.insert(name, (index, data));
        }
        Ok(())
    }

    /// Creates a file with one function from the text of its disassembly.
    pub fn of_function(name: &str, text: &str, isa: &Isa) -> Result<Self> {
        let mut binary = Self::default();
        let start = Address {
            section: 1,
            offset: 0,
        };
        binary.functions.insert(name.into(), start);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let numbered: Vec<String> = lines
            .enumerate()
            .map(|(index, line)| format!("{:x}: {line}", index * 4))
            .collect();
        let section = (1, vec![0; numbered.len() * 4]);
        binary.sections.insert(".text".into(), section);
        let text = format!("Disassembly of section .text:\n{}\n", numbered.join("\n"));
        binary.disassembly(&text, isa)?;
        Ok(binary)
    }

    /// The index and contents of a section.
    pub fn section(&self, name: &str) -> Option<(usize, &[u8])> {
        let (index, data) = self.sections.get(name)?;
        Some((*index, data))
    }

    /// The target of an instruction's relocation, if it has one.
    pub fn reference(&self, at: Address, size: u64) -> Option<&Referent> {
        let found = self.references.range(at..at.plus(size)).next()?;
        found.1.first()
    }

    fn disassembly(&mut self, text: &str, isa: &Isa) -> Result<()> {
        let mut section = None;
        let mut previous: Option<Address> = None;
        let mut prefix: Option<(Address, String)> = None;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("Disassembly of section ") {
                self.end_section(previous.take());
                let name = name.trim_end_matches(':');
                section = self.sections.get(name).map(|(index, _)| *index);
                continue;
            }
            let (Some(section), Some((address, rest))) = (section, line.split_once(':')) else {
                continue;
            };
            let Ok(offset) = u64::from_str_radix(address.trim(), 16) else {
                continue;
            };
            let rest = rest.split(isa.comment.as_str()).next().unwrap_or_default();
            let (mnemonic, operands) = split(rest, &isa.prefixes);
            if mnemonic.is_empty() {
                continue;
            }
            let here = Address { section, offset };
            let at = match &prefix {
                Some((at, _)) => *at,
                None => {
                    self.set_size(previous, here);
                    here
                }
            };
            let mnemonic = match prefix.take() {
                Some((_, prefix)) => format!("{prefix} {mnemonic}"),
                None => mnemonic,
            };
            if operands.is_empty() && isa.prefixes.contains(&mnemonic) {
                previous = None;
                prefix = Some((at, mnemonic));
                continue;
            }
            let target = operands.last().and_then(|last| target(last, here));
            let insn = Insn {
                mnemonic,
                operands: operands.into_iter().map(without_symbol).collect(),
                size: 0,
                target,
            };
            self.insns.insert(at, insn);
            previous = Some(at);
        }
        self.end_section(previous);
        Ok(())
    }

    fn set_size(&mut self, previous: Option<Address>, next: Address) {
        if let Some(insn) = previous.and_then(|at| Some((at, self.insns.get_mut(&at)?))) {
            insn.1.size = next.offset - insn.0.offset;
        }
    }

    fn end_section(&mut self, last: Option<Address>) {
        let Some(at) = last else {
            return;
        };
        let sizes = self.sections.values();
        let size = sizes
            .into_iter()
            .find(|(index, _)| *index == at.section)
            .map_or(0, |(_, data)| data.len() as u64);
        self.set_size(last, Address { offset: size, ..at });
    }
}

/// Splits the text of an instruction into the mnemonic, with prefixes, and the operands.
fn split(text: &str, prefixes: &[String]) -> (String, Vec<String>) {
    let text = text.trim();
    let (mnemonic, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if !rest.is_empty() && prefixes.iter().any(|prefix| prefix == mnemonic) {
        let (stem, operands) = split(rest, prefixes);
        return (format!("{mnemonic} {stem}"), operands);
    }
    let mut operands = Vec::new();
    let mut depth = 0_i32;
    let mut operand = String::new();
    for c in rest.trim().chars() {
        match c {
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => depth -= 1,
            ',' if depth == 0 => {
                operands.push(std::mem::take(&mut operand).trim().to_owned());
                continue;
            }
            _ => {}
        }
        operand.push(c);
    }
    if !operand.trim().is_empty() {
        operands.push(operand.trim().to_owned());
    }
    // llvm-objdump prints a space instead of a comma after the register of a PowerPC load or store.
    if let Some((first, second)) = operands.first().and_then(|o| o.split_once(' '))
        && first.bytes().all(|b| b.is_ascii_digit())
        && !second.starts_with('<')
    {
        let (first, second) = (first.to_owned(), second.trim().to_owned());
        operands.splice(0..1, [first, second]);
    }
    (mnemonic.to_owned(), operands)
}

/// Parses a jump target such as `0x130 <name+0xc>`, `-24 <name+0x8>` or `0x130`. An absolute number
/// is in hexadecimal, a relative one in decimal.
fn target(operand: &str, here: Address) -> Option<Address> {
    let number = operand
        .split_once(" <")
        .map_or(operand, |(number, _)| number);
    let offset = match number.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => here.offset.wrapping_add_signed(number.parse().ok()?),
    };
    Some(Address { offset, ..here })
}

/// Removes the symbol after a jump target.
fn without_symbol(operand: String) -> String {
    match operand.split_once(" <") {
        Some((number, _)) => number.to_owned(),
        None => operand,
    }
}
