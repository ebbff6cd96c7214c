//! The statements and expressions of a thread.

use std::fmt::Write as _;

use atomics_spec::expr::Yields;
use atomics_spec::model::op::ArgKind;
use atomics_spec::names::rust_ident;
use atomics_spec::{Spec, Variant};

use crate::lang::ast::{Expr, ExprKind, Litmus, Statement, Thread};
use crate::lang::calls::{Access, Call, resolve};
use crate::lang::source::{File, Span};
use crate::to_rust::names::{Names, element};

/// Prints a thread.
pub struct Printer<'a> {
    /// The tables.
    pub spec: &'a Spec,
    /// The file, for messages.
    pub file: File<'a>,
    /// The test.
    pub litmus: &'a Litmus,
    /// The names of its variables in Rust.
    pub names: &'a Names,
    /// The number of the thread.
    pub number: usize,
}

/// What an expression is.
#[derive(Clone, PartialEq, Eq)]
enum Kind {
    /// A `bool`.
    Truth,
    /// A number whose type Rust finds.
    Number,
    /// A value of a type.
    Of(String),
    /// A reference to a shared variable.
    Reference,
    /// Nothing.
    Nothing,
}

type Text = Result<(String, Kind), String>;

impl Printer<'_> {
    fn thread(&self) -> &Thread {
        &self.litmus.threads[self.number]
    }

    fn cannot<T>(&self, what: &str, span: Span) -> Result<T, String> {
        Err(format!("{what} at {}", self.file.place(span)))
    }

    /// The statements, a line each.
    ///
    /// # Errors
    ///
    /// The first construct that `litmus!` does not have.
    pub fn print(&self) -> Result<String, String> {
        let mut out = String::new();
        let mut known: Vec<&str> = Vec::new();
        for (name, ty) in self.thread().locals() {
            if known.contains(&name) || self.is_set_once(name) {
                continue;
            }
            known.push(name);
            let Some(ty) = element(self.spec, ty) else {
                return Err(format!("the type of `{name}`"));
            };
            let value = match self.litmus.register(self.number, name) {
                Some(register) => match &register.value {
                    crate::lang::ast::Value::Number(number) => number.to_string(),
                    crate::lang::ast::Value::Address(_) => {
                        return self.cannot("an address in a register", register.span);
                    }
                },
                None if ty.starts_with('*') => "core::ptr::null()".into(),
                None => "0".into(),
            };
            let local = self.names.local(self.number, name);
            let _ = writeln!(out, "        let mut {local}: {ty} = {value};");
        }
        self.block(&self.thread().body, 2, &mut out)?;
        Ok(out)
    }

    /// Whether a local variable gets one value, where it is declared, outside of branches.
    fn is_set_once(&self, name: &str) -> bool {
        let thread = self.thread();
        let first = thread.body.iter().filter(|statement| {
            matches!(statement, Statement::Declare(_, found, Some(_), _) if found == name)
        });
        let all = thread.statements();
        let others = all.iter().filter(|statement| match statement {
            Statement::Declare(_, found, ..) | Statement::Assign(found, ..) => found == name,
            _ => false,
        });
        let mut taken = thread.expressions().into_iter();
        let is_taken = taken.any(|e| matches!(&e.kind, ExprKind::Address(found) if found == name));
        first.count() == 1 && others.count() == 1 && !is_taken
    }

    fn block(&self, body: &[Statement], depth: usize, out: &mut String) -> Result<(), String> {
        let indent = "    ".repeat(depth);
        for statement in body {
            match statement {
                Statement::Declare(ty, name, Some(value), span) => {
                    let Some(ty) = element(self.spec, ty) else {
                        return self.cannot("a type that Rust does not have", *span);
                    };
                    let value = self.converted(value, &ty)?;
                    let word = if self.is_set_once(name) { "let " } else { "" };
                    let ty = match word {
                        "" => String::new(),
                        _ => format!(": {ty}"),
                    };
                    let name = self.names.local(self.number, name);
                    let _ = writeln!(out, "{indent}{word}{name}{ty} = {value};");
                }
                Statement::Declare(_, _, None, _) => {}
                Statement::Assign(name, value, span) => {
                    let Some(ty) = self.local(name) else {
                        return self.cannot("an assignment to a parameter", *span);
                    };
                    let value = self.converted(value, &ty)?;
                    let name = self.names.local(self.number, name);
                    let _ = writeln!(out, "{indent}{name} = {value};");
                }
                Statement::Store(.., span) => return self.cannot("a plain store", *span),
                Statement::Loop(_, span) => return self.cannot("a loop", *span),
                Statement::Call(expr) => {
                    let (text, kind) = self.value(expr)?;
                    let word = if kind == Kind::Nothing {
                        ""
                    } else {
                        "let _ = "
                    };
                    let _ = writeln!(out, "{indent}{word}{text};");
                }
                Statement::If(condition, yes, no) => {
                    let condition = self.truth(condition)?;
                    let _ = writeln!(out, "{indent}if {condition} {{");
                    self.block(yes, depth + 1, out)?;
                    if !no.is_empty() {
                        let _ = writeln!(out, "{indent}}} else {{");
                        self.block(no, depth + 1, out)?;
                    }
                    let _ = writeln!(out, "{indent}}}");
                }
                Statement::Block(body) => self.block(body, depth, out)?,
            }
        }
        Ok(())
    }

    /// The type of a local variable.
    fn local(&self, name: &str) -> Option<String> {
        let locals = self.thread().locals();
        let (_, ty) = locals.iter().find(|(known, _)| *known == name)?;
        element(self.spec, ty)
    }

    /// A value of a type.
    fn converted(&self, expr: &Expr, ty: &str) -> Result<String, String> {
        let is_pointer = ty.starts_with('*');
        if is_pointer && matches!(expr.uncast().kind, ExprKind::Number(0)) {
            return Ok("core::ptr::null()".into());
        }
        let (text, kind) = self.value(expr)?;
        Ok(match kind {
            Kind::Of(found) if found == ty => text,
            Kind::Number if !is_pointer => text,
            Kind::Reference if is_pointer => text,
            Kind::Of(found) if !is_pointer && !found.starts_with('*') => {
                format!("({text} as {ty})")
            }
            Kind::Truth if !is_pointer => format!("({text} as {ty})"),
            _ => return self.cannot("a value of another type", expr.span),
        })
    }

    fn truth(&self, expr: &Expr) -> Result<String, String> {
        let (text, kind) = self.value(expr)?;
        Ok(match kind {
            Kind::Truth => text,
            Kind::Of(ty) if ty.starts_with('*') => format!("!{text}.is_null()"),
            Kind::Of(_) | Kind::Number => format!("({text} != 0)"),
            Kind::Reference | Kind::Nothing => return self.cannot("a condition", expr.span),
        })
    }

    fn value(&self, expr: &Expr) -> Text {
        let span = expr.span;
        Ok(match &expr.kind {
            ExprKind::Number(number) if *number < 0 => (format!("({number})"), Kind::Number),
            ExprKind::Number(number) => (number.to_string(), Kind::Number),
            ExprKind::Name(name) => match self.local(name) {
                Some(ty) => (self.names.local(self.number, name), Kind::Of(ty)),
                None => (self.names.shared(name), Kind::Reference),
            },
            ExprKind::Deref(_) => return self.cannot("a plain load", span),
            ExprKind::Address(_) => return self.cannot("the address of a local variable", span),
            ExprKind::Unary("!", inner) => (format!("!{}", self.truth(inner)?), Kind::Truth),
            ExprKind::Unary(sign, inner) => {
                let (text, ty) = self.integer(inner)?;
                let sign = if *sign == "~" { "!" } else { "-" };
                (format!("({sign}{text})"), ty)
            }
            ExprKind::Cast(ty, inner) => {
                let Some(ty) = element(self.spec, ty) else {
                    return self.cannot("a cast to a type that Rust does not have", span);
                };
                (self.converted(inner, &ty)?, Kind::Of(ty))
            }
            ExprKind::Binary(sign @ ("&&" | "||"), a, b) => {
                let text = format!("({} {sign} {})", self.truth(a)?, self.truth(b)?);
                (text, Kind::Truth)
            }
            ExprKind::Binary(sign, a, b) => self.binary(sign, a, b, span)?,
            ExprKind::Call(name, arguments) => self.call(name, arguments, span)?,
        })
    }

    /// A number, not a truth.
    fn integer(&self, expr: &Expr) -> Text {
        let (text, kind) = self.value(expr)?;
        match &kind {
            Kind::Truth => Ok((format!("({text} as i32)"), Kind::Of("i32".into()))),
            Kind::Number => Ok((text, kind)),
            Kind::Of(ty) if !ty.starts_with('*') => Ok((text, kind)),
            _ => self.cannot("arithmetic on an address", expr.span),
        }
    }

    fn binary(&self, sign: &str, a: &Expr, b: &Expr, span: Span) -> Text {
        let compares = ["==", "!=", "<", ">", "<=", ">="].contains(&sign);
        if !compares && !["+", "-", "*", "&", "|", "^"].contains(&sign) {
            return self.cannot(&format!("the operator `{sign}`"), span);
        }
        let is_address = |kind: &Kind| match kind {
            Kind::Of(ty) => ty.starts_with('*'),
            Kind::Reference => true,
            _ => false,
        };
        let (left, right) = (self.value(a)?, self.value(b)?);
        if is_address(&left.1) || is_address(&right.1) {
            if !["==", "!="].contains(&sign) {
                return self.cannot("arithmetic on an address", span);
            }
            let not = if sign == "!=" { "!" } else { "" };
            let text = match (left, right) {
                ((text, Kind::Of(_)), (number, Kind::Number))
                | ((number, Kind::Number), (text, Kind::Of(_)))
                    if number == "0" =>
                {
                    format!("{not}{text}.is_null()")
                }
                ((a, Kind::Of(_)), (b, Kind::Of(_))) => format!("({a} {sign} {b})"),
                ((a, Kind::Of(_)), (b, Kind::Reference))
                | ((b, Kind::Reference), (a, Kind::Of(_))) => {
                    format!("({a} {sign} core::ptr::from_ref({b}))")
                }
                _ => return self.cannot("a comparison of an address", span),
            };
            return Ok((text, Kind::Truth));
        }
        let ((left, l), (right, r)) = (self.integer(a)?, self.integer(b)?);
        let (left, right, kind) = match (l, r) {
            (Kind::Of(l), Kind::Of(r)) if l != r => {
                // C converts to the wider, or else to the unsigned one.
                let to = if rank(&r) > rank(&l) { r } else { l };
                let (left, right) = (format!("({left} as {to})"), format!("({right} as {to})"));
                (left, right, Kind::Of(to))
            }
            (Kind::Number, Kind::Of(ty)) | (Kind::Of(ty), _) => (left, right, Kind::Of(ty)),
            _ => (left, right, Kind::Number),
        };
        let kind = if compares { Kind::Truth } else { kind };
        Ok((format!("({left} {sign} {right})"), kind))
    }

    /// A reference to the variable whose address an expression is, and what it holds.
    fn place(&self, expr: &Expr) -> Result<(String, String), String> {
        let (text, kind) = self.value(expr)?;
        match kind {
            Kind::Reference => {
                let ExprKind::Name(name) = &expr.uncast().kind else {
                    return self.cannot("an address", expr.span);
                };
                match element(self.spec, &self.litmus.type_of(name)) {
                    Some(ty) => Ok((text, ty)),
                    None => self.cannot("a type that Rust does not have", expr.span),
                }
            }
            Kind::Of(ty) if ty.starts_with('*') => {
                let to = ty
                    .trim_start_matches("*const Atomic<")
                    .trim_end_matches('>');
                Ok((format!("unsafe {{ &*{text} }}"), to.to_owned()))
            }
            _ => self.cannot("a number as an address", expr.span),
        }
    }

    fn call(&self, name: &str, arguments: &[Expr], span: Span) -> Text {
        let argument = |index: usize| match arguments.get(index) {
            Some(argument) => Ok(argument),
            None => self.cannot("too few arguments", span),
        };
        match resolve(self.spec, name) {
            Call::Barrier(rust) => Ok((rust.replace("barrier::", ""), Kind::Nothing)),
            Call::Macro(found) => {
                let mut variable = argument(0)?;
                if let (true, ExprKind::Deref(inner)) = (found.lvalue, &variable.kind) {
                    variable = inner;
                }
                let (place, ty) = self.place(variable)?;
                let stored = || self.converted(argument(1)?, &ty);
                Ok(match found.access {
                    Access::Load(ordering) => {
                        (format!("{place}.load({})", ordering.name()), Kind::Of(ty))
                    }
                    Access::Store(ordering) => {
                        let text = format!("{place}.store({}, {})", stored()?, ordering.name());
                        (text, Kind::Nothing)
                    }
                    Access::StoreMb => (
                        format!("smp_store_mb({place}, {})", stored()?),
                        Kind::Nothing,
                    ),
                })
            }
            Call::Function(variant) | Call::Plain(variant) => {
                self.function(name, &variant, arguments, span)
            }
            Call::OutOfScope(what) => self.cannot(what, span),
            Call::Unknown => self.cannot(&format!("`{name}`"), span),
        }
    }

    fn function(&self, name: &str, variant: &Variant<'_>, arguments: &[Expr], span: Span) -> Text {
        let of = &variant.of;
        let method = rust_ident(&of.method());
        // The value of an exchange in C is what was there.
        let is_cmpxchg = method == "cmpxchg";
        if !of.is_typed() && !is_cmpxchg {
            return self.cannot(&format!("`{name}`, which is no method"), span);
        }
        let mut place = None;
        let mut changed = None;
        let mut values = Vec::new();
        for (arg, argument) in of.op.args.iter().zip(arguments) {
            match (arg.kind, &argument.kind) {
                (ArgKind::Variable { .. }, _) => place = Some(self.place(argument)?),
                (ArgKind::Pointer, ExprKind::Address(local)) => {
                    changed = Some((self.names.local(self.number, local), self.local(local)));
                    values.push(Expr {
                        kind: ExprKind::Name(local.clone()),
                        span: argument.span,
                    });
                }
                (ArgKind::Pointer, _) => return self.cannot("an address", argument.span),
                (ArgKind::Value, _) => values.push(argument.clone()),
            }
        }
        let Some((place, ty)) = place else {
            return self.cannot(&format!("`{name}` of no variable"), span);
        };
        let values: Result<Vec<String>, String> = values
            .iter()
            .map(|value| self.converted(value, &ty))
            .collect();
        let mut values = values?;
        values.push(variant.ordering.name().to_owned());
        let text = format!("{place}.{method}({})", values.join(", "));
        if let Some((local, found)) = changed {
            if found.as_ref() != Some(&ty) {
                return self.cannot("a variable of another type", span);
            }
            // The result depends on the value found: branches with constants would not.
            let text = format!(
                "{{ let exchanged = {text}; if let Err(found) = exchanged {{ {local} = found; }} \
                 exchanged.is_ok() }}"
            );
            return Ok((text, Kind::Truth));
        }
        if is_cmpxchg {
            let text = format!("match {text} {{ Ok(v) | Err(v) => v }}");
            return Ok((text, Kind::Of(ty)));
        }
        Ok(match of.result().map(|result| result.yields()) {
            None => (text, Kind::Nothing),
            Some(Yields::Value) => (text, Kind::Of(ty)),
            Some(Yields::Truth) => (text, Kind::Truth),
        })
    }
}

/// The order in which C converts integers.
fn rank(ty: &str) -> u32 {
    let width = match ty {
        "i32" | "u32" => 0,
        "isize" | "usize" => 2,
        _ => 4,
    };
    width + u32::from(ty.starts_with('u'))
}
