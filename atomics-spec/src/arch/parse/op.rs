//! The rows `op`: which variant a template is for, and where its operands are.

use super::{Open, Parser, bits};
use crate::arch::{Lang, Place, Template};
use crate::diag::Error;
use crate::lex::{Cell, Row, shorten};
use crate::names;
use crate::table::{Form, Op, Ordering};

/// A template whose rows are being read.
pub(super) struct Draft<'a> {
    pub name: Cell<'a>,
    pub op: &'a Op,
    pub template: Template,
    /// Whether its rows so far are right.
    pub sound: bool,
}

impl Draft<'_> {
    /// What its rows can name in braces.
    pub fn operands(&self, lang: Lang) -> Vec<&str> {
        let mut known: Vec<&str> = self.op.operands().map(|a| a.name.as_str()).collect();
        match lang {
            Lang::Asm => {
                known.extend(["v", "mem"]);
                if self.template.result == Place::Fresh {
                    known.push("r");
                }
            }
            Lang::C => known.extend(["v", "type"]),
        }
        known
    }
}

impl<'a> Parser<'a, '_> {
    /// The operation and the form of a variant, by its name without family.
    fn variant(&self, cell: Cell<'_>) -> Result<Option<(&'a Op, Form)>, Error> {
        for op in self.ops {
            for &form in &op.forms {
                let known = |o: &Ordering| names::variant(op, form, *o) == cell.text;
                if form.orderings().iter().any(known) {
                    return Ok(Some((op, form)));
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
        Ok(None)
    }

    pub(super) fn op(&mut self, row: &Row<'a>) -> Result<(), Error> {
        const COLUMNS: &str = "op  NAME  BITS  BINDINGS";
        let name = row.get(1, "NAME", COLUMNS)?;
        let widths = row.get(2, "BITS", COLUMNS)?;
        let bindings = row.get(3, "BINDINGS", COLUMNS)?;
        row.at_most(4, COLUMNS)?;
        let Some((op, form)) = self.variant(name)? else {
            return Ok(());
        };
        let before = self.errors.0.len();
        let mut template = Template::default();
        for cell in widths.commas(self.errors) {
            let result = self.width(cell, name, &mut template);
            self.errors.take(result);
        }
        for cell in bindings.commas(self.errors) {
            let result = self.binding(cell, op, &mut template);
            self.errors.take(result);
        }
        let result = self.hidden_names(name, op, &template);
        self.errors.take(result);
        if self.errors.0.len() == before {
            self.check_result(bindings, op, form, &template)?;
            self.open = Open::Template(Box::new(Draft {
                name,
                op,
                template,
                sound: true,
            }));
        }
        Ok(())
    }

    fn width(&self, cell: Cell<'_>, name: Cell<'_>, template: &mut Template) -> Result<(), Error> {
        let width = bits(cell)?;
        if self.arch.template(name.text, width).is_some() || template.bits.contains(&width) {
            return Err(cell.error(
                format!("a second template for `{}` at {width} bits", name.text),
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

    fn binding(&self, cell: Cell<'a>, op: &Op, template: &mut Template) -> Result<(), Error> {
        if cell.text == "-" {
            return Ok(());
        }
        if self.lang == Some(Lang::C) {
            return Err(cell.error(
                format!("`{}` is a binding of registers", shorten(cell.text)),
                "C has no registers: write `-`",
            ));
        }
        if let Some(result) = self.bind(cell, op, template)? {
            if template.result != Place::Nowhere {
                return Err(cell.error("a second result", "a variant returns one value"));
            }
            template.result = result;
        }
        Ok(())
    }

    /// Adds one binding of an instruction, but for the place of the result, which it returns.
    fn bind(
        &self,
        cell: Cell<'a>,
        op: &Op,
        template: &mut Template,
    ) -> Result<Option<Place>, Error> {
        let text = cell.text;
        if text == "keep" {
            template.keeps_flags = true;
            return Ok(None);
        }
        if text == ">r" {
            return Ok(Some(Place::Fresh));
        }
        if let Some(condition) = text.strip_prefix('?').filter(|cc| !cc.is_empty()) {
            for (line, needed) in [(&self.arch.branch, "branch"), (&self.arch.setcc, "setcc")] {
                if line.is_none() && !self.faulty.has(|head| head == needed) {
                    return Err(cell.error(
                        format!("a condition in a table without a row `{needed}`"),
                        "say how to branch on a condition, and how to set a register, above the \
                         rows that use one",
                    ));
                }
            }
            if template.condition.is_some() {
                return Err(cell.error("a second condition", "a variant returns one value"));
            }
            template.condition = Some(condition.into());
            return Ok(None);
        }
        let (arg, returned) = match text.strip_suffix(">r") {
            Some(arg) => (arg, true),
            None => (text, false),
        };
        let (arg, register) = match arg.split_once('@') {
            Some((arg, register)) => (arg, Some(register)),
            None => (arg, None),
        };
        let known = op.operands().find(|a| a.name == arg);
        let named = returned || register.is_some();
        let Some(operand) = known.filter(|_| named) else {
            let args: Vec<_> = op.operands().map(|a| a.name.as_str()).collect();
            return Err(cell.error(
                format!("`{}` is not a binding", shorten(text)),
                format!(
                    "a binding is `-`, `>r`, ARG>r, ARG@REG, ARG@REG>r, ?CC or `keep`; \
                     the arguments of `{}` are {}",
                    op.name,
                    or_none(&args),
                ),
            ));
        };
        if returned && op.pointer() == Some(operand) {
            return Err(cell.error(
                format!("`{arg}` is a pointer, whose register holds what was found"),
                "the result follows from that: leave out the `>r`",
            ));
        }
        if let Some(register) = register {
            self.bind_register(cell, arg, register, template)?;
        }
        Ok(returned.then(|| Place::Arg(arg.into())))
    }

    fn bind_register(
        &self,
        cell: Cell<'a>,
        arg: &str,
        register: &str,
        template: &mut Template,
    ) -> Result<(), Error> {
        let has = |bits: &u32| self.arch.register(register, *bits).is_some();
        let lacking = template.bits.iter().find(|bits| !has(bits));
        let known: Vec<_> = self.arch.registers().collect();
        let is_known = known.contains(&register);
        if (!is_known || lacking.is_some()) && !self.faulty.has(|head| head == "register") {
            let message = match lacking {
                Some(bits) if is_known => {
                    format!("the register `{register}` has no name at {bits} bits")
                }
                _ => format!("unknown register `{}`", shorten(register)),
            };
            return Err(cell.error(
                message,
                format!("the registers above this row are {}", or_none(&known)),
            ));
        }
        for (other, taken) in &template.fixed {
            if other == arg || taken == register {
                return Err(cell.error(
                    format!("`{other}` is in the register `{taken}` already"),
                    "each argument has a register of its own",
                ));
            }
        }
        template.fixed.push((arg.into(), register.into()));
        Ok(())
    }

    /// Refuses arguments whose names stand for something else in templates.
    fn hidden_names(&self, cell: Cell<'_>, op: &Op, template: &Template) -> Result<(), Error> {
        let taken: &[&str] = match (self.lang, &template.result) {
            (Some(Lang::C), _) => &["v", "type"],
            (_, Place::Fresh) => &["v", "mem", "r"],
            _ => &["v", "mem"],
        };
        match op.operands().find(|a| taken.contains(&a.name.as_str())) {
            None => Ok(()),
            Some(arg) => Err(cell.error(
                format!(
                    "`{{{}}}` would be an argument of `{}` and something else",
                    arg.name, op.name
                ),
                format!(
                    "{} stand for other things here: rename the argument",
                    taken
                        .iter()
                        .map(|n| format!("{{{n}}}"))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
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
            // What was found is in the register of the pointer, and tells the result.
            _ if op.pointer().is_some() => !value && template.condition.is_none(),
            Form::Void | Form::Store => !value && template.condition.is_none(),
            Form::Truth(_) => !value && template.condition.is_some(),
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
            "nothing for the forms v and s and for operations with a `p` argument, whose register \
             tells; a condition ?CC for B and b, a value (>r) for others",
        ))
    }

    /// Ends the rows that belong together.
    pub(super) fn close(&mut self) {
        let Open::Template(draft) = std::mem::replace(&mut self.open, Open::Nothing) else {
            return;
        };
        // A line that could not be read may be one of the template.
        if !draft.sound || !self.complete {
            return;
        }
        let result = self.check_use(&draft);
        if self.errors.take(result).is_some() {
            let templates = self.arch.templates.entry(draft.name.text.into());
            templates.or_default().push(draft.template);
        }
    }

    /// Everything that a template is given must be used in it.
    fn check_use(&self, draft: &Draft<'_>) -> Result<(), Error> {
        let Draft {
            name, op, template, ..
        } = draft;
        let uses = |operand: &str| {
            let operand = format!("{{{operand}}}");
            template.lines.iter().any(|l| l.text.contains(&operand))
        };
        if self.lang.is_none() {
            return Ok(());
        }
        if template.lines.is_empty() {
            return Err(name.error(
                format!("the template of `{}` is empty", name.text),
                "write it in the rows below this one",
            ));
        }
        let is_fixed = |arg: &str| template.fixed.iter().any(|(name, _)| name == arg);
        if let Some(unused) = op.operands().find(|a| !is_fixed(&a.name) && !uses(&a.name)) {
            return Err(name.error(
                format!(
                    "the template of `{}` does not use the argument `{}`",
                    name.text, unused.name
                ),
                match self.lang {
                    Some(Lang::C) => "name it in braces in the expression",
                    _ => "name it in braces in an instruction, or bind it to a fixed register",
                },
            ));
        }
        if !uses("v") && !uses("mem") {
            return Err(name.error(
                format!(
                    "the template of `{}` does not touch the variable",
                    name.text
                ),
                match self.lang {
                    Some(Lang::C) => "{v} is a pointer to it",
                    _ => "{mem} is the variable in memory, {v} its address",
                },
            ));
        }
        if template.result == Place::Fresh && !uses("r") {
            return Err(name.error(
                format!("the template of `{}` has no result", name.text),
                "its binding `>r` says that an instruction puts it into {r}",
            ));
        }
        Ok(())
    }
}

/// Refuses a text with an operand in braces that is not `known`, or without one that is `needed`.
pub(super) fn placeholders(cell: Cell<'_>, known: &[&str], needed: &[&str]) -> Result<(), Error> {
    let mut rest = cell.text;
    while let Some(start) = rest.find(['{', '}']) {
        let tail = &rest[start..];
        if tail.starts_with('}') {
            return Err(cell
                .part(&tail[..1])
                .error("`}` without `{`", "remove it, or open the operand"));
        }
        let Some(end) = tail.find('}') else {
            return Err(cell
                .part(tail)
                .error("`{` without `}`", "close the operand"));
        };
        let name = &tail[1..end];
        if !known.contains(&name) {
            return Err(cell.part(&tail[..=end]).error(
                format!("unknown operand `{{{}}}`", shorten(name)),
                operands_here(known),
            ));
        }
        rest = &tail[end + 1..];
    }
    match needed
        .iter()
        .find(|n| !cell.text.contains(&format!("{{{n}}}")))
    {
        None => Ok(()),
        Some(lacking) => Err(cell.error(
            format!("the operand `{{{lacking}}}` is missing"),
            operands_here(known),
        )),
    }
}

fn operands_here(known: &[&str]) -> String {
    match known {
        [] => "no operand can stand here".into(),
        [one] => format!("the only operand here is {{{one}}}"),
        _ => format!("the operands here are {{{}}}", known.join("}, {")),
    }
}

/// Words as a list.
fn or_none(words: &[&str]) -> String {
    if words.is_empty() {
        "none".into()
    } else {
        words.join(", ")
    }
}
