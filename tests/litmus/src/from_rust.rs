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
        match syntax::translate(spec, &found) {
            Ok(translation) => {
                let name = format!("{name} ({}, in C)", found.name);
                match test(spec, name, translation) {
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

/// Reads the tokens of a `litmus!`. Its machine code is that of its own Rust.
pub(crate) fn parse(spec: &Spec, file: &str, text: &str) -> Result<Test, Vec<Error>> {
    let source = File { name: file, text };
    let found: syntax::Source = syn::parse_str(text).map_err(|error| errors(source, error))?;
    let translation = syntax::translate(spec, &found).map_err(|error| errors(source, error))?;
    test(spec, format!("{file} (in C)"), translation).map_err(|error| vec![*error])
}

fn test(spec: &Spec, name: String, found: syntax::Translation) -> Result<Test, Box<Error>> {
    let test = Test::parse(spec, name, found.c)?;
    Ok(Test {
        own: Some(found.own),
        ..test
    })
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
