//! The statements of a thread.

use std::fmt::Write as _;

use super::super::ast::{self, ExprKind, Statement, Thread};
use super::super::lex::Span;
use super::super::types::Type;
use super::{Translated, Translator, ident};

/// The translation of a thread's body.
pub struct Body<'a> {
    /// What it is a part of.
    pub translator: &'a Translator<'a>,
    /// The thread.
    pub thread: &'a Thread,
    /// The local variables that are known where the translation is.
    known: Vec<String>,
    /// How many of them were known where each of the blocks around it begins.
    blocks: Vec<usize>,
}

impl<'a> Body<'a> {
    /// The body of a thread, of which nothing is translated yet.
    pub fn new(translator: &'a Translator<'a>, thread: &'a Thread) -> Self {
        Self {
            translator,
            thread,
            known: Vec::new(),
            blocks: Vec::new(),
        }
    }

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

    /// The type of a local variable that is known here.
    pub fn local(&self, name: &str) -> Option<Translated<Type>> {
        if !self.known.iter().any(|known| known == name) {
            return None;
        }
        let locals = self.locals();
        let (_, ty, span) = locals.iter().find(|(known, ..)| *known == name)?;
        Some(self.translator.ty(ty, *span))
    }

    /// The statements of a block, each on a line of its own.
    ///
    /// # Errors
    ///
    /// If one is wrong, or out of scope.
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
                        let what = format!("a variable that hides another one (`{name}`)");
                        return Err(self.translator.out_of_scope(what, *span));
                    }
                    let message = format!("there is a `{name}` already");
                    let help = "a name stands for one variable: take another one";
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

    /// That there is no variable of this name.
    pub fn unknown<T>(&self, name: &str, span: Span) -> Translated<T> {
        let (message, help) = if self.locals().iter().any(|(local, ..)| *local == name) {
            (
                format!("`{name}` is not known here"),
                "it is declared in another block, or further down",
            )
        } else {
            (
                format!("there is no variable `{name}` here"),
                "a thread knows its parameters, and its local variables: `int r0;`",
            )
        };
        self.translator.fault(span, message, help)
    }
}
