//! The condition at the end of a test.

use std::collections::BTreeSet;

use syn::visit::Visit;
use syn::{BinOp, Expr, UnOp};

use crate::scope::error;
use crate::value::{Choice, Int, Value};

/// The names in a condition: of local and of shared variables.
pub fn named(condition: &Expr) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
            if let Some(name) = path.path.get_ident() {
                self.0.insert(name.to_string());
            }
        }
    }
    let mut names = Names(BTreeSet::new());
    names.visit_expr(condition);
    for word in ["Ok", "Err", "Some", "None"] {
        names.0.remove(word);
    }
    names.0
}

/// Translates the condition.
pub struct Condition<'a> {
    /// The values of the threads' variables at the end, with the numbers of the threads.
    pub locals: &'a [Vec<(String, Value)>],
    /// The names of the shared variables in Rust, with their values.
    pub shared: &'a [(String, Value)],
}

/// A side of a comparison.
enum Side {
    /// What herd7 calls a location.
    Location(String),
    /// What herd7 calls the location of a shared variable.
    Shared(String),
    /// A value.
    Value(String),
    /// `Ok(v)` and the like.
    Choice(usize, Choice),
}

impl Condition<'_> {
    /// The condition for herd7.
    pub fn text(&self, expr: &Expr) -> syn::Result<String> {
        match expr {
            Expr::Paren(inner) => self.text(&inner.expr),
            Expr::Group(inner) => self.text(&inner.expr),
            Expr::Lit(lit) => match &lit.lit {
                syn::Lit::Bool(truth) => Ok(truth.value.to_string()),
                _ => error(expr, "this is no condition"),
            },
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => {
                Ok(format!("~({})", self.text(&unary.expr)?))
            }
            Expr::Binary(binary) => match binary.op {
                BinOp::And(_) => self.both(binary, "/\\"),
                BinOp::Or(_) => self.both(binary, "\\/"),
                BinOp::Eq(_) => self.equal(binary),
                BinOp::Ne(_) => Ok(format!("~({})", self.equal(binary)?)),
                _ => error(
                    &binary.op,
                    "herd7's conditions have `==`, `!=`, `&&`, `||` and `!`: compute the rest in a \
                     thread",
                ),
            },
            Expr::MethodCall(call) => {
                let (thread, value) = self.find(&call.receiver)?;
                let name = call.method.to_string();
                match (value, name.as_str()) {
                    (Value::Choice(choice), "is_ok" | "is_some") => {
                        truth(thread, &choice.good, expr)
                    }
                    (Value::Choice(choice), "is_err" | "is_none") => {
                        Ok(format!("~({})", truth(thread, &choice.good, expr)?))
                    }
                    (Value::Pointer(text, _), "is_null") => Ok(format!("{thread}:{text}=0")),
                    _ => error(
                        &call.method,
                        "herd7's conditions have `is_ok`, `is_err`, `is_some`, `is_none` and \
                         `is_null`",
                    ),
                }
            }
            Expr::Path(_) => match self.side(expr)? {
                Side::Location(location) | Side::Shared(location) => Ok(format!("{location}=1")),
                _ => error(expr, "this is no condition"),
            },
            _ => error(
                expr,
                "herd7's conditions have names of variables, numbers, `==`, `!=`, `&&`, `||` and \
                 `!`",
            ),
        }
    }

    fn both(&self, binary: &syn::ExprBinary, sign: &str) -> syn::Result<String> {
        let (a, b) = (self.text(&binary.left), self.text(&binary.right));
        let (a, b) = crate::body::both(a, b)?;
        Ok(format!("({a} {sign} {b})"))
    }

    fn equal(&self, binary: &syn::ExprBinary) -> syn::Result<String> {
        // A location comes first.
        let (left, right) = (self.side(&binary.left)?, self.side(&binary.right)?);
        let (left, right) = match left {
            Side::Value(_) => (right, left),
            left => (left, right),
        };
        Ok(match (left, right) {
            (Side::Location(a), Side::Location(b) | Side::Value(b)) => format!("{a}={b}"),
            (Side::Location(a), Side::Shared(b)) => format!("{a}=[{b}]"),
            (Side::Shared(a), Side::Location(b) | Side::Value(b)) => format!("{a}={b}"),
            (Side::Shared(a), Side::Shared(b)) => format!("{a}=[{b}]"),
            (Side::Choice(thread, a), Side::Choice(other, b))
            | (Side::Choice(other, b), Side::Choice(thread, a))
                if b.good.constant.is_some() && thread != other =>
            {
                let good = truth(thread, &a.good, binary)?;
                let is_good = b.good.constant == Some(1);
                let (found, wanted) = match is_good {
                    true => (&a.yes, &b.yes),
                    false => (&a.no, &b.no),
                };
                let good = match is_good {
                    true => good,
                    false => format!("~({good})"),
                };
                match (&**found, &**wanted) {
                    (Value::Int(found), Value::Int(wanted)) => {
                        format!("({good} /\\ {thread}:{}={})", found.text, wanted.text)
                    }
                    _ => good,
                }
            }
            _ => return error(binary, "herd7 cannot compare these"),
        })
    }

    fn side(&self, expr: &Expr) -> syn::Result<Side> {
        match expr {
            Expr::Paren(inner) => return self.side(&inner.expr),
            Expr::Group(inner) => return self.side(&inner.expr),
            Expr::Lit(_) => return number(expr, false).map(Side::Value),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
                return number(&unary.expr, true).map(Side::Value);
            }
            Expr::Reference(inner) => {
                if let (_, Value::Place(place)) = self.find(&inner.expr)? {
                    return Ok(Side::Value(place.text));
                }
            }
            Expr::Call(call) if call.args.len() == 1 => return wanted(call),
            Expr::Path(path) if path.path.is_ident("None") => {
                return Ok(Side::Choice(usize::MAX, constant(false, Value::Unit)));
            }
            _ => {}
        }
        let (thread, value) = self.find(expr)?;
        Ok(match value {
            Value::Int(int) => match int.constant {
                Some(number) => Side::Value(number.to_string()),
                None => Side::Location(format!("{thread}:{}", int.text)),
            },
            Value::Pointer(text, _) => Side::Location(format!("{thread}:{text}")),
            Value::Place(place) => Side::Shared(place.text),
            Value::Choice(choice) => Side::Choice(thread, choice),
            _ => return error(expr, "herd7 cannot compare this"),
        })
    }

    /// The value of a variable at the end, with the number of its thread.
    fn find(&self, expr: &Expr) -> syn::Result<(usize, Value)> {
        let name = match expr {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let Some(name) = name else {
            return error(
                expr,
                "a condition is about the variables of threads and about `shared`, by name",
            );
        };
        let threads = self.locals.iter().enumerate();
        let mut found: Vec<(usize, Value)> = threads
            .filter_map(|(thread, locals)| {
                let mut locals = locals.iter().rev();
                let (_, value) = locals.find(|(known, _)| *known == name)?;
                Some((thread, value.clone()))
            })
            .collect();
        let shared = self.shared.iter().find(|(known, _)| *known == name);
        found.extend(shared.map(|(_, value)| (usize::MAX, value.clone())));
        if found.len() > 1 {
            return error(
                expr,
                format!("`{name}` is the name of several variables: give each its own"),
            );
        }
        match found.pop() {
            Some(found) => Ok(found),
            None => error(
                expr,
                format!(
                    "no thread has a variable `{name}` at its end, outside of blocks, and `shared` \
                     has none"
                ),
            ),
        }
    }
}

fn number(expr: &Expr, negative: bool) -> syn::Result<String> {
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            syn::Lit::Bool(truth) => Ok(u8::from(truth.value).to_string()),
            syn::Lit::Int(number) => match number.base10_parse::<i32>() {
                Ok(number) if negative => Ok(format!("-{number}")),
                Ok(number) => Ok(number.to_string()),
                Err(_) => error(number, "the model's numbers have 32 bits"),
            },
            _ => error(expr, "the model has numbers and truths"),
        },
        _ => error(expr, "expected a number"),
    }
}

fn constant(good: bool, value: Value) -> Choice {
    Choice {
        optional: false,
        good: Int::known(good),
        yes: Box::new(value.clone()),
        no: Box::new(value),
    }
}

/// `Ok(1)` and the like.
fn wanted(call: &syn::ExprCall) -> syn::Result<Side> {
    let name = match &*call.func {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    };
    let good = match name.as_deref() {
        Some("Ok" | "Some") => true,
        Some("Err") => false,
        _ => return error(call, "a condition calls no functions"),
    };
    let inner = match &call.args[0] {
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => number(&unary.expr, true)?,
        Expr::Tuple(tuple) if tuple.elems.is_empty() => {
            return Ok(Side::Choice(usize::MAX, constant(good, Value::Unit)));
        }
        inner => number(inner, false)?,
    };
    let value = Value::Int(Int {
        text: inner,
        ..Int::known(true)
    });
    Ok(Side::Choice(usize::MAX, constant(good, value)))
}

/// Whether a truth holds.
fn truth(thread: usize, int: &Int, at: &dyn quote::ToTokens) -> syn::Result<String> {
    if let Some(number) = int.constant {
        return Ok((number != 0).to_string());
    }
    if let Some((local, number)) = &int.compares {
        return Ok(format!("{thread}:{local}={number}"));
    }
    match int.text.contains(['(', ' ']) {
        true => error(at, "give this a name of its own in its thread"),
        false => Ok(format!("{thread}:{}=1", int.text)),
    }
}
