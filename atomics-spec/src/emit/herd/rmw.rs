//! Maps a form to one of herd7's read-modify-write operations.

use crate::expr::{Binary, Expr, Unary};
use crate::model::FormOf;

/// A read-modify-write operation of herd7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rmw {
    /// Always stores `old OPERATOR operand`.
    Update(Update),
    /// Always stores a value that does not depend on the old one.
    Exchange(Expr),
    /// Stores `new` if it finds `old`.
    CompareExchange {
        /// The value that it must find.
        old: Expr,
        /// The value that it then stores.
        new: Expr,
    },
    /// Adds unless it finds `unless`.
    AddUnless {
        /// The number that it adds.
        addend: Expr,
        /// The value that it must not find.
        unless: Expr,
    },
}

/// The computation of the new value from the old one: `old OPERATOR operand`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Update {
    /// `+ - & | ^`.
    operator: Binary,
    operand: Expr,
}

impl Update {
    /// herd7's operator, and its operand. herd7 has a separate operator, `&~`, to clear bits.
    pub fn parts(&self) -> (&'static str, Expr) {
        match (self.operator, &self.operand) {
            (Binary::And, Expr::Unary(Unary::Not, mask)) => ("&~", (**mask).clone()),
            (operator, operand) => (operator.symbol(), operand.clone()),
        }
    }

    /// The number that it adds, if it adds.
    fn addend(self) -> Option<Expr> {
        match self.operator {
            Binary::Add => Some(self.operand),
            Binary::Sub => Some(binary(Binary::Sub, Expr::Num(0), self.operand)),
            _ => None,
        }
    }

    /// The update of the variable `v` that `value` computes. It is one only if `v` occurs once, and
    /// all operators around it amount to one operator of herd7 with one operand.
    fn of(value: &Expr, v: &str) -> Option<Self> {
        match value {
            Expr::Var(name) if name == v => Some(Self {
                operator: Binary::Add,
                operand: Expr::Num(0),
            }),
            Expr::Unary(Unary::Not, inner) => {
                Self::of(inner, v)?.then(Binary::Xor, Expr::Num(-1), inner, v)
            }
            Expr::Binary(operator, a, b) => match (a.mentions(v), b.mentions(v), operator) {
                (true, false, _) => Self::of(a, v)?.then(*operator, (**b).clone(), a, v),
                (false, true, Binary::Sub) => None,
                (false, true, _) => Self::of(b, v)?.then(*operator, (**a).clone(), b, v),
                _ => None,
            },
            _ => None,
        }
    }

    /// This update followed by `operator operand`, if both amount to a single one. `before` is the
    /// value of this update, in terms of `v`.
    fn then(self, operator: Binary, operand: Expr, before: &Expr, v: &str) -> Option<Self> {
        use Binary::{Add, And, Or, Sub, Xor};
        if *before == Expr::var(v) {
            return Some(Self { operator, operand });
        }
        let joined = match (self.operator, operator) {
            (And, And) | (Or, Or) | (Xor, Xor) | (Add, Add | Sub) => operator,
            // Subtracting two numbers subtracts their sum.
            (Sub, Sub) => Add,
            (Sub, Add) => Sub,
            _ => return None,
        };
        Some(Self {
            operator: self.operator,
            operand: binary(joined, self.operand, operand),
        })
    }
}

impl Rmw {
    /// The operation that implements a form; else, the reason why herd7 has none.
    pub fn of(form: &FormOf<'_>) -> Result<Self, String> {
        let v = form.op.variable();
        if let Some(pointer) = form.op.pointer() {
            return Err(format!(
                "it writes the value found through `{}`, which no operation of herd7 does in the \
                 LKMM",
                pointer.name
            ));
        }
        let Some(new) = &form.meaning.new else {
            return Err("it never stores, but all read-modify-write operations of herd7 do".into());
        };
        let update = || Update::of(new, v);
        let Some(fails) = &form.meaning.fails else {
            if !new.mentions(v) {
                return Ok(Self::Exchange(new.clone()));
            }
            let none = || format!("herd7 has no operation that stores `{new}`");
            return update().map(Self::Update).ok_or_else(none);
        };
        let test = OneValue::of(&form.meaning.expand(fails), v);
        let Some(OneValue { equal, value }) = test else {
            return Err(format!(
                "it stores nothing if `{fails}`, but herd7 tests the old value only for equality"
            ));
        };
        if !equal {
            // It stores only if the old value is `value`.
            let new = new.substitute(&[(v.to_owned(), value.clone())].into());
            return Ok(Self::CompareExchange { old: value, new });
        }
        let addend = update().and_then(Update::addend);
        let addend = addend.ok_or_else(|| {
            format!("herd7 has no operation that stores `{new}`, but nothing if `{fails}`")
        })?;
        Ok(Self::AddUnless {
            addend,
            unless: value,
        })
    }
}

/// A condition that the old value equals, or does not equal, one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OneValue {
    /// Whether the condition is true of this value only; else, of all other values.
    pub equal: bool,
    /// The value.
    pub value: Expr,
}

impl OneValue {
    /// The condition on the variable `v` that a comparison states, if it is about one value.
    pub fn of(comparison: &Expr, v: &str) -> Option<Self> {
        let Expr::Binary(operator, a, b) = comparison else {
            return None;
        };
        let equal = match operator {
            Binary::Eq => true,
            Binary::Ne => false,
            _ => return None,
        };
        let value = match (a.mentions(v), b.mentions(v)) {
            (true, false) => solve(a, (**b).clone(), v),
            (false, true) => solve(b, (**a).clone(), v),
            _ => None,
        }?;
        Some(Self { equal, value })
    }
}

/// Solves `expr == value` for `v`, which occurs in `expr`. None if the solution may not be unique.
fn solve(expr: &Expr, value: Expr, v: &str) -> Option<Expr> {
    use Binary::{Add, Sub, Xor};
    match expr {
        Expr::Var(_) => Some(value),
        Expr::Num(_) => None,
        Expr::Unary(operator, a) => solve(a, Expr::Unary(*operator, Box::new(value)), v),
        Expr::Binary(operator, a, b) => {
            let (inner, other, first) = match (a.mentions(v), b.mentions(v)) {
                (true, false) => (a, b, true),
                (false, true) => (b, a, false),
                _ => return None,
            };
            let other = (**other).clone();
            let value = match (operator, first) {
                (Add, _) => binary(Sub, value, other),
                (Sub, true) => binary(Add, value, other),
                (Sub, false) => binary(Sub, other, value),
                (Xor, _) => binary(Xor, value, other),
                _ => return None,
            };
            solve(inner, value, v)
        }
    }
}

/// `a OPERATOR b`; for two numbers, the result.
fn binary(operator: Binary, a: Expr, b: Expr) -> Expr {
    let plain = match (operator, &a, &b) {
        (Binary::Add, Expr::Num(a), Expr::Num(b)) => a.checked_add(*b),
        (Binary::Sub, Expr::Num(a), Expr::Num(b)) => a.checked_sub(*b),
        _ => None,
    };
    match plain {
        Some(number) => Expr::Num(number),
        None => Expr::Binary(operator, Box::new(a), Box::new(b)),
    }
}
