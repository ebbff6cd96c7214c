//! The rows `kernel`: whether a kernel can use the instructions inline, and how it knows features.

use super::cells::{check_operands, take_rest};
use super::head::check_header;
use super::state::Parser;
use crate::arch::features::{KernelFeature, Sequence};
use crate::arch::model::Lang;
use crate::diag::Error;
use crate::lex::{Cell, Row, shorten};

const INLINE: &str = "kernel  inline  [CONDITION]";
const ASSEMBLER: &str = "kernel  assembler  FEATURE  CONDITION";
const FEATURE: &str = "kernel  FEATURE  OPTION  [HEADERS  SEQUENCE]";
const SEQUENCE: &str = "kernel  FEATURE  OPTION  HEADERS  SEQUENCE";

impl<'a> Parser<'a, '_> {
    pub(super) fn parse_kernel(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let cell = row.get(1, "inline|directive|FEATURE", INLINE)?;
        if self.lang == Some(Lang::C) {
            return Err(row.head().error(
                "C expressions cannot be inline in the Rust code of a kernel",
                "the row is for tables with `lang  asm`",
            ));
        }
        if cell.text == "inline" {
            return self.parse_inline(row);
        }
        if cell.text == "directive" {
            return self.parse_directive(row);
        }
        if cell.text == "assembler" {
            return self.parse_assembler(row);
        }
        let index = self.arch.features.iter().position(|f| f.name == cell.text);
        let Some(index) = index else {
            if self.faulty.has(|head| head == "feature") {
                return Ok(());
            }
            return Err(cell.error(
                format!(
                    "`{}` is neither `inline`, `directive`, `assembler` nor a feature",
                    shorten(cell.text)
                ),
                "write `kernel  inline` if a kernel can use the instructions inline, or how a \
                 kernel knows a feature that has a row above",
            ));
        };
        if self.arch.features[index].kernel.is_some() {
            return Err(cell.error(
                format!("a second row `kernel` for `{}`", cell.text),
                "remove one of them",
            ));
        }
        let option = row.get(2, "OPTION", FEATURE)?;
        check_option(option)?;
        let sequence = match row.cells.get(3) {
            None => None,
            Some(headers) => Some(self.parse_sequence(*headers, take_rest(row, 4, SEQUENCE)?)?),
        };
        self.arch.features[index].kernel = Some(KernelFeature {
            option: option.text.into(),
            assembler: None,
            sequence,
        });
        Ok(())
    }

    fn parse_inline(&mut self, row: &Row<'a>) -> Result<(), Error> {
        if self.arch.kernel {
            return Err(row.head().error(
                "a second row `kernel  inline`",
                "a table has at most one such row",
            ));
        }
        let condition = row.rest(2);
        condition.map_or(Ok(()), check_condition)?;
        self.arch.kernel = true;
        self.arch.kernel_condition = condition.map(|cell| cell.text.to_owned());
        Ok(())
    }

    fn parse_directive(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let directive = take_rest(row, 2, "kernel  directive  DIRECTIVE")?;
        check_operands(directive, &[], &[])?;
        if self.arch.kernel_directive.is_some() {
            return Err(row.head().error(
                "a second row `kernel  directive`",
                "a table has at most one such row",
            ));
        }
        self.arch.kernel_directive = Some(directive.text.into());
        Ok(())
    }

    fn parse_assembler(&mut self, row: &Row<'a>) -> Result<(), Error> {
        let cell = row.get(2, "FEATURE", ASSEMBLER)?;
        let condition = take_rest(row, 3, ASSEMBLER)?;
        let mut features = self.arch.features.iter_mut();
        let found = features.find(|f| f.name == cell.text);
        let Some(kernel) = found.and_then(|f| f.kernel.as_mut()) else {
            if self.faulty.has(|head| matches!(head, "feature" | "kernel")) {
                return Ok(());
            }
            return Err(cell.error(
                format!("no kernel uses `{}`", shorten(cell.text)),
                "above this row, write how a kernel knows the feature: kernel  FEATURE  OPTION",
            ));
        };
        if kernel.assembler.is_some() {
            return Err(cell.error(
                format!("a second row `kernel  assembler` for `{}`", cell.text),
                "remove one of them",
            ));
        }
        check_condition(condition)?;
        kernel.assembler = Some(condition.text.into());
        Ok(())
    }

    fn parse_sequence(&mut self, headers: Cell<'a>, text: Cell<'a>) -> Result<Sequence, Error> {
        let headers = headers.commas(self.errors);
        for header in &headers {
            check_header(*header)?;
        }
        check_operands(text, &Sequence::LABELS, &[])?;
        let has = |label: &str| text.text.contains(&format!("{{{label}}}"));
        let [yes, no] = Sequence::LABELS.map(has);
        if yes == no {
            return Err(text.error(
                "a sequence has one label",
                "it jumps either to {l_yes} or to {l_no}, and falls through otherwise",
            ));
        }
        Ok(Sequence {
            headers: headers.iter().map(|header| header.text.into()).collect(),
            text: text.text.into(),
            jumps_if_yes: yes,
        })
    }
}

/// Refuses what is not an option of the kernel.
fn check_option(cell: Cell<'_>) -> Result<(), Error> {
    match is_option(cell.text) {
        true => Ok(()),
        false => Err(cell.error(
            format!("`{}` is not an option of the kernel", shorten(cell.text)),
            "write it with its prefix, such as CONFIG_SMP",
        )),
    }
}

/// Refuses what is not a predicate of `cfg` that depends on options alone.
fn check_condition(cell: Cell<'_>) -> Result<(), Error> {
    match is_predicate(cell.text) {
        true => Ok(()),
        false => Err(cell.error(
            format!("`{}` is not a condition", shorten(cell.text)),
            "write options of the kernel, in `all()`, `any()` and `not()`, as in `cfg`",
        )),
    }
}

fn is_option(text: &str) -> bool {
    let name = text.strip_prefix("CONFIG_").unwrap_or("");
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(is_word)
}

/// Whether a text is a predicate of `cfg` that depends on options alone.
fn is_predicate(text: &str) -> bool {
    let text = text.trim();
    let inner = |name: &str| {
        let rest = text.strip_prefix(name)?.strip_prefix('(')?;
        rest.strip_suffix(')')
    };
    match (inner("not"), inner("all").or_else(|| inner("any"))) {
        (Some(one), _) => is_predicate(one),
        (_, Some(list)) => split_list(list).into_iter().all(is_predicate),
        _ => match text.split_once(" = ") {
            Some((name, value)) => is_option(name) && is_value(value),
            None => is_option(text),
        },
    }
}

/// Whether a text is the value of an option, as a string.
fn is_value(text: &str) -> bool {
    let value = text.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    value.is_some_and(|v| !v.is_empty() && v.chars().all(is_word))
}

/// The elements of a list whose commas are outside parentheses.
fn split_list(list: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let is_end = move |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    };
    list.split(is_end).collect()
}
