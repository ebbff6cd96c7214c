//! The small expressions of `semantics.tbl`: parsing, checking, evaluation, matching, and output as
//! Rust, as C and as text.

use std::collections::BTreeMap;
use std::fmt;

use crate::diag::Error;
use crate::lex::{Cell, is_name, shorten};

/// What an expression yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yields {
    /// A value of the variable's type.
    Value,
    /// True or false.
    Truth,
}

/// An operator with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unary {
    /// Negation: two's complement.
    Neg,
    /// Bitwise not: one's complement.
    Not,
}

/// An operator with two operands. Arithmetic wraps, comparison is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are self-explanatory")]
pub enum Binary {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Or,
    Xor,
    And,
    Add,
    Sub,
}

impl Binary {
    /// The operators by precedence, lowest first, as in Rust. If one operator is a prefix of
    /// another, the longer one comes first.
    const LEVELS: [&'static [(&'static str, Binary)]; 5] = [
        &[
            ("==", Binary::Eq),
            ("!=", Binary::Ne),
            ("<=", Binary::Le),
            (">=", Binary::Ge),
            ("<", Binary::Lt),
            (">", Binary::Gt),
        ],
        &[("|", Binary::Or)],
        &[("^", Binary::Xor)],
        &[("&", Binary::And)],
        &[("+", Binary::Add), ("-", Binary::Sub)],
    ];

    fn level(self) -> usize {
        match self {
            Binary::Eq | Binary::Ne | Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge => 0,
            Binary::Or => 1,
            Binary::Xor => 2,
            Binary::And => 3,
            Binary::Add | Binary::Sub => 4,
        }
    }

    /// The operator in C and in tables.
    pub(crate) fn symbol(self) -> &'static str {
        let level = Self::LEVELS[self.level()];
        level
            .iter()
            .find(|(_, op)| *op == self)
            .map_or("", |(symbol, _)| symbol)
    }
}

/// An expression. `v`, `new` and the arguments are all [`Expr::Var`]s.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are self-explanatory")]
pub enum Expr {
    Num(i8),
    Var(String),
    Unary(Unary, Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
}

/// The expression for each variable of a pattern.
pub type Bindings = BTreeMap<String, Expr>;

impl Expr {
    /// A variable.
    pub fn var(name: &str) -> Self {
        Expr::Var(name.to_owned())
    }

    /// `a != b`.
    pub fn differ(a: Self, b: Self) -> Self {
        Expr::Binary(Binary::Ne, Box::new(a), Box::new(b))
    }

    /// What the expression yields.
    pub fn yields(&self) -> Yields {
        match self {
            Expr::Binary(op, ..) if op.level() == 0 => Yields::Truth,
            _ => Yields::Value,
        }
    }

    /// The negation of a comparison; `None` for a value.
    pub fn negated(&self) -> Option<Expr> {
        let Expr::Binary(op, a, b) = self else {
            return None;
        };
        let op = match op {
            Binary::Eq => Binary::Ne,
            Binary::Ne => Binary::Eq,
            Binary::Lt => Binary::Ge,
            Binary::Ge => Binary::Lt,
            Binary::Gt => Binary::Le,
            Binary::Le => Binary::Gt,
            _ => return None,
        };
        Some(Expr::Binary(op, a.clone(), b.clone()))
    }

    /// Whether it is a `<`, `<=`, `>` or `>=`, which compares signed values.
    pub fn is_signed(&self) -> bool {
        let ordered = [Binary::Lt, Binary::Le, Binary::Gt, Binary::Ge];
        matches!(self, Expr::Binary(op, ..) if ordered.contains(op))
    }

    /// The expression as a table contains it: without blanks.
    pub fn unspaced(&self) -> String {
        self.to_string().replace(' ', "")
    }

    /// Whether the variable `name` occurs.
    pub fn mentions(&self, name: &str) -> bool {
        match self {
            Expr::Num(_) => false,
            Expr::Var(var) => var == name,
            Expr::Unary(_, a) => a.mentions(name),
            Expr::Binary(_, a, b) => a.mentions(name) || b.mentions(name),
        }
    }

    /// The expression with each variable replaced by its expression in `bindings`, if it has one.
    pub fn substitute(&self, bindings: &Bindings) -> Expr {
        match self {
            Expr::Num(n) => Expr::Num(*n),
            Expr::Var(name) => bindings.get(name).cloned().unwrap_or_else(|| self.clone()),
            Expr::Unary(op, a) => Expr::Unary(*op, Box::new(a.substitute(bindings))),
            Expr::Binary(op, a, b) => Expr::Binary(
                *op,
                Box::new(a.substitute(bindings)),
                Box::new(b.substitute(bindings)),
            ),
        }
    }

    /// An expression with the same value: `a - b` as `a + -b`, `a + b` as `a - -b`, and `a & b` as
    /// `a & ~~b`. A double negation is removed. `None` for all other expressions.
    pub fn flipped(&self) -> Option<Expr> {
        let Expr::Binary(op, a, b) = self else {
            return None;
        };
        let op = match op {
            Binary::Add => Binary::Sub,
            Binary::Sub => Binary::Add,
            Binary::And if !matches!(**b, Expr::Unary(Unary::Not, _)) => {
                let not = |e: Box<Expr>| Box::new(Expr::Unary(Unary::Not, e));
                return Some(Expr::Binary(*op, a.clone(), not(not(b.clone()))));
            }
            _ => return None,
        };
        let b = match &**b {
            Expr::Num(n) => Expr::Num(n.checked_neg()?),
            Expr::Unary(Unary::Neg, inner) => (**inner).clone(),
            other => Expr::Unary(Unary::Neg, Box::new(other.clone())),
        };
        Some(Expr::Binary(op, a.clone(), Box::new(b)))
    }

    /// Whether `self` is `pattern` with each variable in `open` replaced by an expression that
    /// `closed` accepts. Adds these expressions to `bindings`.
    pub fn matches(
        &self,
        pattern: &Expr,
        open: &[&str],
        closed: &dyn Fn(&Expr) -> bool,
        bindings: &mut Bindings,
    ) -> bool {
        match (self, pattern) {
            (_, Expr::Var(name)) if open.contains(&name.as_str()) => match bindings.get(name) {
                Some(bound) => bound == self,
                None => {
                    let fits = closed(self);
                    if fits {
                        bindings.insert(name.clone(), self.clone());
                    }
                    fits
                }
            },
            (Expr::Num(a), Expr::Num(b)) => a == b,
            (Expr::Var(a), Expr::Var(b)) => a == b,
            (Expr::Unary(f, a), Expr::Unary(g, b)) => {
                f == g && a.matches(b, open, closed, bindings)
            }
            (Expr::Binary(f, a, b), Expr::Binary(g, c, d)) => {
                f == g
                    && a.matches(c, open, closed, bindings)
                    && b.matches(d, open, closed, bindings)
            }
            _ => false,
        }
    }

    /// Evaluates the expression with variables from `value`, in two's complement of `bits` bits. A
    /// comparison is 0 or 1.
    pub fn eval(&self, bits: u32, value: &dyn Fn(&str) -> i64) -> i64 {
        let raw = match self {
            Expr::Num(n) => i128::from(*n),
            Expr::Var(name) => i128::from(value(name)),
            Expr::Unary(op, a) => {
                let a = i128::from(a.eval(bits, value));
                match op {
                    Unary::Neg => -a,
                    Unary::Not => !a,
                }
            }
            Expr::Binary(op, a, b) => {
                let (a, b) = (
                    i128::from(a.eval(bits, value)),
                    i128::from(b.eval(bits, value)),
                );
                match op {
                    Binary::Eq => i128::from(a == b),
                    Binary::Ne => i128::from(a != b),
                    Binary::Lt => i128::from(a < b),
                    Binary::Le => i128::from(a <= b),
                    Binary::Gt => i128::from(a > b),
                    Binary::Ge => i128::from(a >= b),
                    Binary::Or => a | b,
                    Binary::Xor => a ^ b,
                    Binary::And => a & b,
                    Binary::Add => a + b,
                    Binary::Sub => a - b,
                }
            }
        };
        wrap(raw, bits)
    }

    /// Whether an addition, a subtraction or a negation in the expression overflows `bits` bits, so
    /// that [`Expr::eval`] wraps it.
    pub fn overflows(&self, bits: u32, value: &dyn Fn(&str) -> i64) -> bool {
        let eval = |e: &Expr| i128::from(e.eval(bits, value));
        let own = match self {
            Expr::Num(_) | Expr::Var(_) => None,
            Expr::Unary(Unary::Neg, a) => Some(-eval(a)),
            Expr::Binary(Binary::Add, a, b) => Some(eval(a) + eval(b)),
            Expr::Binary(Binary::Sub, a, b) => Some(eval(a) - eval(b)),
            Expr::Unary(Unary::Not, _) | Expr::Binary(..) => None,
        };
        let inner = match self {
            Expr::Num(_) | Expr::Var(_) => false,
            Expr::Unary(_, a) => a.overflows(bits, value),
            Expr::Binary(_, a, b) => a.overflows(bits, value) || b.overflows(bits, value),
        };
        inner || own.is_some_and(|raw| i128::from(wrap(raw, bits)) != raw)
    }

    /// The expression in Rust, for variables of the signed integer type `ty`.
    pub fn rust(&self, ty: &str, name: &dyn Fn(&str) -> String) -> String {
        self.rust_text(ty, name, false)
    }

    /// The expression in Rust. With `typed`, its type does not depend on the context.
    fn rust_text(&self, ty: &str, name: &dyn Fn(&str) -> String, typed: bool) -> String {
        let suffix = if typed {
            format!("_{ty}")
        } else {
            String::new()
        };
        match self {
            // A literal can only have the name of a type as its suffix.
            Expr::Num(n) if typed && !ty.chars().all(|c| c.is_ascii_alphanumeric()) => {
                format!("({n} as {ty})")
            }
            Expr::Num(n) => format!("{n}{suffix}"),
            Expr::Var(var) => name(var),
            Expr::Unary(Unary::Neg, a) => format!("{}.wrapping_neg()", a.receiver(ty, name)),
            Expr::Unary(Unary::Not, a) => format!("!{}", a.rust_operand(ty, name, 5, typed)),
            Expr::Binary(Binary::Add, a, b) => {
                format!(
                    "{}.wrapping_add({})",
                    a.receiver(ty, name),
                    b.rust(ty, name)
                )
            }
            Expr::Binary(Binary::Sub, a, b) => {
                format!(
                    "{}.wrapping_sub({})",
                    a.receiver(ty, name),
                    b.rust(ty, name)
                )
            }
            Expr::Binary(op, a, b) => {
                let level = op.level();
                // Comparisons do not associate; the other operators associate to the left.
                let (left, right) = (if level == 0 { 1 } else { level }, level + 1);
                format!(
                    "{} {} {}",
                    a.rust_operand(ty, name, left, typed),
                    op.symbol(),
                    b.rust_operand(ty, name, right, false)
                )
            }
        }
    }

    /// The expression in Rust, for variables of the type `Wrapping<_>`.
    pub fn wrapping(&self, name: &dyn Fn(&str) -> String) -> String {
        self.wrapping_operand(name, 0)
    }

    /// The expression as an operand, in parentheses if its precedence is lower than `level`.
    fn wrapping_operand(&self, name: &dyn Fn(&str) -> String, level: usize) -> String {
        match self {
            Expr::Num(n) => format!("Wrapping({n})"),
            Expr::Var(var) => name(var),
            Expr::Unary(op, a) => {
                let sign = if *op == Unary::Neg { '-' } else { '!' };
                format!("{sign}{}", a.wrapping_operand(name, 5))
            }
            Expr::Binary(op, a, b) => {
                let own = op.level();
                // Comparisons do not associate; the other operators associate to the left.
                let left = a.wrapping_operand(name, own.max(1));
                let right = b.wrapping_operand(name, own + 1);
                let text = format!("{left} {} {right}", op.symbol());
                if own < level {
                    format!("({text})")
                } else {
                    text
                }
            }
        }
    }

    /// An operand in Rust, in parentheses if its precedence is lower than `level`.
    fn rust_operand(
        &self,
        ty: &str,
        name: &dyn Fn(&str) -> String,
        level: usize,
        typed: bool,
    ) -> String {
        let text = self.rust_text(ty, name, typed);
        match self {
            // A sum is a method call in Rust, which has the highest precedence.
            Expr::Binary(op, ..) if op.level() < level.min(4) => format!("({text})"),
            _ => text,
        }
    }

    /// The receiver of a method call in Rust, whose type must not depend on the context.
    fn receiver(&self, ty: &str, name: &dyn Fn(&str) -> String) -> String {
        let text = self.rust_operand(ty, name, 5, true);
        match self {
            Expr::Unary(Unary::Not, _) => format!("({text})"),
            Expr::Num(n) if *n < 0 => format!("({text})"),
            _ => text,
        }
    }

    /// The expression in C. `narrow` is the C type if it is narrower than `int`: C computes in
    /// `int`, so each result must be cast back. Wider types rely on `-fwrapv`, as the kernel does.
    pub fn c(&self, narrow: Option<&str>, name: &dyn Fn(&str) -> String) -> String {
        let cut = |text: String| match narrow {
            Some(ty) => format!("({ty})({text})"),
            None => text,
        };
        let operand = |e: &Expr| match e {
            Expr::Num(n) if *n >= 0 => e.c(narrow, name),
            Expr::Var(_) => e.c(narrow, name),
            Expr::Unary(..) if narrow.is_none() => e.c(narrow, name),
            _ => format!("({})", e.c(narrow, name)),
        };
        // Two signs in a row, such as `--`, would be another operator.
        let unary = |sign: &str, e: &Expr| match e {
            Expr::Unary(..) => cut(format!("{sign}({})", e.c(narrow, name))),
            _ => cut(format!("{sign}{}", operand(e))),
        };
        match self {
            Expr::Num(n) => n.to_string(),
            Expr::Var(var) => name(var),
            Expr::Unary(Unary::Neg, a) => unary("-", a),
            Expr::Unary(Unary::Not, a) => unary("~", a),
            Expr::Binary(op, a, b) => {
                let text = format!("{} {} {}", operand(a), op.symbol(), operand(b));
                if op.level() == 0 { text } else { cut(text) }
            }
        }
    }

    fn display(&self, f: &mut fmt::Formatter<'_>, level: usize) -> fmt::Result {
        match self {
            Expr::Num(n) => write!(f, "{n}"),
            Expr::Var(name) => f.write_str(name),
            Expr::Unary(op, a) => {
                f.write_str(if *op == Unary::Neg { "-" } else { "~" })?;
                a.display(f, 5)
            }
            Expr::Binary(op, a, b) => {
                let own = op.level();
                let parentheses = own < level;
                if parentheses {
                    f.write_str("(")?;
                }
                a.display(f, if own == 0 { 1 } else { own })?;
                write!(f, " {} ", op.symbol())?;
                b.display(f, own + 1)?;
                if parentheses {
                    f.write_str(")")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(f, 0)
    }
}

/// `value` truncated to `bits` bits, in two's complement.
#[allow(clippy::cast_possible_truncation, reason = "the function truncates")]
pub fn wrap(value: i128, bits: u32) -> i64 {
    let unused = 128 - bits;
    ((value << unused) >> unused) as i64
}

/// The maximum number of operands, operators and parentheses in an expression. No operation needs
/// as many, and the limit bounds the recursion of the parser.
const PARTS: usize = 64;

/// Parses the expression in `cell`, whose variables must be among `names`.
pub(crate) fn parse(cell: Cell<'_>, names: &[&str]) -> Result<Expr, Error> {
    let mut parser = Parser {
        cell,
        rest: cell.text,
        names,
        parts: 0,
    };
    let expr = parser.binary(0)?;
    if parser.rest.is_empty() {
        Ok(expr)
    } else {
        Err(parser.fault("an operator"))
    }
}

struct Parser<'a, 'n> {
    cell: Cell<'a>,
    rest: &'a str,
    names: &'n [&'n str],
    parts: usize,
}

impl Parser<'_, '_> {
    /// An error at the current position.
    fn fault(&self, wanted: &str) -> Error {
        let help = format!(
            "an expression is made of {}, numbers, ( ) and \
             + - & | ^ ~ == != < <= > >=",
            self.names
                .iter()
                .map(|n| format!("`{n}`"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        match self.rest.chars().next() {
            Some(c) => self.cell.part(&self.rest[..c.len_utf8()]).error(
                format!(
                    "expected {wanted} but found `{c}` in `{}`",
                    shorten(self.cell.text)
                ),
                help,
            ),
            None => self.cell.error(
                format!(
                    "expected {wanted} at the end of `{}`",
                    shorten(self.cell.text)
                ),
                help,
            ),
        }
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let rest = self.rest.strip_prefix(symbol);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&self, expr: &Expr, start: usize) -> Result<(), Error> {
        if expr.yields() == Yields::Value {
            return Ok(());
        }
        let end = self.cell.text.len() - self.rest.len();
        Err(self.cell.part(&self.cell.text[start..end]).error(
            format!("the comparison `{expr}` is used as a value"),
            "only the outermost operator of an expression can be a comparison",
        ))
    }

    fn binary(&mut self, level: usize) -> Result<Expr, Error> {
        let Some(operators) = Binary::LEVELS.get(level) else {
            return self.unary();
        };
        let start = self.cell.text.len() - self.rest.len();
        let mut left = self.binary(level + 1)?;
        while let Some((_, op)) = operators.iter().find(|(symbol, _)| self.eat(symbol)) {
            self.value(&left, start)?;
            let middle = self.cell.text.len() - self.rest.len();
            let right = self.binary(level + 1)?;
            self.value(&right, middle)?;
            left = Expr::Binary(*op, Box::new(left), Box::new(right));
            self.parts += 1;
            self.short()?;
        }
        Ok(left)
    }

    fn short(&self) -> Result<(), Error> {
        if self.parts <= PARTS {
            return Ok(());
        }
        Err(self.cell.error(
            format!("the expression has more than {PARTS} operands, operators and parentheses"),
            "write a shorter expression",
        ))
    }

    fn unary(&mut self) -> Result<Expr, Error> {
        self.parts += 1;
        self.short()?;
        let start = self.cell.text.len() - self.rest.len();
        for (symbol, op) in [("~", Unary::Not), ("-", Unary::Neg)] {
            if self.eat(symbol) {
                let operand = self.unary()?;
                self.value(&operand, start)?;
                return Ok(match (op, operand) {
                    (Unary::Neg, Expr::Num(n)) if n > 0 => Expr::Num(-n),
                    (op, operand) => Expr::Unary(op, Box::new(operand)),
                });
            }
        }
        if self.eat("(") {
            let inner = self.binary(0)?;
            return if self.eat(")") {
                Ok(inner)
            } else {
                Err(self.fault("`)`"))
            };
        }
        self.atom()
    }

    fn atom(&mut self) -> Result<Expr, Error> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let part = self.cell.part(text);
        let expr = if text.starts_with(|c: char| c.is_ascii_digit()) {
            Expr::Num(text.parse().map_err(|_| {
                part.error(
                    format!("`{}` is not a number from 0 to 127", shorten(text)),
                    "numbers are decimal and must fit into the narrowest type, which has 8 bits",
                )
            })?)
        } else if text.is_empty() {
            return Err(self.fault("a variable or a number"));
        } else if self.names.contains(&text) && is_name(text) {
            Expr::var(text)
        } else {
            return Err(part.error(
                format!("unknown variable `{}`", shorten(text)),
                format!(
                    "the known variables are {}",
                    self.names
                        .iter()
                        .map(|n| format!("`{n}`"))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            ));
        };
        self.rest = rest;
        Ok(expr)
    }
}
