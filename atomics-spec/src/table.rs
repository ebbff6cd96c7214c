//! Parses `atomics.tbl`: the operations with their forms and arguments.
//!
//! The format is that of the kernel's `scripts/atomic/atomics.tbl`.

use std::collections::BTreeMap;

use crate::arch::BARRIERS;
use crate::called::Called;
use crate::diag::{Error, Errors};
use crate::lex::{Cell, Faulty, Row, Source, all_rows, is_name, shorten};
use crate::model::op::{Arg, ArgKind, Form, Op, Strength, twinned};
use crate::model::ty::Types;
use crate::names;

const COLUMNS: &str = "name  meta  args...";

/// The letters of the column `meta`.
const LETTERS: &str = "v, l, s, R, F, f, I, i, B, b";

/// The form that a letter of the column `meta` stands for.
fn read_letter(letter: char) -> Option<Form> {
    Some(match letter {
        'v' => Form::Void,
        'l' => Form::Load,
        's' => Form::Store,
        'R' => Form::Return,
        'F' => Form::Fetch(Strength::Any),
        'f' => Form::Fetch(Strength::Full),
        'I' => Form::Value(Strength::Any),
        'i' => Form::Value(Strength::Full),
        'B' => Form::Truth(Strength::Any),
        'b' => Form::Truth(Strength::Full),
        _ => return None,
    })
}

/// The name pattern of a form's function. An operation has at most one form per pattern.
fn name_pattern(form: Form) -> &'static str {
    match form {
        Form::Fetch(_) => "fetch_NAME",
        Form::Return => "NAME_return",
        _ => "NAME",
    }
}

/// A parsed row, with its cells for errors that are found only with another table.
pub(crate) struct Parsed<'a> {
    pub op: Op,
    pub name: Cell<'a>,
    pub meta: Cell<'a>,
    pub variable: Cell<'a>,
}

/// The parsed table.
pub(crate) struct Table<'a> {
    /// What messages call it.
    pub called: Called<'a>,
    /// The rows without faults.
    pub ops: Vec<Parsed<'a>>,
    /// The operations with faults.
    pub faulty: Faulty<'a>,
}

/// Parses the table.
pub(crate) fn parse<'a>(
    source: Source<'a>,
    added: &[Source<'a>],
    called: Called<'a>,
    types: &Types,
    errors: &mut Errors,
) -> Table<'a> {
    let rows = all_rows(source, added, errors);
    let mut table = Table {
        called,
        ops: Vec::new(),
        faulty: Faulty::default(),
    };
    if !rows.complete {
        table.faulty.add_anything();
    }
    let mut names: BTreeMap<String, Cell<'a>> = BTreeMap::new();
    let mut read: BTreeMap<&str, Cell<'a>> = BTreeMap::new();
    for row in &rows.list {
        let Some(parsed) = parse_row(row, types, errors) else {
            table.faulty.add(row.head().text);
            continue;
        };
        if let Some(first) = read.get(parsed.name.text) {
            let place = first.line_from(&parsed.name);
            let help = match first.is_elsewhere(&parsed.name) {
                true => format!("the first row is in {place}: choose another name"),
                false => format!("the first row is in {place}: list all forms there"),
            };
            let message = format!("the operation `{}` has two rows", parsed.op.name);
            errors.push(parsed.name.error(message, help));
            continue;
        }
        // The names have no family, because all families have the same operations.
        let op = &parsed.op;
        let variants = op.forms.iter().flat_map(|form| {
            let orderings = form.orderings().iter();
            orderings.map(|ordering| names::variant(op, *form, *ordering))
        });
        let taken = |name: &String| names.get(name).map(|first| (name.clone(), *first));
        if let Some((name, first)) = variants.clone().find_map(|name| taken(&name)) {
            errors.push(parsed.name.error(
                format!("two rows define the function `{name}`"),
                format!(
                    "the other row is in {}; rename one of the operations",
                    first.line_from(&parsed.name)
                ),
            ));
            table.faulty.add(parsed.name.text);
            continue;
        }
        names.extend(variants.map(|name| (name, parsed.name)));
        read.insert(parsed.name.text, parsed.name);
        table.ops.push(parsed);
    }
    check_methods(&table.ops, errors);
    table
}

/// Checks that the names of the typed methods are unique: they can differ from the C names.
fn check_methods(ops: &[Parsed<'_>], errors: &mut Errors) {
    let mut methods: BTreeMap<String, &Parsed<'_>> = BTreeMap::new();
    let twinned = twinned(ops.iter().map(|p| &p.op));
    for parsed in ops {
        let op = &parsed.op;
        if twinned.contains(&*op.name) {
            continue;
        }
        for &form in &op.forms {
            let method = names::method(op, form);
            if names::METHODS.contains(&method.as_str()) {
                errors.push(parsed.name.error(
                    format!(
                        "`{}` defines the method `{method}`, which exists already",
                        op.name
                    ),
                    "every `Atomic` has a method with this name: rename the operation",
                ));
            } else if names::PRELUDE_METHODS.contains(&method.as_str()) {
                errors.push(parsed.name.error(
                    format!(
                        "`{}` defines the method `{method}`, which cannot be called",
                        op.name
                    ),
                    "every value has a method with this name from the prelude, which hides it: \
                     rename the operation",
                ));
            } else if let Some(first) = methods.get(&method) {
                errors.push(parsed.name.error(
                    format!(
                        "`{}` and `{}` define the same method `{method}`",
                        first.op.name, op.name
                    ),
                    format!(
                        "`{}` is in {}; rename one of the operations",
                        first.op.name,
                        first.name.line_from(&parsed.name)
                    ),
                ));
            } else if let Some((name, _)) = names::CALLED
                .iter()
                .find(|(name, called)| *called == method && *name != op.name)
            {
                errors.push(parsed.name.error(
                    format!(
                        "`{}` defines the method `{method}` of the operation `{name}`",
                        op.name
                    ),
                    "rename the operation: generated code calls the method of this name",
                ));
            } else {
                methods.insert(method, parsed);
            }
        }
    }
}

fn parse_row<'a>(row: &Row<'a>, types: &Types, errors: &mut Errors) -> Option<Parsed<'a>> {
    let name = row.head();
    let before = errors.0.len();
    if !is_name(name.text) {
        errors.push(name.error(
            format!(
                "`{}` is not a valid name for an operation",
                shorten(name.text)
            ),
            "a name is made of a-z, 0-9 and _, and starts with a letter",
        ));
    } else if names::RUST_PATHS.contains(&name.text) {
        errors.push(name.error(
            format!("an operation cannot be called `{}`", name.text),
            "it is a Rust keyword that cannot be an identifier: choose another name",
        ));
    }
    let meta = errors.take(row.get(1, "meta", COLUMNS))?;
    let forms = forms(meta, errors);
    let (args, variable) = args(row, types, errors)?;
    if forms.contains(&Form::Load) && args.len() > 1 {
        errors.push(meta.error(
            "the form `l` takes no argument but the variable",
            "remove the other arguments, or use another meta letter",
        ));
    }
    (errors.0.len() == before).then(|| Parsed {
        op: Op {
            name: name.text.into(),
            forms,
            args,
        },
        name,
        meta,
        variable,
    })
}

fn forms(meta: Cell<'_>, errors: &mut Errors) -> Vec<Form> {
    let mut forms: Vec<(char, Form)> = Vec::new();
    let mut unknown = Vec::new();
    for (at, letter) in meta.text.char_indices() {
        let cell = meta.part(&meta.text[at..at + letter.len_utf8()]);
        let Some(form) = read_letter(letter) else {
            if !unknown.contains(&letter) {
                unknown.push(letter);
                errors.push(cell.error(
                    format!("unknown meta letter `{letter}`"),
                    format!("the letters are {}", LETTERS),
                ));
            }
            continue;
        };
        match forms
            .iter()
            .find(|(_, f)| name_pattern(*f) == name_pattern(form))
        {
            None => forms.push((letter, form)),
            Some((other, _)) if *other == letter => errors.push(cell.error(
                format!("the meta letter `{letter}` occurs twice"),
                "write each letter once: it stands for one form of the operation",
            )),
            Some((other, _)) => errors.push(cell.error(
                format!("the meta letters `{other}` and `{letter}` define the same function"),
                format!(
                    "keep one of them: F and f define {}, R defines {}, all others {}",
                    name_pattern(Form::Fetch(Strength::Any)),
                    name_pattern(Form::Return),
                    name_pattern(Form::Void),
                ),
            )),
        }
    }
    forms.into_iter().map(|(_, form)| form).collect()
}

fn args<'a>(row: &Row<'a>, types: &Types, errors: &mut Errors) -> Option<(Vec<Arg>, Cell<'a>)> {
    let mut args: Vec<Arg> = Vec::new();
    let mut variable = None;
    let mut pointer = false;
    let before = errors.0.len();
    errors.take(row.get(2, "args", COLUMNS))?;
    for &cell in &row.cells[2..] {
        let (ty, name) = match cell.text.split_once(':') {
            Some((ty, name)) => (ty, cell.part(name)),
            None => {
                let name = cell.text.strip_prefix('c').unwrap_or(cell.text);
                (cell.text, cell.part(name))
            }
        };
        let kind = match ty {
            "v" => ArgKind::Variable { constant: false },
            "cv" => ArgKind::Variable { constant: true },
            "i" => ArgKind::Value,
            "p" => ArgKind::Pointer,
            _ => {
                errors.push(cell.part(&cell.text[..ty.len()]).error(
                    format!("unknown argument type `{}`", shorten(ty)),
                    "an argument is `v`, `cv`, `i` or `p`, optionally followed by `:` and a name",
                ));
                continue;
            }
        };
        match kind {
            ArgKind::Variable { .. } if variable.is_some() => {
                errors.push(cell.error(
                    "the operation has a second atomic variable",
                    "write exactly one `v` or `cv`: an operation works on one variable",
                ));
                continue;
            }
            ArgKind::Pointer if pointer => {
                errors.push(cell.error(
                    "the operation has a second `p` argument",
                    "write only one `p`: a failed operation writes the value that it found to it",
                ));
                continue;
            }
            ArgKind::Variable { .. } => variable = Some(cell),
            ArgKind::Pointer => pointer = true,
            ArgKind::Value => {}
        }
        if args.iter().any(|a| a.name == name.text) {
            errors.push(name.error(
                format!("two arguments are called `{}`", shorten(name.text)),
                "write another name for one of them after a `:`",
            ));
        }
        errors.take(arg_name(name, types));
        args.push(Arg {
            kind,
            name: name.text.into(),
        });
    }
    if variable.is_none() && errors.0.len() == before {
        errors.push(row.head().error(
            format!(
                "`{}` has no argument for the atomic variable",
                shorten(row.head().text)
            ),
            "write exactly one `v`, or `cv` if the operation only reads",
        ));
    }
    Some((args, variable?))
}

/// Checks the name of an argument, which is the same in Rust and in C.
fn arg_name(name: Cell<'_>, types: &Types) -> Result<(), Error> {
    if name.text.is_empty() {
        return Err(name.error(
            "the argument has no name",
            "write a name after the `:`, or remove the `:`",
        ));
    }
    if !is_name(name.text) {
        return Err(name.error(
            format!(
                "`{}` is not a valid name for an argument",
                shorten(name.text)
            ),
            "a name is made of a-z, 0-9 and _, and starts with a letter",
        ));
    }
    let is_macro = names::c_macro(name.text);
    let reason = if names::RUST_PATHS.contains(&name.text) {
        "it is a Rust keyword that cannot be an identifier"
    } else if names::C_KEYWORDS.contains(&name.text) {
        "it is a C keyword"
    } else if types.is_c_word(name.text) || names::C_TYPES.contains(&name.text) {
        "it is a C type"
    } else if let Some(reason) = &is_macro {
        reason.as_str()
    } else if BARRIERS.contains(&name.text) {
        "it is a barrier, which the generated code calls"
    } else {
        return Ok(());
    };
    Err(name.error(
        format!("an argument cannot be called `{}`", name.text),
        format!("{reason}: write another name after a `:`"),
    ))
}
