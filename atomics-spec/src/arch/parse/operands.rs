//! The rows `size` and `register`: how operands are written.

use super::cells::{check_operands, parse_bits, refuse_class, take_rest};
use super::state::Parser;
use crate::arch::model::{PAIR, Size};
use crate::diag::Error;
use crate::lex::{Row, is_name, shorten};

impl<'a> Parser<'a, '_> {
    pub(super) fn parse_size(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "size  BITS  CLASS  MODIFIER  MEMORY";
        let width_cell = row.get(1, "BITS", COLUMNS)?;
        let width = parse_bits(width_cell)?;
        let class = row.get(2, "CLASS", COLUMNS)?;
        if !is_name(class.text) {
            return Err(refuse_class(class));
        }
        if class.text == PAIR && (width != 64 || self.arch.size(32).is_none()) {
            return Err(class.error(
                format!("a pair of registers for {width} bits"),
                "a pair holds 64 bits in two registers of the row `size  32` above it",
            ));
        }
        let modifier = row.get(3, "MODIFIER", COLUMNS)?;
        let is_letter =
            modifier.text.len() == 1 && modifier.text.as_bytes()[0].is_ascii_alphabetic();
        if modifier.text != "-" && !is_letter {
            return Err(modifier.error(
                format!("`{}` is not an operand modifier", shorten(modifier.text)),
                "write one letter, such as the x of {i:x}, or `-` for none",
            ));
        }
        let memory = take_rest(row, 4, COLUMNS)?;
        check_operands(memory, &["v"], &["v"])?;
        if self.arch.size(width).is_some() {
            return Err(width_cell.error(
                format!("the width {width} has two rows `size`"),
                "remove one of them",
            ));
        }
        self.arch.sizes.push(Size {
            bits: width,
            class: class.text.into(),
            modifier: is_letter.then(|| modifier.text.to_owned()),
            memory: memory.text.into(),
        });
        Ok(())
    }

    pub(super) fn parse_register(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "register  NAME  BITS:REGISTER...";
        let name = row.get(1, "NAME", COLUMNS)?;
        if self.arch.registers().any(|r| r == name.text) {
            return Err(name.error(
                format!("the register `{}` has two rows", shorten(name.text)),
                "write its names at all widths in one row",
            ));
        }
        row.get(2, "BITS:REGISTER", COLUMNS)?;
        let mut names: Vec<(u32, String)> = Vec::new();
        for &cell in &row.cells[2..] {
            let Some((width, register)) = cell.text.split_once(':') else {
                return Err(cell.error(
                    format!("`{}` has no width", shorten(cell.text)),
                    format!("a row is: {COLUMNS}"),
                ));
            };
            let width = parse_bits(cell.part(width))?;
            if register.split('+').any(str::is_empty) {
                return Err(cell.error(
                    format!("the register has no name at {width} bits"),
                    format!("a row is: {COLUMNS}"),
                ));
            }
            let is_pair = register.split('+').count() == 2;
            let size = self.arch.size(width);
            if is_pair != self.arch.is_pair(width) && size.is_some() {
                let wanted = if is_pair { "one register" } else { "two" };
                return Err(cell.error(
                    format!(
                        "`{}`, but values of {width} bits take {wanted}",
                        shorten(register)
                    ),
                    "write LOW+HIGH at a width of the class `pair`, and one register at any other",
                ));
            }
            if names.iter().any(|(known, _)| *known == width) {
                return Err(cell.error(
                    format!("a second name of the register at {width} bits"),
                    "remove one of them",
                ));
            }
            names.push((width, register.to_owned()));
        }
        self.arch.registers.push((name.text.into(), names));
        Ok(())
    }
}
