//! A parsed table: what `arch/*.tbl` says of one architecture, or of C.

use std::collections::BTreeMap;

use super::features::{Feature, Features};
use super::template::{CodeLine, Fill, Template, Truth};

/// The language of the templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Instructions, for `asm!`.
    Asm,
    /// C expressions.
    C,
}

/// The register class in a row `size` for values that take two registers of half their width.
pub const PAIR: &str = "pair";

/// How operands of one width are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// The width in bits.
    pub bits: u32,
    /// The register class of `asm!`.
    pub class: String,
    /// The operand modifier, or none.
    pub modifier: Option<String>,
    /// The memory operand, with the address `{v}`.
    pub memory: String,
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
    /// All fences, with their names in a table.
    pub(super) const ALL: [(&'static str, Fence); 4] = [
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

    /// The barrier that is used if the table has no row for the fence.
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

/// Whether a barrier also orders accesses of devices, for which C has no fences.
pub fn reaches_devices(barrier: &str) -> bool {
    !barrier.starts_with("smp_")
}

/// The instructions of a barrier or a fence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Barrier {
    /// The instructions, or the C expression. There are none if it only restrains the compiler.
    pub lines: Vec<CodeLine>,
    /// Whether they access the stack, other than through an address that `asm!` passes.
    pub uses_stack: bool,
}

/// A parsed table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arch {
    /// Its name. For instructions, this is Rust's `target_arch`.
    pub name: String,
    /// The condition of C's preprocessor for it, if that is not a macro `__NAME__`.
    pub c_condition: Option<String>,
    /// The language of its templates.
    pub lang: Lang,
    /// Whether its instructions have AT&T syntax, on an architecture where `asm!` also has another.
    pub att_syntax: bool,
    /// The width of a pointer.
    pub width: u32,
    /// The byte order that its templates rely on, as a value of Rust's `target_endian`.
    pub endian: Option<String>,
    /// Whether templates clobber the condition codes unless they say otherwise.
    pub clobbers_flags: bool,
    /// The register that holds the condition codes, if `asm!` has a name for it.
    pub flags_register: Option<String>,
    /// The register class of addresses.
    pub address: String,
    /// The CPU features that templates can require.
    pub features: Vec<Feature>,
    /// The instruction that sets a register to 0 or 1 on a condition.
    pub setcc: Option<String>,
    /// C headers to include.
    pub includes: Vec<String>,
    /// Whether the kernel can use the instructions inline.
    pub kernel: bool,
    /// The `cfg` predicate of the kernels for all of whose CPUs they are right, if these are not all.
    pub kernel_condition: Option<String>,
    /// The directive that enables the instructions in the assembler of a kernel, if one is necessary.
    pub kernel_directive: Option<String>,
    /// Whether `smp_store_mb()` is an `xchg` instead of a store and `smp_mb()`.
    pub store_mb_is_xchg: bool,
    pub(super) sizes: Vec<Size>,
    pub(super) registers: Vec<(String, Vec<(u32, String)>)>,
    pub(super) templates: BTreeMap<String, Vec<Template>>,
    pub(super) barriers: BTreeMap<String, Vec<(Features, Barrier)>>,
    pub(super) fences: BTreeMap<Fence, Barrier>,
}

impl Arch {
    /// A table without rows.
    pub(super) fn empty() -> Self {
        Self {
            name: String::new(),
            c_condition: None,
            lang: Lang::Asm,
            att_syntax: false,
            width: 0,
            endian: None,
            clobbers_flags: true,
            flags_register: None,
            address: "reg".into(),
            features: Vec::new(),
            setcc: None,
            includes: Vec::new(),
            kernel: false,
            kernel_condition: None,
            kernel_directive: None,
            store_mb_is_xchg: false,
            sizes: Vec::new(),
            registers: Vec::new(),
            templates: BTreeMap::new(),
            barriers: BTreeMap::new(),
            fences: BTreeMap::new(),
        }
    }

    /// The template of a variant at a width on a CPU with `features`. `variant` is a name without
    /// the family's prefix. Of several templates that the CPU can execute, this is the one that
    /// requires the most features.
    pub fn template(&self, variant: &str, bits: u32, features: Features) -> Option<&Template> {
        let all = self.templates.get(variant)?.iter();
        all.filter(|t| t.bits.contains(&bits) && t.needs.are_in(features))
            .max_by_key(|t| t.needs.count())
    }

    /// What the instructions leave in the register of a result above a value of a width, if a
    /// template says it.
    pub fn result_fill(&self, bits: u32) -> Option<Fill> {
        let all = self.templates.values().flatten();
        let mut of_width = all.filter(|template| template.bits.contains(&bits));
        of_width.find_map(|template| {
            let mut filled = template.filled.iter();
            filled.find_map(|(name, fill)| (name == "r").then_some(*fill))
        })
    }

    /// Whether a template returns false only by a jump out of `asm!`.
    pub fn needs_labels(&self) -> bool {
        let mut all = self.templates.values().flatten();
        all.any(|template| template.truth == Some(Truth::End))
    }

    /// Whether there is a template of a variant, at some width and for some CPU.
    pub(crate) fn has_template(&self, variant: &str) -> bool {
        self.templates.contains_key(variant)
    }

    /// All sets of features, from none to all.
    pub fn feature_sets(&self) -> impl Iterator<Item = Features> + use<> {
        Features::subsets(self.features.len())
    }

    /// The `cfg` predicate of the targets that the table is for.
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

    /// The `cfg` predicate of those of its targets whose CPUs have the instructions. An architecture
    /// can have CPUs without atomic ones; the compiler says so of a target, by the widths that
    /// `core::sync::atomic` has.
    pub fn served(&self) -> String {
        let widest = self.sizes.iter().map(|size| size.bits).max();
        let widest = widest.unwrap_or(self.width);
        let own = self.cfg();
        let own = own.trim_end_matches(')');
        format!("{own}, target_has_atomic = \"{widest}\")")
    }

    /// The condition of C's preprocessor for the architecture.
    pub fn c_condition(&self) -> String {
        let own = self.c_condition.clone();
        own.unwrap_or_else(|| format!("defined(__{}__)", self.name))
    }

    /// The names of a set of features.
    pub fn feature_names(&self, features: Features) -> Vec<&str> {
        let names = self.features.iter().enumerate();
        names
            .filter(|(index, _)| features.has(*index))
            .map(|(_, feature)| feature.name.as_str())
            .collect()
    }

    /// Whether values of `bits` width take two registers.
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

    /// The implementation of a barrier that runs on every CPU. Every table has one.
    pub fn barrier(&self, name: &str) -> Option<&Barrier> {
        let mut all = self.barrier_choices(name);
        all.find(|(needs, _)| *needs == Features::NONE)
            .map(|(_, barrier)| barrier)
    }

    /// The implementations of a barrier with the features that they require: the one that requires
    /// the most first, the one for every CPU last.
    pub fn barrier_choices(&self, name: &str) -> impl Iterator<Item = (Features, &Barrier)> {
        let mut all: Vec<_> = self.barriers.get(name).into_iter().flatten().collect();
        all.sort_by_key(|(needs, _)| std::cmp::Reverse(needs.count()));
        all.into_iter().map(|(needs, barrier)| (*needs, barrier))
    }

    /// The implementation of a fence: its own, or that of a barrier.
    pub fn fence(&self, fence: Fence) -> Option<&Barrier> {
        let own = self.fences.get(&fence);
        own.or_else(|| self.barrier(fence.barrier()))
    }
}
