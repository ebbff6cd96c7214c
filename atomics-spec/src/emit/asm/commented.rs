//! The contents of `asm!`: instructions with what they do beside them, and operands.

use crate::emit::text::Text;

/// One instruction, as a line of code.
struct Line {
    depth: usize,
    comments: Vec<(usize, String)>,
    code: String,
}

impl Line {
    /// The comment, if it can be beside the instruction.
    fn beside(&self) -> Option<&str> {
        match self.comments.as_slice() {
            [(_, one)] => Some(one),
            _ => None,
        }
    }
}

/// The instructions of a block.
#[derive(Default)]
pub(super) struct Commented(Vec<Line>);

impl Commented {
    /// Adds an instruction with the comments on it.
    pub fn push(&mut self, depth: usize, comments: Vec<(usize, String)>, code: String) {
        self.0.push(Line {
            depth,
            comments,
            code,
        });
    }

    /// Writes the instructions: each with its comment beside it, or below its comment if that is
    /// too long.
    pub fn flush(&mut self, t: &mut Text) {
        let length = |line: &Line| line.code.chars().count();
        let room = t.room();
        let fits = |line: &Line, column: usize| {
            // A kernel's wrapper may add a character to the last instruction.
            let comment = line.beside().map(|c| " // ".len() + c.chars().count() + 1);
            comment.is_some_and(|comment| line.depth * 4 + column + comment <= room)
        };
        let alone = self.0.iter().filter(|line| fits(line, length(line)));
        let column = alone.map(length).max().unwrap_or(0);
        for line in self.0.drain(..) {
            let mut columns = [column.max(length(&line)), length(&line)].into_iter();
            let column = columns.find(|column| fits(&line, *column));
            match (line.beside(), column) {
                (Some(comment), Some(column)) => t.deeper(line.depth, |t| {
                    t.line(format!("{:column$} // {comment}", line.code));
                }),
                _ => {
                    for (depth, text) in &line.comments {
                        t.deeper(*depth, |t| t.comment(text));
                    }
                    t.deeper(line.depth, |t| t.wide_line(&line.code));
                }
            }
        }
    }
}

/// The operands of a block.
#[derive(Default)]
pub(super) struct Operands(Vec<(usize, String)>);

impl Operands {
    /// Adds an operand.
    pub fn push(&mut self, depth: usize, code: String) {
        self.0.push((depth, code));
    }

    /// Writes the operands: inputs that follow each other share a line, and so do outputs. The
    /// options are behind the last of them.
    pub fn flush(&mut self, t: &mut Text) {
        let mut line: Option<(usize, String)> = None;
        for (depth, code) in self.0.drain(..) {
            let room = t.room().saturating_sub(depth * 4);
            match &mut line {
                Some((_, all))
                    if (is_input(all) == is_input(&code) || code.starts_with("options("))
                        && all.chars().count() + 1 + code.chars().count() <= room =>
                {
                    all.push(' ');
                    all.push_str(&code);
                }
                _ => {
                    write(t, line.replace((depth, code)));
                }
            }
        }
        write(t, line);
    }
}

fn write(t: &mut Text, line: Option<(usize, String)>) {
    if let Some((depth, code)) = line {
        t.deeper(depth, |t| t.line(code));
    }
}

/// Whether the first of some operands is an input.
fn is_input(operands: &str) -> bool {
    let kind = operands
        .split_once(" = ")
        .map_or(operands, |(_, kind)| kind);
    kind.starts_with("in(") || operands.starts_with("in(")
}
