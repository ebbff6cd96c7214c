//! The statements and expressions of a thread.

use std::fmt::Write as _;

use atomics_spec::Variant;
use atomics_spec::expr;
use atomics_spec::names::{self, rust_ident};
use atomics_spec::table::ArgKind;
use atomics_spec::types::Repr;

use super::super::ast::{self, Expr, ExprKind, Statement, Thread};
use super::super::calls::{Access, Call, Macro, resolve};
use super::super::lex::Span;
use super::super::types::{INT, Int, Type};
use super::{Translated, Translator, ident};

/// An expression in Rust.
struct Typed {
    text: String,
    kind: Kind,
}

/// What an expression yields.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Nothing,
    /// A `bool`, where C has an `int`.
    Truth,
    /// A value.
    Of(Type),
}

impl Typed {
    fn of(text: String, ty: Type) -> Self {
        let kind = Kind::Of(ty);
        Self { text, kind }
    }

    fn truth(text: String) -> Self {
        let kind = Kind::Truth;
        Self { text, kind }
    }

    fn nothing(text: String) -> Self {
        let kind = Kind::Nothing;
        Self { text, kind }
    }
}

/// The translation of a thread's body.
pub struct Body<'a> {
    /// What it is a part of.
    pub translator: &'a Translator<'a>,
    /// The thread.
    pub thread: &'a Thread,
}

impl Body<'_> {
    /// The local variables, each once.
    pub fn locals(&self) -> Vec<(&str, &ast::Type, Span)> {
        let mut all: Vec<(&str, &ast::Type, Span)> = Vec::new();
        for statement in self.thread.statements() {
            if let Statement::Declare(ty, name, _, span) = statement
                && !all.iter().any(|(known, ..)| known == name)
            {
                all.push((name, ty, *span));
            }
        }
        all
    }

    fn local(&self, name: &str) -> Option<Translated<Type>> {
        let locals = self.locals();
        let (_, ty, span) = locals.iter().find(|(known, ..)| *known == name)?;
        Some(self.translator.ty(ty, *span))
    }

    /// Statements, each on a line of its own.
    ///
    /// # Errors
    ///
    /// If one is wrong, or out of scope.
    pub fn statements(&self, body: &[Statement], depth: usize, out: &mut String) -> Translated<()> {
        body.iter().try_for_each(|s| self.statement(s, depth, out))
    }

    fn statement(&self, statement: &Statement, depth: usize, out: &mut String) -> Translated<()> {
        let indent = "    ".repeat(depth);
        match statement {
            Statement::Declare(_, _, None, _) => {}
            Statement::Declare(_, name, Some(value), span)
            | Statement::Assign(name, value, span) => {
                let ty = match self.local(name) {
                    Some(ty) => ty?,
                    None => {
                        let help = "a local variable is declared before it is used: `int r0;`";
                        let message = format!("there is no local variable `{name}`");
                        return self.translator.fault(*span, message, help);
                    }
                };
                let value = self.converted(value, &ty)?;
                let _ = writeln!(out, "{indent}{} = {value};", ident(name));
            }
            Statement::Store(.., span) => {
                return Err(self.translator.out_of_scope("a plain store", *span));
            }
            Statement::Call(expr) => {
                let text = match &expr.kind {
                    // Its result, if it has one, is not wanted.
                    ExprKind::Call(name, arguments) => self.call(name, arguments, expr.span)?.text,
                    _ => self.value(expr)?.0,
                };
                let _ = writeln!(out, "{indent}let _ = {text};");
            }
            Statement::If(condition, yes, no) => {
                let condition = self.truth(condition)?;
                let _ = writeln!(out, "{indent}if {condition} {{");
                self.statements(yes, depth + 1, out)?;
                if !no.is_empty() {
                    let _ = writeln!(out, "{indent}}} else {{");
                    self.statements(no, depth + 1, out)?;
                }
                let _ = writeln!(out, "{indent}}}");
            }
            Statement::Loop(word, span) => {
                let what = format!("a loop (`{word}`)");
                return Err(self.translator.out_of_scope(what, *span));
            }
            Statement::Block(body) => self.statements(body, depth, out)?,
        }
        Ok(())
    }

    /// An expression, as a value of a type.
    fn converted(&self, expr: &Expr, ty: &Type) -> Translated<String> {
        if let (ExprKind::Number(number), Type::Int(int)) = (&expr.kind, ty) {
            return self.number(*number, *int, expr.span);
        }
        let value = self.value(expr)?;
        self.convert(value, ty, expr.span)
    }

    /// A value of one type as one of another.
    fn convert(&self, (text, found): (String, Type), ty: &Type, span: Span) -> Translated<String> {
        match (&found, ty) {
            (found, ty) if found == ty => Ok(text),
            (Type::Int(_), Type::Int(int)) => Ok(format!("({text} as {})", int.rust)),
            (Type::Pointer(_), Type::Pointer(_)) => Ok(format!("{text}.cast()")),
            (Type::Pointer(_), Type::Int(_)) => {
                let help = "an address fits into a pointer: declare `int *r0;`";
                let message = "this is an address, and no number".into();
                self.translator.fault(span, message, help)
            }
            (Type::Int(_), Type::Pointer(_)) => {
                let help = "a pointer's value is the address of a variable";
                let message = "this is a number, and no address".into();
                self.translator.fault(span, message, help)
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
        Ok(match number {
            0.. => format!("{number}_{}", int.rust),
            _ => format!("({number}_{})", int.rust),
        })
    }

    /// An expression, as a value, and its type.
    fn value(&self, expr: &Expr) -> Translated<(String, Type)> {
        let Typed { text, kind } = self.typed(expr)?;
        match kind {
            Kind::Of(ty) => Ok((text, ty)),
            Kind::Truth => Ok((format!("i32::from({text})"), Type::Int(INT))),
            Kind::Nothing => {
                let help = "call it in a statement of its own";
                let message = "this call returns nothing".into();
                self.translator.fault(expr.span, message, help)
            }
        }
    }

    /// An expression, as a condition.
    fn truth(&self, expr: &Expr) -> Translated<String> {
        let typed = self.typed(expr)?;
        if typed.kind == Kind::Truth {
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
                let text = self.number(*number, INT, span)?;
                Ok(Typed::of(text, Type::Int(INT)))
            }
            ExprKind::Name(name) => self.named(name, span),
            ExprKind::Deref(_) => Err(self.translator.out_of_scope("a plain load", span)),
            ExprKind::Address(_) => {
                let help = "only what a try_cmpxchg expects is given by its address";
                let message = "the address of a local variable is no value here".into();
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
            ExprKind::Binary(sign @ ("&&" | "||"), a, b) => {
                let (a, b) = (self.truth(a)?, self.truth(b)?);
                Ok(Typed::truth(format!("({a} {sign} {b})")))
            }
            ExprKind::Binary(sign, a, b) => self.binary(sign, a, b, span),
            ExprKind::Call(name, arguments) => self.call(name, arguments, span),
        }
    }

    /// A local variable, or the address that a parameter is.
    fn named(&self, name: &str, span: Span) -> Translated<Typed> {
        if let Some(ty) = self.local(name) {
            return Ok(Typed::of(ident(name), ty?));
        }
        match self.thread.parameter(name) {
            Some(parameter) => {
                let ty = self.translator.ty(&parameter.ty, parameter.span)?;
                Ok(Typed::of(format!("{}.as_ptr()", ident(name)), ty))
            }
            None => {
                let message = format!("there is no variable `{name}` here");
                let help = "a thread knows its parameters and its local variables";
                self.translator.fault(span, message, help)
            }
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

    fn binary(&self, sign: &str, a: &Expr, b: &Expr, span: Span) -> Translated<Typed> {
        let compares = ["==", "!=", "<", ">", "<=", ">="].contains(&sign);
        let (left, right) = (self.value(a)?, self.value(b)?);
        let ty = match (&left.1, &right.1) {
            (Type::Int(l), Type::Int(r)) => Type::Int(if r.bits > l.bits { *r } else { *l }),
            (Type::Pointer(_), _) if compares => left.1.clone(),
            _ => {
                return Err(self
                    .translator
                    .out_of_scope("arithmetic on an address", span));
            }
        };
        let left = self.convert(left, &ty, a.span)?;
        let right = self.convert(right, &ty, b.span)?;
        let text = match sign {
            _ if compares => return Ok(Typed::truth(format!("({left} {sign} {right})"))),
            "+" => format!("{left}.wrapping_add({right})"),
            "-" => format!("{left}.wrapping_sub({right})"),
            "*" => format!("{left}.wrapping_mul({right})"),
            "&" | "|" | "^" => format!("({left} {sign} {right})"),
            _ => {
                let what = format!("the operator `{sign}`");
                return Err(self.translator.out_of_scope(what, span));
            }
        };
        Ok(Typed::of(text, ty))
    }

    fn call(&self, name: &str, arguments: &[Expr], span: Span) -> Translated<Typed> {
        let translator = self.translator;
        match resolve(translator.spec, name) {
            Call::Barrier(rust) => {
                self.count(name, arguments, 0, span)?;
                Ok(Typed::nothing(format!("barrier::{rust}")))
            }
            Call::Macro(found) => self.macro_call(name, found, arguments, span),
            Call::Function(variant) => self.function(name, &variant, arguments, span),
            Call::Plain(variant) => self.function(name, &variant, arguments, span),
            Call::OutOfScope(what) => {
                Err(translator.out_of_scope(format!("{what} (`{name}`)"), span))
            }
            Call::Unknown => {
                let message = format!("there is no function `{name}`");
                let help = "there are READ_ONCE, WRITE_ONCE, smp_load_acquire, \
                            smp_store_release, smp_store_mb, smp_mb and its kin, xchg, cmpxchg, \
                            try_cmpxchg, and what `cargo xtask list --names` prints";
                translator.fault(span, message, help)
            }
        }
    }

    fn count(&self, name: &str, arguments: &[Expr], right: usize, span: Span) -> Translated<()> {
        if arguments.len() == right {
            return Ok(());
        }
        let message = format!("`{name}` has {} arguments", arguments.len());
        let help = format!("it takes {right}");
        self.translator.fault(span, message, &help)
    }

    fn macro_call(
        &self,
        name: &str,
        found: Macro,
        arguments: &[Expr],
        span: Span,
    ) -> Translated<Typed> {
        let loads = matches!(found.access, Access::Load(_));
        self.count(name, arguments, if loads { 1 } else { 2 }, span)?;
        let mut variable = &arguments[0];
        if found.lvalue {
            let ExprKind::Deref(inner) = &variable.kind else {
                let message = format!("`{name}` takes a variable here, and not its address");
                let help = format!("write `{name}(*x..)`");
                return self.translator.fault(variable.span, message, &help);
            };
            variable = inner;
        }
        let (place, ty) = self.place(variable)?;
        Ok(match found.access {
            Access::Load(ordering) => Typed::of(format!("{place}.load({})", ordering.name()), ty),
            Access::Store(ordering) => {
                let value = self.converted(&arguments[1], &ty)?;
                Typed::nothing(format!("{place}.store({value}, {})", ordering.name()))
            }
            Access::StoreMb => {
                let value = self.converted(&arguments[1], &ty)?;
                Typed::nothing(format!("barrier::smp_store_mb({place}, {value})"))
            }
        })
    }

    /// The variable that an expression is the address of, as a reference, and its type.
    fn place(&self, expr: &Expr) -> Translated<(String, Type)> {
        if let ExprKind::Name(name) = &expr.kind
            && self.local(name).is_none()
            && let Some(parameter) = self.thread.parameter(name)
            && let Some(to) = parameter.ty.pointee()
        {
            let ty = self.translator.ty(to, parameter.span)?;
            return Ok((ident(name), ty));
        }
        let (value, Type::Pointer(to)) = self.value(expr)? else {
            let message = "this is no address of a variable".into();
            let help = "a shared variable is given by its address, as the parameter `int *x` is";
            return self.translator.fault(expr.span, message, help);
        };
        // What is written is sound: all pointers of a test are those to its shared variables.
        let text = format!("unsafe {{ Atomic::from_ptr({value}) }}");
        Ok((text, *to))
    }

    fn function(
        &self,
        name: &str,
        variant: &Variant<'_>,
        arguments: &[Expr],
        span: Span,
    ) -> Translated<Typed> {
        let (of, op) = (&variant.of, variant.of.op);
        self.count(name, arguments, op.args.len(), span)?;
        let is_variable = |kind: ArgKind| matches!(kind, ArgKind::Variable { .. });
        let arguments = || op.args.iter().zip(arguments);
        let variable = arguments().find(|(arg, _)| is_variable(arg.kind));
        let Some((_, variable)) = variable else {
            let message = format!("`{name}` takes no variable");
            return self
                .translator
                .fault(span, message, "its row in the table is wrong");
        };
        let (place, ty) = self.place(variable)?;
        let is_c_function = self.translator.spec.find(name).is_some();
        if let Type::Int(int) = &ty
            && is_c_function
            && int.bits != variant.family.bits(64)
        {
            let help = format!("it takes {}", names::raw_type(variant.family));
            let message = format!("`{name}` does not take a variable of {} bits", int.bits);
            return self.translator.fault(variable.span, message, &help);
        }
        let mut values = Vec::new();
        let mut pointer = None;
        for (arg, argument) in arguments() {
            match (arg.kind, &argument.kind) {
                (ArgKind::Variable { .. }, _) => {}
                (ArgKind::Value, _) => values.push(self.converted(argument, &ty)?),
                (ArgKind::Pointer, ExprKind::Address(local)) if self.local(local).is_some() => {
                    pointer = Some(ident(local));
                    values.push(self.converted(&name_of(local, argument.span), &ty)?);
                }
                (ArgKind::Pointer, _) => {
                    let message = format!("`{name}` takes the address of a local variable here");
                    return self.translator.fault(argument.span, message, "write `&r0`");
                }
            }
        }
        let ordering = variant.ordering.name();
        let typed = |values: Vec<String>, method: &str| {
            let all = [values, vec![ordering.to_owned()]].concat().join(", ");
            format!("{place}.{method}({all})")
        };
        let method = rust_ident(&of.method());
        if let Some(local) = pointer {
            let call = typed(values, &method);
            let text = format!(
                "match {call} {{ Ok(_) => true, Err(v) => {{ {local} = v as _; false }} }}"
            );
            return Ok(Typed::truth(text));
        }
        if !of.is_typed() {
            return Ok(Typed::of(self.untyped(variant, &place, &values, &ty), ty));
        }
        let call = typed(values, &method);
        Ok(match of.result().map(|result| result.kind()) {
            None => Typed::nothing(call),
            Some(expr::Kind::Value) => Typed::of(call, ty),
            Some(expr::Kind::Truth) => Typed::truth(call),
        })
    }

    /// An operation that the typed layer has under another name only: by the raw layer.
    fn untyped(&self, variant: &Variant<'_>, place: &str, values: &[String], ty: &Type) -> String {
        let repr = match ty {
            Type::Int(int) => Repr::Int(int.rust),
            Type::Pointer(_) => Repr::Pointer,
        };
        let mut families = self.translator.spec.types.families.iter();
        let family = families.find(|f| f.repr == repr);
        let function = names::function(family.unwrap_or(variant.family), &variant.name());
        // What is written is sound: every access to the variable is by such methods.
        let call = |values: &[String]| {
            format!(
                "unsafe {{ {place}.as_raw() }}.{function}({})",
                values.join(", ")
            )
        };
        match ty {
            Type::Int(_) => call(values),
            Type::Pointer(to) => {
                let values = values
                    .iter()
                    .map(|value| format!("{value}.cast_const().cast()"));
                let call = call(&values.collect::<Vec<_>>());
                format!("{call}.cast_mut().cast::<{}>()", to.rust())
            }
        }
    }
}

fn name_of(name: &str, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Name(name.into()),
        span,
    }
}
