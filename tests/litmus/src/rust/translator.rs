//! The types that all parts of the translation use.

use atomics_spec::Spec;
use atomics_spec::diag::Error;

use crate::lang::ast::{self, Litmus};
use crate::lang::source::{File, Span};
use crate::lang::types::Type;

/// Why a test cannot be translated to Rust.
#[derive(Clone, Debug)]
pub enum Problem {
    /// It has a construct that is not checked on machine code.
    OutOfScope {
        /// The construct.
        what: String,
        /// Its place in the file.
        place: String,
    },
    /// The test is wrong.
    Fault(Box<Error>),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Fault(Box::new(error))
    }
}

/// A translation, or why there is none.
pub type Translated<T> = Result<T, Problem>;

/// Translates the threads of a test.
#[derive(Clone, Copy, Debug)]
pub struct Translator<'a> {
    /// The tables.
    pub spec: &'a Spec,
    /// The file, for messages.
    pub file: File<'a>,
    /// The test.
    pub test: &'a Litmus,
}

impl Translator<'_> {
    /// Translates a type.
    ///
    /// # Errors
    ///
    /// If the type is not checked on machine code.
    pub fn ty(&self, ty: &ast::Type, span: Span) -> Translated<Type> {
        Type::of(self.spec, ty).ok_or_else(|| {
            let mut named = ty;
            while let Some(to) = named.pointee() {
                named = to;
            }
            let name = match named {
                ast::Type::Named(name) => name.as_str(),
                ast::Type::Pointer(_) => "a pointer",
            };
            self.out_of_scope(format!("the type `{name}`"), span)
        })
    }

    /// The problem that a construct is not checked on machine code.
    pub fn out_of_scope(&self, what: impl Into<String>, span: Span) -> Problem {
        Problem::OutOfScope {
            what: what.into(),
            place: self.file.place(span),
        }
    }

    /// The problem that something is wrong.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn fault<T>(&self, span: Span, message: String, help: &str) -> Translated<T> {
        Err(self.file.error(span, message, help).into())
    }
}

/// The Rust name of a C variable. The prefix keeps it apart from keywords and other names.
pub fn ident(name: &str) -> String {
    format!("v_{name}")
}
