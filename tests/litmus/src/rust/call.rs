//! Translates the calls of a thread: barriers, macros and atomic operations.

use atomics_spec::Variant;
use atomics_spec::expr::Yields as ResultKind;
use atomics_spec::model::op::ArgKind;
use atomics_spec::model::ty::Repr;
use atomics_spec::names::{self, rust_ident};

use crate::lang::ast::{Expr, ExprKind};
use crate::lang::calls::{Access, Call, Macro, resolve};
use crate::lang::source::Span;
use crate::lang::types::Type;
use crate::rust::expr::Typed;
use crate::rust::scope::Scope;
use crate::rust::translator::{Translated, ident};

impl Scope<'_> {
    /// Translates a call.
    ///
    /// # Errors
    ///
    /// If it is wrong or out of scope.
    pub fn call(&self, name: &str, arguments: &[Expr], span: Span) -> Translated<Typed> {
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
                let help = "the functions are READ_ONCE, WRITE_ONCE, smp_load_acquire, \
                            smp_store_release, smp_store_mb, smp_mb and other barriers, xchg, \
                            cmpxchg, try_cmpxchg, and those that `cargo xtask list --names` prints";
                translator.fault(span, message, help)
            }
        }
    }

    fn count(&self, name: &str, arguments: &[Expr], right: usize, span: Span) -> Translated<()> {
        if arguments.len() == right {
            return Ok(());
        }
        let message = format!("wrong number of arguments of `{name}`: {}", arguments.len());
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
                let message = format!("`{name}` takes a variable here, not its address");
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

    /// A reference to the variable whose address an expression is, and the variable's type.
    fn place(&self, expr: &Expr) -> Translated<(String, Type)> {
        if let ExprKind::Name(name) = &expr.kind
            && self.local(name).is_none()
            && let Some(parameter) = self.thread.parameter(name)
            && let Some(to) = parameter.ty.pointee()
        {
            let ty = self.translator.ty(to, parameter.span)?;
            return Ok((ident(name), ty));
        }
        let (pointer, to) = self.address(expr)?;
        // The emitted `unsafe` is sound: all pointers in a test point to its shared variables.
        let text = format!("unsafe {{ Atomic::from_ptr({pointer}) }}");
        Ok((text, to))
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
        if let Type::Int(int) = &ty
            && int.is_unsigned()
        {
            let what = format!("`{name}` on an unsigned variable");
            return Err(self.translator.out_of_scope(what, variable.span));
        }
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
        Ok(match of.result().map(|result| result.yields()) {
            None => Typed::nothing(call),
            Some(ResultKind::Value) => Typed::of(call, ty),
            Some(ResultKind::Truth) => Typed::truth(call),
        })
    }

    /// Calls the raw layer for an operation that the typed layer has only under another name.
    fn untyped(&self, variant: &Variant<'_>, place: &str, values: &[String], ty: &Type) -> String {
        let repr = match ty {
            Type::Int(int) => Repr::Int(int.rust),
            Type::Pointer(_) => Repr::Pointer,
        };
        let mut families = self.translator.spec.types.families.iter();
        let family = families.find(|f| f.repr == repr);
        let function = names::function(family.unwrap_or(variant.family), &variant.name());
        // The emitted `unsafe` is sound: all accesses to the variable are atomic methods.
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
