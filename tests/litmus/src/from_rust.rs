//! Reads tests in Rust, as `litmus!` takes them.

use atomics_litmus_syntax as syntax;
use atomics_spec::{Error, Spec};

use crate::lang::source::{File, Span};
use crate::printable;
use crate::test::Test;

/// Reads the tests of a Rust file: its `litmus! { .. }`, with the functions that are marked with
/// `#[litmus::model]`. `file` is its name in messages. Their text is that in C.
///
/// # Errors
///
/// What is no Rust, no test, or nothing that the model can express; all of it at once.
pub fn read_rust(spec: &Spec, file: &str, text: &str) -> Result<Vec<Test>, Vec<Error>> {
    let name = printable::line(file);
    let source = File { name: &name, text };
    let sources = syntax::read(text).map_err(|error| errors(source, error))?;
    let (mut tests, mut wrong) = (Vec::new(), Vec::new());
    for found in sources {
        match syntax::c(spec, &found) {
            Ok(c) => {
                let name = format!("{name} ({}, in C)", found.name);
                match Test::parse(spec, name, c) {
                    Ok(test) => tests.push(test),
                    Err(error) => wrong.push(*error),
                }
            }
            Err(error) => wrong.extend(errors(source, error)),
        }
    }
    match wrong.is_empty() {
        true => Ok(tests),
        false => Err(wrong),
    }
}

/// The errors, at their places in a file.
fn errors(file: File<'_>, errors: syn::Error) -> Vec<Error> {
    let errors = errors.into_iter().map(|error| {
        let bytes = error.span().byte_range();
        let span = Span {
            start: bytes.start,
            end: bytes.end,
        };
        let help = "the constructs of a litmus test in Rust are in the documentation of `litmus!`";
        file.error(span, error.to_string(), help)
    });
    errors.collect()
}
