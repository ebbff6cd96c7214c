//! Blocks, `let` and `if`.

use syn::{Block, Expr, ExprIf, Local, Pat, Stmt, Type};

use crate::jumps::Step;
use crate::scope::{Thread, error};
use crate::types::Element;
use crate::value::Value;

impl Thread<'_> {
    /// The statements of a block; its value is that of the last expression.
    pub fn body(&mut self, block: &Block) -> syn::Result<Value> {
        let known = self.scope.len();
        let value = self.statements(&block.stmts);
        self.scope.truncate(known);
        value
    }

    /// Statements, whose variables stay in scope.
    pub fn statements(&mut self, all: &[Stmt]) -> syn::Result<Value> {
        let mut last = Value::Unit;
        let mut errors: Option<syn::Error> = None;
        for statement in all {
            let value = match statement {
                Stmt::Local(local) => self.declaration(local).map(|()| Value::Unit),
                Stmt::Expr(expr, end) => self.value(expr).map(|value| match (value, end) {
                    (Value::Never, _) => Value::Never,
                    (_, Some(_)) => Value::Unit,
                    (value, None) => value,
                }),
                Stmt::Item(syn::Item::Use(_)) => Ok(Value::Unit),
                Stmt::Item(item) => error(item, "the model has no items in functions"),
                Stmt::Macro(found) => error(found, "the model cannot look into macros"),
            };
            match value {
                // What follows is not reached.
                Ok(Value::Never) => {
                    last = Value::Never;
                    break;
                }
                Ok(value) => last = value,
                Err(found) => match &mut errors {
                    None => errors = Some(found),
                    Some(errors) => errors.combine(found),
                },
            }
        }
        match errors {
            Some(errors) => Err(errors),
            None => Ok(last),
        }
    }

    fn declaration(&mut self, local: &Local) -> syn::Result<()> {
        let (pattern, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            pattern => (pattern, None),
        };
        let Some(init) = &local.init else {
            return error(local, "give the variable a value here: `let r0 = ..;`");
        };
        let value = self.value(&init.expr)?;
        let value = match (value, ty) {
            (Value::Int(int), Some(Type::Path(path))) if int.kind.is_none() => {
                let name = path.path.get_ident().map(ToString::to_string);
                let kind = name.and_then(|name| crate::types::named(&name));
                Value::Int(crate::value::Int { kind, ..int })
            }
            (Value::Pointer(text, None), Some(Type::Ptr(pointer))) => {
                match Element::of(&pointer.elem)? {
                    Element::Int(kind) => Value::Pointer(text, Some(kind)),
                    Element::Pointer(_) => return error(pointer, "the model has no such pointers"),
                }
            }
            (value, _) => value,
        };
        if let Some((_, other)) = &init.diverge {
            return self.let_else(pattern, value, other);
        }
        match pattern {
            Pat::Wild(_) => {}
            Pat::Ident(found) if found.subpat.is_none() => {
                let name = found.ident.to_string();
                let value = self.named(&name, value);
                if found.mutability.is_some() {
                    self.changes(&value);
                }
                self.bind(name, value);
            }
            other => {
                return error(
                    other,
                    "the model has `let` with a name, and `let Ok(v) = .. else`",
                );
            }
        }
        Ok(())
    }

    /// Notes that a value's local variables may change.
    pub fn changes(&mut self, value: &Value) {
        match value {
            Value::Int(int) => {
                self.mutable.insert(int.text.clone());
            }
            Value::Pointer(text, _) => {
                self.mutable.insert(text.clone());
            }
            _ => {}
        }
    }

    /// `if`.
    pub fn branch(&mut self, found: &ExprIf) -> syn::Result<Value> {
        let known = self.scope.len();
        let condition = self.int(&found.cond)?;
        if let Some(truth) = condition.constant {
            let value = match (truth != 0, &found.else_branch) {
                (true, _) => self.body(&found.then_branch),
                (false, Some((_, no))) => self.value(no),
                (false, None) => Ok(Value::Unit),
            };
            self.scope.truncate(known);
            return value;
        }
        let yes = self.apart(|thread| thread.body(&found.then_branch));
        self.scope.truncate(known);
        let no = match &found.else_branch {
            Some((_, no)) => self.apart(|thread| thread.value(no)),
            None => Ok((Vec::new(), Value::Unit)),
        };
        let (yes, no) = both(yes, no)?;
        let at = Expr::If(found.clone());
        self.join(condition.bare(), yes, no, &at)
    }

    /// The value of two branches, of which one runs.
    pub fn join(
        &mut self,
        condition: &str,
        (mut yes, yes_value): (Vec<Step>, Value),
        (mut no, no_value): (Vec<Step>, Value),
        at: &Expr,
    ) -> syn::Result<Value> {
        let result = self.target(&yes_value, &no_value, at)?;
        for (steps, value) in [(&mut yes, &yes_value), (&mut no, &no_value)] {
            let outside = std::mem::replace(&mut self.steps, std::mem::take(steps));
            let copied = self.copy(&result, value, at);
            *steps = std::mem::replace(&mut self.steps, outside);
            copied?;
        }
        if !(yes.is_empty() && no.is_empty()) {
            self.steps.push(Step::If(condition.to_owned(), yes, no));
        }
        Ok(result)
    }

    /// Local variables that can hold either of two values.
    pub fn target(&mut self, a: &Value, b: &Value, at: &Expr) -> syn::Result<Value> {
        let wrong = "the model has values of one kind in all branches";
        Ok(match (a, b) {
            (Value::Never, Value::Never) => Value::Never,
            (Value::Unit, Value::Unit | Value::Never) | (Value::Never, Value::Unit) => Value::Unit,
            (Value::Never, other) | (other, Value::Never) => match other {
                Value::Int(_) | Value::Pointer(..) | Value::Choice(_) => {
                    self.target(other, other, at)?
                }
                _ => return error(at, wrong),
            },
            (Value::Int(a), Value::Int(b)) => {
                let kind = crate::scope::wider(a.kind, b.kind);
                let c = kind.unwrap_or(crate::types::int()).c;
                let local = self.temporary(c);
                let int = crate::value::Int::of(local, kind.unwrap_or(crate::types::int()));
                Value::Int(crate::value::Int { kind, ..int })
            }
            (Value::Pointer(_, a), Value::Pointer(_, b)) => {
                let to = a.or(*b);
                let ty = Element::Pointer(to.unwrap_or(crate::types::int()));
                Value::Pointer(self.temporary(&ty.c()), to)
            }
            (Value::Choice(a), Value::Choice(b)) => {
                let ok = self.temporary("int");
                let mut part = |a: &Value, b: &Value| -> syn::Result<Box<Value>> {
                    Ok(Box::new(self.target(a, b, at)?))
                };
                Value::Choice(crate::value::Choice {
                    optional: a.optional,
                    good: crate::value::Int::truth(ok),
                    yes: part(&a.yes, &b.yes)?,
                    no: part(&a.no, &b.no)?,
                })
            }
            _ => return error(at, wrong),
        })
    }
}

/// Both results, or the errors of both.
pub fn both<A, B>(a: syn::Result<A>, b: syn::Result<B>) -> syn::Result<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut a), Err(b)) => {
            a.combine(b);
            Err(a)
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}
