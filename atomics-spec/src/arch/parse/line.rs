//! The rows `asm`, `c` and `when`: the lines of templates, barriers and fences.

use super::cells::{check_operands, take_rest};
use super::stack::check_stack;
use super::state::{Open, Parser};
use super::substitution::Key;
use crate::arch::model::{Barrier, Lang};
use crate::arch::template::CodeLine;
use crate::diag::Error;
use crate::lex::{Cell, Row};

impl<'a> Parser<'a, '_> {
    pub(super) fn parse_line(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let head = row.head();
        if matches!(self.open, Open::Nothing) {
            return Err(head.error(
                format!("the row `{}` belongs to nothing", head.text),
                "it must follow a row `op`, `barrier` or `fence`",
            ));
        }
        let Some(lang) = self.lang else {
            // The missing or faulty row `lang` would say whether this line is right. It has an
            // error already.
            return Ok(());
        };
        let is_when = head.text == "when";
        let (own, columns) = match (lang, is_when) {
            (Lang::Asm, false) => ("asm", "asm  INSTRUCTION -- MEANING"),
            (Lang::Asm, true) => ("asm", "when  KEYS  INSTRUCTION -- MEANING"),
            (Lang::C, _) => ("c", "c  EXPRESSION"),
        };
        if head.text != own && !(is_when && lang == Lang::Asm) {
            return Err(head.error(
                format!("a row `{}` in a table with `lang  {own}`", head.text),
                format!("a row is: {columns}"),
            ));
        }
        let keys = if is_when {
            let cell = row.get(1, "KEYS", columns)?;
            if matches!(self.open, Open::Barrier(_) | Open::Fence(_)) {
                return Err(head.error(
                    "a row `when` in a barrier or a fence",
                    "rows `when` are for templates: barriers have neither widths nor orderings",
                ));
            }
            Some(self.parse_keys(cell)?)
        } else {
            None
        };
        let cell = take_rest(row, if is_when { 2 } else { 1 }, columns)?;
        let (code, meaning) = match cell.text.split_once(" -- ") {
            Some((code, meaning)) => (code.trim_end(), meaning.trim_start()),
            None => (cell.text, ""),
        };
        if meaning.is_empty() && lang == Lang::Asm {
            return Err(cell.error(
                "an instruction without its meaning",
                "after ` -- `, say in plain words what it does",
            ));
        }
        if lang == Lang::C && meaning.contains("*/") {
            return Err(cell.error("a `*/`, which would end the C comment", "remove `*/`"));
        }
        let code_cell = cell.part(&cell.text[..code.len()]);
        self.add_line(lang, keys, code_cell, cell.part(meaning))
    }

    /// Adds a line to what the last rows belong to.
    fn add_line(
        &mut self,
        lang: Lang,
        keys: Option<Vec<Key<'a>>>,
        code: Cell<'a>,
        meaning: Cell<'a>,
    ) -> Result<(), Error> {
        let line = CodeLine {
            text: code.text.into(),
            meaning: meaning.text.into(),
        };
        match &mut self.open {
            Open::Nothing | Open::Skipped => {}
            Open::Template(draft) => {
                let lets: Vec<&str> = self.lets.names().collect();
                let mut known = draft.operands(lang, &self.arch);
                known.extend(lets.iter().map(|w| (*w).to_owned()));
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                check_operands(code, &known, &[])?;
                if !self.faulty.has(|head| head == "register") {
                    let mut known: Vec<_> = self.arch.registers().collect();
                    known.extend(lets);
                    check_operands(meaning, &known, &[])?;
                }
                if lang == Lang::C && !draft.lines.is_empty() {
                    return Err(code.error(
                        "a second expression",
                        "write the template as one expression",
                    ));
                }
                draft.lines.push((keys, line));
            }
            Open::Barrier(name) => {
                check_barrier(lang, code, meaning)?;
                let choices = self.arch.barriers.get_mut(name);
                if let Some((_, barrier)) = choices.and_then(|all| all.last_mut()) {
                    check_barrier_stack(lang, code, barrier, &line)?;
                    barrier.lines.push(line);
                }
            }
            Open::Fence(fence) => {
                check_barrier(lang, code, meaning)?;
                let barrier = self.arch.fences.entry(*fence).or_default();
                check_barrier_stack(lang, code, barrier, &line)?;
                barrier.lines.push(line);
            }
        }
        Ok(())
    }
}

/// Refuses an access to the stack in a barrier or a fence that does not say so.
fn check_barrier_stack(
    lang: Lang,
    code: Cell<'_>,
    barrier: &Barrier,
    line: &CodeLine,
) -> Result<(), Error> {
    if lang == Lang::C {
        return Ok(());
    }
    let way_out = "write `stack` after the name in the row above";
    check_stack(code, barrier.uses_stack, [line], way_out)
}

/// Refuses operands in a line of a barrier or a fence, which has none. In a C expression, braces are
/// part of the language.
fn check_barrier(lang: Lang, code: Cell<'_>, meaning: Cell<'_>) -> Result<(), Error> {
    if lang == Lang::Asm {
        check_operands(code, &[], &[])?;
    }
    check_operands(meaning, &[], &[])
}
