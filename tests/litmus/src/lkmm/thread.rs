//! Prints the statements and expressions of a thread for herd7.

use std::fmt::Write as _;

use atomics_spec::{Spec, Variant};

use crate::lang::ast::{Expr, ExprKind, Statement, Thread};
use crate::lang::calls::{Access, Call, resolve};
use crate::lang::values::Values;
use crate::lkmm::definitions::Definitions;
use crate::lkmm::text;

/// Printed text, or what cannot be expressed for herd7.
pub type Printed<T> = Result<T, String>;

/// Prints a thread.
pub struct Printer<'a> {
    /// The tables.
    pub spec: &'a Spec,
    /// herd7's definitions.
    pub definitions: &'a dyn Definitions,
    /// The values that variables may have.
    pub values: &'a Values<'a>,
    thread: &'a Thread,
    temporaries: usize,
    out: String,
}

impl<'a> Printer<'a> {
    /// A printer with empty output.
    pub fn new(
        spec: &'a Spec,
        definitions: &'a dyn Definitions,
        values: &'a Values<'a>,
        thread: &'a Thread,
    ) -> Self {
        Self {
            spec,
            definitions,
            values,
            thread,
            temporaries: 0,
            out: String::new(),
        }
    }

    /// Prints the statements of the thread.
    ///
    /// # Errors
    ///
    /// What cannot be expressed for herd7.
    pub fn body(mut self) -> Printed<String> {
        let thread = self.thread;
        self.block(&thread.body, 1)?;
        Ok(self.out)
    }

    /// Prints a line.
    pub fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "\t".repeat(depth));
    }

    /// A new name for a local variable.
    pub fn temporary(&mut self) -> String {
        let locals = self.thread.locals();
        loop {
            let name = format!("t{}", self.temporaries);
            self.temporaries += 1;
            let is_local = locals.iter().any(|(local, _)| *local == name);
            if !is_local && self.thread.parameter(&name).is_none() {
                return name;
            }
        }
    }

    fn statement(&mut self, statement: &Statement, depth: usize) -> Printed<()> {
        match statement {
            Statement::Declare(ty, name, value, _) => {
                let ty = text::spaced(&text::ty(self.spec, ty));
                match value {
                    None => self.line(depth, &format!("{ty}{name};")),
                    Some(value) => {
                        let value = self.whole(value, depth)?;
                        self.line(depth, &format!("{ty}{name} = {value};"));
                    }
                }
            }
            Statement::Assign(name, value, _) => {
                let value = self.whole(value, depth)?;
                self.line(depth, &format!("{name} = {value};"));
            }
            Statement::Store(to, value, _) => {
                let value = self.whole(value, depth)?;
                let to = self.expr(to, depth)?;
                self.line(depth, &format!("{to} = {value};"));
            }
            Statement::Call(expr) => {
                let text = self.whole(expr, depth)?;
                let is_value = match &expr.kind {
                    ExprKind::Call(name, _) => self.has_result(name),
                    _ => true,
                };
                if is_value {
                    let unused = self.temporary();
                    self.line(depth, &format!("int {unused} = {text};"));
                } else {
                    self.line(depth, &format!("{text};"));
                }
            }
            Statement::If(condition, yes, no) => {
                let condition = self.whole(condition, depth)?;
                self.line(depth, &format!("if ({condition}) {{"));
                self.block(yes, depth + 1)?;
                if !no.is_empty() {
                    self.line(depth, "} else {");
                    self.block(no, depth + 1)?;
                }
                self.line(depth, "}");
            }
            Statement::Loop(word, _) => return Err(format!("a loop (`{word}`)")),
            Statement::Block(body) => {
                for statement in body {
                    self.statement(statement, depth)?;
                }
            }
        }
        Ok(())
    }

    /// Prints the statements of a block. herd7 rejects an empty block, so it gets a declaration.
    fn block(&mut self, body: &[Statement], depth: usize) -> Printed<()> {
        let before = self.out.len();
        body.iter().try_for_each(|s| self.statement(s, depth))?;
        if self.out.len() == before {
            let unused = self.temporary();
            self.line(depth, &format!("int {unused} = 0;"));
        }
        Ok(())
    }

    fn has_result(&self, name: &str) -> bool {
        match resolve(self.spec, name) {
            Call::Function(variant) | Call::Plain(variant) => variant.of.result().is_some(),
            Call::Macro(found) => matches!(found.access, Access::Load(_)),
            _ => false,
        }
    }

    /// Prints an expression that is not part of another. The statements of a rewritten call are
    /// printed before it, which keeps the order of calls if there is only one.
    fn whole(&mut self, expr: &Expr, depth: usize) -> Printed<String> {
        let mut calls = 0;
        let mut others = 0;
        expr.walk(&mut |e| {
            if let ExprKind::Call(name, _) = &e.kind {
                calls += 1;
                others += usize::from(self.rewrites(name).is_some());
            }
        });
        if others > 0 && calls > 1 {
            return Err("several calls in an expression, one of which herd7 lacks".into());
        }
        self.expr(expr, depth)
    }

    /// The operation of a call that has to be rewritten.
    fn rewrites(&self, name: &str) -> Option<Variant<'_>> {
        match resolve(self.spec, name) {
            Call::Function(v) if !self.definitions.has(&v) => Some(v),
            Call::Plain(v) if v.of.op.pointer().is_some() => Some(v),
            _ => None,
        }
    }

    /// Prints an expression.
    ///
    /// # Errors
    ///
    /// What cannot be expressed for herd7.
    pub fn expr(&mut self, expr: &Expr, depth: usize) -> Printed<String> {
        Ok(match &expr.kind {
            ExprKind::Number(number) => number.to_string(),
            ExprKind::Name(name) => name.clone(),
            ExprKind::Deref(inner) => format!("*{}", self.expr(inner, depth)?),
            ExprKind::Address(name) => format!("&{name}"),
            // A cast has no effect: herd7's numbers have one width, and addresses have no type.
            ExprKind::Cast(_, inner) => self.expr(inner, depth)?,
            ExprKind::Unary(sign, inner) => {
                let inner = self.expr(inner, depth)?;
                match *sign {
                    "!" => format!("({inner} == 0)"),
                    "~" => format!("({inner} ^ -1)"),
                    _ => format!("(0 - {inner})"),
                }
            }
            ExprKind::Binary(sign @ ("&&" | "||"), a, b) => {
                let mut calls = false;
                b.walk(&mut |e| calls |= matches!(e.kind, ExprKind::Call(..)));
                if calls {
                    return Err(format!("a call on the right of `{sign}`"));
                }
                let (a, b) = (self.expr(a, depth)?, self.expr(b, depth)?);
                let sign = if *sign == "&&" { "&" } else { "|" };
                format!("(({a} != 0) {sign} ({b} != 0))")
            }
            ExprKind::Binary(sign, a, b) => {
                let (a, b) = (self.expr(a, depth)?, self.expr(b, depth)?);
                format!("({a} {sign} {b})")
            }
            ExprKind::Call(name, arguments) => {
                self.call(name, arguments, expr.span.start, depth)?
            }
        })
    }
}
