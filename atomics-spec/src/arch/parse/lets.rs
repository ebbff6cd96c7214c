//! The rows `let`, and the keys of rows `let` and `when`.

use super::cells::{check_operands, parse_bits, take_rest};
use super::state::Parser;
use super::substitution::{Key, Substitution};
use crate::arch::template::NO;
use crate::diag::Error;
use crate::lex::{Cell, Row, is_name, shorten};
use crate::model::op::Ordering;

impl<'a> Parser<'a, '_> {
    /// A list of keys.
    pub(super) fn parse_keys(&mut self, cell: Cell<'a>) -> Result<Vec<Key<'a>>, Error> {
        let mut keys = Vec::new();
        for cell in cell.commas(self.errors) {
            let named = |o: &&Ordering| o.name().to_ascii_lowercase() == cell.text;
            let key = match Ordering::ALL.iter().find(named) {
                Some(ordering) => Key::Ordering(*ordering),
                None if cell.text.starts_with(|c: char| c.is_ascii_digit()) => {
                    Key::Bits(parse_bits(cell)?)
                }
                None => Key::Op(cell.text),
            };
            let is_unknown = match key {
                Key::Op(name) => {
                    !self.input.ops.iter().any(|op| op.name == name)
                        && !self.input.faulty_ops.has(|op| op == name)
                }
                _ => false,
            };
            if is_unknown && self.input.strict {
                return Err(cell.error(
                    format!(
                        "`{}` is not a width, an ordering or an operation",
                        shorten(cell.text)
                    ),
                    "write widths (8, 16, 32, 64), orderings (relaxed, acquire, release, full) or \
                     operations, such as add, separated by commas",
                ));
            }
            if keys.contains(&key) {
                return Err(cell.error(
                    format!("`{}` is listed twice", cell.text),
                    "remove one of them",
                ));
            }
            keys.push(key);
        }
        Ok(keys)
    }

    pub(super) fn parse_let(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "let  NAME  KEYS  TEXT";
        let name = row.get(1, "NAME", COLUMNS)?;
        let keys = self.parse_keys(row.get(2, "KEYS", COLUMNS)?)?;
        let text = take_rest(row, 3, COLUMNS)?;
        if !is_name(name.text) {
            return Err(name.error(
                format!("`{}` is not a name", shorten(name.text)),
                "a name is made of a-z, 0-9 and _, and starts with a letter",
            ));
        }
        const TAKEN: [&str; 8] = ["v", "mem", "r", "type", "mask", "rest", "shift", NO];
        let is_register = self.arch.registers().any(|r| r == name.text);
        if TAKEN.contains(&name.text) || is_register {
            return Err(name.error(
                format!("`{{{}}}` already has another meaning", name.text),
                format!(
                    "choose another name: {{{}}} and the registers of the table are taken",
                    TAKEN.join("}, {")
                ),
            ));
        }
        check_operands(text, &[], &[])?;
        if self.lets.has_key(name.text, &keys) {
            return Err(name.error(
                format!("a second value of `{}` for the same key", name.text),
                "remove the key from one of the rows",
            ));
        }
        self.lets.push(Substitution {
            name: name.text,
            keys,
            text: text.text,
        });
        Ok(())
    }
}
