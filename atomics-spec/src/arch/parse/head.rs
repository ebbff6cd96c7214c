//! The rows that describe the architecture as a whole.

use super::cells::{check_operands, parse_bits, refuse_class, take_only, take_rest};
use super::state::Parser;
use crate::arch::model::Lang;
use crate::diag::Error;
use crate::lex::{Cell, Row, is_name, shorten};

/// Whether `asm!` has two syntaxes on an architecture.
fn is_x86(name: &str) -> bool {
    matches!(name, "x86" | "x86_64")
}

impl<'a> Parser<'a, '_> {
    pub(super) fn parse_arch(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "arch  NAME  [CONDITION]";
        let cell = row.get(1, "NAME", COLUMNS)?;
        if !is_name(cell.text) {
            return Err(cell.error(
                format!(
                    "`{}` is not the name of an architecture",
                    shorten(cell.text)
                ),
                "a name is made of a-z, 0-9 and _, and starts with a letter",
            ));
        }
        if self.input.others.iter().any(|a| a.name == cell.text) {
            return Err(cell.error(
                format!("the architecture `{}` has two tables", cell.text),
                "an architecture has one table",
            ));
        }
        self.arch.name = cell.text.into();
        self.arch.c_condition = row.rest(2).map(|condition| condition.text.to_owned());
        Ok(())
    }

    pub(super) fn parse_lang(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "lang  asm|c  [att_syntax]";
        row.at_most(3, COLUMNS)?;
        let cell = row.get(1, "asm|c", COLUMNS)?;
        self.check_above(row, &["op", "asm", "c", "when", "kernel"])?;
        let lang = match cell.text {
            "asm" => Lang::Asm,
            "c" => Lang::C,
            other => {
                return Err(cell.error(
                    format!("unknown language `{}`", shorten(other)),
                    "write `asm` for instructions or `c` for C expressions",
                ));
            }
        };
        self.lang = Some(lang);
        self.arch.lang = lang;
        let Some(syntax) = row.cells.get(2) else {
            return Ok(());
        };
        if lang != Lang::Asm || syntax.text != "att_syntax" {
            return Err(syntax.error(
                format!("`{}` after the language", shorten(syntax.text)),
                "only `att_syntax` can stand there, for instructions of x86 in AT&T syntax",
            ));
        }
        self.arch.att_syntax = true;
        self.att_syntax = Some(*syntax);
        Ok(())
    }

    /// Refuses `att_syntax` in the table of an architecture that has only one syntax.
    pub(super) fn check_syntax(&mut self) {
        let name = &self.arch.name;
        if let Some(cell) = self
            .att_syntax
            .filter(|_| !is_x86(name) && !name.is_empty())
        {
            self.errors.push(cell.error(
                format!("`att_syntax` on {name}"),
                "remove it: only `asm!` on x86 and x86_64 has two syntaxes",
            ));
        }
    }

    /// Refuses a row below one of the rows that depend on it.
    fn check_above(&self, row: &Row<'a>, dependent: &[&str]) -> Result<(), Error> {
        let head = row.head();
        match self.seen.iter().find(|seen| dependent.contains(seen)) {
            None => Ok(()),
            Some(other) => Err(head.error(
                format!("the row `{}` is below a row `{other}`", head.text),
                "move it above all rows that depend on it",
            )),
        }
    }

    pub(super) fn parse_width(&mut self, row: &Row<'a>) -> Result<(), Error> {
        self.arch.width = parse_bits(take_only(row, "width  BITS")?)?;
        Ok(())
    }

    pub(super) fn parse_endian(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let cell = take_only(row, "endian  little|big")?;
        if !matches!(cell.text, "little" | "big") {
            return Err(cell.error(
                format!("unknown byte order `{}`", shorten(cell.text)),
                "write `little` or `big` if templates rely on the byte order; otherwise remove the \
                 row",
            ));
        }
        self.arch.endian = Some(cell.text.into());
        Ok(())
    }

    pub(super) fn parse_flags(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "flags  yes|no  [REGISTER]";
        row.at_most(3, COLUMNS)?;
        let cell = row.get(1, "yes|no", COLUMNS)?;
        self.check_above(row, &["op"])?;
        self.arch.clobbers_flags = match cell.text {
            "yes" => true,
            "no" => false,
            other => {
                return Err(cell.error(
                    format!("`{}` is neither `yes` nor `no`", shorten(other)),
                    "write `yes` if instructions clobber the condition codes unless a template \
                     says otherwise, `no` if they preserve them",
                ));
            }
        };
        let Some(register) = row.cells.get(2) else {
            return Ok(());
        };
        if !is_name(register.text) || matches!(register.text, "yes" | "no") {
            return Err(register.error(
                format!("`{}` is not a register", shorten(register.text)),
                "write the register that holds the condition codes, as `asm!` names it",
            ));
        }
        self.arch.flags_register = Some(register.text.into());
        Ok(())
    }

    pub(super) fn parse_address(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let cell = take_only(row, "address  CLASS")?;
        if !is_name(cell.text) {
            return Err(refuse_class(cell));
        }
        self.arch.address = cell.text.into();
        Ok(())
    }

    pub(super) fn parse_setcc(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let cell = take_rest(row, 1, "setcc  LINE")?;
        check_operands(cell, &["cc", "r"], &["cc", "r"])?;
        self.arch.setcc = Some(cell.text.into());
        Ok(())
    }

    pub(super) fn parse_include(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let cell = take_rest(row, 1, "include  HEADER")?;
        check_header(cell)?;
        self.arch.includes.push(cell.text.into());
        Ok(())
    }

    pub(super) fn parse_store_mb(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let cell = take_only(row, "store_mb  xchg")?;
        if cell.text != "xchg" {
            return Err(cell.error(
                format!("unknown value `{}`", shorten(cell.text)),
                "write `store_mb  xchg`, or remove the row if smp_store_mb() is a store and \
                 smp_mb()",
            ));
        }
        self.arch.store_mb_is_xchg = true;
        Ok(())
    }
}

/// Refuses what is not a header as C includes it.
pub(super) fn check_header(cell: Cell<'_>) -> Result<(), Error> {
    let is_quoted = |open, close| {
        cell.text.len() > 2 && cell.text.starts_with(open) && cell.text.ends_with(close)
    };
    match is_quoted('<', '>') || is_quoted('"', '"') {
        true => Ok(()),
        false => Err(cell.error(
            format!("`{}` is not a header", shorten(cell.text)),
            "write it as in C: <stdint.h> or \"name.h\"",
        )),
    }
}
