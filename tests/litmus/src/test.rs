//! A litmus test that has been read.

use atomics_litmus_syntax::Own;
use atomics_spec::{Error, Spec};

use crate::generate::Generated;
use crate::lang::ast::Litmus;
use crate::lang::parse;
use crate::lang::source::File;
use crate::lang::widen;
use crate::printable;
use crate::rust::{Problem, Translator};
use crate::stated::Stated;

/// A litmus test that has been read.
#[derive(Clone, Debug)]
pub struct Test {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) litmus: Litmus,
    /// The construct in it that cannot be checked on machine code, and its place.
    pub(crate) out_of_scope: Option<String>,
    /// Whether it was generated. herd7 need not accept the unmodified text of a generated test.
    pub(crate) generated: bool,
    /// The Rust that it was translated from: its machine code is that of this Rust.
    pub(crate) own: Option<Own>,
}

impl Test {
    /// Reads a test in C, in the format of the kernel's `tools/memory-model`. `file` is its name in
    /// messages.
    ///
    /// # Errors
    ///
    /// The first fault of the test.
    pub fn parse(
        spec: &Spec,
        file: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<Self, Box<Error>> {
        let (file, text) = (printable::line(&file.into()), text.into());
        let source = File {
            name: &file,
            text: &text,
        };
        let mut litmus = parse::parse(source)?;
        let check = |test: &Litmus| {
            let (file, test) = (source, test);
            Translator { spec, file, test }.check()
        };
        let mut out_of_scope = None;
        match check(&litmus) {
            Ok(()) => {}
            Err(Problem::OutOfScope { what, place }) => {
                let wide = widen::words(&litmus);
                match check(&wide) {
                    Ok(()) => litmus = wide,
                    Err(_) => out_of_scope = Some(format!("{what} at {place}")),
                }
            }
            Err(Problem::Fault(error)) => return Err(error),
        }
        Ok(Self {
            file,
            text,
            litmus,
            out_of_scope,
            generated: false,
            own: None,
        })
    }

    /// A test that is generated from the tables.
    ///
    /// # Errors
    ///
    /// If it is malformed.
    pub fn generated(spec: &Spec, from: &Generated) -> Result<Self, Box<Error>> {
        let file = format!("{}.litmus", from.name);
        let test = Self::parse(spec, file, from.text.as_str())?;
        Ok(Self {
            generated: true,
            ..test
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.litmus.name
    }

    /// The name of its file in messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The result that its comment states.
    pub fn stated(&self) -> Option<Stated> {
        self.litmus.result
    }

    /// Why it is not checked on machine code, with the place; `None` if it is.
    pub fn skipped(&self) -> Option<&str> {
        self.out_of_scope.as_deref()
    }

    /// Its file, for messages.
    pub(crate) fn source(&self) -> File<'_> {
        File {
            name: &self.file,
            text: &self.text,
        }
    }
}
