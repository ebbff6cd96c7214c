//! The types of variables and values, in C and in Rust.

use atomics_spec::Spec;
use atomics_spec::model::ty::Repr;

use crate::lang::ast;

/// A type that variables and values have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// An integer.
    Int(Int),
    /// The address of a shared variable.
    Pointer(Box<Type>),
}

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int {
    /// Rust's name.
    pub rust: &'static str,
    /// Its width where pointers have 64 bits.
    pub bits: u32,
    /// Its width where pointers have 32 bits.
    pub bits32: u32,
}

/// C's `int`, the type of comparisons and of number literals.
pub const INT: Int = Int {
    rust: "i32",
    bits: 32,
    bits32: 32,
};

/// The type of a number literal that does not fit into an `int`.
pub const WIDE: Int = Int {
    rust: "i64",
    bits: 64,
    bits32: 64,
};

/// C's `long`, which is as wide as a pointer.
pub const WORD: Int = Int {
    rust: "isize",
    bits: 64,
    bits32: 32,
};

/// Further C names of the types in the tables.
const SYNONYMS: [(&str, &str); 10] = [
    ("s32", "int"),
    ("int32_t", "int"),
    ("int64_t", "s64"),
    ("intptr_t", "long"),
    ("ssize_t", "long"),
    ("signed", "int"),
    ("signed int", "int"),
    ("long int", "long"),
    ("long long", "s64"),
    ("long long int", "s64"),
];

/// The unsigned types, with the signed C types of the same width, and Rust's names.
const UNSIGNED: [(&str, &str, &str); 9] = [
    ("u32", "int", "u32"),
    ("uint32_t", "int", "u32"),
    ("unsigned", "int", "u32"),
    ("unsigned int", "int", "u32"),
    ("u64", "s64", "u64"),
    ("uint64_t", "s64", "u64"),
    ("unsigned long", "long", "usize"),
    ("uintptr_t", "long", "usize"),
    ("size_t", "long", "usize"),
];

impl Int {
    /// Whether its values are never negative.
    pub fn is_unsigned(self) -> bool {
        self.rust.starts_with('u')
    }

    /// Whether it is as wide as a pointer on every machine, so that it can hold an address.
    pub fn holds_addresses(self) -> bool {
        (self.bits, self.bits32) == (64, 32)
    }
}

impl Type {
    /// The type of a C type; `None` for types that cannot be checked on machine code: types of 8
    /// and 16 bits, locks.
    pub fn of(spec: &Spec, ty: &ast::Type) -> Option<Self> {
        let name = match ty {
            ast::Type::Pointer(to) => return Some(Self::Pointer(Box::new(Self::of(spec, to)?))),
            ast::Type::Named(name) => name.as_str(),
        };
        if let Some((_, signed, rust)) = UNSIGNED.iter().find(|(other, ..)| *other == name) {
            let signed = ast::Type::Named((*signed).into());
            let Self::Int(int) = Self::of(spec, &signed)? else {
                return None;
            };
            return Some(Self::Int(Int { rust, ..int }));
        }
        let synonym = SYNONYMS.iter().find(|(other, _)| *other == name);
        let name = synonym.map_or(name, |(_, name)| name);
        let mut families = spec.types.families.iter();
        let family = families.find(|f| f.c_object.as_deref() == Some(name) || f.c_value == name)?;
        let Repr::Int(rust) = family.repr else {
            return None;
        };
        let int = Int {
            rust,
            bits: family.bits(64),
            bits32: family.bits(32),
        };
        (int.bits >= 32).then_some(Self::Int(int))
    }

    /// The Rust type.
    pub fn rust(&self) -> String {
        match self {
            Self::Int(int) => int.rust.into(),
            Self::Pointer(to) => format!("*mut {}", to.rust()),
        }
    }

    /// Whether a variable of this type is as wide as one of the other on every machine.
    pub fn is_as_wide_as(&self, other: &Self) -> bool {
        [32, 64]
            .iter()
            .all(|bits| self.bits(*bits) == other.bits(*bits))
    }

    /// Its width on a machine whose pointers have `pointer` bits.
    pub fn bits(&self, pointer: u32) -> u32 {
        match self {
            Self::Int(int) if pointer == 64 => int.bits,
            Self::Int(int) => int.bits32,
            Self::Pointer(_) => pointer,
        }
    }
}
