//! Which of herd7's read-modify-write operations a form is.

use crate::expr::{Binary, Expr, Unary};
use crate::model::FormOf;

/// An operation of herd7 that reads and writes in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rmw {
    /// Stores `old OPERATOR operand`, always.
    Update(Update),
    /// Stores what does not depend on the old value, always.
    Exchange(Expr),
    /// Stores `new` if it finds `old`.
    CompareExchange {
        /// What it must find.
        old: Expr,
        /// What it stores then.
        new: Expr,
    },
    /// Adds unless it finds `unless`.
    AddUnless {
        /// What it adds.
        addend: Expr,
        /// What it must not find.
        unless: Expr,
    },
}

/// How a new value comes from the old one: `old OPERATOR operand`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Update {
    /// `+ - & | ^`.
    operator: Binary,
    operand: Expr,
}

impl Update {
    /// herd7's operator, and its operand. What is masked out has an operator of its own.
    pub fn parts(&self) -> (&'static str, Expr) {
        match (self.operator, &self.operand) {
            (Binary::And, Expr::Unary(Unary::Not, mask)) => ("&~", (**mask).clone()),
            (operator, operand) => (operator.symbol(), operand.clone()),
        }
    }

    /// What it adds, if that is what it does.
    fn addend(self) -> Option<Expr> {
        match self.operator {
            Binary::Add => Some(self.operand),
            Binary::Sub => Some(binary(Binary::Sub, Expr::Num(0), self.operand)),
            _ => None,
        }
    }

    /// The update that `value` is of the variable `v`, if it is one: `v` stands in it once, and
    /// all operators around it are one of herd7's with one operand.
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

    /// The update that goes on with `operator operand`, if that is still a single one. `before` is
    /// what this update is of `v`.
    fn then(self, operator: Binary, operand: Expr, before: &Expr, v: &str) -> Option<Self> {
        use Binary::{Add, And, Or, Sub, Xor};
        if *before == Expr::var(v) {
            return Some(Self { operator, operand });
        }
        let joined = match (self.operator, operator) {
            (And, And) | (Or, Or) | (Xor, Xor) | (Add, Add | Sub) => operator,
            // What is taken off twice is the sum.
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
    /// The operation that a form is; else, what about it herd7 has not.
    pub fn of(form: &FormOf<'_>) -> Result<Self, String> {
        let v = form.op.variable();
        if let Some(pointer) = form.op.pointer() {
            return Err(format!(
                "it writes what it found through `{}`, which no operation of herd7 does in the LKMM",
                pointer.name
            ));
        }
        let Some(new) = &form.meaning.new else {
            return Err("it stores nothing, and all such operations of herd7 do".into());
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
                "it stores nothing if `{fails}`, and herd7 tests the old value for equality only"
            ));
        };
        if !equal {
            // It stores where the old value is this one.
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

/// Whether the old value is, or is not, a certain one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OneValue {
    /// Whether it is true of the value, and not of all others.
    pub equal: bool,
    /// The value.
    pub value: Expr,
}

impl OneValue {
    /// What a comparison says of the variable `v`, if it says it of one value.
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

/// The `v` for which `expr`, in which it stands, is `value`: the only one, whatever else stands
/// there.
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

/// `a OPERATOR b`; the number that it is, if that is plain.
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
