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

/// The class in a row `size` of values that take two registers of half their width.
pub const PAIR: &str = "pair";

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

/// What fills a register beyond the bits of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Zeros, up to the width of a pointer.
    Zero,
    /// Copies of the sign bit, up to the width of a pointer.
    Sign,
    /// Zeros on both sides, where the argument is a part of the containing word.
    Zeros,
    /// Ones on both sides, where the argument is a part of the containing word.
    Ones,
}

/// A register that a template needs for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scratch {
    /// What the template calls it.
    pub name: String,
    /// The width of what it holds, where that is not the width of the variable.
    pub bits: Option<u32>,
}

/// How one variant is carried out at some widths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// The widths in bits.
    pub bits: Vec<u32>,
    /// The features of the CPU that it needs, as indices of [`Arch::features`].
    pub needs: Features,
    /// Where the result is.
    pub result: Place,
    /// Operands in fixed registers: operand and register. The operand is an argument, a scratch
    /// register, or `r` for a result in a register of its own.
    pub fixed: Vec<(String, String)>,
    /// What fills the registers of arguments beyond their bits.
    pub filled: Vec<(String, Fill)>,
    /// Arguments that are in memory, so that their register has an address.
    pub memory: Vec<String>,
    /// Registers that it needs for itself.
    pub scratch: Vec<Scratch>,
    /// Whether it works on the aligned word of 32 bits around the variable, and if so, what its
    /// operands are filled with beyond 32 bits.
    pub word: Option<Option<Fill>>,
    /// Whether no register of an output is that of an input, even if there is but one instruction.
    pub apart: bool,
    /// The condition code that is the result.
    pub condition: Option<String>,
    /// Whether the condition codes are left alone.
    pub keeps_flags: bool,
    /// The instructions, or the C expression.
    pub lines: Vec<Line>,
}

impl Template {
    /// Whether it starts again where somebody else was quicker: whether it jumps back to a label
    /// of its own.
    pub fn is_loop(&self) -> bool {
        let is_back = |word: &str| {
            let label = word.strip_suffix('b').unwrap_or("");
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit())
        };
        let mut lines = self.lines.iter();
        lines.any(|line| line.text.split([' ', ',']).any(is_back))
    }
}

/// A set of features of a CPU, by their index in [`Arch::features`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Features(u8);

impl Features {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// These and one more.
    pub fn with(self, index: usize) -> Self {
        Self(self.0 | 1 << index)
    }

    /// Whether one is among them.
    pub fn has(self, index: usize) -> bool {
        self.0 >> index & 1 != 0
    }

    /// Whether all of these are among `others`.
    pub fn are_in(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// How many they are.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }
}

/// Instructions that only some CPUs have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// What the table calls it.
    pub name: String,
    /// Rust's `target_feature` for it.
    pub target: String,
    /// The macro of `std` that asks the CPU for it, if there is one.
    pub detect: Option<String>,
    /// What tells the assembler about its instructions, if it must be told.
    pub directive: Option<String>,
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

    /// Its name in a table.
    pub fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(_, fence)| *fence == self);
        known.map_or("", |(name, _)| name)
    }

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
    /// The order of bytes that templates rely on, as Rust's `target_endian` has it.
    pub endian: Option<String>,
    /// Whether instructions clobber condition codes unless a template says otherwise.
    pub flags: bool,
    /// The register of the condition codes, where `asm!` takes it for one like any other.
    pub flags_register: Option<String>,
    /// The register class of addresses.
    pub address: String,
    /// The features that templates can need.
    pub features: Vec<Feature>,
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
    barriers: BTreeMap<String, Vec<(Features, Vec<Line>)>>,
    fences: BTreeMap<Fence, Vec<Line>>,
}

impl Arch {
    /// The template of a variant, by its name without family, at a width, on a CPU with
    /// `features`: of those that it can carry out, the one that needs most of them.
    pub fn template(&self, variant: &str, bits: u32, features: Features) -> Option<&Template> {
        let all = self.templates.get(variant)?.iter();
        all.filter(|t| t.bits.contains(&bits) && t.needs.are_in(features))
            .max_by_key(|t| t.needs.count())
    }

    /// All sets of features, from none to all.
    pub fn feature_sets(&self) -> impl Iterator<Item = Features> + use<> {
        (0..1_u16 << self.features.len()).map(|bits| Features(bits as u8))
    }

    /// The `cfg` of the targets that the table is for.
    pub fn cfg(&self) -> String {
        let mut all = vec![
            format!("target_arch = \"{}\"", self.name),
            format!("target_pointer_width = \"{}\"", self.width),
        ];
        all.extend(
            self.endian
                .iter()
                .map(|e| format!("target_endian = \"{e}\"")),
        );
        format!("all({})", all.join(", "))
    }

    /// The names of a set of features.
    pub fn feature_names(&self, features: Features) -> Vec<&str> {
        let names = self.features.iter().enumerate();
        names
            .filter(|(index, _)| features.has(*index))
            .map(|(_, feature)| feature.name.as_str())
            .collect()
    }

    /// Whether values of `bits` width are in two registers.
    pub fn is_pair(&self, bits: u32) -> bool {
        self.size(bits).is_some_and(|s| s.class == PAIR)
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

    /// The lines of a barrier on all CPUs; none if it only stops the compiler.
    pub fn barrier(&self, name: &str) -> &[Line] {
        let mut all = self.barrier_choices(name);
        all.find(|(needs, _)| *needs == Features::NONE)
            .map_or(&[], |(_, lines)| lines)
    }

    /// The lines of a barrier, with the features that they need: first those that need most, and
    /// at the end those for all CPUs.
    pub fn barrier_choices(&self, name: &str) -> impl Iterator<Item = (Features, &[Line])> {
        let mut all: Vec<_> = self.barriers.get(name).into_iter().flatten().collect();
        all.sort_by_key(|(needs, _)| std::cmp::Reverse(needs.count()));
        all.into_iter()
            .map(|(needs, lines)| (*needs, lines.as_slice()))
    }

    /// The lines of a fence; none if it only stops the compiler.
    pub fn fence(&self, fence: Fence) -> &[Line] {
        match self.fences.get(&fence) {
            Some(lines) => lines,
            None => self.barrier(fence.barrier()),
        }
    }
}
