//! Symbolic values of registers and stack slots on a path. They tell from which pointer an address
//! is derived, and which conditions must agree with each other.

use std::collections::HashMap;

use atomics_machine_code::isa::Alu;

/// The origin of a value. If a value is derived from several, the first of these variants wins: a
/// part of the variable's address may be added to the address of a local buffer, but not the
/// reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The stack pointer, at a known or unknown offset from its initial value.
    Stack(Option<i64>),
    /// The pointer to the atomic variable.
    Variable,
    /// The pointer to the expected value of a compare-and-exchange.
    Expected,
    /// None of these.
    Data,
}

impl Origin {
    fn rank(self) -> u8 {
        match self {
            Self::Stack(_) => 0,
            Self::Variable => 1,
            Self::Expected => 2,
            Self::Data => 3,
        }
    }

    /// The origin of a value that is derived from both.
    pub fn with(self, other: Self) -> Self {
        let first = if other.rank() < self.rank() {
            other
        } else {
            self
        };
        match first {
            // The offset is no longer known.
            Self::Stack(_) => Self::Stack(None),
            first => first,
        }
    }
}

/// A value: its origin, and its expression. Equal expressions have equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// The origin.
    pub origin: Origin,
    /// The expression.
    pub expr: Expr,
}

/// The index of an expression in an [`Arena`].
pub type Expr = usize;

/// A relation between two values.
pub type Fact = (String, Expr, Expr);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Term {
    Fresh(usize),
    Constant(i64),
    Op(Alu, String, Vec<Expr>),
    /// A fact as a value.
    Holds(String, Expr, Expr),
}

/// All expressions of a function. Equal expressions have the same index.
#[derive(Clone, Debug, Default)]
pub struct Arena {
    terms: Vec<Term>,
    numbers: HashMap<Term, Expr>,
    fresh: usize,
}

impl Arena {
    fn intern(&mut self, term: Term) -> Expr {
        if let Some(number) = self.numbers.get(&term) {
            return *number;
        }
        self.terms.push(term.clone());
        self.numbers.insert(term, self.terms.len() - 1);
        self.terms.len() - 1
    }

    /// Creates an unknown value.
    pub fn fresh(&mut self) -> Value {
        self.fresh += 1;
        Value {
            origin: Origin::Data,
            expr: self.intern(Term::Fresh(self.fresh)),
        }
    }

    /// Creates a constant.
    pub fn constant(&mut self, number: i64) -> Value {
        Value {
            origin: Origin::Data,
            expr: self.intern(Term::Constant(number)),
        }
    }

    /// The value that an instruction computes from `values`.
    pub fn compute(&mut self, alu: Alu, mnemonic: &str, values: &[Value]) -> Value {
        if let (Alu::Move, [one]) = (alu, values) {
            return *one;
        }
        let mut origin = values.first().map_or(Origin::Data, |value| value.origin);
        for value in values.iter().skip(1) {
            origin = origin.with(value.origin);
        }
        if let [a, b] = values {
            // An offset from the stack pointer stays known if a constant is added or subtracted.
            let delta = self.number(*b);
            origin = match (alu, a.origin, delta) {
                (Alu::Add, Origin::Stack(Some(at)), Some(n)) => Origin::Stack(Some(at + n)),
                (Alu::Sub, Origin::Stack(Some(at)), Some(n)) => Origin::Stack(Some(at - n)),
                _ => origin,
            };
        }
        let mut args: Vec<Expr> = values.iter().map(|value| value.expr).collect();
        if matches!(alu, Alu::Xor | Alu::Or | Alu::Add) {
            args.sort_unstable();
        }
        let name = if alu == Alu::Other { mnemonic } else { "" };
        let expr = self.intern(Term::Op(alu, name.to_owned(), args));
        Value { origin, expr }
    }

    /// The value as a number, if it is a constant.
    pub fn number(&self, value: Value) -> Option<i64> {
        match self.terms[value.expr] {
            Term::Constant(number) => Some(number),
            _ => None,
        }
    }

    /// Creates a fact in its simplest form.
    pub fn fact(&mut self, relation: &str, a: Expr, b: Expr) -> Fact {
        let zero = self.constant(0).expr;
        if relation == "eq" && (b == zero || a == zero) {
            let tested = if b == zero { a } else { b };
            if let Term::Op(alu, _, args) = self.terms[tested].clone() {
                match (alu, args.as_slice()) {
                    (Alu::Xor | Alu::Sub, &[x, y]) => return self.fact("eq", x, y),
                    (Alu::Or, &[x, y]) => {
                        let first = self.fact("eq", x, zero);
                        let second = self.fact("eq", y, zero);
                        return self.both(first, second);
                    }
                    (Alu::Test, &[x, y]) if x == y => return self.fact("eq", x, zero),
                    _ => {}
                }
            }
        }
        if relation == "eq" && a > b {
            return (relation.into(), b, a);
        }
        (relation.into(), a, b)
    }

    /// The fact that two facts hold.
    pub fn both(&mut self, first: Fact, second: Fact) -> Fact {
        let first = self.intern(Term::Holds(first.0, first.1, first.2));
        let second = self.intern(Term::Holds(second.0, second.1, second.2));
        ("both".into(), first.min(second), first.max(second))
    }

    /// Whether a fact holds for all values, if that is known.
    pub fn known(&self, fact: &Fact) -> Option<bool> {
        if fact.0 != "eq" {
            return None;
        }
        match (&self.terms[fact.1], &self.terms[fact.2]) {
            (Term::Constant(a), Term::Constant(b)) => Some(a == b),
            _ => (fact.1 == fact.2).then_some(true),
        }
    }
}
