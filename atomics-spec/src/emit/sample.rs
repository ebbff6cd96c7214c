//! Chooses values for examples that show the effect of an operation.

use crate::interp::{self, Outcome};
use crate::model::FormOf;
use crate::model::op::Form;
use crate::model::ty::{Family, Repr, Type, Width};

/// The sort of values in an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Signed,
    Unsigned,
    Bool,
    Pointer,
}

/// The values of a type, as examples write them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'s> {
    sort: Sort,
    width: Width,
    /// The Rust type; for a pointer, `*const` or `*mut`.
    name: &'s str,
    /// The type that a pointer points to.
    pointee: &'static str,
}

/// A value of the variable, operands, and the outcome.
pub(super) struct Sample {
    /// The variable before the operation.
    pub memory: i64,
    /// The operands.
    pub operands: Vec<i64>,
    /// The outcome, from the reference interpreter.
    pub outcome: Outcome,
}

impl<'s> Values<'s> {
    /// The values of a type.
    pub fn of_type(ty: &'s Type) -> Self {
        let sort = match ty.name.as_str() {
            "bool" => Sort::Bool,
            _ if ty.is_pointer() => Sort::Pointer,
            _ if ty.is_unsigned() => Sort::Unsigned,
            _ => Sort::Signed,
        };
        Self {
            sort,
            width: ty.width(),
            name: &ty.name,
            pointee: "u8",
        }
    }

    /// The values of C's functions on a family.
    pub fn of_family(family: &'s Family) -> Self {
        let (sort, name) = match family.repr {
            Repr::Int(name) => (Sort::Signed, name),
            Repr::Pointer => (Sort::Pointer, "*const"),
        };
        Self {
            sort,
            width: family.width,
            name,
            pointee: "core::ffi::c_void",
        }
    }

    /// The width at which the interpreter computes them.
    fn bits(self) -> u32 {
        match self.width {
            Width::Bits(bits) => bits,
            // Values that fit into 32 bits have the same outcome at 64.
            Width::Pointer => 32,
        }
    }

    /// The import that literals need.
    pub fn import(self) -> Option<&'static str> {
        match (self.sort, self.name) {
            (Sort::Pointer, "*const") => Some("use core::ptr::without_provenance as at;"),
            (Sort::Pointer, _) => Some("use core::ptr::without_provenance_mut as at;"),
            _ => None,
        }
    }

    /// A literal without its type.
    pub fn literal(self, value: i64) -> String {
        match self.sort {
            Sort::Bool => (value != 0).to_string(),
            Sort::Pointer => format!("at({value})"),
            Sort::Signed | Sort::Unsigned => value.to_string(),
        }
    }

    /// A literal with its type.
    pub fn typed_literal(self, value: i64) -> String {
        match self.sort {
            Sort::Bool => (value != 0).to_string(),
            Sort::Pointer => format!("at::<{}>({value})", self.pointee),
            Sort::Signed | Sort::Unsigned => format!("{value}_{}", self.name),
        }
    }

    /// A sample in which the operation stores a new value if `wanted`, else one in which it fails.
    pub fn sample(self, form: &FormOf<'_>, wanted: bool) -> Option<Sample> {
        if !wanted && !form.can_fail() {
            return None;
        }
        let shown = |value: i64| value >= 0 || self.sort == Sort::Signed;
        let count = form.op.operands().count();
        let (memories, choices): (&[i64], &[[i64; 3]]) = match self.sort {
            Sort::Bool => (&[0, 1], &[[1, 0, 1], [0, 1, 0]]),
            _ => (
                &[42, 12, 1, 0, -1],
                &[[10, 3, 5], [12, 7, 9], [1, 0, 2], [42, 43, 44]],
            ),
        };
        for &memory in memories.iter().filter(|m| shown(**m)) {
            for choice in choices {
                let operands: Vec<i64> = choice.iter().copied().cycle().take(count).collect();
                let outcome = interp::run(form, self.bits(), memory, &operands);
                let stored = outcome.stored || !form.can_fail();
                let shows = !wanted || form.form == Form::Load || outcome.memory != memory;
                let written = shown(outcome.memory) && outcome.result.is_none_or(shown);
                if stored == wanted && shows && written {
                    return Some(Sample {
                        memory,
                        operands,
                        outcome,
                    });
                }
            }
        }
        None
    }
}
