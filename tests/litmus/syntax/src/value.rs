//! What expressions of a thread become.

use crate::types::{self, Element, Kind};

/// The value of an expression.
#[derive(Clone, Debug)]
pub enum Value {
    /// `()`.
    Unit,
    /// None: the expression jumps elsewhere.
    Never,
    /// A number or a truth.
    Int(Int),
    /// An address; the type of what is there is not known if it is null.
    Pointer(String, Option<&'static Kind>),
    /// A reference to a shared variable.
    Place(Place),
    /// A reference to a structure of shared variables, by the start of their names.
    Struct(String),
    /// A `Result` or an `Option`.
    Choice(Choice),
    /// An ordering or the type of a barrier, by its name.
    Marker(String),
}

/// A number or a truth.
#[derive(Clone, Debug)]
pub struct Int {
    /// A C expression without effects.
    pub text: String,
    /// Its type; `None` for a literal.
    pub kind: Option<&'static Kind>,
    /// Its value, if it is a constant.
    pub constant: Option<i64>,
    /// The local variable and the number that it compares, if that is all it does.
    pub compares: Option<(String, i64)>,
}

/// A shared variable.
#[derive(Clone, Debug)]
pub struct Place {
    /// The C expression of its address.
    pub text: String,
    /// What it holds.
    pub element: Element,
    /// Its name, if the address is not a value of the thread.
    pub name: Option<String>,
}

/// A `Result` or an `Option`.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Whether it is an `Option`.
    pub optional: bool,
    /// Whether it is `Ok` or `Some`.
    pub good: Int,
    /// The value in `Ok` or `Some`.
    pub yes: Box<Value>,
    /// The value in `Err`.
    pub no: Box<Value>,
}

impl Int {
    /// An expression of a type.
    pub fn of(text: impl Into<String>, kind: &'static Kind) -> Self {
        Self {
            text: text.into(),
            kind: Some(kind),
            constant: None,
            compares: None,
        }
    }

    /// A truth.
    pub fn truth(text: impl Into<String>) -> Self {
        Self::of(text, types::boolean())
    }

    /// A constant.
    pub fn constant(number: i64, kind: Option<&'static Kind>) -> Self {
        Self {
            text: number.to_string(),
            kind,
            constant: Some(number),
            compares: None,
        }
    }

    /// A constant truth.
    pub fn known(truth: bool) -> Self {
        Self::constant(truth.into(), Some(types::boolean()))
    }

    /// Whether it is a truth.
    pub fn is_truth(&self) -> bool {
        self.kind == Some(types::boolean())
    }

    /// Its negation, if it is a truth.
    pub fn negated(&self) -> Self {
        match (self.constant, &self.compares) {
            (Some(number), _) => Self::known(number == 0),
            (None, Some((local, number))) => Self::truth(format!("({local} != {number})")),
            (None, None) => Self::truth(format!("({} == 0)", self.text)),
        }
    }

    /// Its text without the parentheses around it.
    pub fn bare(&self) -> &str {
        bare(&self.text)
    }
}

/// A C expression without the parentheses around all of it.
pub fn bare(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    let Some(inner) = inner else {
        return text;
    };
    let mut depth = 0_i32;
    for c in inner.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return text;
        }
    }
    inner
}
