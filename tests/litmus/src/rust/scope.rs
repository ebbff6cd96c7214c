//! The variables in scope.

use crate::lang::ast::{self, Expr, ExprKind, Statement, Thread, Value};
use crate::lang::source::Span;
use crate::lang::types::Type;
use crate::lang::values::Values;
use crate::rust::translator::{Translated, Translator};

/// A place in a thread, with the local variables that are in scope there.
pub struct Scope<'a> {
    /// The translator of the test.
    pub translator: &'a Translator<'a>,
    /// The thread.
    pub thread: &'a Thread,
    /// The local variables in scope.
    pub known: Vec<String>,
    /// For each enclosing block, the number of variables in scope at its start.
    pub blocks: Vec<usize>,
}

impl<'a> Scope<'a> {
    /// The scope at the start of a thread.
    pub fn new(translator: &'a Translator<'a>, thread: &'a Thread) -> Self {
        Self {
            translator,
            thread,
            known: thread.undeclared.iter().map(|l| l.name.clone()).collect(),
            blocks: Vec::new(),
        }
    }

    /// All local variables of the thread, each once.
    pub fn locals(&self) -> Vec<(&str, &ast::Type, Span)> {
        let undeclared = self.thread.undeclared.iter();
        let undeclared = undeclared.map(|local| (local.name.as_str(), &local.ty, local.span));
        let mut all: Vec<(&str, &ast::Type, Span)> = undeclared.collect();
        for statement in self.thread.statements() {
            if let Statement::Declare(ty, name, _, span) = statement
                && !all.iter().any(|(known, ..)| known == name)
            {
                all.push((name, ty, *span));
            }
        }
        all
    }

    /// The initial value of a local variable of a type, in a thread.
    ///
    /// # Errors
    ///
    /// If it is not a value of the type.
    pub fn initial(&self, thread: usize, name: &str, ty: &Type) -> Translated<String> {
        let Some(register) = self.translator.test.register(thread, name) else {
            return Ok(match ty {
                Type::Int(_) => "0".into(),
                Type::Pointer(_) => "core::ptr::null_mut()".into(),
            });
        };
        let kind = match &register.value {
            Value::Number(number) => ExprKind::Number(*number),
            Value::Address(variable) => ExprKind::Name(variable.clone()),
        };
        let span = register.span;
        self.converted(&Expr { kind, span }, ty)
    }

    /// Whether a number is 0 in every execution.
    pub fn is_zero(&self, number: &Expr) -> bool {
        let Translator { spec, test, .. } = *self.translator;
        let mut threads = test.threads.iter();
        let thread = threads.position(|thread| std::ptr::eq(thread, self.thread));
        let values = thread.and_then(|thread| Values::of(spec, test).of_expr(thread, number));
        values.is_some_and(|values| values.iter().eq([&0]))
    }

    /// The type of a local variable, if it is in scope.
    pub fn local(&self, name: &str) -> Option<Translated<Type>> {
        if !self.known.iter().any(|known| known == name) {
            return None;
        }
        let locals = self.locals();
        let (_, ty, span) = locals.iter().find(|(known, ..)| *known == name)?;
        Some(self.translator.ty(ty, *span))
    }

    /// The error that no variable of this name is in scope.
    pub fn unknown<T>(&self, name: &str, span: Span) -> Translated<T> {
        let (message, help) = if self.locals().iter().any(|(local, ..)| *local == name) {
            (
                format!("`{name}` is not in scope here"),
                "it is declared in another block or further down",
            )
        } else {
            (
                format!("there is no variable `{name}` here"),
                "use a parameter of the thread, or declare a local variable: `int r0;`",
            )
        };
        self.translator.fault(span, message, help)
    }
}
