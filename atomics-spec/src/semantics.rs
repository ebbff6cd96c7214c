//! `semantics.tbl`: what each operation computes.

use std::collections::{BTreeSet, HashMap};

use crate::called::Called;
use crate::diag::Errors;
use crate::expr::{Binary, Expr, Yields, parse as parse_expr};
use crate::lex::{Cell, Row, Source, all_rows, shorten};
use crate::model::op::{Form, Op};
use crate::model::ty::{Class, Operand, Type, Types};
use crate::names;
use crate::table::{Parsed, Table};
use crate::types::{self, unknown_class};

const COLUMNS: &str = "name  class  new  fails  result";

/// The name of the new value in expressions.
pub const NEW: &str = "new";

/// What an operation computes. The variables of the expressions are described in
/// `semantics.tbl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The index of its class.
    pub class: usize,
    /// The value stored; `None` if the operation only reads.
    pub new: Option<Expr>,
    /// When it stores nothing; `None` if it always stores.
    pub fails: Option<Expr>,
    /// What the forms `B`, `b`, `I` and `i` return.
    pub result: Option<Expr>,
}

impl Meaning {
    /// What `form` returns.
    pub fn result_of(&self, op: &Op, form: Form) -> Option<Expr> {
        match form {
            Form::Void | Form::Store => None,
            Form::Load | Form::Fetch(_) => Some(Expr::var(op.variable())),
            Form::Return => self.new.clone(),
            Form::Value(_) | Form::Truth(_) => self.result.clone(),
        }
    }

    /// `expr` with `new` replaced by its definition.
    pub fn expand(&self, expr: &Expr) -> Expr {
        match &self.new {
            // An argument called `new` is the stored value, so there is nothing to replace.
            Some(new) if *new != Expr::var(NEW) => {
                expr.substitute(&[(NEW.to_owned(), new.clone())].into())
            }
            _ => expr.clone(),
        }
    }
}

/// Parses the table for the operations of `table`. A row without an operation is an error with
/// `strict`, and is ignored otherwise.
pub(crate) fn parse(
    source: Source<'_>,
    added: &[Source<'_>],
    called: Called<'_>,
    table: &Table<'_>,
    types: &types::Parsed<'_>,
    strict: bool,
    errors: &mut Errors,
) -> Vec<Meaning> {
    let rows = all_rows(source, added, errors);
    let ops = table.ops.iter().enumerate();
    let indices: HashMap<&str, usize> = ops.map(|(at, o)| (&*o.op.name, at)).collect();
    // By the index of the operation: its row and what was read of it.
    let mut found: Vec<Option<(Cell<'_>, Option<Meaning>)>> = Vec::new();
    // A class without a row is one fault, however many operations have it.
    let mut unknown = BTreeSet::new();
    found.resize_with(table.ops.len(), || None);
    for row in &rows.list {
        let name = row.head();
        let Some(&index) = indices.get(name.text) else {
            if strict && !table.faulty.has_in_any_case(name.text) {
                errors.push(name.error(
                    format!(
                        "`{}` is not an operation of {}",
                        shorten(name.text),
                        table.called
                    ),
                    format!(
                        "add a row for it to {}, or remove this one",
                        table.called.to_change()
                    ),
                ));
            }
            continue;
        };
        if let Some((first, _)) = &found[index] {
            errors.push(name.error(
                format!("the operation `{}` has two rows", name.text),
                format!(
                    "the first row is in {}: remove {}",
                    first.line_from(&name),
                    match first.is_elsewhere(&name) {
                        true => "this one",
                        false => "one of them",
                    }
                ),
            ));
            continue;
        }
        let meaning = parse_row(row, &table.ops[index], table, types, &mut unknown, errors);
        found[index] = Some((name, meaning));
    }
    let mut meanings = Vec::new();
    for (parsed, found) in table.ops.iter().zip(found) {
        match found {
            Some((_, meaning)) => meanings.extend(meaning),
            // Its row may be one that could not be read.
            None if !rows.complete => {}
            None => errors.push(parsed.name.error(
                format!("`{}` has no row in {called}", shorten(&parsed.op.name)),
                format!("add a row to {}: {COLUMNS}", called.to_change()),
            )),
        }
    }
    meanings
}

fn parse_row(
    row: &Row<'_>,
    parsed: &Parsed<'_>,
    table: &Table<'_>,
    types: &types::Parsed<'_>,
    unknown: &mut BTreeSet<String>,
    errors: &mut Errors,
) -> Option<Meaning> {
    let before = errors.0.len();
    let op = &parsed.op;
    let classes = &types.types.classes;
    let class = errors.take(row.get(1, "class", COLUMNS))?;
    let index = classes.iter().position(|c| c.name == class.text);
    let is_fault = index.is_none() && !types.faulty.has(|name| name == class.text);
    if is_fault && unknown.insert(class.text.to_owned()) {
        let place = format!("of {}", types.called);
        errors.push(unknown_class(class, &place, classes));
    }
    let mut names: Vec<&str> = op.args.iter().map(|a| a.name.as_str()).collect();
    let new_cell = errors.take(row.get(2, "new", COLUMNS))?;
    let new = expression(new_cell, &names, Some(Yields::Value), errors);
    if !names.contains(&NEW) {
        names.push(NEW);
    } else if new.as_ref().is_some_and(|n| *n != Expr::var(NEW)) {
        errors.push(new_cell.error(
            format!(
                "`{}` has an argument `new`, but stores a different value",
                op.name
            ),
            "`new` means the stored value: rename the argument or store it unchanged",
        ));
    }
    let fails_cell = errors.take(row.get(3, "fails", COLUMNS))?;
    let fails = expression(fails_cell, &names, Some(Yields::Truth), errors);
    let result_cell = errors.take(row.get(4, "result", COLUMNS))?;
    let result = expression(result_cell, &names, None, errors);
    let help = format!("{COLUMNS}; write expressions without blanks");
    errors.take(row.at_most(5, &help));
    if errors.0.len() > before {
        return None;
    }
    let meaning = Meaning {
        class: index?,
        new,
        fails,
        result,
    };
    let cells = Cells {
        new: new_cell,
        fails: fails_cell,
        result: result_cell,
    };
    check_forms(&meaning, parsed, &cells, errors);
    for (cell, expr) in [(fails_cell, &meaning.fails), (result_cell, &meaning.result)] {
        let expanded = expr.as_ref().map(|e| meaning.expand(e));
        if let Some(Expr::Binary(_, a, b)) = expanded.filter(|e| e.yields() == Yields::Truth)
            && a == b
        {
            errors.push(cell.error(
                "both sides of the comparison are the same",
                "compare different values; `-` in the column `fails` means never",
            ));
        }
    }
    check_called(op, &classes[meaning.class], class, errors);
    // A load has only the old value.
    if !op.forms.contains(&Form::Load) {
        check_class(&meaning, op, &classes[meaning.class], &cells, errors);
        if errors.0.len() == before {
            check_signs(&meaning, &types.types, &cells, errors);
        }
    }
    let exprs = [&meaning.new, &meaning.fails, &meaning.result];
    let used = |name: &str| exprs.into_iter().flatten().any(|e| e.mentions(name));
    let unused = op.operands().find(|arg| !used(&arg.name));
    if let Some(unused) = unused.filter(|_| errors.0.len() == before) {
        errors.push(row.head().error(
            format!(
                "no expression of `{}` has its argument `{}`",
                op.name, unused.name
            ),
            format!(
                "write it in an expression, or remove the argument from {}",
                table.called.to_change()
            ),
        ));
    }
    (errors.0.len() == before).then_some(meaning)
}

/// Checks the class of an operation that generated code calls on every type.
fn check_called(op: &Op, class: &Class, cell: Cell<'_>, errors: &mut Errors) {
    let is_called = |form: &Form| {
        let method = names::method(op, *form);
        names::CALLED
            .iter()
            .any(|(name, called)| *name == op.name && *called == method)
    };
    if class.operand != Operand::Stored && op.forms.iter().any(is_called) {
        errors.push(cell.error(
            format!(
                "`{}` cannot have the class `{}`, which computes values",
                op.name, class.name
            ),
            "the generated code loads and stores values of every type: use a class with the \
             operand `stored`",
        ));
    }
}

struct Cells<'a> {
    new: Cell<'a>,
    fails: Cell<'a>,
    result: Cell<'a>,
}

fn expression(
    cell: Cell<'_>,
    names: &[&str],
    kind: Option<Yields>,
    errors: &mut Errors,
) -> Option<Expr> {
    if cell.text == "-" {
        return None;
    }
    let expr = errors.take(parse_expr(cell, names))?;
    match kind {
        Some(Yields::Value) if expr.yields() != Yields::Value => {
            errors.push(cell.error(
                format!("`{expr}` is a comparison, not a value"),
                "write the value that the operation stores in the column `new`",
            ));
        }
        Some(Yields::Truth) if expr.yields() != Yields::Truth => {
            errors.push(cell.error(
                format!("`{expr}` is a value, not a comparison"),
                "write a comparison such as v==u in the column `fails`",
            ));
        }
        _ => {}
    }
    Some(expr)
}

/// Checks that the row has the expressions that its forms need, and no others.
fn check_forms(meaning: &Meaning, parsed: &Parsed<'_>, cells: &Cells<'_>, errors: &mut Errors) {
    let op = &parsed.op;
    let has = |wanted: fn(&Form) -> bool| op.forms.iter().any(wanted);
    let loads = has(|f| *f == Form::Load);
    let stores = has(|f| *f == Form::Store);
    if loads && (meaning.new.is_some() || meaning.fails.is_some()) {
        let cell = if meaning.new.is_some() {
            cells.new
        } else {
            cells.fails
        };
        errors.push(cell.error(
            format!("`{}` has the form `l`, which stores nothing", op.name),
            "write `-` in the columns `new` and `fails`, or use another meta letter",
        ));
    } else if !loads && meaning.new.is_none() {
        errors.push(cells.new.error(
            format!("`{}` stores a value, but the column `new` is `-`", op.name),
            "write the value that it stores, such as v+i",
        ));
    }
    if loads && op.forms.len() > 1 {
        errors.push(parsed.meta.error(
            "the form `l` cannot be combined with others".to_owned(),
            "`l` stores nothing, but all other forms store a value",
        ));
    }
    if op.is_const() && !loads {
        errors.push(parsed.variable.error(
            format!(
                "`{}` stores to its variable, which C declares const",
                op.name
            ),
            "write `v` instead of `cv` for a variable that is written",
        ));
    }
    let depends = meaning
        .new
        .as_ref()
        .is_some_and(|e| e.mentions(op.variable()));
    if stores && (depends || meaning.fails.is_some()) {
        let cell = if depends { cells.new } else { cells.fails };
        errors.push(cell.error(
            format!(
                "`{}` has the form `s`, which does not read the old value",
                op.name
            ),
            "use the form `v` if the operation depends on the old value or can fail",
        ));
    }
    if op.pointer().is_some() && meaning.fails.is_none() {
        errors.push(cells.fails.error(
            format!("`{}` has a `p` argument, but never fails", op.name),
            "write a condition in the column `fails`: on failure, `p` receives the value found",
        ));
    }
    let wanted = [
        (
            Yields::Truth,
            has(|f| matches!(f, Form::Truth(_))),
            "`B` or `b`",
            "a comparison",
        ),
        (
            Yields::Value,
            has(|f| matches!(f, Form::Value(_))),
            "`I` or `i`",
            "a value",
        ),
    ];
    for (kind, needed, letters, what) in wanted {
        if needed && meaning.result.as_ref().map(Expr::yields) != Some(kind) {
            errors.push(cells.result.error(
                format!("`{}` has the form {letters}, which returns {what}", op.name),
                format!("write {what} in the column `result`"),
            ));
        }
    }
    // The typed method returns `Ok` if it stored something, else `Err`.
    let succeeds = meaning.fails.as_ref().and_then(Expr::negated);
    let tells = has(|f| matches!(f, Form::Truth(_))) && op.pointer().is_some();
    if let (true, Some(succeeds), Some(result)) = (tells, &succeeds, &meaning.result)
        && result.yields() == Yields::Truth
        && result != succeeds
    {
        errors.push(cells.result.error(
            format!(
                "`{}` has a `p` argument, but does not return whether it stored",
                op.name
            ),
            format!(
                "write {}, which is true if it does not fail",
                succeeds.unspaced()
            ),
        ));
    }
    if meaning.result.is_some() && !wanted.iter().any(|(_, needed, ..)| *needed) {
        errors.push(cells.result.error(
            format!("no form of `{}` returns this result", op.name),
            "write `-`: F and f return the old value, R the new one, the others nothing",
        ));
    }
}

/// Rejects signed comparisons in a class that an unsigned type has: they would compare it wrongly.
fn check_signs(meaning: &Meaning, types: &Types, cells: &Cells<'_>, errors: &mut Errors) {
    let has = |t: &&Type| t.classes.contains(&meaning.class);
    let Some(other) = types.types.iter().filter(has).find(|t| !t.is_signed()) else {
        return;
    };
    let class = &types.classes[meaning.class].name;
    for (expr, cell) in [
        (&meaning.fails, cells.fails),
        (&meaning.result, cells.result),
    ] {
        if expr.as_ref().is_some_and(Expr::is_signed) {
            errors.push(cell.error(
                format!(
                    "a signed comparison is not allowed in the class `{class}`, which `{}` has",
                    other.name
                ),
                "compare with == or !=, or use a class that only signed types have",
            ));
        }
    }
}

/// Checks that the operation keeps the promises of its class about values: unsafe code relies on
/// them.
fn check_class(meaning: &Meaning, op: &Op, class: &Class, cells: &Cells<'_>, errors: &mut Errors) {
    let name = &class.name;
    let operand = |e: &Expr| op.operands().any(|a| *e == Expr::var(&a.name));
    let old = Expr::var(op.variable());
    match class.operand {
        Operand::Value => {}
        Operand::Stored => {
            if meaning.new.as_ref().is_some_and(|new| !operand(new)) {
                errors.push(cells.new.error(
                    format!("the class `{name}` only stores an unchanged argument"),
                    "its types may not hold every value: use a class that computes values",
                ));
            }
            let known = |e: &Expr| operand(e) || *e == old;
            // Only equality means the same for pointers, which are such types, in Rust and in C.
            let equality = |e: &Expr| match e {
                Expr::Binary(Binary::Eq | Binary::Ne, a, b) => known(a) && known(b),
                _ => false,
            };
            for (cell, expr) in [
                (cells.fails, &meaning.fails),
                (cells.result, &meaning.result),
            ] {
                let Some(expr) = expr.as_ref().map(|e| meaning.expand(e)) else {
                    continue;
                };
                let truth = expr.yields() == Yields::Truth;
                if truth && !equality(&expr) {
                    errors.push(cell.error(
                        format!("the class `{name}` only compares for equality"),
                        "compare the old value and arguments with == or !=, or use another class",
                    ));
                } else if !truth && !known(&expr) {
                    errors.push(cell.error(
                        format!("the class `{name}` does not return computed values"),
                        "return the old value, an argument or a comparison, or use another class",
                    ));
                }
            }
        }
        Operand::Delta => {
            let sum = |e: &Expr| match e {
                Expr::Binary(Binary::Add, a, b) if **b == old => operand(a),
                Expr::Binary(Binary::Add | Binary::Sub, a, b) => **a == old && operand(b),
                _ => false,
            };
            let operands = op.operands().count();
            let adds = meaning.new.as_ref().is_some_and(sum);
            let cell = if adds && operands == 1 {
                cells.fails
            } else {
                cells.new
            };
            if operands > 1 || (operands == 1 && (!adds || meaning.fails.is_some())) {
                errors.push(cell.error(
                    format!("the class `{name}` always adds or subtracts its only argument"),
                    "use another class: `AtomicAdd` only promises that sums are valid",
                ));
            }
            let known = |e: &Expr| e.yields() == Yields::Truth || *e == old || *e == Expr::var(NEW);
            if meaning.result.as_ref().is_some_and(|e| !known(e)) {
                errors.push(cells.result.error(
                    format!("the class `{name}` only returns the old or the new value"),
                    "return `new`, the variable or a comparison, or use another class",
                ));
            }
        }
    }
}
