//! A shape with what is known of its parameters, and the text of its functions.

use super::calls::{Row, Short};
use super::commented::{Commented, Operands};
use super::fold::{Parameter, Shape};
use super::symbols::{self, Kind};
use crate::emit::text::{RAW_COMMENT, Text};

/// What a parameter is written as.
pub(super) enum Use {
    /// Its only value.
    Value(String),
    /// A metavariable of this name.
    Variable(String),
}

/// What a parameter that differs is written as.
pub(super) type Written<'a> = &'a dyn Fn(&Parameter) -> Use;

/// A shape with what is known of its parameters.
pub(super) struct Folded {
    pub shape: Shape,
    /// The parameters with one value in each family, and their other names.
    pub commons: Vec<(Parameter, Vec<String>)>,
    /// The parameters that differ by row, and their other names.
    pub columns: Vec<(Parameter, Vec<String>)>,
    /// What the function consists of, if it is a call.
    pub short: Option<Short>,
    /// The macro, if a row of it is written.
    pub name: String,
}

impl Folded {
    /// Writes the function. `of` says what each of its variables is written as.
    pub fn emit(&self, t: &mut Text, of: Written<'_>) {
        // The instructions so far, and the comments on the next line.
        let mut instructions = Commented::default();
        let mut operands = Operands::default();
        let mut comments: Vec<(usize, String)> = Vec::new();
        for line in self.shape.text.lines() {
            let bare = line.trim_start_matches(' ');
            let depth = (line.len() - bare.len()) / 4;
            if let Some(comment) = bare.strip_prefix(RAW_COMMENT) {
                comments.push((depth, self.sentence(comment)));
                continue;
            }
            let code = match symbols::only_parameter(bare).map(|name| self.resolve(name, of)) {
                Some((Kind::Line, Use::Value(text))) if text.is_empty() => {
                    comments.clear();
                    continue;
                }
                Some((Kind::Line, Use::Value(text))) => symbols::instruction(&text),
                Some((Kind::Line, Use::Variable(name))) => {
                    instructions.push(
                        depth,
                        std::mem::take(&mut comments),
                        format!("$(${name},)?"),
                    );
                    continue;
                }
                _ => self.fill(bare, of),
            };
            if symbols::has_instruction(&code) {
                instructions.push(depth, std::mem::take(&mut comments), symbols::rust(&code));
                continue;
            }
            instructions.flush(t);
            if let Some(code) = symbols::operand_in(&code) {
                operands.push(depth, symbols::rust(code));
                continue;
            }
            operands.flush(t);
            for (depth, text) in comments.drain(..) {
                t.deeper(depth, |t| t.comment(&text));
            }
            t.deeper(depth, |t| t.wide_line(&symbols::rust(&code)));
        }
        instructions.flush(t);
        operands.flush(t);
    }

    /// The function as a row, if it is a call.
    pub fn row(&self, of: Written<'_>) -> Option<Row> {
        let short = self.short.as_ref()?;
        let comments = short.comments.iter().map(|comment| self.sentence(comment));
        Some(Row {
            arguments: self.code(&short.arguments, of),
            comments: comments.collect(),
            name: self.code(&symbols::marked("name"), of),
            body: self.code(&short.body, of),
        })
    }

    /// A line with the values of its parameters, still with the marks of instructions and of
    /// metavariables.
    fn fill(&self, line: &str, of: Written<'_>) -> String {
        symbols::replace_in(line, &|name, is_inside| match self.resolve(name, of) {
            _ if symbols::is_call(name) => symbols::marked(name),
            (Kind::Line, Use::Variable(name)) => format!("$(${name})?"),
            (_, Use::Variable(name)) => symbols::marked(&name),
            (Kind::Line, Use::Value(text)) if text.is_empty() => text,
            (Kind::Line | Kind::Text, Use::Value(text)) if !is_inside => format!("{text:?}"),
            (_, Use::Value(text)) => text,
        })
    }

    /// A line of the function as Rust.
    pub fn code(&self, line: &str, of: Written<'_>) -> String {
        symbols::rust(&self.fill(line, of))
    }

    /// The text of a comment as a sentence.
    pub fn sentence(&self, comment: &str) -> String {
        let words = symbols::replace(comment, &|name| self.shape.words(name));
        let mut chars = words.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string());
        first.unwrap_or_default() + chars.as_str()
    }

    /// What a parameter is written as.
    fn resolve(&self, name: &str, of: Written<'_>) -> (Kind, Use) {
        let mut variables = self.commons.iter().chain(&self.columns);
        let found = variables.find(|(p, same)| p.name == name || same.iter().any(|s| s == name));
        match found {
            Some((parameter, _)) => (parameter.kind, of(parameter)),
            None => {
                let first = &self.shape.instances[0];
                (first.kind(name), Use::Value(first.value(name).into()))
            }
        }
    }
}

/// A parameter in the pattern of a macro.
pub(super) fn pattern(parameter: &Parameter) -> String {
    let name = &parameter.name;
    match parameter.kind {
        Kind::Line => format!("[$(${name}:tt)?]"),
        Kind::Code if name.starts_with("int") => format!("${name}:ty"),
        Kind::Code => format!("${name}:ident"),
        Kind::Text | Kind::Words => format!("${name}:tt"),
    }
}

/// A value as an argument of a macro.
pub(super) fn argument(parameter: &Parameter, value: &str) -> String {
    match parameter.kind {
        Kind::Line if value.is_empty() => "[]".into(),
        Kind::Line => format!("[{value:?}]"),
        Kind::Code => value.to_owned(),
        Kind::Text | Kind::Words => format!("{value:?}"),
    }
}
