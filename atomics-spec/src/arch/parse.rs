//! The parser of `arch/*.tbl`: the entry point, and what each row is handed to.

use super::model::Arch;
use crate::diag::{Error, Errors};
use crate::lex::{self, Faulty, Row, Source, rows, shorten};
use crate::model::op::Op;
use state::{Input, Open, Parser};

mod barriers;
mod bind;
mod cells;
mod close;
mod draft;
mod features;
mod head;
mod kernel;
mod lets;
mod line;
mod op;
mod operands;
mod stack;
mod state;
mod substitution;

/// Parses a table for `ops`. With `strict`, a row for an unknown variant is an error. `others` are
/// the tables that were parsed before. `added` are tables for the same architecture, whose rows are
/// added, but for the first one, which names it.
pub(crate) fn parse<'a>(
    source: Source<'a>,
    added: &[Source<'a>],
    ops: &'a [Op],
    faulty_ops: &'a Faulty<'a>,
    strict: bool,
    others: &[Arch],
    errors: &mut Errors,
) -> Option<Arch> {
    let before = errors.0.len();
    let mut rows = rows(source, errors);
    for added in added {
        let own = lex::rows(*added, errors);
        rows.complete &= own.complete;
        rows.list.extend(own.list.into_iter().skip(1));
    }
    let first = rows.list.first()?.head();
    let input = Input {
        ops,
        faulty_ops,
        strict,
        others,
        complete: rows.complete,
    };
    let mut parser = Parser::new(input, errors);
    for row in &rows.list {
        parser.parse_row(row);
    }
    parser.close();
    parser.check_syntax();
    if rows.complete {
        parser.report_missing(first);
    }
    let arch = parser.arch;
    (errors.0.len() == before).then_some(arch)
}

/// The architecture that a table is for, if its first row says it.
pub(crate) fn architecture<'a>(source: Source<'a>) -> Option<&'a str> {
    let rows = rows(source, &mut Errors::default());
    match &rows.list.first()?.cells[..] {
        [head, name, ..] if head.text == "arch" => Some(name.text),
        _ => None,
    }
}

impl<'a> Parser<'a, '_> {
    fn parse_row(&mut self, row: &Row<'a>) {
        let head = row.head();
        let is_line = matches!(head.text, "asm" | "c" | "when");
        if !is_line {
            self.close();
        }
        let before = self.errors.0.len();
        let result = if is_line {
            self.parse_line(row)
        } else {
            self.parse_keyword(row)
        };
        self.errors.take(result);
        self.seen.push(head.text);
        if self.errors.0.len() > before {
            self.faulty.add(head.text);
            if let (true, Open::Template(draft)) = (is_line, &mut self.open) {
                draft.sound = false;
            }
        }
    }

    /// A row that is not a line of a template, a barrier or a fence.
    fn parse_keyword(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const SINGLE: [&str; 8] = [
            "arch", "lang", "width", "endian", "flags", "address", "setcc", "store_mb",
        ];
        let head = row.head();
        if SINGLE.contains(&head.text) && self.seen.contains(&head.text) {
            return Err(head.error(
                format!("a second row `{}`", head.text),
                "a table has at most one such row",
            ));
        }
        match head.text {
            "arch" => self.parse_arch(row),
            "lang" => self.parse_lang(row),
            "width" => self.parse_width(row),
            "endian" => self.parse_endian(row),
            "flags" => self.parse_flags(row),
            "address" => self.parse_address(row),
            "setcc" => self.parse_setcc(row),
            "include" => self.parse_include(row),
            "kernel" => self.parse_kernel(row),
            "store_mb" => self.parse_store_mb(row),
            "size" => self.parse_size(row),
            "register" => self.parse_register(row),
            "feature" => self.parse_feature(row),
            "with" => self.parse_with(row),
            "let" => self.parse_let(row),
            "op" => self.parse_op(row),
            "barrier" => self.parse_barrier(row),
            "fence" => self.parse_fence(row),
            other => {
                self.open = Open::Skipped;
                self.faulty.add_anything();
                Err(head.error(
                    format!("unknown row `{}`", shorten(other)),
                    "a row starts with arch, lang, width, endian, flags, address, size, register, \
                     setcc, include, feature, with, let, op, asm, c, when, barrier, fence, \
                     kernel or store_mb",
                ))
            }
        }
    }
}
