//! `docs/*.md`: prose and one example for each operation.

use crate::diag::{Error, Errors, Place};
use crate::lex::{Source, lines};
use crate::model::op::Op;

/// The placeholder in an example for the path of the generated crate or module.
pub const CRATE: &str = "{crate}";

/// The documentation of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    /// Its prose, in lines.
    pub prose: Vec<String>,
    /// Its example, in lines.
    pub example: Vec<String>,
}

/// Parses the files; `OP.md` belongs to the operation OP. Files for unknown operations are ignored:
/// a table may have fewer operations than the documentation. Files that are `added` are for other
/// operations.
pub(crate) fn parse(
    sources: &[Source<'_>],
    added: &[Source<'_>],
    ops: &[Op],
    errors: &mut Errors,
) -> Vec<Option<Doc>> {
    ops.iter()
        .map(|op| {
            let file = format!("{}.md", op.name);
            let named = |s: &&Source<'_>| s.name.rsplit('/').next() == Some(file.as_str());
            let (base, own) = (sources.iter().find(named), added.iter().find(named));
            if let (Some(base), Some(own)) = (base, own) {
                let place = Place {
                    file: own.name.into(),
                    line: 1,
                    column: 1,
                };
                let message = format!("the operation `{}` has two documentations", op.name);
                let help = format!("the first one is {}: remove this file", base.name);
                errors.push(Error::new(place, "", 0, message, help));
            }
            parse_one(*base.or(own)?, errors)
        })
        .collect()
}

fn parse_one(source: Source<'_>, errors: &mut Errors) -> Option<Doc> {
    let before = errors.0.len();
    let lines: Vec<&str> = lines(source, errors).into_iter().map(|(_, l)| l).collect();
    if errors.0.len() > before {
        return None;
    }
    let fault = |line: usize, message: &str| {
        let shown = lines.get(line).copied().unwrap_or("");
        let place = Place {
            file: source.name.into(),
            line: line + 1,
            column: 1,
        };
        let help = "write prose, a line ```rust, an example and a line ```";
        Error::new(place, shown, shown.chars().count(), message, help)
    };
    let open = lines.iter().position(|l| l.starts_with("```"));
    let prose = trimmed(&lines[..open.unwrap_or(lines.len())]);
    if prose.is_empty() {
        errors.push(fault(0, "the file has no prose"));
    }
    let Some(open) = open else {
        errors.push(fault(0, "the file has no example"));
        return None;
    };
    let after = &lines[open + 1..];
    let Some(length) = after.iter().position(|l| *l == "```") else {
        errors.push(fault(open, "the example has no closing line ```"));
        return None;
    };
    let rest = &after[length + 1..];
    if let Some(extra) = rest.iter().position(|l| !l.trim().is_empty()) {
        errors.push(fault(
            open + length + 2 + extra,
            "unexpected text after the example",
        ));
    }
    (errors.0.len() == before).then(|| Doc {
        prose,
        example: after[..length]
            .iter()
            .map(|l| l.trim_end().into())
            .collect(),
    })
}

/// The lines without trailing blanks, and without blank lines at the end.
fn trimmed(lines: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(|l| l.trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}
