//! Translates the statements of a thread.

use std::fmt::Write as _;

use crate::lang::ast::{ExprKind, Statement};
use crate::rust::scope::Scope;
use crate::rust::translator::{Translated, ident};

impl Scope<'_> {
    /// Translates the statements of a block, each on a line of its own.
    ///
    /// # Errors
    ///
    /// If a statement is wrong or out of scope.
    pub fn block(&mut self, body: &[Statement], depth: usize, out: &mut String) -> Translated<()> {
        let outside = self.known.len();
        self.blocks.push(outside);
        let done = body
            .iter()
            .try_for_each(|statement| self.statement(statement, depth, out));
        self.blocks.pop();
        self.known.truncate(outside);
        done
    }

    fn statement(
        &mut self,
        statement: &Statement,
        depth: usize,
        out: &mut String,
    ) -> Translated<()> {
        let indent = "    ".repeat(depth);
        match statement {
            Statement::Declare(ty, name, value, span) => {
                let outside = self.blocks.last().copied().unwrap_or_default();
                let is_parameter = self.thread.parameter(name).is_some();
                if is_parameter || self.known.contains(name) {
                    let is_here = match is_parameter {
                        true => self.blocks.len() <= 1,
                        false => self.known[outside..].contains(name),
                    };
                    if !is_here {
                        let what = format!("a variable that shadows another one (`{name}`)");
                        return Err(self.translator.out_of_scope(what, *span));
                    }
                    let message = format!("`{name}` is already declared");
                    let help = "use another name";
                    return self.translator.fault(*span, message, help);
                }
                if let Some(value) = value {
                    let ty = self.translator.ty(ty, *span)?;
                    let value = self.converted(value, &ty)?;
                    let _ = writeln!(out, "{indent}{} = {value};", ident(name));
                }
                self.known.push(name.clone());
            }
            Statement::Assign(name, value, span) => {
                let ty = match self.local(name) {
                    Some(ty) => ty?,
                    None if self.thread.parameter(name).is_some() => {
                        let what = "an assignment to a parameter";
                        return Err(self.translator.out_of_scope(what, *span));
                    }
                    None => return self.unknown(name, *span),
                };
                let value = self.converted(value, &ty)?;
                let _ = writeln!(out, "{indent}{} = {value};", ident(name));
            }
            Statement::Store(to, value, span) => {
                let store = self.plain_store(to, value, *span)?;
                let _ = writeln!(out, "{indent}{store};");
            }
            Statement::Call(expr) => {
                let text = match &expr.kind {
                    // The result, if there is one, is ignored.
                    ExprKind::Call(name, arguments) => self.call(name, arguments, expr.span)?.text,
                    _ => self.value(expr)?.0,
                };
                let _ = writeln!(out, "{indent}let _ = {text};");
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
            Statement::Loop(word, span) => {
                let what = format!("a loop (`{word}`)");
                return Err(self.translator.out_of_scope(what, *span));
            }
            Statement::Block(body) => self.block(body, depth, out)?,
        }
        Ok(())
    }
}
