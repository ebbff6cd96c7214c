//! What registers and stack slots hold on a path, as far as it matters: which pointer an address
//! comes from, and which conditions must agree with each other.

use std::collections::HashMap;

use super::isa::Alu;

/// What a value is derived from. Where several come together, the first one here counts: a part
/// of the variable's address may be added to that of a local buffer, but not the reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The stack pointer, at a known distance from what it was, or at an unknown one.
    Stack(Option<i64>),
    /// The pointer to the atomic variable.
    Variable,
    /// The pointer to the expected value of a compare-and-exchange.
    Expected,
    /// Neither.
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

    /// What a value derived from both is derived from.
    pub fn with(self, other: Self) -> Self {
        let first = if other.rank() < self.rank() {
            other
        } else {
            self
        };
        match first {
            // The distance is no longer known.
            Self::Stack(_) => Self::Stack(None),
            first => first,
        }
    }
}

/// A value: what it is derived from, and an expression that is the same for the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// What it is derived from.
    pub origin: Origin,
    /// The expression.
    pub expr: Expr,
}

/// The number of an expression.
pub type Expr = usize;

/// A statement about values.
pub type Fact = (String, Expr, Expr);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Term {
    Fresh(usize),
    Constant(i64),
    Op(Alu, String, Vec<Expr>),
    /// A statement as a value.
    Holds(String, Expr, Expr),
}

/// All expressions of a function; the same expression has one number.
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

    /// A value that nothing is known of.
    pub fn fresh(&mut self) -> Value {
        self.fresh += 1;
        Value {
            origin: Origin::Data,
            expr: self.intern(Term::Fresh(self.fresh)),
        }
    }

    /// A constant.
    pub fn constant(&mut self, number: i64) -> Value {
        Value {
            origin: Origin::Data,
            expr: self.intern(Term::Constant(number)),
        }
    }

    /// What an instruction computes from values.
    pub fn compute(&mut self, alu: Alu, mnemonic: &str, values: &[Value]) -> Value {
        if let (Alu::Move, [one]) = (alu, values) {
            return *one;
        }
        let mut origin = values.first().map_or(Origin::Data, |value| value.origin);
        for value in values.iter().skip(1) {
            origin = origin.with(value.origin);
        }
        if let [a, b] = values {
            // A distance from the stack pointer stays known if a constant is added.
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

    /// The number that a value is, if it is one.
    pub fn number(&self, value: Value) -> Option<i64> {
        match self.terms[value.expr] {
            Term::Constant(number) => Some(number),
            _ => None,
        }
    }

    /// A statement in its simplest form.
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

    /// That two statements hold.
    pub fn both(&mut self, first: Fact, second: Fact) -> Fact {
        let first = self.intern(Term::Holds(first.0, first.1, first.2));
        let second = self.intern(Term::Holds(second.0, second.1, second.2));
        ("both".into(), first.min(second), first.max(second))
    }

    /// Whether a statement holds whatever the values are.
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
