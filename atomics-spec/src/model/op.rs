//! Operations: their forms, their orderings and their arguments.

use std::collections::HashSet;

/// A memory ordering of the LKMM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ordering {
    /// As if `smp_mb()` stood before and after.
    Full,
    /// The load is ordered before all later accesses.
    Acquire,
    /// The store is ordered after all earlier accesses.
    Release,
    /// Not ordered, except by dependencies.
    Relaxed,
}

impl Ordering {
    /// All orderings, in the order in which the kernel lists the variants of an operation.
    pub const ALL: [Self; 4] = [Self::Full, Self::Acquire, Self::Release, Self::Relaxed];

    /// The name of its Rust type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "Full",
            Self::Acquire => "Acquire",
            Self::Release => "Release",
            Self::Relaxed => "Relaxed",
        }
    }
}

/// One form of an operation: a letter of the column `meta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// `v`: returns nothing and is not ordered.
    Void,
    /// `l`: returns the value and stores nothing.
    Load,
    /// `s`: stores and returns nothing.
    Store,
    /// `R`: returns the new value.
    Return,
    /// `F` or `f`: returns the old value.
    Fetch(Strength),
    /// `I` or `i`: returns a value.
    Value(Strength),
    /// `B` or `b`: returns true or false.
    Truth(Strength),
}

/// Whether a form exists in all orderings or only fully ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// In all orderings: an upper-case letter.
    Any,
    /// Only fully ordered: a lower-case letter.
    Full,
}

impl Form {
    /// The orderings of the form, in the order in which the kernel lists them.
    pub fn orderings(self) -> &'static [Ordering] {
        use Ordering::{Acquire, Full, Relaxed, Release};
        match self {
            Self::Void => &[Relaxed],
            Self::Load => &[Relaxed, Acquire],
            Self::Store => &[Relaxed, Release],
            Self::Fetch(Strength::Full)
            | Self::Value(Strength::Full)
            | Self::Truth(Strength::Full) => &[Full],
            Self::Return | Self::Fetch(_) | Self::Value(_) | Self::Truth(_) => {
                &[Full, Acquire, Release, Relaxed]
            }
        }
    }

    /// The ordering of the C function whose name has no ordering suffix.
    pub fn unmarked(self) -> Ordering {
        match self {
            Self::Void | Self::Load | Self::Store => Ordering::Relaxed,
            _ => Ordering::Full,
        }
    }
}

/// The kind of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// `v` or `cv`: the atomic variable.
    Variable {
        /// `cv`: C declares it const.
        constant: bool,
    },
    /// `i`: a value.
    Value,
    /// `p`: a pointer to a value.
    Pointer,
}

/// An argument of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Its kind.
    pub kind: ArgKind,
    /// Its name in C and in expressions.
    pub name: String,
}

/// A row of the table: an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// Its name.
    pub name: String,
    /// Its forms, in the order of the letters.
    pub forms: Vec<Form>,
    /// Its arguments, in the order of the C prototype.
    pub args: Vec<Arg>,
}

impl Op {
    /// The name of the argument that is the atomic variable.
    pub fn variable(&self) -> &str {
        let is_variable = |a: &&Arg| matches!(a.kind, ArgKind::Variable { .. });
        self.args.iter().find(is_variable).map_or("v", |a| &a.name)
    }

    /// Whether C declares the variable const.
    pub fn is_const(&self) -> bool {
        self.args
            .iter()
            .any(|a| a.kind == ArgKind::Variable { constant: true })
    }

    /// The arguments that are not the atomic variable.
    pub fn operands(&self) -> impl Iterator<Item = &Arg> {
        self.args
            .iter()
            .filter(|a| !matches!(a.kind, ArgKind::Variable { .. }))
    }

    /// The argument that is a pointer to a value, if it has one.
    pub fn pointer(&self) -> Option<&Arg> {
        self.args.iter().find(|a| a.kind == ArgKind::Pointer)
    }
}

/// The names of those of `ops` that have a `try_` twin among them, which returns whether it stored.
/// The typed layer then offers the twin instead.
pub(crate) fn twinned<'o>(ops: impl Iterator<Item = &'o Op>) -> HashSet<&'o str> {
    let with_pointer = ops.filter(|op| op.pointer().is_some());
    with_pointer
        .filter_map(|op| op.name.strip_prefix("try_"))
        .collect()
}
