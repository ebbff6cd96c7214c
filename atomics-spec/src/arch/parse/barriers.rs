//! The rows `barrier` and `fence`, and the check that a table is complete.

use super::stack::WORD;
use super::state::{Open, Parser};
use crate::arch::features::Features;
use crate::arch::model::{BARRIERS, Barrier, Fence, Lang};
use crate::diag::Error;
use crate::lex::{Cell, Row, shorten};

impl<'a> Parser<'a, '_> {
    pub(super) fn parse_barrier(&mut self, row: &Row<'a>) -> Result<(), Error> {
        self.open = Open::Skipped;
        let (cell, uses_stack) = self.parse_head(row, "barrier  NAME [stack]")?;
        if !BARRIERS.contains(&cell.text) {
            return Err(cell.error(
                format!("unknown barrier `{}`", shorten(cell.text)),
                format!("the barriers are {}", BARRIERS.join(", ")),
            ));
        }
        let Some(needs) = self.needs else {
            // The faulty row `with` above would say which CPUs this is for.
            return Ok(());
        };
        let choices = self.arch.barriers.entry(cell.text.into()).or_default();
        if choices.iter().any(|(known, _)| *known == needs) {
            return Err(cell.error(
                format!("the barrier `{}` has two rows", cell.text),
                "remove one of them",
            ));
        }
        let barrier = Barrier {
            lines: Vec::new(),
            uses_stack,
        };
        choices.push((needs, barrier));
        self.open = Open::Barrier(cell.text.into());
        Ok(())
    }

    pub(super) fn parse_fence(&mut self, row: &Row<'a>) -> Result<(), Error> {
        self.open = Open::Skipped;
        let (cell, uses_stack) = self.parse_head(row, "fence  NAME [stack]")?;
        let known = Fence::ALL.iter().find(|(name, _)| *name == cell.text);
        let Some((_, fence)) = known else {
            return Err(cell.error(
                format!("unknown fence `{}`", shorten(cell.text)),
                "the fences are acquire, release, full_before and full_after",
            ));
        };
        let barrier = Barrier {
            lines: Vec::new(),
            uses_stack,
        };
        if self.arch.fences.insert(*fence, barrier).is_some() {
            return Err(cell.error(
                format!("the fence `{}` has two rows", cell.text),
                "remove one of them",
            ));
        }
        self.open = Open::Fence(*fence);
        Ok(())
    }

    /// The name in a row, and whether the word `stack` follows it.
    fn parse_head(&self, row: &Row<'a>, columns: &str) -> Result<(Cell<'a>, bool), Error> {
        row.at_most(3, columns)?;
        let name = row.get(1, "NAME", columns)?;
        let Some(word) = row.cells.get(2) else {
            return Ok((name, false));
        };
        if word.text != WORD || self.lang == Some(Lang::C) {
            return Err(word.error(
                format!("`{}` after the name", shorten(word.text)),
                "only `stack` can stand there, for instructions that access the stack",
            ));
        }
        Ok((name, true))
    }

    /// Reports the rows that every table must have and this one lacks.
    pub(super) fn report_missing(&mut self, first: Cell<'_>) {
        for needed in ["arch", "lang", "width"] {
            if !self.seen.contains(&needed) {
                self.errors.push(first.error(
                    format!("the table has no row `{needed}`"),
                    "a table names the architecture, the language of its templates and the width \
                     of a pointer",
                ));
            }
        }
        let lacking: Vec<_> = BARRIERS
            .into_iter()
            .filter(|b| {
                !self
                    .arch
                    .barrier_choices(b)
                    .any(|(needs, _)| needs == Features::NONE)
            })
            .collect();
        // The rows below a faulty row `with` were skipped.
        if !lacking.is_empty() && !self.faulty.has(|head| head == "with") {
            self.errors.push(first.error(
                format!("the table lacks the barriers {}", lacking.join(", ")),
                "for a barrier that only restrains the compiler, write a row `barrier` without \
                 rows below it",
            ));
        }
    }
}
