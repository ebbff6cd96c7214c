//! Cells that several kinds of rows have in common.

use crate::diag::Error;
use crate::lex::{Cell, Row, shorten};

/// The only cell after the keyword.
pub(super) fn take_only<'a>(row: &Row<'a>, columns: &str) -> Result<Cell<'a>, Error> {
    row.at_most(2, columns)?;
    row.get(1, column(columns, 1), columns)
}

/// The text from column `index` to the end of the row.
pub(super) fn take_rest<'a>(row: &Row<'a>, index: usize, columns: &str) -> Result<Cell<'a>, Error> {
    let first = row.get(index, column(columns, index), columns)?;
    Ok(row.rest(index).unwrap_or(first))
}

/// The name of a column in the list of all.
fn column(columns: &str, index: usize) -> &str {
    columns.split_whitespace().nth(index).unwrap_or("text")
}

/// A width.
pub(super) fn parse_bits(cell: Cell<'_>) -> Result<u32, Error> {
    match cell.text {
        "8" => Ok(8),
        "16" => Ok(16),
        "32" => Ok(32),
        "64" => Ok(64),
        other => Err(cell.error(
            format!("`{}` is not a width", shorten(other)),
            "a width is 8, 16, 32 or 64 bits",
        )),
    }
}

/// Words as a list for a message.
pub(super) fn join_or_none(words: &[&str]) -> String {
    if words.is_empty() {
        "none".into()
    } else {
        words.join(", ")
    }
}

/// The error about a register class that is not one.
pub(super) fn refuse_class(cell: Cell<'_>) -> Error {
    cell.error(
        format!("`{}` is not a register class", shorten(cell.text)),
        "write the name of a register class of `asm!`, such as reg",
    )
}

/// Refuses a text with an operand in braces that is not `known`, or without one that is `needed`.
pub(super) fn check_operands(cell: Cell<'_>, known: &[&str], needed: &[&str]) -> Result<(), Error> {
    let mut rest = cell.text;
    while let Some(start) = rest.find(['{', '}']) {
        let tail = &rest[start..];
        if tail.starts_with('}') {
            return Err(cell
                .part(&tail[..1])
                .error("`}` without `{`", "remove it, or open the operand"));
        }
        let Some(end) = tail.find('}') else {
            return Err(cell
                .part(tail)
                .error("`{` without `}`", "close the operand"));
        };
        let name = &tail[1..end];
        if !known.contains(&name) {
            return Err(cell.part(&tail[..=end]).error(
                format!("unknown operand `{{{}}}`", shorten(name)),
                list_operands(known),
            ));
        }
        rest = &tail[end + 1..];
    }
    match needed
        .iter()
        .find(|n| !cell.text.contains(&format!("{{{n}}}")))
    {
        None => Ok(()),
        Some(lacking) => Err(cell.error(
            format!("the operand `{{{lacking}}}` is missing"),
            list_operands(known),
        )),
    }
}

fn list_operands(known: &[&str]) -> String {
    match known {
        [] => "no operand can be used here".into(),
        [one] => format!("the only operand here is {{{one}}}"),
        _ => format!("the operands here are {{{}}}", known.join("}, {")),
    }
}
