//! The rows `op`: which variants a template is for.

use super::draft::{Draft, Target};
use super::{Open, Parser, bits};
use crate::arch::{Lang, Place, Template};
use crate::diag::Error;
use crate::lex::{Cell, Row, shorten};
use crate::model::op::{Form, Op};
use crate::names;

impl<'a> Parser<'a, '_> {
    /// The variants of a name without family, with their form; behind a base and `*`, in all
    /// orderings.
    fn variants(&self, cell: Cell<'_>) -> Result<Vec<(Target<'a>, Form)>, Error> {
        let mut found = Vec::new();
        for op in self.ops {
            for &form in &op.forms {
                let all = cell.text.strip_suffix('*') == Some(names::base(op, form).as_str());
                for &ordering in form.orderings() {
                    let name = names::variant(op, form, ordering);
                    if all || name == cell.text {
                        let target = Target { name, op, ordering };
                        found.push((target, form));
                    }
                }
                // An operation can be called like a form of another one: the first has the name.
                if !found.is_empty() {
                    return Ok(found);
                }
            }
        }
        let stem = cell.text.strip_prefix("fetch_").unwrap_or(cell.text);
        if self.strict
            && !self
                .faulty_ops
                .has(|op| stem.starts_with(&op.to_ascii_lowercase()))
        {
            return Err(cell.error(
                format!("`{}` is not a variant of any operation", shorten(cell.text)),
                "write the C name without the family's prefix, such as fetch_add_acquire",
            ));
        }
        Ok(found)
    }

    pub(super) fn op(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "op  NAMES  BITS  BINDINGS";
        let name = row.get(1, "NAMES", COLUMNS)?;
        let widths = row.get(2, "BITS", COLUMNS)?;
        let bindings = row.get(3, "BINDINGS", COLUMNS)?;
        row.at_most(4, COLUMNS)?;
        let before = self.errors.0.len();
        let mut found: Vec<(Target<'a>, Form)> = Vec::new();
        for cell in name.commas(self.errors) {
            let result = self.variants(cell);
            for (target, form) in self.errors.take(result).unwrap_or_default() {
                if found.iter().any(|(t, _)| t.name == target.name) {
                    let message = format!("`{}` stands twice", target.name);
                    self.errors.push(cell.error(message, "remove one"));
                } else if let Some((first, _)) = found.first()
                    && !first.op.operands().eq(target.op.operands())
                {
                    self.errors.push(cell.error(
                        format!(
                            "`{}` has other arguments than `{}`",
                            target.name, first.name
                        ),
                        "the operations of one row have the same arguments",
                    ));
                } else {
                    found.push((target, form));
                }
            }
        }
        let (Some((Target { op, .. }, _)), Some(needs)) = (found.first(), self.needs) else {
            return Ok(());
        };
        let op = *op;
        let mut template = Template {
            needs,
            // As the row `flags` says, until a binding says otherwise.
            keeps_flags: !self.arch.flags,
            ..Template::default()
        };
        for cell in widths.commas(self.errors) {
            let result = self.width(cell, &found, &mut template);
            self.errors.take(result);
        }
        let is_pair = |bits: &u32| self.arch.is_pair(*bits);
        if template.bits.iter().any(is_pair) && !template.bits.iter().all(is_pair) {
            self.errors.push(widths.error(
                "widths in one register and in two",
                "write a row for the width of the class `pair`, which has registers {i.lo} and \
                 {i.hi}",
            ));
        }
        for cell in bindings.commas(self.errors) {
            let result = self.binding(cell, op, &mut template);
            self.errors.take(result);
        }
        let result = self.hidden_names(name, op, &template);
        self.errors.take(result);
        if self.errors.0.len() == before {
            Self::unshifted(bindings, op, &template)?;
            for (target, form) in &found {
                self.check_result(bindings, target.op, *form, &template)?;
            }
            self.open = Open::Template(Box::new(Draft {
                name,
                targets: found.into_iter().map(|(target, _)| target).collect(),
                template,
                lines: Vec::new(),
                sound: true,
            }));
        }
        Ok(())
    }

    fn width(
        &self,
        cell: Cell<'_>,
        found: &[(Target<'_>, Form)],
        template: &mut Template,
    ) -> Result<(), Error> {
        let width = bits(cell)?;
        let has = |target: &Target<'_>| {
            let all = self.arch.templates.get(&target.name);
            let mut all = all.into_iter().flatten();
            all.any(|t| t.needs == template.needs && t.bits.contains(&width))
        };
        let second = found.iter().map(|(t, _)| t).find(|t| has(t));
        let second = second.or_else(|| {
            let twice = template.bits.contains(&width);
            found.first().map(|(t, _)| t).filter(|_| twice)
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
                "say how operands of this width are written above the rows that use it",
            ));
        }
        template.bits.push(width);
        Ok(())
    }

    /// Refuses arguments whose names stand for something else in templates.
    fn hidden_names(&self, cell: Cell<'_>, op: &Op, template: &Template) -> Result<(), Error> {
        let mut taken: Vec<&str> = match (self.lang, &template.result) {
            (Some(Lang::C), _) => vec!["v", "type"],
            (_, Place::Fresh) => vec!["v", "mem", "r"],
            _ => vec!["v", "mem"],
        };
        if template.word.is_some() {
            taken.extend(["mask", "rest", "shift"]);
        }
        let words: Vec<&str> = self.words.names().collect();
        let args = op.operands().map(|a| ("an argument", a.name.as_str()));
        let scratch = template
            .scratch
            .iter()
            .map(|s| ("a register", s.name.as_str()));
        let is_arg = |name: &str| op.operands().any(|a| a.name == name);
        let mut all = args.chain(scratch);
        let hidden = all.find(|(what, name)| {
            taken.contains(name) || words.contains(name) || *what == "a register" && is_arg(name)
        });
        match hidden {
            None => Ok(()),
            Some((what, name)) => Err(cell.error(
                format!(
                    "`{{{name}}}` would be {what} of `{}` and something else",
                    op.name
                ),
                format!(
                    "{} stand for other things here: rename {}",
                    taken
                        .iter()
                        .map(|n| format!("{{{n}}}"))
                        .chain(
                            ["the arguments and the rows `text`".to_owned()]
                                .into_iter()
                                .filter(|_| !taken.contains(&name))
                        )
                        .collect::<Vec<_>>()
                        .join(", "),
                    what.replace("an ", "the ").replace("a ", "the ")
                ),
            )),
        }
    }

    /// In the containing word, each argument must be told what surrounds it.
    fn unshifted(cell: Cell<'_>, op: &Op, template: &Template) -> Result<(), Error> {
        let is_filled = |name: &str| template.filled.iter().any(|(arg, _)| arg == name);
        let mut args = op.operands();
        match args.find(|a| template.word.is_some() && !is_filled(&a.name)) {
            None => Ok(()),
            Some(arg) => Err(cell.error(
                format!("what surrounds `{}` in the word is not said", arg.name),
                format!("bind it as {0}:zeros or {0}:ones", arg.name),
            )),
        }
    }

    /// The bindings must yield a result exactly if the form returns one. C expressions are
    /// their own result.
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
        let value = template.result != Place::Nowhere;
        let right = match form {
            // What was found is in the register of the pointer, and tells the result, unless a
            // condition does.
            Form::Truth(_) if op.pointer().is_some() => !value,
            _ if op.pointer().is_some() => !value && template.condition.is_none(),
            Form::Void | Form::Store => !value && template.condition.is_none(),
            // A condition is the result; a value is the old one, from which it follows.
            Form::Truth(_) => value != template.condition.is_some(),
            _ => value && template.condition.is_none(),
        };
        if right && template.keeps_flags && template.condition.is_some() {
            return Err(cell.error(
                "a condition of codes that are left alone",
                "the instruction sets the codes that are the result: remove `keep`",
            ));
        }
        if right {
            return Ok(());
        }
        Err(cell.error(
            "these bindings do not yield what the variant returns",
            "nothing for the forms v and s; for operations with a `p` argument, whose register \
             tells, nothing or a condition ?CC; for other B and b a condition, or the old value \
             (>r), which tells; a value (>r) for others",
        ))
    }
}
