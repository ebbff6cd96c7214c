//! Classes of operations, families of C functions, and the Rust types that have them.

/// What the typed methods of a class take as an argument, and what they require of the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A value of the type, which is stored as it is.
    Stored,
    /// A value that `AtomicAdd` converts to a difference.
    Delta,
    /// A value of the type, from which the class computes other values.
    Value,
}

/// A group of operations that a type has or lacks as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// What its methods take.
    pub operand: Operand,
    /// Its name in documentation.
    pub title: String,
}

/// The width of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// This number of bits.
    Bits(u32),
    /// As wide as a pointer.
    Pointer,
}

/// The Rust type behind a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repr {
    /// A signed integer type, by its name.
    Int(&'static str),
    /// `*const c_void`.
    Pointer,
}

impl Repr {
    /// The integer types that a family may have.
    pub(crate) const INTS: [&'static str; 5] = ["i8", "i16", "i32", "i64", "isize"];

    /// The C types of its width and signedness on every architecture with a 64-bit `long`, and in a
    /// kernel on every architecture.
    pub(crate) fn c_values(self) -> &'static [&'static str] {
        match self {
            Self::Int("i8") => &["s8", "signed char", "int8_t"],
            Self::Int("i16") => &["s16", "short", "int16_t"],
            Self::Int("i32") => &["s32", "int", "int32_t"],
            Self::Int("i64") => &["s64", "long long", "int64_t"],
            Self::Int(_) => &["long"],
            Self::Pointer => &["const void *"],
        }
    }

    /// The Rust type, for a module that imports `c_void`.
    pub fn rust(self) -> &'static str {
        match self {
            Self::Int(name) => name,
            Self::Pointer => "*const c_void",
        }
    }
}

/// A set of C functions with one prefix, and the Rust type that they work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// The prefix of its C names.
    pub name: String,
    /// The Rust type of its values.
    pub repr: Repr,
    /// The width of its values.
    pub width: Width,
    /// The C structure around a value; `None` if the variable is a plain value, in which case C
    /// has no functions with the family's name.
    pub c_object: Option<String>,
    /// The C type of its values.
    pub c_value: String,
    /// The classes that its types have, in the order of the table.
    pub classes: Vec<usize>,
}

impl Family {
    /// The width of its values where pointers have `pointer` bits.
    pub fn bits(&self, pointer: u32) -> u32 {
        match self.width {
            Width::Bits(bits) => bits,
            Width::Pointer => pointer,
        }
    }
}

/// A Rust type that `Atomic<T>` can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// `u32`, `*const` and so on.
    pub name: String,
    /// The index of its family.
    pub family: usize,
    /// The indices of its classes.
    pub classes: Vec<usize>,
}

impl Type {
    /// The integer types that `types.tbl` may name, with their widths.
    pub(crate) const INTS: [(&'static str, Width); 10] = [
        ("i8", Width::Bits(8)),
        ("i16", Width::Bits(16)),
        ("i32", Width::Bits(32)),
        ("i64", Width::Bits(64)),
        ("isize", Width::Pointer),
        ("u8", Width::Bits(8)),
        ("u16", Width::Bits(16)),
        ("u32", Width::Bits(32)),
        ("u64", Width::Bits(64)),
        ("usize", Width::Pointer),
    ];

    /// The width of its values.
    pub fn width(&self) -> Width {
        match Self::INTS.iter().find(|(name, _)| *name == self.name) {
            Some((_, width)) => *width,
            None if self.name == "bool" => Width::Bits(8),
            None => Width::Pointer,
        }
    }

    /// Whether it is a raw pointer.
    pub fn is_pointer(&self) -> bool {
        self.name.starts_with('*')
    }

    /// Whether it is an integer.
    pub fn is_integer(&self) -> bool {
        Self::INTS.iter().any(|(name, _)| *name == self.name)
    }

    /// Whether its values can be negative.
    pub fn is_signed(&self) -> bool {
        self.is_integer() && !self.is_unsigned()
    }

    /// Whether it is an unsigned integer.
    pub fn is_unsigned(&self) -> bool {
        self.is_integer() && self.name.starts_with('u')
    }
}

/// All classes, families and types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Types {
    /// All classes.
    pub classes: Vec<Class>,
    /// All families.
    pub families: Vec<Family>,
    /// All types.
    pub types: Vec<Type>,
}

impl Types {
    /// Gives classes to a family.
    pub(crate) fn give(&mut self, family: usize, classes: &[usize]) {
        let family = &mut self.families[family].classes;
        family.extend(classes);
        family.sort_unstable();
        family.dedup();
    }

    /// Whether a word is part of the C types of a family.
    pub(crate) fn is_c_word(&self, word: &str) -> bool {
        let words = |text: &str| text.split([' ', '*']).any(|w| w == word);
        self.families
            .iter()
            .any(|f| words(&f.c_value) || f.c_object.as_deref().is_some_and(words))
    }
}
