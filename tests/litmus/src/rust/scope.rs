//! Which variables are known where.

use crate::lang::ast::{self, Statement, Thread};
use crate::lang::source::Span;
use crate::lang::types::Type;
use crate::rust::translator::{Translated, Translator};

/// A place in a thread, with the local variables that are known there.
pub struct Scope<'a> {
    /// What it is a part of.
    pub translator: &'a Translator<'a>,
    /// The thread.
    pub thread: &'a Thread,
    /// The local variables that are known where the translation is.
    pub known: Vec<String>,
    /// How many of them were known where each of the blocks around it begins.
    pub blocks: Vec<usize>,
}

impl<'a> Scope<'a> {
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
