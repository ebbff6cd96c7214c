//! Groups of functions, for tables and plots that a person reads.

use crate::run::Kind;
use crate::timing::Mode;

/// A group of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Operations that load or store, alone.
    LoadsAndStores,
    /// Operations that load and store in one access, whatever they find.
    Locked,
    /// Operations that do nothing under a condition.
    Conditional,
    /// Loops over an array.
    Arrays,
    /// Fields and statics.
    Fields,
    /// Reference counts, locks, bits and lists.
    Counts,
    /// A ring, a message, and a sequence counter.
    Rings,
}

/// Functions that go over an array.
const ARRAYS: [&str; 4] = ["sum_array", "clear_array", "raise_array", "count_array"];
/// The beginnings of the names of conditional operations.
const CONDITIONAL: [&str; 7] = [
    "add_unless",
    "fetch_add_unless",
    "inc_not_zero",
    "inc_unless_negative",
    "dec_unless_positive",
    "dec_if_positive",
    "try_cmpxchg",
];
/// The beginnings of the names of functions that hand something over.
const RINGS: [&str; 6] = [
    "ring",
    "publish",
    "consume",
    "poll",
    "read_seq",
    "write_seq",
];
/// The beginnings of the names of functions with locked operations.
const COUNTS: [&str; 18] = [
    "get_",
    "put_",
    "try_down",
    "lock_",
    "spin_",
    "test_and",
    "set_and",
    "exchange",
    "advance",
    "push_to",
    "take_",
    "next_",
    "indexed_add",
    "static_count",
    "wide_count",
    "add_to_fields",
    "raise_maximum",
    "store_then_load",
];

impl Group {
    /// All, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::LoadsAndStores,
        Self::Locked,
        Self::Conditional,
        Self::Fields,
        Self::Arrays,
        Self::Rings,
        Self::Counts,
    ];

    /// The group of a function.
    pub fn of(name: &str, kind: Kind) -> Self {
        let starts = |list: &[&str]| list.iter().any(|start| name.starts_with(start));
        match kind {
            Kind::Operation => {
                let bare = name.strip_prefix("wide_").unwrap_or(name);
                match bare {
                    _ if bare.starts_with("load") || bare.starts_with("store") => {
                        Self::LoadsAndStores
                    }
                    _ if CONDITIONAL.iter().any(|start| bare.starts_with(start)) => {
                        Self::Conditional
                    }
                    _ => Self::Locked,
                }
            }
            Kind::Realistic if ARRAYS.contains(&name) => Self::Arrays,
            Kind::Realistic if starts(&RINGS) => Self::Rings,
            Kind::Realistic if starts(&COUNTS) => Self::Counts,
            Kind::Realistic => Self::Fields,
        }
    }

    /// What it is.
    pub fn title(self) -> &'static str {
        match self {
            Self::LoadsAndStores => "loads and stores in a loop",
            Self::Locked => "locked operations in a loop",
            Self::Conditional => "conditional operations in a loop",
            Self::Arrays => "loops over an array",
            Self::Fields => "fields, statics, constants",
            Self::Counts => "reference counts, locks, bits, lists",
            Self::Rings => "rings, messages, sequence counters",
        }
    }

    /// What it is in a mode.
    pub fn title_in(self, mode: Mode) -> String {
        match mode {
            Mode::Alone => self.title().to_owned(),
            Mode::Word => format!("{}, two threads on one variable", self.short()),
            Mode::Line => format!("{}, two threads on one line", self.short()),
        }
    }

    fn short(self) -> &'static str {
        let title = self.title();
        title.strip_suffix(" in a loop").unwrap_or(title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_in_groups() {
        for (name, kind, group) in [
            ("wide_load_relaxed", Kind::Operation, Group::LoadsAndStores),
            ("wide_inc_not_zero", Kind::Operation, Group::Conditional),
            ("fetch_add_full", Kind::Operation, Group::Locked),
            ("sum_array", Kind::Realistic, Group::Arrays),
            ("four_field_loads", Kind::Realistic, Group::Fields),
            ("ring_push", Kind::Realistic, Group::Rings),
            ("put_reference", Kind::Realistic, Group::Counts),
        ] {
            assert_eq!(Group::of(name, kind), group, "{name}");
        }
    }
}
