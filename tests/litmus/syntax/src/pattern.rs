//! Patterns.

use syn::{Expr, ExprLit, ExprMatch, Pat};

use crate::expr::operation;
use crate::scope::{Thread, error};
use crate::value::{Int, Value};

impl Thread<'_> {
    /// Whether a value matches a pattern, whose variables are in scope from here on.
    pub fn matches(&mut self, pattern: &Pat, value: Value) -> syn::Result<Int> {
        match pattern {
            Pat::Wild(_) => Ok(Int::known(true)),
            Pat::Paren(inner) => self.matches(&inner.pat, value),
            Pat::Ident(found) if found.ident == "None" => negated(pattern, &value),
            Pat::Path(path) if path.path.is_ident("None") => negated(pattern, &value),
            Pat::Ident(found) if found.subpat.is_none() => {
                let name = found.ident.to_string();
                let value = match found.mutability.is_some() {
                    true => {
                        let value = self.named(&name, value);
                        self.changes(&value);
                        value
                    }
                    false => value,
                };
                self.bind(name, value);
                Ok(Int::known(true))
            }
            Pat::Lit(lit) => {
                let expr = Expr::Lit(ExprLit {
                    attrs: Vec::new(),
                    lit: lit.lit.clone(),
                });
                let wanted = self.value(&expr)?;
                match operation("==", value, wanted, pattern)? {
                    Value::Int(truth) => Ok(truth),
                    _ => error(pattern, "the model cannot compare this"),
                }
            }
            Pat::Or(all) => {
                let mut truth = Int::known(false);
                for case in &all.cases {
                    let case = self.matches(case, value.clone())?;
                    truth = either(&truth, &case);
                }
                Ok(truth)
            }
            Pat::TupleStruct(found) if found.elems.len() == 1 => {
                let name = found.path.segments.last().map(|s| s.ident.to_string());
                let Value::Choice(choice) = value else {
                    return error(pattern, "this value is no `Result` and no `Option`");
                };
                let (truth, inner) = match name.as_deref() {
                    Some("Ok" | "Some") => (choice.good, *choice.yes),
                    Some("Err") => (choice.good.negated(), *choice.no),
                    _ => return error(pattern, "the model has `Ok`, `Err`, `Some` and `None`"),
                };
                let inner = self.matches(&found.elems[0], inner)?;
                Ok(all_of(&truth, &inner))
            }
            _ => error(pattern, "the model cannot express this pattern"),
        }
    }

    /// `match`.
    pub fn choose(&mut self, found: &ExprMatch) -> syn::Result<Value> {
        let value = self.value(&found.expr)?;
        let value = self.frozen(value);
        let at = Expr::Match(found.clone());
        let known = self.scope.len();
        let chosen = self.arms(&value, &found.arms, &at);
        self.scope.truncate(known);
        chosen
    }

    fn arms(&mut self, value: &Value, arms: &[syn::Arm], at: &Expr) -> syn::Result<Value> {
        let Some((first, others)) = arms.split_first() else {
            return Ok(Value::Never);
        };
        let known = self.scope.len();
        if let Pat::Guard(guard) = &first.pat {
            return error(guard, "the model has no guards: use `if` in the arm");
        }
        let truth = self.matches(&first.pat, value.clone())?;
        // Rust has checked that the last arm matches what the others do not.
        if others.is_empty() || truth.constant == Some(1) {
            return self.value(&first.body);
        }
        if truth.constant == Some(0) {
            self.scope.truncate(known);
            return self.arms(value, others, at);
        }
        let yes = self.apart(|thread| thread.value(&first.body));
        self.scope.truncate(known);
        let no = self.apart(|thread| thread.arms(value, others, at));
        let (yes, no) = crate::body::both(yes, no)?;
        self.join(truth.bare(), yes, no, at)
    }

    /// `let Ok(v) = .. else { .. }`.
    pub fn let_else(&mut self, pattern: &Pat, value: Value, other: &Expr) -> syn::Result<()> {
        let value = self.frozen(value);
        let truth = self.matches(pattern, value)?;
        let (steps, value) = self.apart(|thread| thread.value(other))?;
        if !matches!(value, Value::Never) {
            return error(other, "this has to leave the block");
        }
        let at = other.clone();
        let yes = (Vec::new(), Value::Unit);
        self.join(truth.bare(), yes, (steps, Value::Never), &at)?;
        Ok(())
    }
}

fn negated(pattern: &Pat, value: &Value) -> syn::Result<Int> {
    match value {
        Value::Choice(choice) if choice.optional => Ok(choice.good.negated()),
        _ => error(pattern, "this value is no `Option`"),
    }
}

fn all_of(a: &Int, b: &Int) -> Int {
    match (a.constant, b.constant) {
        (Some(0), _) | (_, Some(0)) => Int::known(false),
        (Some(_), _) => b.clone(),
        (_, Some(_)) => a.clone(),
        _ => Int::truth(format!("({} & {})", a.text, b.text)),
    }
}

fn either(a: &Int, b: &Int) -> Int {
    match (a.constant, b.constant) {
        (Some(1), _) | (_, Some(1)) => Int::known(true),
        (Some(_), _) => b.clone(),
        (_, Some(_)) => a.clone(),
        _ => Int::truth(format!("({} | {})", a.text, b.text)),
    }
}
