//! Reads the alternatives of an object file: code that a kernel patches when it boots, and its
//! replacement.

use anyhow::{Context, Result, bail, ensure};

use crate::object::{Address, Insn, ObjectFile, Referent};

/// Which alternatives a kernel has applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patched {
    /// None.
    None,
    /// All.
    All,
    /// Those for these CPU features, by the kernel's numbers.
    Only(&'static [u32]),
}

/// The format in which an object file lists its alternatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.altinstructions` of arm64: a replacement, or a function that writes nops.
    Arm64,
    /// `.alternative` of RISC-V.
    Riscv,
    /// `__lwsync_fixup` of PowerPC: `isync` becomes `lwsync`.
    Lwsync,
    /// `.altinstructions` of s390.
    S390,
    /// `.altinstructions` of x86.
    X86,
    /// The architecture has no alternatives that affect atomics.
    None,
}

/// The replacement of patched instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Instructions at another place: their start and end.
    Code(Address, Address),
    /// No instructions.
    Nops,
    /// One instruction.
    Insn(Box<Insn>),
}

/// One alternative: a place that is patched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The start of the patched code.
    pub start: Address,
    /// The end of the patched code.
    pub end: Address,
    /// The replacement.
    pub with: Replacement,
    /// The CPU feature that it depends on, if the format stores that as one number.
    pub feature: Option<u32>,
}

/// The layout of an entry. Offsets are in bytes from its start.
struct Layout {
    section: &'static str,
    stride: usize,
    replacement: usize,
    /// Offset and width of the fields with the lengths of the patched code and the replacement.
    lengths: [(usize, usize); 2],
}

impl Format {
    /// The section that lists the alternatives, and the size of an entry in bytes. None if the
    /// architecture has no such list.
    pub fn list(self) -> Option<(&'static str, usize)> {
        let layout = self.layout()?;
        Some((layout.section, layout.stride))
    }

    fn layout(self) -> Option<Layout> {
        Some(match self {
            Self::None => return None,
            Self::Arm64 => Layout {
                section: ".altinstructions",
                stride: 12,
                replacement: 4,
                lengths: [(10, 1), (11, 1)],
            },
            Self::Riscv => Layout {
                section: ".alternative",
                stride: 16,
                replacement: 4,
                lengths: [(10, 2), (10, 2)],
            },
            Self::Lwsync => Layout {
                section: "__lwsync_fixup",
                stride: 8,
                replacement: 0,
                lengths: [(0, 0), (0, 0)],
            },
            Self::S390 => Layout {
                section: ".altinstructions",
                stride: 13,
                replacement: 4,
                lengths: [(12, 1), (12, 1)],
            },
            Self::X86 => Layout {
                section: ".altinstructions",
                stride: 14,
                replacement: 4,
                lengths: [(12, 1), (13, 1)],
            },
        })
    }
}

/// Reads the alternatives that a kernel has applied.
///
/// # Errors
///
/// If an entry does not have the expected format.
pub fn read(binary: &ObjectFile, format: Format, patched: Patched) -> Result<Vec<Alternative>> {
    let mut all = read_all(binary, format)?;
    all.retain(|alternative| match patched {
        Patched::None => false,
        Patched::All => true,
        Patched::Only(features) => alternative.feature.is_some_and(|f| features.contains(&f)),
    });
    Ok(all)
}

fn read_all(binary: &ObjectFile, format: Format) -> Result<Vec<Alternative>> {
    let Some(layout) = format.layout() else {
        return Ok(Vec::new());
    };
    let Some((section, data)) = binary.section(layout.section) else {
        return Ok(Vec::new());
    };
    ensure!(
        data.len() % layout.stride == 0,
        "{} has {} bytes, which is not a multiple of {}: this kernel uses another format",
        layout.section,
        data.len(),
        layout.stride
    );
    let entries = data.chunks_exact(layout.stride).enumerate();
    entries
        .map(|(index, entry)| {
            let at = Address {
                section,
                offset: (index * layout.stride) as u64,
            };
            alternative(binary, format, &layout, at, entry)
                .with_context(|| format!("entry {index} of {}", layout.section))
        })
        .collect()
}

fn alternative(
    binary: &ObjectFile,
    format: Format,
    layout: &Layout,
    at: Address,
    entry: &[u8],
) -> Result<Alternative> {
    let referent = |offset: usize| {
        let all = binary.references.get(&at.plus(offset as u64));
        all.and_then(|all| all.first())
            .context("an address in the entry has no relocation")
    };
    let Referent::Inside(start) = referent(0)? else {
        bail!("the patched code is in another file");
    };
    let start = *start;
    if format == Format::Lwsync {
        let old = binary
            .insns
            .get(&start)
            .context("there is no instruction at the patched place")?;
        ensure!(
            old.mnemonic == "isync",
            "the patched instruction is `{}`, not `isync`",
            old.text()
        );
        return Ok(Alternative {
            start,
            end: start.plus(old.size),
            with: Replacement::Insn(Box::new(Insn {
                mnemonic: "lwsync".into(),
                operands: Vec::new(),
                size: old.size,
                target: None,
            })),
            feature: None,
        });
    }
    let field = |offset: usize, width: usize| {
        let bytes = entry[offset..offset + width].iter().rev();
        bytes.fold(0, |all, byte| (all << 8) | u64::from(*byte))
    };
    let [old, new] = layout.lengths.map(|(offset, width)| field(offset, width));
    let feature = match format {
        Format::Riscv => Some(u32::try_from(field(12, 4))?),
        _ => None,
    };
    let with = match referent(layout.replacement)? {
        Referent::Inside(_) if new == 0 => Replacement::Nops,
        Referent::Inside(place) => Replacement::Code(*place, place.plus(new)),
        Referent::Elsewhere(name) if name == "alt_cb_patch_nops" => Replacement::Nops,
        Referent::Elsewhere(name) => bail!("it is patched by the unknown function `{name}`"),
    };
    Ok(Alternative {
        start,
        end: start.plus(old),
        with,
        feature,
    })
}
