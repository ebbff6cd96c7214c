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

/// Further C names of the types in the tables.
const SYNONYMS: [(&str, &str); 6] = [
    ("s32", "int"),
    ("signed", "int"),
    ("signed int", "int"),
    ("long int", "long"),
    ("long long", "s64"),
    ("long long int", "s64"),
];

impl Type {
    /// The type of a C type; `None` for types that cannot be checked on machine code: unsigned
    /// types, types of 8 and 16 bits, locks.
    pub fn of(spec: &Spec, ty: &ast::Type) -> Option<Self> {
        let name = match ty {
            ast::Type::Pointer(to) => return Some(Self::Pointer(Box::new(Self::of(spec, to)?))),
            ast::Type::Named(name) => name.as_str(),
        };
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

    /// Its width on a machine whose pointers have `pointer` bits.
    pub fn bits(&self, pointer: u32) -> u32 {
        match self {
            Self::Int(int) if pointer == 64 => int.bits,
            Self::Int(int) => int.bits32,
            Self::Pointer(_) => pointer,
        }
    }
}
