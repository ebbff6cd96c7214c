//! The state of the parser between two rows.

use super::draft::Draft;
use super::substitution::Substitutions;
use crate::arch::features::Features;
use crate::arch::model::{Arch, Fence, Lang};
use crate::diag::Errors;
use crate::lex::{Cell, Faulty};
use crate::model::op::Op;

/// What the rows `asm`, `c` and `when` are added to.
pub(super) enum Open<'a> {
    Nothing,
    Template(Box<Draft<'a>>),
    /// Something faulty, or a template for an operation that the table of operations lacks.
    Skipped,
    Barrier(String),
    Fence(Fence),
}

/// What a table is parsed with.
pub(super) struct Input<'a, 'e> {
    pub ops: &'a [Op],
    /// The operations whose own rows are faulty.
    pub faulty_ops: &'a Faulty<'a>,
    /// Whether an unknown variant is an error.
    pub strict: bool,
    /// The tables that were parsed before.
    pub others: &'e [Arch],
    /// Whether all lines of the file could be read.
    pub complete: bool,
}

pub(super) struct Parser<'a, 'e> {
    pub arch: Arch,
    pub input: Input<'a, 'e>,
    /// The language of the templates, once it is known.
    pub lang: Option<Lang>,
    /// The word `att_syntax`.
    pub att_syntax: Option<Cell<'a>>,
    /// The rows `let` so far.
    pub lets: Substitutions<'a>,
    /// The features of the last row `with`. `None` if that row is faulty: the rows below it are
    /// then skipped.
    pub needs: Option<Features>,
    pub open: Open<'a>,
    /// The keywords of all rows so far.
    pub seen: Vec<&'a str>,
    /// The keywords of the faulty rows.
    pub faulty: Faulty<'a>,
    pub errors: &'e mut Errors,
}

impl<'a, 'e> Parser<'a, 'e> {
    pub fn new(input: Input<'a, 'e>, errors: &'e mut Errors) -> Self {
        let mut faulty = Faulty::default();
        if !input.complete {
            faulty.add_anything();
        }
        Self {
            arch: Arch::empty(),
            input,
            lang: None,
            att_syntax: None,
            lets: Substitutions::default(),
            needs: Some(Features::NONE),
            open: Open::Nothing,
            seen: Vec::new(),
            faulty,
            errors,
        }
    }
}
