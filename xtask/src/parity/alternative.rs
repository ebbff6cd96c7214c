//! Code that a kernel patches when it boots: where it is, and what takes its place.

use anyhow::{Context, Result, bail, ensure};

use super::binary::{Binary, Insn, Place, Referent};
use super::machine::Patched;

/// How the places to patch are listed in an object file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.altinstructions` of arm64: a replacement, or a function that makes nops.
    Arm64,
    /// `.alternative` of RISC-V.
    Riscv,
    /// `__lwsync_fixup` of PowerPC: `isync` becomes `lwsync`.
    Lwsync,
    /// `.altinstructions` of s390.
    S390,
    /// `.altinstructions` of x86.
    X86,
    /// Nothing is patched that a table of the architecture could speak of.
    None,
}

/// What takes the place of patched instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Instructions elsewhere, and where they end.
    Code(Place, Place),
    /// Nothing.
    Nops,
    /// One instruction.
    Insn(Box<Insn>),
}

/// A place that is patched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// Where it begins.
    pub start: Place,
    /// Where it ends.
    pub end: Place,
    /// What takes its place.
    pub with: Replacement,
    /// The feature of the CPU that it is for, where the format has that in one number.
    pub feature: Option<u32>,
}

/// Where the fields of an entry are: bytes from its begin.
struct Layout {
    section: &'static str,
    stride: usize,
    replacement: usize,
    /// The length of what is patched, and of what takes its place; fields and their widths.
    lengths: [(usize, usize); 2],
}

impl Format {
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

/// Reads all places that are patched on a branch.
///
/// # Errors
///
/// If an entry is not of the form that is expected.
pub fn read(binary: &Binary, format: Format, patched: Patched) -> Result<Vec<Alternative>> {
    let mut all = read_all(binary, format)?;
    all.retain(|alternative| match patched {
        Patched::None => false,
        Patched::All => true,
        Patched::Only(features) => alternative.feature.is_some_and(|f| features.contains(&f)),
    });
    Ok(all)
}

fn read_all(binary: &Binary, format: Format) -> Result<Vec<Alternative>> {
    let Some(layout) = format.layout() else {
        return Ok(Vec::new());
    };
    let Some((section, data)) = binary.section(layout.section) else {
        return Ok(Vec::new());
    };
    ensure!(
        data.len() % layout.stride == 0,
        "{} has {} bytes, which are no entries of {} bytes: this kernel has another format",
        layout.section,
        data.len(),
        layout.stride
    );
    let entries = data.chunks_exact(layout.stride).enumerate();
    entries
        .map(|(index, entry)| {
            let at = Place {
                section,
                offset: (index * layout.stride) as u64,
            };
            alternative(binary, format, &layout, at, entry)
                .with_context(|| format!("entry {index} of {}", layout.section))
        })
        .collect()
}

fn alternative(
    binary: &Binary,
    format: Format,
    layout: &Layout,
    at: Place,
    entry: &[u8],
) -> Result<Alternative> {
    let referent = |offset: usize| {
        let all = binary.references.get(&at.plus(offset as u64));
        all.and_then(|all| all.first())
            .context("there is no relocation where a place is meant")
    };
    let Referent::Place(start) = referent(0)? else {
        bail!("what is patched is in another file");
    };
    let start = *start;
    if format == Format::Lwsync {
        let old = binary
            .insns
            .get(&start)
            .context("no instruction is there")?;
        ensure!(old.mnemonic == "isync", "`{}` is patched", old.text());
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
        Referent::Place(_) if new == 0 => Replacement::Nops,
        Referent::Place(place) => Replacement::Code(*place, place.plus(new)),
        Referent::Symbol(name) if name == "alt_cb_patch_nops" => Replacement::Nops,
        Referent::Symbol(name) => bail!("a function `{name}` patches it, which we do not know"),
    };
    Ok(Alternative {
        start,
        end: start.plus(old),
        with,
        feature,
    })
}
