//! Translates the expressions of a thread.

use crate::lang::ast::{Expr, ExprKind};
use crate::lang::source::Span;
use crate::lang::types::{INT, Int, Type, WIDE, WORD};
use crate::rust::scope::Scope;
use crate::rust::translator::{Translated, ident};

/// An expression in Rust.
pub struct Typed {
    /// Its text.
    pub text: String,
    /// The kind of its result.
    pub kind: Yield,
}

/// The kind of an expression's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Yield {
    /// Nothing.
    Nothing,
    /// A `bool`, which is an `int` in C.
    Truth,
    /// A value.
    Of(Type),
}

impl Typed {
    /// A value.
    pub fn of(text: String, ty: Type) -> Self {
        let kind = Yield::Of(ty);
        Self { text, kind }
    }

    /// A `bool`.
    pub fn truth(text: String) -> Self {
        let kind = Yield::Truth;
        Self { text, kind }
    }

    /// An expression without a result.
    pub fn nothing(text: String) -> Self {
        let kind = Yield::Nothing;
        Self { text, kind }
    }
}

impl Scope<'_> {
    /// Translates an expression to a value of a type.
    pub fn converted(&self, expr: &Expr, ty: &Type) -> Translated<String> {
        match (&expr.kind, ty) {
            (ExprKind::Number(number), Type::Int(int)) => {
                return self.number(*number, *int, expr.span);
            }
            (ExprKind::Number(0), Type::Pointer(_)) => return Ok("core::ptr::null_mut()".into()),
            // The address of no variable, to tell it from others.
            (ExprKind::Number(number), Type::Pointer(_)) => {
                let number = self.number(*number, WORD, expr.span)?;
                return Ok(format!("({number} as {})", ty.rust()));
            }
            _ => {}
        }
        let value = self.value(expr)?;
        self.convert(value, ty, expr.span)
    }

    /// Converts a value to another type.
    fn convert(&self, (text, found): (String, Type), ty: &Type, span: Span) -> Translated<String> {
        match (&found, ty) {
            (found, ty) if found == ty => Ok(text),
            (Type::Int(_), Type::Int(int)) => Ok(format!("({text} as {})", int.rust)),
            (Type::Pointer(from), Type::Pointer(to)) if from.is_as_wide_as(to) => {
                Ok(format!("{text}.cast::<{}>()", to.rust()))
            }
            (Type::Pointer(_), Type::Pointer(_)) => Err(self.translator.other_width(span)),
            (Type::Pointer(_), Type::Int(int)) if int.holds_addresses() => {
                Ok(format!("({text} as {})", int.rust))
            }
            (Type::Pointer(_), Type::Int(_)) => {
                let what = "an address in a variable that is too narrow for it";
                Err(self.translator.out_of_scope(what, span))
            }
            (Type::Int(int), Type::Pointer(to)) if int.holds_addresses() => {
                self.translator.check_width(to, span)?;
                Ok(format!("({text} as {})", ty.rust()))
            }
            (Type::Int(_), Type::Pointer(_)) => {
                let what = "a number as an address";
                Err(self.translator.out_of_scope(what, span))
            }
        }
    }

    fn number(&self, number: i64, int: Int, span: Span) -> Translated<String> {
        if int.bits == 32 && i32::try_from(number).is_err() {
            let message = format!("{number} does not fit into 32 bits");
            return self
                .translator
                .fault(span, message, "this value is an `int`");
        }
        if int.is_unsigned() && number < 0 {
            let what = "a negative value of an unsigned type";
            return Err(self.translator.out_of_scope(what, span));
        }
        Ok(match number {
            0.. => format!("{number}_{}", int.rust),
            _ => format!("({number}_{})", int.rust),
        })
    }

    /// Translates an expression to a value; returns its type as well.
    pub fn value(&self, expr: &Expr) -> Translated<(String, Type)> {
        let Typed { text, kind } = self.typed(expr)?;
        match kind {
            Yield::Of(ty) => Ok((text, ty)),
            Yield::Truth => Ok((format!("i32::from({text})"), Type::Int(INT))),
            Yield::Nothing => {
                let help = "call it in a statement of its own";
                let message = "this call returns nothing".into();
                self.translator.fault(expr.span, message, help)
            }
        }
    }

    /// Translates the address of a variable to a pointer; returns the variable's type as well.
    ///
    /// # Errors
    ///
    /// If it is no address.
    pub fn address(&self, expr: &Expr) -> Translated<(String, Type)> {
        let (value, ty) = self.value(expr)?;
        match ty {
            Type::Pointer(to) => Ok((value, *to)),
            // An integer does not tell what it points to, so all variables have to be alike.
            Type::Int(int) if int.holds_addresses() => {
                let to = Type::Int(WORD);
                self.translator.check_width(&to, expr.span)?;
                Ok((format!("({value} as *mut {})", to.rust()), to))
            }
            Type::Int(_) => {
                let message = "this is not the address of a variable".into();
                let help = "pass the address of a shared variable, such as the parameter `int *x`";
                self.translator.fault(expr.span, message, help)
            }
        }
    }

    /// Translates an expression to a condition.
    pub fn truth(&self, expr: &Expr) -> Translated<String> {
        let typed = self.typed(expr)?;
        if typed.kind == Yield::Truth {
            return Ok(typed.text);
        }
        let (text, ty) = self.value(expr)?;
        Ok(match ty {
            Type::Int(_) => format!("({text} != 0)"),
            Type::Pointer(_) => format!("!{text}.is_null()"),
        })
    }

    fn typed(&self, expr: &Expr) -> Translated<Typed> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Number(number) => {
                let int = match i32::try_from(*number) {
                    Ok(_) => INT,
                    Err(_) => WIDE,
                };
                Ok(Typed::of(self.number(*number, int, span)?, Type::Int(int)))
            }
            ExprKind::Name(name) => self.named(name, span),
            ExprKind::Deref(inner) => self.plain_load(inner, span),
            ExprKind::Address(_) => {
                let help = "only a try_cmpxchg takes the address of a local variable";
                let message = "the address of a local variable cannot be used here".into();
                self.translator.fault(span, message, help)
            }
            ExprKind::Unary("!", inner) => Ok(Typed::truth(format!("!{}", self.truth(inner)?))),
            ExprKind::Unary(sign, inner) => {
                let (text, ty) = self.integer(inner)?;
                let text = match *sign {
                    "~" => format!("(!{text})"),
                    _ => format!("{text}.wrapping_neg()"),
                };
                Ok(Typed::of(text, ty))
            }
            ExprKind::Cast(ty, inner) => {
                let ty = self.translator.ty(ty, span)?;
                let text = self.converted(inner, &ty)?;
                Ok(Typed::of(text, ty))
            }
            ExprKind::Binary(sign @ ("&&" | "||"), a, b) => {
                let (a, b) = (self.truth(a)?, self.truth(b)?);
                Ok(Typed::truth(format!("({a} {sign} {b})")))
            }
            ExprKind::Binary(sign, a, b) => self.binary(sign, a, b, span),
            ExprKind::Call(name, arguments) => self.call(name, arguments, span),
        }
    }

    /// A local variable, or a parameter as an address.
    fn named(&self, name: &str, span: Span) -> Translated<Typed> {
        if let Some(ty) = self.local(name) {
            return Ok(Typed::of(ident(name), ty?));
        }
        match self.thread.parameter(name) {
            Some(parameter) => {
                let ty = self.translator.ty(&parameter.ty, parameter.span)?;
                Ok(Typed::of(format!("{}.as_ptr()", ident(name)), ty))
            }
            None => self.unknown(name, span),
        }
    }

    fn integer(&self, expr: &Expr) -> Translated<(String, Type)> {
        let value = self.value(expr)?;
        if matches!(value.1, Type::Pointer(_)) {
            let what = "arithmetic on an address";
            return Err(self.translator.out_of_scope(what, expr.span));
        }
        Ok(value)
    }

    /// The sum of an address and a number. The result is an address only if the number is 0.
    fn offset(&self, (address, ty): (String, Type), by: &Expr, span: Span) -> Translated<Typed> {
        if !self.is_zero(by) {
            return Err(self
                .translator
                .out_of_scope("arithmetic on an address", span));
        }
        let by = self.converted(by, &Type::Int(WORD))?;
        Ok(Typed::of(format!("{address}.wrapping_offset({by})"), ty))
    }

    fn binary(&self, sign: &str, a: &Expr, b: &Expr, span: Span) -> Translated<Typed> {
        let compares = ["==", "!=", "<", ">", "<=", ">="].contains(&sign);
        let (left, right) = (self.value(a)?, self.value(b)?);
        match (sign, &left.1, &right.1) {
            ("+", Type::Pointer(_), Type::Int(_)) => return self.offset(left, b, span),
            ("+", Type::Int(_), Type::Pointer(_)) => return self.offset(right, a, span),
            _ => {}
        }
        let ty = match (&left.1, &right.1) {
            (Type::Int(l), Type::Int(r)) => {
                let wider = r.bits > l.bits || (r.bits == l.bits && r.is_unsigned());
                Type::Int(if wider { *r } else { *l })
            }
            (Type::Pointer(_), Type::Int(int)) | (Type::Int(int), Type::Pointer(_))
                if compares && int.holds_addresses() =>
            {
                Type::Int(*int)
            }
            (Type::Pointer(_), _) if compares => left.1.clone(),
            (_, Type::Pointer(_)) if compares => right.1.clone(),
            _ => {
                return Err(self
                    .translator
                    .out_of_scope("arithmetic on an address", span));
            }
        };
        if let Type::Int(int) = &ty
            && int.is_unsigned()
            && ["<", ">", "<=", ">="].contains(&sign)
        {
            // The LKMM's numbers are signed.
            let what = format!("`{sign}` of unsigned values");
            return Err(self.translator.out_of_scope(what, span));
        }
        let is_number = |expr: &Expr| matches!(expr.uncast().kind, ExprKind::Number(_));
        let operand = |expr: &Expr, value| match expr.kind {
            // A comparison of a pointer with 0, such as `p != 0`.
            ExprKind::Number(_) => self.converted(expr, &ty),
            _ => self.convert(value, &ty, expr.span),
        };
        let (left, right) = (operand(a, left)?, operand(b, right)?);
        let text = match sign {
            _ if compares => return Ok(Typed::truth(format!("({left} {sign} {right})"))),
            "+" => format!("{left}.wrapping_add({right})"),
            "-" => format!("{left}.wrapping_sub({right})"),
            "*" if !is_number(a) && !is_number(b) => {
                // Not all of herd7's architectures have a multiply instruction.
                let what = "a product of variables";
                return Err(self.translator.out_of_scope(what, span));
            }
            "*" => format!("{left}.wrapping_mul({right})"),
            "&" | "|" | "^" => format!("({left} {sign} {right})"),
            _ => {
                let what = format!("the operator `{sign}`");
                return Err(self.translator.out_of_scope(what, span));
            }
        };
        Ok(Typed::of(text, ty))
    }
}
