//! What all parts of a translation need.

use atomics_spec::Spec;
use atomics_spec::diag::Error;

use crate::lang::ast::{self, Litmus};
use crate::lang::source::{File, Span};
use crate::lang::types::Type;

/// Why a test has no Rust.
#[derive(Clone, Debug)]
pub enum Problem {
    /// It has something that is not checked on machine code: what, and where.
    OutOfScope {
        /// What it is.
        what: String,
        /// Where it is.
        place: String,
    },
    /// It is wrong.
    Fault(Box<Error>),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Fault(Box::new(error))
    }
}

/// What is translated; or why it is not.
pub type Translated<T> = Result<T, Problem>;

/// What is needed to translate a test.
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
    /// A type in Rust.
    ///
    /// # Errors
    ///
    /// If tests of machine code do not have it.
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

    /// That something is not checked on machine code.
    pub fn out_of_scope(&self, what: impl Into<String>, span: Span) -> Problem {
        Problem::OutOfScope {
            what: what.into(),
            place: self.file.place(span),
        }
    }

    /// That something is wrong.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn fault<T>(&self, span: Span, message: String, help: &str) -> Translated<T> {
        Err(self.file.error(span, message, help).into())
    }
}

/// A variable of C's in Rust: under a name that nothing else has, and no keyword.
pub fn ident(name: &str) -> String {
    format!("v_{name}")
}
