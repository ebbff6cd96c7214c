//! Expressions of a thread.

use syn::{BinOp, Expr, ExprBinary, Lit, Member, UnOp};

use crate::jumps::Step;
use crate::scope::{Thread, error, wider};
use crate::types::{self, Element, Kind};
use crate::value::{Choice, Int, Place, Value};

/// The words that name an ordering or a barrier's type.
const MARKERS: [&str; 6] = ["Relaxed", "Acquire", "Release", "Full", "Read", "Write"];

/// Why a comparison or a cast is refused.
const NO_DIFFERENCES: &str = "herd7's numbers are signed, and this test subtracts unsigned ones: \
                              compare with `==` and `!=`, or use `i32` and `Atomic<i32>`";

impl Thread<'_> {
    /// The value of an expression. Adds the steps for what it does.
    ///
    /// # Errors
    ///
    /// What the model cannot express.
    pub fn value(&mut self, expr: &Expr) -> syn::Result<Value> {
        match expr {
            Expr::Lit(lit) => literal(&lit.lit, false),
            Expr::Paren(inner) => self.value(&inner.expr),
            Expr::Group(inner) => self.value(&inner.expr),
            Expr::Unsafe(block) => self.body(&block.block),
            Expr::Block(block) if block.label.is_none() => self.body(&block.block),
            Expr::Path(path) => self.path(path),
            Expr::Field(field) => match (self.value(&field.base)?, &field.member) {
                (Value::Struct(prefix), Member::Named(name)) => {
                    let name = format!("{prefix}.{name}");
                    match self.world.names.get(&name) {
                        Some(value) => Ok(value.clone()),
                        None => error(expr, "`shared` has no such field"),
                    }
                }
                _ => error(
                    expr,
                    "the model has only the fields of structures in `shared`",
                ),
            },
            // A reference to a shared variable is the variable.
            Expr::Reference(inner) => match self.value(&inner.expr)? {
                value @ (Value::Place(_) | Value::Struct(_)) => Ok(value),
                _ => error(expr, "the model has addresses of shared variables only"),
            },
            Expr::RawAddr(inner) => match self.value(&inner.expr)? {
                Value::Place(place) => Ok(self.address(&place)),
                _ => error(expr, "the model has addresses of shared variables only"),
            },
            Expr::Unary(unary) => match (&unary.op, &*unary.expr) {
                (UnOp::Neg(_), Expr::Lit(lit)) => literal(&lit.lit, true),
                (op, inner) => {
                    let value = self.value(inner)?;
                    unary_of(op, value, expr)
                }
            },
            Expr::Binary(binary) => self.binary(binary),
            Expr::Cast(cast) => self.cast(cast),
            Expr::Assign(assign) => {
                let value = self.value(&assign.right)?;
                self.assign(&assign.left, &value)
            }
            Expr::If(found) => self.branch(found),
            Expr::Match(found) => self.choose(found),
            Expr::Let(found) => {
                let value = self.value(&found.expr)?;
                let truth = self.matches(&found.pat, value)?;
                Ok(Value::Int(truth))
            }
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) => self.repeat(expr),
            Expr::Break(_) | Expr::Continue(_) | Expr::Return(_) => self.leave(expr),
            Expr::Call(call) => self.function(call),
            Expr::MethodCall(call) => self.method(call),
            Expr::Tuple(tuple) if tuple.elems.is_empty() => Ok(Value::Unit),
            Expr::Macro(_) => error(expr, "the model cannot look into macros"),
            Expr::Index(_) | Expr::Array(_) | Expr::Repeat(_) => error(
                expr,
                "the model has no arrays: use a variable for each element",
            ),
            Expr::Await(_) | Expr::Async(_) => error(expr, "the model has no `async`"),
            Expr::Closure(_) => error(expr, "the model has no closures"),
            _ => error(expr, "the model cannot express this"),
        }
    }

    /// A value that is a number or a truth.
    pub fn int(&mut self, expr: &Expr) -> syn::Result<Int> {
        match self.value(expr)? {
            Value::Int(int) => Ok(int),
            Value::Place(_) => error(expr, "this is a shared variable: load its value"),
            _ => error(expr, "expected a number or a truth"),
        }
    }

    /// The address of a shared variable, as a value.
    fn address(&mut self, place: &Place) -> Value {
        self.uses(place);
        match place.element {
            Element::Int(kind) => Value::Pointer(place.text.clone(), Some(kind)),
            Element::Pointer(_) => Value::Place(place.clone()),
        }
    }

    fn path(&mut self, path: &syn::ExprPath) -> syn::Result<Value> {
        let Some(last) = path.path.segments.last() else {
            return error(path, "this is not a variable");
        };
        let name = last.ident.to_string();
        if path.path.get_ident().is_some()
            && let Some(value) = self.find(&name)
        {
            return Ok(value.clone());
        }
        if name == "None" {
            return Ok(Value::Choice(Choice {
                optional: true,
                good: Int::known(false),
                yes: Box::new(Value::Never),
                no: Box::new(Value::Unit),
            }));
        }
        if MARKERS.contains(&name.as_str()) {
            return Ok(Value::Marker(name));
        }
        if ["MAX", "MIN"].contains(&name.as_str()) {
            return error(path, "write the number: the model's have 32 bits");
        }
        error(
            path,
            format!(
                "`{name}` is not a variable of this thread, and not in `shared`: the model knows \
                 nothing else"
            ),
        )
    }

    fn cast(&mut self, cast: &syn::ExprCast) -> syn::Result<Value> {
        let int = match self.value(&cast.expr)? {
            Value::Int(int) => int,
            value @ Value::Pointer(..) if matches!(&*cast.ty, syn::Type::Ptr(_)) => {
                return Ok(value);
            }
            Value::Place(place) if matches!(&*cast.ty, syn::Type::Ptr(_)) => {
                return Ok(self.address(&place));
            }
            _ => return error(cast, "the model has casts between numbers only"),
        };
        let name = match &*cast.ty {
            syn::Type::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let Some(kind) = name.and_then(|name| types::named(&name)) else {
            return error(&cast.ty, "the model has casts between numbers only");
        };
        let from = int.kind.unwrap_or(kind);
        if kind.bits < 32 && from.bits > kind.bits {
            return error(
                &cast.ty,
                "the model's numbers have 32 bits: this would cut some off",
            );
        }
        if self.world.differs && from.is_unsigned() && kind.bits > from.bits {
            return error(cast, NO_DIFFERENCES);
        }
        Ok(Value::Int(Int {
            kind: Some(kind),
            ..int
        }))
    }

    /// An assignment to a local variable.
    pub fn assign(&mut self, to: &Expr, value: &Value) -> syn::Result<Value> {
        let name = match to {
            Expr::Infer(_) => return Ok(Value::Unit),
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let found = name.and_then(|name| self.find(&name).cloned());
        match found {
            Some(target) => self.copy(&target, value, to).map(|()| Value::Unit),
            None => error(to, "a value is assigned to a local variable"),
        }
    }

    /// Sets the local variables of a value to those of another.
    pub fn copy(&mut self, target: &Value, value: &Value, at: &Expr) -> syn::Result<()> {
        match (target, value) {
            (_, Value::Never) | (Value::Unit, Value::Unit) => Ok(()),
            (Value::Int(to), Value::Int(from)) if self.locals.contains_key(&to.text) => {
                self.set(&to.text, &from.text);
                Ok(())
            }
            (Value::Pointer(to, _), Value::Pointer(from, _)) if self.locals.contains_key(to) => {
                self.set(to, from);
                Ok(())
            }
            (Value::Pointer(to, _), Value::Place(from)) if self.locals.contains_key(to) => {
                self.uses(from);
                self.steps.push(Step::Set(to.clone(), from.text.clone()));
                Ok(())
            }
            (Value::Choice(to), Value::Choice(from)) => {
                self.copy(
                    &Value::Int(to.good.clone()),
                    &Value::Int(from.good.clone()),
                    at,
                )?;
                self.copy(&to.yes, &from.yes, at)?;
                self.copy(&to.no, &from.no, at)
            }
            _ => error(at, "the model cannot copy this value"),
        }
    }

    fn binary(&mut self, binary: &ExprBinary) -> syn::Result<Value> {
        let sign = match &binary.op {
            BinOp::And(_) | BinOp::Or(_) => return self.logical(binary),
            BinOp::Add(_) | BinOp::AddAssign(_) => "+",
            BinOp::Sub(_) | BinOp::SubAssign(_) => "-",
            BinOp::Mul(_) | BinOp::MulAssign(_) => "*",
            BinOp::BitAnd(_) | BinOp::BitAndAssign(_) => "&",
            BinOp::BitOr(_) | BinOp::BitOrAssign(_) => "|",
            BinOp::BitXor(_) | BinOp::BitXorAssign(_) => "^",
            BinOp::Eq(_) => "==",
            BinOp::Ne(_) => "!=",
            BinOp::Lt(_) => "<",
            BinOp::Gt(_) => ">",
            BinOp::Le(_) => "<=",
            BinOp::Ge(_) => ">=",
            op => return error(op, "the model has no such operator"),
        };
        let assigns = matches!(
            binary.op,
            BinOp::AddAssign(_)
                | BinOp::SubAssign(_)
                | BinOp::MulAssign(_)
                | BinOp::BitAndAssign(_)
                | BinOp::BitOrAssign(_)
                | BinOp::BitXorAssign(_)
        );
        let left = self.value(&binary.left)?;
        let left = self.frozen_before(left, &binary.right);
        let right = self.value(&binary.right)?;
        self.unsigned(sign, [&left, &right], binary)?;
        let value = operation(sign, left, right, binary)?;
        match assigns {
            true => self.assign(&binary.left, &value),
            false => Ok(value),
        }
    }

    /// Notes a difference of unsigned numbers, which herd7 takes for a negative number if it wraps,
    /// and refuses what tells the two apart.
    pub fn unsigned(
        &mut self,
        sign: &str,
        operands: [&Value; 2],
        at: &dyn quote::ToTokens,
    ) -> syn::Result<()> {
        let kind = operands.into_iter().find_map(|value| match value {
            Value::Int(int) => int.kind,
            _ => None,
        });
        if !kind.is_some_and(Kind::is_unsigned) {
            return Ok(());
        }
        match sign {
            "-" => self.differs = true,
            "<" | ">" | "<=" | ">=" if self.world.differs => return error(at, NO_DIFFERENCES),
            _ => {}
        }
        Ok(())
    }

    /// `&&` and `||`, whose right side may not be evaluated.
    fn logical(&mut self, binary: &ExprBinary) -> syn::Result<Value> {
        let is_and = matches!(binary.op, BinOp::And(_));
        let left = self.int(&binary.left)?;
        let known = self.scope.len();
        let outside = std::mem::take(&mut self.steps);
        let right = self.int(&binary.right);
        let steps = std::mem::replace(&mut self.steps, outside);
        let right = match right {
            Ok(right) => right,
            Err(error) => {
                self.scope.truncate(known);
                return Err(error);
            }
        };
        if steps.is_empty() {
            return Ok(Value::Int(match (is_and, left.constant) {
                (true, Some(0)) | (false, Some(1)) => left,
                (_, Some(_)) => right,
                (true, None) => Int::truth(format!("({} & {})", left.text, right.text)),
                (false, None) => Int::truth(format!("({} | {})", left.text, right.text)),
            }));
        }
        let result = self.effect(left.bare().to_owned(), "int");
        // The result depends on both sides, as what a nested `if` decides does.
        let sign = if is_and { '&' } else { '|' };
        let both = format!("{result} {sign} {}", right.text);
        let mut steps = steps;
        steps.push(Step::Set(result.clone(), both));
        self.steps.push(match is_and {
            true => Step::If(result.clone(), steps, Vec::new()),
            false => Step::If(format!("{result} == 0"), steps, Vec::new()),
        });
        Ok(Value::Int(Int::truth(result)))
    }

    /// A value, copied if evaluating `next` may change what it reads.
    fn frozen_before(&mut self, value: Value, next: &Expr) -> Value {
        match next {
            Expr::Lit(_) | Expr::Path(_) | Expr::Field(_) => value,
            _ => self.frozen(value),
        }
    }
}

/// A literal.
fn literal(lit: &Lit, negative: bool) -> syn::Result<Value> {
    match lit {
        Lit::Bool(truth) => Ok(Value::Int(Int::known(truth.value))),
        Lit::Int(number) => {
            let value = match negative {
                true => format!("-{}", number.base10_digits()).parse(),
                false => number.base10_digits().parse::<i64>(),
            };
            match value {
                Ok(value) if i32::try_from(value).is_ok() => {
                    let kind = types::named(number.suffix());
                    Ok(Value::Int(Int::constant(value, kind)))
                }
                _ => error(number, "the model's numbers have 32 bits"),
            }
        }
        _ => error(lit, "the model has numbers and truths"),
    }
}

fn unary_of(op: &UnOp, value: Value, at: &Expr) -> syn::Result<Value> {
    match (op, value) {
        (UnOp::Deref(_), value @ Value::Place(_)) => Ok(value),
        (UnOp::Deref(_), Value::Pointer(text, Some(kind))) => Ok(Value::Place(Place {
            text,
            element: Element::Int(kind),
            name: None,
        })),
        (UnOp::Not(_), Value::Int(int)) if int.is_truth() => Ok(Value::Int(int.negated())),
        (UnOp::Not(_), Value::Int(int)) => {
            let kind = int.kind.unwrap_or(types::int());
            if kind.bits < 32 || kind.rust.starts_with('u') {
                return error(at, "the model's numbers are signed and have 32 bits");
            }
            Ok(Value::Int(Int::of(format!("(~{})", int.text), kind)))
        }
        (UnOp::Neg(_), Value::Int(int)) => {
            let kind = int.kind.unwrap_or(types::int());
            Ok(Value::Int(Int::of(format!("(0 - {})", int.text), kind)))
        }
        _ => error(at, "the model cannot express this"),
    }
}

/// An operator on two values.
pub fn operation(
    sign: &str,
    left: Value,
    right: Value,
    at: &dyn quote::ToTokens,
) -> syn::Result<Value> {
    let compares = ["==", "!=", "<", ">", "<=", ">="].contains(&sign);
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => {
            let kind = match compares {
                true => types::boolean(),
                false => wider(a.kind, b.kind).unwrap_or(types::int()),
            };
            if !compares && (2..32).contains(&kind.bits) && !["&", "|", "^"].contains(&sign) {
                let message = format!(
                    "`{sign}` of `{}` wraps elsewhere than the model's numbers, which have 32 bits",
                    kind.rust
                );
                return error(at, message);
            }
            if let (Some(x), Some(y)) = (a.constant, b.constant) {
                let number = folded(sign, x, y);
                return match i32::try_from(number) {
                    Ok(_) => Ok(Value::Int(Int::constant(number, Some(kind)))),
                    Err(_) => error(at, "the model's numbers have 32 bits"),
                };
            }
            let text = format!("({} {sign} {})", a.text, b.text);
            let compares = match (sign, b.constant) {
                ("==", Some(number)) if a.text == a.bare() => Some((a.text, number)),
                _ => None,
            };
            Ok(Value::Int(Int {
                compares,
                ..Int::of(text, kind)
            }))
        }
        (left, right) if ["==", "!="].contains(&sign) => {
            let address = |value: Value| match value {
                Value::Pointer(text, _) => Some(text),
                Value::Place(place) => Some(place.text),
                _ => None,
            };
            match (address(left), address(right)) {
                (Some(a), Some(b)) => Ok(Value::Int(Int::truth(format!("({a} {sign} {b})")))),
                _ => error(at, "the model compares numbers, truths and addresses"),
            }
        }
        _ => error(at, "the model computes with numbers only"),
    }
}

fn folded(sign: &str, x: i64, y: i64) -> i64 {
    match sign {
        "+" => x.wrapping_add(y),
        "-" => x.wrapping_sub(y),
        "*" => x.wrapping_mul(y),
        "&" => x & y,
        "|" => x | y,
        "^" => x ^ y,
        "==" => (x == y).into(),
        "!=" => (x != y).into(),
        "<" => (x < y).into(),
        ">" => (x > y).into(),
        "<=" => (x <= y).into(),
        _ => (x >= y).into(),
    }
}
