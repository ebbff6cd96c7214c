//! The parts of a function's text in which functions of the same shape differ.
//!
//! Such a part is written as a mark with the name of a parameter, and its value is recorded. Functions
//! whose texts are then equal become rows of one macro.

use std::cell::RefCell;

/// What a parameter stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A part of an instruction.
    Text,
    /// A piece of code: a type, a name, a register class.
    Code,
    /// A part of a comment.
    Words,
    /// A whole instruction that some functions have. Its value is empty in the others.
    Line,
}

/// The value of a parameter in one function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Value {
    pub name: String,
    pub kind: Kind,
    pub text: String,
}

/// The start and the end of the name of a parameter in a text.
const MARK: [char; 2] = ['\u{1}', '\u{2}'];
/// The start and the end of an instruction in a text.
const INSTRUCTION: [char; 2] = ['\u{3}', '\u{4}'];

/// The end of the mark of a call.
const CALL: &str = "!()";

/// The start of a line with an operand.
const OPERAND: char = '\u{8}';

/// The values of the parameters of one function.
#[derive(Default)]
pub(super) struct Symbols(RefCell<Vec<Value>>);

impl Symbols {
    /// The mark of a parameter. The wanted name gets a number if it has another value already.
    pub fn mark(&self, kind: Kind, wanted: &str, text: &str) -> String {
        let mut values = self.0.borrow_mut();
        // `$crate` is not for macros to define.
        let wanted = if wanted == "crate" { "krate" } else { wanted };
        let mut name = wanted.to_owned();
        let mut number = 1;
        while let Some(known) = values.iter().find(|value| value.name == name) {
            if known.kind == kind && known.text == text {
                return marked(&name);
            }
            number += 1;
            name = format!("{wanted}{number}");
        }
        let mark = marked(&name);
        values.push(Value {
            name,
            kind,
            text: text.into(),
        });
        mark
    }

    /// A piece of code.
    pub fn code(&self, wanted: &str, text: &str) -> String {
        self.mark(Kind::Code, wanted, text)
    }

    /// The recorded values.
    pub fn into_values(self) -> Vec<Value> {
        self.0.into_inner()
    }
}

/// The mark of the parameter `name`.
pub(super) fn marked(name: &str) -> String {
    format!("{}{name}{}", MARK[0], MARK[1])
}

/// The mark of a call of the macro `name`, which stands for a part of an instruction.
pub(super) fn call(name: &str) -> String {
    marked(&format!("{name}{CALL}"))
}

/// Whether what looks like a parameter is a call of a macro.
pub(super) fn is_call(name: &str) -> bool {
    name.ends_with(CALL)
}

/// An instruction, as an argument of `asm!`.
pub(super) fn instruction(text: &str) -> String {
    instruction_before(text, ",")
}

/// An instruction with what follows it.
pub(super) fn instruction_before(text: &str, end: &str) -> String {
    format!("{}{text}{}{end}", INSTRUCTION[0], INSTRUCTION[1])
}

/// An operand of `asm!`.
pub(super) fn operand(text: &str) -> String {
    format!("{OPERAND}{text}")
}

/// The operand in a line.
pub(super) fn operand_in(line: &str) -> Option<&str> {
    line.strip_prefix(OPERAND)
}

/// Whether a line has an instruction.
pub(super) fn has_instruction(line: &str) -> bool {
    line.contains(INSTRUCTION[0])
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// Plain text.
    Plain(&'t str),
    /// The name of a parameter.
    Parameter(&'t str),
}

/// The parts of a text.
pub(super) fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    text.split(MARK).enumerate().map(|(index, part)| {
        if index % 2 == 0 {
            Part::Plain(part)
        } else {
            Part::Parameter(part)
        }
    })
}

/// The parameter that a text consists of.
pub(super) fn only_parameter(text: &str) -> Option<&str> {
    let name = text.strip_prefix(MARK[0])?.strip_suffix(MARK[1])?;
    (!name.contains(MARK)).then_some(name)
}

/// Replaces parameters by what `value` returns for them.
pub(super) fn replace(text: &str, value: &dyn Fn(&str) -> String) -> String {
    let parts = parts(text).map(|part| match part {
        Part::Plain(plain) => plain.to_owned(),
        Part::Parameter(name) => value(name),
    });
    parts.collect()
}

/// Replaces parameters by what `value` returns for them, if it is told whether they are in an
/// instruction.
pub(super) fn replace_in(line: &str, value: &dyn Fn(&str, bool) -> String) -> String {
    let parts = line.split_inclusive(INSTRUCTION).enumerate();
    let parts = parts.map(|(index, part)| replace(part, &|name| value(name, index % 2 == 1)));
    parts.collect()
}

/// A line as Rust, in which parameters are metavariables: an instruction is a string, or several
/// strings in `concat!`.
pub(super) fn rust(line: &str) -> String {
    let Some((before, rest)) = line.split_once(INSTRUCTION[0]) else {
        return parts(line).map(code).collect();
    };
    let (text, after) = rest.split_once(INSTRUCTION[1]).unwrap_or((rest, ""));
    let strings = parts(text).filter(|part| *part != Part::Plain(""));
    let strings: Vec<String> = strings
        .map(|part| match part {
            Part::Plain(plain) => format!("{plain:?}"),
            parameter => code(parameter),
        })
        .collect();
    match strings.as_slice() {
        [] => format!("{before}\"\"{after}"),
        [one] => format!("{before}{one}{after}"),
        all => format!("{before}concat!({}){after}", all.join(", ")),
    }
}

fn code(part: Part<'_>) -> String {
    match part {
        Part::Plain(plain) => plain.to_owned(),
        Part::Parameter(call) if is_call(call) => call.to_owned(),
        Part::Parameter(name) => format!("${name}"),
    }
}
