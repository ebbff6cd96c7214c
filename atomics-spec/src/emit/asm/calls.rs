//! Functions that do little more than call another one: rows with the name and the call.

use super::fold::Shape;
use super::symbols;
use crate::emit::text::{RAW_COMMENT, Text};

/// A function whose body is one expression.
pub(super) struct Short {
    /// The arguments and the type of the result.
    pub arguments: String,
    /// The comments on the expression.
    pub comments: Vec<String>,
    /// The expression.
    pub body: String,
}

impl Short {
    /// The parts of a function, if its body is one expression.
    pub fn of(shape: &Shape) -> Option<Self> {
        let mut lines = shape.text.lines();
        let head = lines.next()?.strip_prefix("fn ")?.strip_suffix(" {")?;
        let arguments = head.strip_prefix(&symbols::marked("name"))?.to_owned();
        let (mut comments, mut body) = (Vec::new(), None);
        for line in lines {
            let bare = line.trim_start();
            match (bare.strip_prefix(RAW_COMMENT), &body) {
                (Some(comment), None) => comments.push(comment.to_owned()),
                (None, None) => body = Some(bare.trim_end_matches(';').to_owned()),
                (None, Some(_)) if line == "}" => {}
                _ => return None,
            }
        }
        Some(Self {
            arguments,
            comments,
            body: body?,
        })
    }
}

/// A row.
pub(super) struct Row {
    pub arguments: String,
    pub comments: Vec<String>,
    pub name: String,
    pub body: String,
}

impl Row {
    /// The row as a function on one line.
    pub fn function(&self) -> String {
        let end = if self.arguments.contains("->") {
            ""
        } else {
            ";"
        };
        format!(
            "fn {}{} {{ {}{end} }}",
            self.name, self.arguments, self.body
        )
    }
}

/// The rows that are written as functions, and the others by their arguments.
pub(super) fn split(t: &Text, rows: Vec<Row>) -> (Vec<Row>, Vec<Vec<Row>>) {
    /// What a group needs besides its rows.
    const FRAME: usize = 4;
    // The lines of functions are indented.
    let room = t.room().saturating_sub(4);
    let fits = |row: &Row| row.function().chars().count() <= room;
    let (functions, groups): (Vec<Vec<Row>>, Vec<_>) = by_arguments(rows)
        .into_iter()
        .partition(|group| group.len() < FRAME && group.iter().all(fits));
    let mut functions: Vec<Row> = functions.into_iter().flatten().collect();
    functions.sort_by(|one, other| one.comments.cmp(&other.comments));
    (functions, groups)
}

/// Writes functions on one line each.
pub(super) fn emit_functions(t: &mut Text, rows: &[Row]) {
    for (index, row) in rows.iter().enumerate() {
        let above = index.checked_sub(1).map(|above| &rows[above]);
        emit_comments(t, row, above);
        t.line(row.function());
    }
}

/// Writes the comments of a row if those of the row above are others.
fn emit_comments(t: &mut Text, row: &Row, above: Option<&Row>) {
    if above.is_none_or(|above| above.comments != row.comments) {
        row.comments.iter().for_each(|comment| t.comment(comment));
    }
}

/// Rows by their arguments, and with the same comments next to each other.
fn by_arguments(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut groups: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        let mut all = groups.iter_mut();
        match all.find(|group| group[0].arguments == row.arguments) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    for group in &mut groups {
        // Those without a comment come first.
        group.sort_by(|one, other| one.comments.cmp(&other.comments));
    }
    groups
}

/// Writes rows with the same arguments.
pub(super) fn emit(t: &mut Text, rows: &[Row]) {
    t.block("calls!", |t| {
        t.line(format!("{};", rows[0].arguments));
        let width = rows.iter().map(|row| row.name.chars().count()).max();
        let width = width.unwrap_or(0);
        for (index, row) in rows.iter().enumerate() {
            let above = index.checked_sub(1).map(|above| &rows[above]);
            emit_comments(t, row, above);
            let one = format!("{:width$} = {};", row.name, row.body);
            if one.chars().count() <= t.room() {
                t.line(one);
            } else {
                t.line(format!("{} =", row.name));
                t.indented(|t| t.line(format!("{};", row.body)));
            }
        }
    });
}
