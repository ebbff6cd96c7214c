//! The types of shared variables, in Rust and in C.

use syn::{GenericArgument, PathArguments, Type};

/// An integer type, or `bool`.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Rust's name.
    pub rust: &'static str,
    /// C's type of its values. What is narrower than an `int` in Rust is one in C.
    pub c: &'static str,
    /// C's type of variables with arithmetic.
    pub atomic: &'static str,
    /// The table's name of the family of operations.
    pub family: &'static str,
    /// Its width where pointers have 64 bits.
    pub bits: u32,
}

impl Kind {
    /// Whether it has no negative numbers, and wraps where the model's numbers do.
    pub fn is_unsigned(&self) -> bool {
        self.bits >= 32 && self.rust.starts_with('u')
    }
}

const fn kind(rust: &'static str, c: &'static str, bits: u32) -> Kind {
    let (atomic, family) = match (bits, rust.len()) {
        (64, 5) => ("atomic_long_t", "atomic_long"),
        (64, _) => ("atomic64_t", "atomic64"),
        _ => ("atomic_t", "atomic"),
    };
    Kind {
        rust,
        c,
        atomic,
        family,
        bits,
    }
}

/// All kinds.
const KINDS: [Kind; 11] = [
    kind("bool", "int", 1),
    kind("i8", "int", 8),
    kind("u8", "int", 8),
    kind("i16", "int", 16),
    kind("u16", "int", 16),
    kind("i32", "int", 32),
    kind("u32", "u32", 32),
    kind("i64", "s64", 64),
    kind("u64", "u64", 64),
    kind("isize", "long", 64),
    kind("usize", "unsigned long", 64),
];

/// The kind with Rust's name.
pub fn named(rust: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.rust == rust)
}

/// `bool`.
pub fn boolean() -> &'static Kind {
    &KINDS[0]
}

/// `i32`.
pub fn int() -> &'static Kind {
    &KINDS[5]
}

/// What a shared variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// A number or a truth.
    Int(&'static Kind),
    /// The address of a shared variable with numbers.
    Pointer(&'static Kind),
}

impl Element {
    /// C's type of its values.
    pub fn c(self) -> String {
        match self {
            Self::Int(kind) => kind.c.into(),
            Self::Pointer(kind) => format!("{} *", kind.c),
        }
    }

    /// What a variable of this type holds: `i32` for `Atomic<i32>`.
    ///
    /// # Errors
    ///
    /// If it is not the type of a variable that the model has.
    pub fn of(ty: &Type) -> syn::Result<Self> {
        let help = "a shared variable is an `Atomic<T>`, with `T` an integer, `bool`, or a pointer \
                    such as `*const Atomic<i32>`";
        let wrong = || syn::Error::new_spanned(ty, help);
        let Type::Path(path) = ty else {
            return Err(wrong());
        };
        let last = path.path.segments.last().ok_or_else(wrong)?;
        if last.ident == "AtomicFlag" {
            return Ok(Self::Int(boolean()));
        }
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return Err(wrong());
        };
        let inner = match arguments.args.first() {
            Some(GenericArgument::Type(inner)) if last.ident == "Atomic" => inner,
            _ => return Err(wrong()),
        };
        match inner {
            Type::Path(path) => {
                let name = path.path.require_ident().map_err(|_| wrong())?;
                Ok(Self::Int(named(&name.to_string()).ok_or_else(wrong)?))
            }
            Type::Ptr(pointer) => match Self::of(&pointer.elem)? {
                Self::Int(kind) => Ok(Self::Pointer(kind)),
                Self::Pointer(_) => Err(wrong()),
            },
            _ => Err(wrong()),
        }
    }
}
