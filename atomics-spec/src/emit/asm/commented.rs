//! Instructions with what they do beside them.

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
