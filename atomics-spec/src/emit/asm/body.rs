//! What the parts of the function of a variant are written for, and what is written.

use std::cell::RefCell;

use super::symbols::{Symbols, Value};
use crate::arch::Arch;
use crate::model::Variant;

/// The Rust type of the values, as a parameter.
pub(super) const INT: &str = "\u{1}int\u{2}";

/// What the parts of a function's body are written for.
pub(super) struct Body<'a> {
    /// The variant. Its family has the parameter `int` for its type.
    pub v: &'a Variant<'a>,
    pub arch: &'a Arch,
    /// The type of the values.
    pub rust: &'static str,
    /// Whether the values are pointers.
    pub is_pointer: bool,
    /// The parameters.
    pub symbols: &'a Symbols,
    /// The blocks so far.
    pub blocks: &'a RefCell<Vec<(Block, Vec<Value>)>>,
}

/// The start of a line that stands for a block.
pub(super) const BLOCK: char = '\u{6}';

/// The text of a template's code in a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block {
    /// The text, with the marks of its own parameters.
    pub text: String,
    /// The arguments of the function.
    pub args: Vec<String>,
}

/// The function of a variant, and the values of the parameters.
pub(super) struct Function {
    /// The text, with the marks of parameters, and a line for each block.
    pub text: String,
    pub values: Vec<Value>,
    /// The blocks, each with the values of its own parameters.
    pub blocks: Vec<(Block, Vec<Value>)>,
}

/// The parameters of a text about values of the type `rust`.
pub(super) fn symbols_of(rust: &str) -> Symbols {
    let symbols = Symbols::default();
    symbols.code("int", rust);
    symbols
}
