//! An object file: its instructions as text, and what its sections and relocations say.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use object::read::elf::ElfFile;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SectionIndex};

use super::isa::Isa;
use crate::setup::Toolchain;

/// A place in a section of an object file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The section's index.
    pub section: usize,
    /// The offset in it.
    pub offset: u64,
}

impl Place {
    /// The place `bytes` further on.
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
    /// The whole mnemonic, with prefixes: `lock xadd`.
    pub mnemonic: String,
    /// The operands, as the disassembler writes them.
    pub operands: Vec<String>,
    /// How many bytes it has.
    pub size: u64,
    /// Where it jumps, if that is in its bytes.
    pub target: Option<Place>,
}

impl Insn {
    /// The instruction as one line.
    pub fn text(&self) -> String {
        let text = format!("{} {}", self.mnemonic, self.operands.join(", "));
        text.trim_end().to_owned()
    }
}

/// What a relocation refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referent {
    /// A place in this file.
    Place(Place),
    /// A symbol of another file.
    Symbol(String),
}

/// An object file that has been read.
#[derive(Debug, Default)]
pub struct Binary {
    /// The instructions.
    pub insns: BTreeMap<Place, Insn>,
    /// The global functions.
    pub functions: HashMap<String, Place>,
    /// What is referred to, by the place of the reference.
    pub references: BTreeMap<Place, Vec<Referent>>,
    /// The contents of sections, by name.
    sections: HashMap<String, (usize, Vec<u8>)>,
}

impl Binary {
    /// Reads and disassembles a file. `options` are for llvm-objdump.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or llvm-objdump fails.
    pub fn read(path: &Path, isa: &Isa, options: &[&str], tools: &Toolchain) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut binary = Self::default();
        let what = || format!("{} is no object file that we know", path.display());
        match object::FileKind::parse(&*bytes).with_context(what)? {
            object::FileKind::Elf64 => {
                let file = ElfFile::<object::elf::FileHeader64<object::Endianness>>::parse(&*bytes);
                binary.load(&file.with_context(what)?)?;
            }
            object::FileKind::Elf32 => {
                let file = ElfFile::<object::elf::FileHeader32<object::Endianness>>::parse(&*bytes);
                binary.load(&file.with_context(what)?)?;
            }
            kind => bail!("{} is a file of kind {kind:?}, no ELF", path.display()),
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
        let text = String::from_utf8(output.stdout).context("llvm-objdump's text is no UTF-8")?;
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
                let place = Place {
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
                    let word = data.get(at..at + 4).context("a relocation is cut off")?;
                    addend += i64::from(i32::from_le_bytes(word.try_into()?));
                }
                let referent = match symbol.section_index() {
                    Some(SectionIndex(section)) => Referent::Place(Place {
                        section,
                        offset: symbol.address().wrapping_add_signed(addend),
                    }),
                    None => Referent::Symbol(symbol.name()?.to_owned()),
                };
                let place = Place {
                    section: index,
                    offset,
                };
                self.references.entry(place).or_default().push(referent);
            }
            self.sections.insert(name, (index, data));
        }
        Ok(())
    }

    /// A file with one function, from the text of a disassembly.
    #[cfg(test)]
    pub fn of_function(name: &str, text: &str, isa: &Isa) -> Result<Self> {
        let mut binary = Self::default();
        let start = Place {
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

    /// What an instruction refers to by relocation.
    pub fn reference(&self, at: Place, size: u64) -> Option<&Referent> {
        let found = self.references.range(at..at.plus(size)).next()?;
        found.1.first()
    }

    fn disassembly(&mut self, text: &str, isa: &Isa) -> Result<()> {
        let mut section = None;
        let mut previous: Option<Place> = None;
        let mut prefix: Option<(Place, String)> = None;
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
            let here = Place { section, offset };
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

    fn set_size(&mut self, previous: Option<Place>, next: Place) {
        if let Some(insn) = previous.and_then(|at| Some((at, self.insns.get_mut(&at)?))) {
            insn.1.size = next.offset - insn.0.offset;
        }
    }

    fn end_section(&mut self, last: Option<Place>) {
        let Some(at) = last else {
            return;
        };
        let sizes = self.sections.values();
        let size = sizes
            .into_iter()
            .find(|(index, _)| *index == at.section)
            .map_or(0, |(_, data)| data.len() as u64);
        self.set_size(last, Place { offset: size, ..at });
    }
}

/// Splits the text of an instruction into mnemonic, with prefixes, and operands.
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
    // PowerPC's loads and stores separate their register by a blank alone.
    if let Some((first, second)) = operands.first().and_then(|o| o.split_once(' '))
        && first.bytes().all(|b| b.is_ascii_digit())
        && !second.starts_with('<')
    {
        let (first, second) = (first.to_owned(), second.trim().to_owned());
        operands.splice(0..1, [first, second]);
    }
    (mnemonic.to_owned(), operands)
}

/// Where an operand such as `0x130 <name+0xc>`, `-24 <name+0x8>` or `0x130` points to, if it is the
/// target of a jump.
fn target(operand: &str, here: Place) -> Option<Place> {
    let number = operand
        .split_once(" <")
        .map_or(operand, |(number, _)| number);
    let offset = match number.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => here.offset.wrapping_add_signed(number.parse().ok()?),
    };
    Some(Place { offset, ..here })
}

/// An operand without the name of the function that it points into.
fn without_symbol(operand: String) -> String {
    match operand.split_once(" <") {
        Some((number, _)) => number.to_owned(),
        None => operand,
    }
}
