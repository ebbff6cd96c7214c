//! The syntax tree of a C litmus file.

use std::collections::BTreeSet;

use crate::lang::source::Span;
use crate::stated::Stated;

/// A parsed test.
#[derive(Clone, Debug)]
pub struct Litmus {
    /// Its name.
    pub name: String,
    /// The result that its comment states.
    pub result: Option<Stated>,
    /// The initial values of shared variables.
    pub init: Vec<Init>,
    /// The initial values of local variables.
    pub registers: Vec<Register>,
    /// The threads, by number.
    pub threads: Vec<Thread>,
    /// The locations to print besides those that the condition names.
    pub locations: Vec<(Location, Span)>,
    /// The filter: outcomes that do not satisfy it are ignored.
    pub filter: Option<Proposition>,
    /// The quantifier of the condition.
    pub quantifier: Quantifier,
    /// The condition.
    pub condition: Proposition,
    /// The first construct that was skipped, if one was. Only herd7 can judge such a test.
    pub skipped: Option<(String, Span)>,
}

/// What a test claims about its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// It can hold.
    Exists,
    /// It cannot hold.
    NotExists,
    /// It always holds.
    Forall,
}

/// The initial value of a shared variable.
#[derive(Clone, Debug)]
pub struct Init {
    /// Its type, if one is given.
    pub ty: Option<Type>,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Its place in the file.
    pub span: Span,
}

/// The initial value of a local variable.
#[derive(Clone, Debug)]
pub struct Register {
    /// Its type, if one is given.
    pub ty: Option<Type>,
    /// The number of its thread.
    pub thread: usize,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Its place in the file.
    pub span: Span,
}

/// An initial or final value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A number.
    Number(i64),
    /// The address of a shared variable.
    Address(String),
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// A type that is not a pointer, by its name in C.
    Named(String),
    /// A pointer.
    Pointer(Box<Type>),
}

/// A thread.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Its parameters: pointers to the shared variables that it uses.
    pub parameters: Vec<Parameter>,
    /// The local variables that it uses without a declaration.
    pub undeclared: Vec<Local>,
    /// Its statements.
    pub body: Vec<Statement>,
}

/// A local variable without a declaration.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its type: that of its values.
    pub ty: Type,
    /// Its name.
    pub name: String,
    /// The place in the file where it first gets a value.
    pub span: Span,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its type.
    pub ty: Type,
    /// Its name, which is also the variable's.
    pub name: String,
    /// Its place in the file.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Statement {
    /// The declaration of a local variable, with an optional initial value.
    Declare(Type, String, Option<Expr>, Span),
    /// `r0 = value`.
    Assign(String, Expr, Span),
    /// `*x = value`: a plain store.
    Store(Expr, Expr, Span),
    /// An expression that is evaluated for its effect.
    Call(Expr),
    /// `if`.
    If(Expr, Vec<Statement>, Vec<Statement>),
    /// A loop, by the word that it begins with.
    Loop(String, Span),
    /// Statements in braces.
    Block(Vec<Statement>),
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Its kind.
    pub kind: ExprKind,
    /// Its place in the file.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A number.
    Number(i64),
    /// A local variable, or a parameter.
    Name(String),
    /// `*e`.
    Deref(Box<Expr>),
    /// `&r0`.
    Address(String),
    /// `-e`, `~e` or `!e`.
    Unary(&'static str, Box<Expr>),
    /// `(int)e`.
    Cast(Type, Box<Expr>),
    /// `a + b` and the like.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `f(a, b)`.
    Call(String, Vec<Expr>),
}

/// A location whose value is part of an outcome.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Location {
    /// A local variable of a thread.
    Local(usize, String),
    /// A shared variable.
    Shared(String),
}

/// A condition on an outcome.
#[derive(Clone, Debug)]
pub enum Proposition {
    /// Always true.
    True,
    /// A location has a value; if the flag is set, it does not.
    Is(Location, Value, bool, Span),
    /// Two locations have the same value; if the flag is set, they do not.
    Same(Location, Location, bool, Span),
    /// Negation.
    Not(Box<Proposition>),
    /// Conjunction.
    And(Box<Proposition>, Box<Proposition>),
    /// Disjunction.
    Or(Box<Proposition>, Box<Proposition>),
}

impl Proposition {
    /// The conjunction or disjunction of propositions, of little depth.
    pub fn join(mut all: Vec<Self>, with: fn(Box<Self>, Box<Self>) -> Self) -> Self {
        match all.len() {
            0 => Self::True,
            1 => all.remove(0),
            count => {
                let right = all.split_off(count / 2);
                let (left, right) = (Self::join(all, with), Self::join(right, with));
                with(Box::new(left), Box::new(right))
            }
        }
    }

    /// Whether it holds; `value` returns the value of a location.
    pub fn holds(&self, value: &dyn Fn(&Location) -> Option<Value>) -> bool {
        match self {
            Self::True => true,
            Self::Is(location, wanted, negated, _) => {
                (value(location).as_ref() == Some(wanted)) != *negated
            }
            Self::Same(a, b, negated, _) => (value(a) == value(b)) != *negated,
            Self::Not(p) => !p.holds(value),
            Self::And(p, q) => p.holds(value) && q.holds(value),
            Self::Or(p, q) => p.holds(value) || q.holds(value),
        }
    }

    /// The numbers that locations are compared with.
    pub fn numbers(&self) -> Vec<i64> {
        match self {
            Self::Is(_, Value::Number(number), ..) => vec![*number],
            Self::True | Self::Is(..) | Self::Same(..) => Vec::new(),
            Self::Not(p) => p.numbers(),
            Self::And(p, q) | Self::Or(p, q) => [p.numbers(), q.numbers()].concat(),
        }
    }

    /// The locations that it names, with their places in the file.
    pub fn locations(&self) -> Vec<(&Location, Span)> {
        match self {
            Self::True => Vec::new(),
            Self::Is(location, _, _, span) => vec![(location, *span)],
            Self::Same(a, b, _, span) => vec![(a, *span), (b, *span)],
            Self::Not(p) => p.locations(),
            Self::And(p, q) | Self::Or(p, q) => [p.locations(), q.locations()].concat(),
        }
    }
}

impl Type {
    /// The type that it points to, if it is a pointer.
    pub fn pointee(&self) -> Option<&Type> {
        match self {
            Self::Pointer(to) => Some(to),
            Self::Named(_) => None,
        }
    }
}

impl Expr {
    /// The expression without the casts around it.
    pub fn uncast(&self) -> &Self {
        match &self.kind {
            ExprKind::Cast(_, inner) => inner.uncast(),
            _ => self,
        }
    }

    /// Calls `each` on the expression and all its subexpressions, the outermost first.
    pub fn walk<'e>(&'e self, each: &mut dyn FnMut(&'e Expr)) {
        each(self);
        match &self.kind {
            ExprKind::Number(_) | ExprKind::Name(_) | ExprKind::Address(_) => {}
            ExprKind::Deref(e) | ExprKind::Unary(_, e) | ExprKind::Cast(_, e) => e.walk(each),
            ExprKind::Binary(_, a, b) => {
                a.walk(each);
                b.walk(each);
            }
            ExprKind::Call(_, arguments) => arguments.iter().for_each(|a| a.walk(each)),
        }
    }
}

impl Statement {
    /// Calls `each` on the statement and all statements in it, the outermost first.
    pub fn walk<'s>(&'s self, each: &mut dyn FnMut(&'s Statement)) {
        each(self);
        match self {
            Self::If(_, yes, no) => yes.iter().chain(no).for_each(|s| s.walk(each)),
            Self::Block(body) => body.iter().for_each(|s| s.walk(each)),
            _ => {}
        }
    }

    /// Its direct expressions, without those of statements in it.
    pub fn expressions(&self) -> Vec<&Expr> {
        match self {
            Self::Declare(_, _, value, _) => value.iter().collect(),
            Self::Assign(_, value, _) | Self::Call(value) | Self::If(value, ..) => vec![value],
            Self::Store(to, value, _) => vec![to, value],
            Self::Loop(..) | Self::Block(_) => Vec::new(),
        }
    }
}

impl Thread {
    /// All statements, including nested ones.
    pub fn statements(&self) -> Vec<&Statement> {
        let mut all = Vec::new();
        for statement in &self.body {
            statement.walk(&mut |s| all.push(s));
        }
        all
    }

    /// All expressions, including subexpressions.
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut all = Vec::new();
        for statement in self.statements() {
            for expr in statement.expressions() {
                expr.walk(&mut |e| all.push(e));
            }
        }
        all
    }

    /// The local variables and their types: those without a declaration, then the others in the
    /// order of their declarations.
    pub fn locals(&self) -> Vec<(&str, &Type)> {
        let statements = self.statements().into_iter();
        let declared = statements.filter_map(|s| match s {
            Statement::Declare(ty, name, ..) => Some((name.as_str(), ty)),
            _ => None,
        });
        let undeclared = self.undeclared.iter().map(|l| (l.name.as_str(), &l.ty));
        undeclared.chain(declared).collect()
    }

    /// The parameter with a name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }
}

impl Litmus {
    /// The shared variables, by name.
    pub fn shared(&self) -> BTreeSet<&str> {
        let parameters = self.threads.iter().flat_map(|t| &t.parameters);
        let names = parameters.map(|p| p.name.as_str());
        // A variable may occur only as the address in an initial value.
        let values = self.init.iter().map(|init| &init.value);
        let values = values.chain(self.registers.iter().map(|register| &register.value));
        let addresses = values.filter_map(|value| match value {
            Value::Address(name) => Some(name.as_str()),
            Value::Number(_) => None,
        });
        names
            .chain(self.init.iter().map(|i| i.name.as_str()))
            .chain(addresses)
            .collect()
    }

    /// The type of a shared variable: from the first thread that has it as a parameter, else from
    /// its initial value, else `int`.
    pub fn type_of(&self, name: &str) -> Type {
        let parameters = self.threads.iter().filter_map(|t| t.parameter(name));
        let of_parameter = parameters.filter_map(|p| p.ty.pointee()).next();
        let of_init = || self.init.iter().find(|i| i.name == name)?.ty.as_ref();
        // A variable that occurs only as an address has the pointee type of the pointer to it, or
        // the type of the integer that holds its address.
        let of_pointer = || {
            let is_address = |init: &&Init| init.value == Value::Address(name.to_owned());
            let pointer = self.init.iter().find(is_address)?;
            let mut parameters = self
                .threads
                .iter()
                .filter_map(|t| t.parameter(&pointer.name));
            let of_parameter = parameters.find_map(|p| p.ty.pointee());
            let holder = of_parameter.or(pointer.ty.as_ref())?;
            Some(holder.pointee().unwrap_or(holder))
        };
        let found = of_parameter.or_else(of_init).or_else(of_pointer).cloned();
        found.unwrap_or_else(|| Type::Named("int".into()))
    }

    /// The initial value of a local variable, if the test gives it one.
    pub fn register(&self, thread: usize, name: &str) -> Option<&Register> {
        let mut registers = self.registers.iter();
        registers.find(|r| r.thread == thread && r.name == name)
    }

    /// The initial value of a shared variable.
    pub fn initial(&self, name: &str) -> Value {
        let init = self.init.iter().find(|i| i.name == name);
        init.map_or(Value::Number(0), |i| i.value.clone())
    }
}
