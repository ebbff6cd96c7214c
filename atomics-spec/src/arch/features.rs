//! CPU features that templates and barriers can require.

/// A set of CPU features, by their index in [`Arch::features`](super::Arch::features).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Features(u8);

impl Features {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// This set with one more feature.
    pub fn with(self, index: usize) -> Self {
        Self(self.0 | 1 << index)
    }

    /// Whether the set contains a feature.
    pub fn has(self, index: usize) -> bool {
        self.0 >> index & 1 != 0
    }

    /// Whether the set is a subset of `others`.
    pub fn are_in(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// The number of features in the set.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// All subsets of the first `count` features, from the empty set on.
    pub(super) fn subsets(count: usize) -> impl Iterator<Item = Self> + use<> {
        (0..1_u16 << count).map(|bits| Self(bits as u8))
    }
}

/// A CPU feature: instructions that only some CPUs have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name in the table.
    pub name: String,
    /// Rust's `target_feature` for it.
    pub target: String,
    /// The macro of `std` that detects it at run time, if there is one.
    pub detect: Option<String>,
    /// The directive that enables its instructions in the assembler, if one is necessary.
    pub directive: Option<String>,
    /// How a kernel knows it, if the table says so. Otherwise, a kernel does not use it.
    pub kernel: Option<KernelFeature>,
}

/// How a kernel knows whether the CPU has a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelFeature {
    /// The kernel's option without which it never uses the feature.
    pub option: String,
    /// The `cfg` predicate of the kernels whose Rust compiler knows the instructions, if these are
    /// not all.
    pub assembler: Option<String>,
    /// The sequence that tells, for a kernel that decides at boot. Without one, the option implies
    /// the feature.
    pub sequence: Option<Sequence>,
}

/// Assembly of C headers that jumps, or not, as the kernel decides when it boots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The headers that define it.
    pub headers: Vec<String>,
    /// Its text in C, with the label in braces.
    pub text: String,
    /// Whether a jump says that the CPU has the feature.
    pub jumps_if_yes: bool,
}

impl Sequence {
    /// The label for the CPU that has the feature, and the one for the CPU that has not. A sequence
    /// has one of them.
    pub(super) const LABELS: [&str; 2] = ["l_yes", "l_no"];

    /// The label that it jumps to.
    pub fn label(&self) -> &'static str {
        Self::LABELS[usize::from(!self.jumps_if_yes)]
    }
}
