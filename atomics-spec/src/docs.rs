//! `docs/*.md`: prose and one example for each operation.

use crate::diag::{Error, Errors, Place};
use crate::lex::Source;
use crate::table::Op;

/// The path in an example that stands for the crate or module of the generated code.
pub const CRATE: &str = "{crate}";

/// The documentation of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    /// Its prose, in lines.
    pub prose: Vec<String>,
    /// Its example, in lines.
    pub example: Vec<String>,
}

/// Parses the files; `OP.md` belongs to the operation OP. Files of unknown operations are passed
/// over: a table may have fewer operations than there is documentation for.
pub(crate) fn parse(sources: &[Source<'_>], ops: &[Op], errors: &mut Errors) -> Vec<Option<Doc>> {
    ops.iter()
        .map(|op| {
            let file = format!("{}.md", op.name);
            let named = |s: &&Source<'_>| s.name.rsplit('/').next() == Some(file.as_str());
            let source = sources.iter().find(named)?;
            errors.take(parse_one(*source))
        })
        .collect()
}

fn parse_one(source: Source<'_>) -> Result<Doc, Error> {
    let place = |line| Place {
        file: source.name.into(),
        line,
        column: 1,
    };
    let help = "a file is prose, a line ```rust, an example and a line ```";
    let text = std::str::from_utf8(source.bytes)
        .map_err(|_| Error::new(place(1), "", 1, "the file is not UTF-8 text", help))?;
    let lines: Vec<&str> = text.lines().collect();
    let fault = |line: usize, message: &str| {
        let shown = lines.get(line).copied().unwrap_or("");
        Error::new(place(line + 1), shown, shown.len().max(1), message, help)
    };
    let open = lines.iter().position(|l| l.starts_with("```"));
    let open = open.ok_or_else(|| fault(0, "the file has no example"))?;
    let close = lines
        .iter()
        .skip(open + 1)
        .position(|l| *l == "```")
        .map(|n| open + 1 + n);
    let close = close.ok_or_else(|| fault(open, "the example does not end"))?;
    if let Some(extra) = lines
        .iter()
        .skip(close + 1)
        .position(|l| !l.trim().is_empty())
    {
        return Err(fault(close + 1 + extra, "text after the example"));
    }
    let owned = |part: &[&str]| {
        part.iter()
            .map(|l| l.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    let mut prose = owned(&lines[..open]);
    while prose.last().is_some_and(String::is_empty) {
        prose.pop();
    }
    if prose.is_empty() {
        return Err(fault(0, "the file has no prose"));
    }
    Ok(Doc {
        prose,
        example: owned(&lines[open + 1..close]),
    })
}
