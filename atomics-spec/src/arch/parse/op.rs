//! The rows `op`: the variants of a template, and its widths.

use super::cells::parse_bits;
use super::draft::{Draft, NamedVariant};
use super::state::{Open, Parser};
use crate::arch::model::Lang;
use crate::arch::template::{NO, ResultLocation, Template, Truth};
use crate::diag::Error;
use crate::lex::{Cell, Row, shorten};
use crate::model::op::{Form, Op};
use crate::names;

impl<'a> Parser<'a, '_> {
    /// The variants that a name without the family's prefix stands for, with their form. A name
    /// with a `*` stands for all orderings.
    fn find_variants(&self, cell: Cell<'_>) -> Result<Vec<(NamedVariant<'a>, Form)>, Error> {
        let mut found = Vec::new();
        for op in self.input.ops {
            for &form in &op.forms {
                let all = cell.text.strip_suffix('*') == Some(names::base(op, form).as_str());
                for &ordering in form.orderings() {
                    let name = names::variant(op, form, ordering);
                    if all || name == cell.text {
                        let variant = NamedVariant { name, op, ordering };
                        found.push((variant, form));
                    }
                }
                // An operation can have the name of a form of another one. The first one wins.
                if !found.is_empty() {
                    return Ok(found);
                }
            }
        }
        let stem = cell.text.strip_prefix("fetch_").unwrap_or(cell.text);
        let faulty = self.input.faulty_ops;
        if self.input.strict && !faulty.has(|op| stem.starts_with(&op.to_ascii_lowercase())) {
            return Err(cell.error(
                format!("`{}` is not a variant of any operation", shorten(cell.text)),
                "write the C name without the family's prefix, such as fetch_add_acquire",
            ));
        }
        Ok(found)
    }

    /// All variants of a row, which must have the same arguments.
    fn parse_names(&mut self, names: Cell<'a>) -> Vec<(NamedVariant<'a>, Form)> {
        let mut found: Vec<(NamedVariant<'a>, Form)> = Vec::new();
        for cell in names.commas(self.errors) {
            let result = self.find_variants(cell);
            for (variant, form) in self.errors.take(result).unwrap_or_default() {
                if found.iter().any(|(known, _)| known.name == variant.name) {
                    let message = format!("`{}` is listed twice", variant.name);
                    self.errors.push(cell.error(message, "remove one of them"));
                } else if let Some((first, _)) = found.first()
                    && !first.op.operands().eq(variant.op.operands())
                {
                    self.errors.push(cell.error(
                        format!(
                            "`{}` has other arguments than `{}`",
                            variant.name, first.name
                        ),
                        "all operations of a row must have the same arguments",
                    ));
                } else {
                    found.push((variant, form));
                }
            }
        }
        found
    }

    pub(super) fn parse_op(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "op  NAMES  BITS  BINDINGS";
        // If the row is faulty, the rows below it are skipped.
        self.open = Open::Skipped;
        let name = row.get(1, "NAMES", COLUMNS)?;
        let widths = row.get(2, "BITS", COLUMNS)?;
        let bindings = row.get(3, "BINDINGS", COLUMNS)?;
        row.at_most(4, COLUMNS)?;
        let before = self.errors.0.len();
        let found = self.parse_names(name);
        let (Some((NamedVariant { op, .. }, _)), Some(needs)) = (found.first(), self.needs) else {
            return Ok(());
        };
        let op = *op;
        let mut template = Template {
            needs,
            // The default of the row `flags`, which a binding can change.
            preserves_flags: !self.arch.clobbers_flags,
            ..Template::default()
        };
        for cell in widths.commas(self.errors) {
            let result = self.add_width(cell, &found, &mut template);
            self.errors.take(result);
        }
        let is_pair = |bits: &u32| self.arch.is_pair(*bits);
        if template.bits.iter().any(is_pair) && !template.bits.iter().all(is_pair) {
            self.errors.push(widths.error(
                "widths of one register and of a pair in one row",
                "write a separate row for the width of the class `pair`, whose registers are \
                 {i.lo} and {i.hi}",
            ));
        }
        self.parse_bindings(bindings, op, &mut template);
        let result = self.check_names(name, op, &template);
        self.errors.take(result);
        if self.errors.0.len() == before {
            check_word_arguments(bindings, op, &template)?;
            for (variant, form) in &found {
                self.check_result(bindings, variant.op, *form, &template)?;
            }
            self.open = Open::Template(Box::new(Draft {
                name,
                variants: found.into_iter().map(|(variant, _)| variant).collect(),
                template,
                lines: Vec::new(),
                sound: true,
            }));
        }
        Ok(())
    }

    fn add_width(
        &self,
        cell: Cell<'_>,
        found: &[(NamedVariant<'_>, Form)],
        template: &mut Template,
    ) -> Result<(), Error> {
        let width = parse_bits(cell)?;
        let has = |variant: &NamedVariant<'_>| {
            let all = self.arch.templates.get(&variant.name);
            let mut all = all.into_iter().flatten();
            all.any(|t| t.needs == template.needs && t.bits.contains(&width))
        };
        let second = found.iter().map(|(v, _)| v).find(|v| has(v));
        let second = second.or_else(|| {
            let twice = template.bits.contains(&width);
            found.first().map(|(v, _)| v).filter(|_| twice)
        });
        if let Some(second) = second {
            return Err(cell.error(
                format!("a second template for `{}` at {width} bits", second.name),
                "remove one of them",
            ));
        }
        let has_size = self.arch.size(width).is_some() || self.faulty.has(|head| head == "size");
        if self.lang == Some(Lang::Asm) && !has_size {
            return Err(cell.error(
                format!("no row `size` for {width} bits"),
                "add one above the rows that use this width",
            ));
        }
        template.bits.push(width);
        Ok(())
    }

    /// Refuses arguments and scratch registers whose names have another meaning in templates.
    fn check_names(&self, cell: Cell<'_>, op: &Op, template: &Template) -> Result<(), Error> {
        let mut taken: Vec<&str> = match (self.lang, &template.result) {
            (Some(Lang::C), _) => vec!["v", "type"],
            (_, ResultLocation::OwnRegister) => vec!["v", "mem", "r"],
            _ => vec!["v", "mem"],
        };
        if template.word.is_some() {
            taken.extend(["mask", "rest", "shift"]);
        }
        if template.truth.is_some() {
            taken.push(NO);
        }
        let lets: Vec<&str> = self.lets.names().collect();
        let args = op.operands().map(|a| ("argument", a.name.as_str()));
        let scratch = template.scratch.iter();
        let scratch = scratch.map(|s| ("register", s.name.as_str()));
        let is_arg = |name: &str| op.operands().any(|a| a.name == name);
        let clash = args.chain(scratch).find(|(what, name)| {
            taken.contains(name) || lets.contains(name) || *what == "register" && is_arg(name)
        });
        let Some((what, name)) = clash else {
            return Ok(());
        };
        let mut list: Vec<String> = taken.iter().map(|n| format!("{{{n}}}")).collect();
        if !taken.contains(&name) {
            list.push("the arguments and the rows `let`".into());
        }
        Err(cell.error(
            format!(
                "the {what} `{{{name}}}` of `{}` has a name that is taken",
                op.name
            ),
            format!("rename the {what}: {} are taken", list.join(", ")),
        ))
    }

    /// Refuses bindings that do not yield what the form returns. A C expression is its own result.
    fn check_result(
        &self,
        cell: Cell<'_>,
        op: &Op,
        form: Form,
        template: &Template,
    ) -> Result<(), Error> {
        if self.lang != Some(Lang::Asm) {
            return Ok(());
        }
        let value = template.result != ResultLocation::Nowhere;
        let right = match form {
            // The result is a condition, or is computed from the old value, which is in the
            // register of the `p` argument.
            Form::Truth(_) if op.pointer().is_some() => !value,
            _ if op.pointer().is_some() => !value && template.truth.is_none(),
            Form::Void | Form::Store => !value && template.truth.is_none(),
            // The result is a condition, or is computed from the old value.
            Form::Truth(_) => value != template.truth.is_some(),
            _ => value && template.truth.is_none(),
        };
        if right && template.preserves_flags && matches!(template.truth, Some(Truth::Code(_))) {
            return Err(cell.error(
                "a template that preserves the flags, with a condition as its result",
                if self.arch.clobbers_flags {
                    "the instruction sets the flags that are the result: remove `preserves_flags`"
                } else {
                    "the instruction sets the flags that are the result: add `clobbers_flags`"
                },
            ));
        }
        if right {
            return Ok(());
        }
        Err(cell.error(
            "these bindings do not yield what the variant returns",
            "forms v and s have no result; operations with a `p` argument have none, or a \
             condition ?CC; other forms B and b have a condition, `?`, or the old value >r; all \
             others have a value >r",
        ))
    }
}

/// Refuses an argument in the containing word without a fill for the bits around it.
fn check_word_arguments(cell: Cell<'_>, op: &Op, template: &Template) -> Result<(), Error> {
    let is_filled = |name: &str| template.filled.iter().any(|(arg, _)| arg == name);
    let mut args = op.operands();
    match args.find(|a| template.word.is_some() && !is_filled(&a.name)) {
        None => Ok(()),
        Some(arg) => Err(cell.error(
            format!("nothing fills the word around `{}`", arg.name),
            format!("write {0}:zeros or {0}:ones", arg.name),
        )),
    }
}
