//! `arch/*.tbl`: how one architecture, or C, carries out variants and barriers.

use std::collections::BTreeMap;

mod parse;

pub(crate) use parse::parse;

/// What templates are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Instructions, for `asm!`.
    Asm,
    /// C expressions.
    C,
}

/// How operands of one width are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// The width in bits.
    pub bits: u32,
    /// The register class of `asm!`.
    pub class: String,
    /// The modifier of a register operand, or none.
    pub modifier: Option<String>,
    /// The memory operand.
    pub memory: String,
}

/// Where the result of a template is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// There is none.
    #[default]
    Nowhere,
    /// In a register of its own.
    Fresh,
    /// In the register of an argument.
    Arg(String),
}

/// One instruction or C expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The text, with operands in braces.
    pub text: String,
    /// What it does, in plain words.
    pub meaning: String,
}

/// How one variant is carried out at some widths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// The widths in bits.
    pub bits: Vec<u32>,
    /// Where the result is.
    pub result: Place,
    /// Arguments in fixed registers: argument and register.
    pub fixed: Vec<(String, String)>,
    /// The condition code that is the result.
    pub condition: Option<String>,
    /// Whether the condition codes are left alone.
    pub keeps_flags: bool,
    /// The instructions, or the C expression.
    pub lines: Vec<Line>,
}

/// The fences that [`Arch::fence`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fence {
    /// After a relaxed RMW, to make it an acquire.
    Acquire,
    /// Before a relaxed RMW, to make it a release.
    Release,
    /// Before a relaxed RMW, to make it fully ordered.
    FullBefore,
    /// After a relaxed RMW, to make it fully ordered.
    FullAfter,
}

impl Fence {
    const ALL: [(&'static str, Fence); 4] = [
        ("acquire", Fence::Acquire),
        ("release", Fence::Release),
        ("full_before", Fence::FullBefore),
        ("full_after", Fence::FullAfter),
    ];

    /// The barrier that stands for the fence where the table has no row for it.
    fn barrier(self) -> &'static str {
        match self {
            Fence::Acquire | Fence::FullAfter => "smp_mb__after_atomic",
            Fence::Release | Fence::FullBefore => "smp_mb__before_atomic",
        }
    }
}

/// The barriers that every table has, in the order in which they are generated.
pub const BARRIERS: [&str; 11] = [
    "mb",
    "rmb",
    "wmb",
    "dma_mb",
    "dma_rmb",
    "dma_wmb",
    "smp_mb",
    "smp_rmb",
    "smp_wmb",
    "smp_mb__before_atomic",
    "smp_mb__after_atomic",
];

/// A parsed table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arch {
    /// Its name; for instructions, Rust's `target_arch`.
    pub name: String,
    /// What templates are written in.
    pub lang: Lang,
    /// The width of a pointer.
    pub width: u32,
    /// Whether instructions clobber condition codes unless a template says otherwise.
    pub flags: bool,
    /// How to jump on a condition.
    pub branch: Option<String>,
    /// How to turn a condition into 0 or 1.
    pub setcc: Option<String>,
    /// C headers to include.
    pub includes: Vec<String>,
    /// Whether a kernel may have the instructions as they stand, in line: not where it chooses
    /// between two sets of them when it boots.
    pub kernel: bool,
    /// Whether `smp_store_mb()` is an `xchg`, rather than a store and `smp_mb()`.
    pub store_mb_is_xchg: bool,
    sizes: Vec<Size>,
    registers: Vec<(String, Vec<(u32, String)>)>,
    templates: BTreeMap<String, Vec<Template>>,
    barriers: BTreeMap<String, Vec<Line>>,
    fences: BTreeMap<Fence, Vec<Line>>,
}

impl Arch {
    /// The template of a variant, by its name without family, at a width.
    pub fn template(&self, variant: &str, bits: u32) -> Option<&Template> {
        self.templates
            .get(variant)?
            .iter()
            .find(|t| t.bits.contains(&bits))
    }

    /// How operands of `bits` width are written.
    pub fn size(&self, bits: u32) -> Option<&Size> {
        self.sizes.iter().find(|s| s.bits == bits)
    }

    /// The name of a fixed register at a width.
    pub fn register(&self, name: &str, bits: u32) -> Option<&str> {
        let (_, names) = self.registers.iter().find(|(n, _)| n == name)?;
        names
            .iter()
            .find(|(b, _)| *b == bits)
            .map(|(_, text)| text.as_str())
    }

    /// The fixed registers.
    pub fn registers(&self) -> impl Iterator<Item = &str> {
        self.registers.iter().map(|(name, _)| name.as_str())
    }

    /// The lines of a barrier; none if it only stops the compiler.
    pub fn barrier(&self, name: &str) -> &[Line] {
        self.barriers.get(name).map_or(&[], Vec::as_slice)
    }

    /// The lines of a fence; none if it only stops the compiler.
    pub fn fence(&self, fence: Fence) -> &[Line] {
        match self.fences.get(&fence) {
            Some(lines) => lines,
            None => self.barrier(fence.barrier()),
        }
    }
}
