//! A template whose rows are being read, and what becomes of it: one template for each variant
//! and width.

use super::key::{Key, Point};
use super::{Open, Parser};
use crate::arch::{Arch, Lang, Line, Place, Template};
use crate::diag::Error;
use crate::lex::{Cell, shorten};
use crate::model::op::{Op, Ordering};

/// What a row `op` names: one variant.
#[derive(Clone, Debug)]
pub(super) struct Target<'a> {
    /// Its name without family.
    pub name: String,
    pub op: &'a Op,
    pub ordering: Ordering,
}

/// A template whose rows are being read.
pub(super) struct Draft<'a> {
    /// The cell with the names.
    pub name: Cell<'a>,
    /// The variants, which have the same arguments.
    pub targets: Vec<Target<'a>>,
    /// What the row `op` says.
    pub template: Template,
    /// Instructions, and what they depend on.
    pub lines: Vec<(Option<Vec<Key<'a>>>, Line)>,
    /// Whether its rows so far are right.
    pub sound: bool,
}

impl<'a> Draft<'a> {
    /// The operation of the first variant, whose arguments are those of all.
    pub fn op(&self) -> &'a Op {
        self.targets[0].op
    }

    /// What its rows can name in braces, but for words.
    pub fn operands(&self, lang: Lang, arch: &Arch) -> Vec<String> {
        let args = self.op().operands().map(|a| a.name.clone());
        if lang == Lang::C {
            return args.chain(["v".into(), "type".into()]).collect();
        }
        let template = &self.template;
        let is_pair = template.bits.iter().any(|bits| arch.is_pair(*bits));
        let mut known = vec!["v".to_owned(), "mem".into()];
        if template.word.is_some() {
            known.extend(["mask".into(), "rest".into(), "shift".into()]);
        }
        let in_memory = |name: &String| template.memory.contains(name);
        let (addresses, mut values): (Vec<String>, Vec<String>) = args.partition(in_memory);
        if template.result == Place::Fresh {
            values.push("r".into());
        }
        for scratch in &template.scratch {
            match scratch.bits {
                Some(_) => known.push(scratch.name.clone()),
                None => values.push(scratch.name.clone()),
            }
        }
        if is_pair {
            values = values.iter().flat_map(|v| halves(v)).collect();
        }
        known.splice(0..0, values.into_iter().chain(addresses));
        known
    }
}

/// What the two halves of a pair of registers are called.
pub(super) fn halves(name: &str) -> [String; 2] {
    [format!("{name}.lo"), format!("{name}.hi")]
}

impl Parser<'_, '_> {
    /// Ends the rows that belong together.
    pub(super) fn close(&mut self) {
        let Open::Template(draft) = std::mem::replace(&mut self.open, Open::Nothing) else {
            return;
        };
        // A line that could not be read may be one of the template.
        if !draft.sound || !self.complete {
            return;
        }
        let result = self.check_scratch(&draft);
        if self.errors.take(result).is_none() {
            return;
        }
        for target in &draft.targets {
            for template in self.expand(&draft, target) {
                let result = self.check_use(&draft, target, &template);
                // What one variant lacks, the others of the row lack as well.
                if self.errors.take(result).is_none() {
                    return;
                }
                let templates = self.arch.templates.entry(target.name.clone());
                templates.or_default().push(template);
            }
        }
    }

    /// The templates of one variant; one serves for all widths with the same instructions.
    fn expand(&self, draft: &Draft<'_>, target: &Target<'_>) -> Vec<Template> {
        let mut templates: Vec<Template> = Vec::new();
        for &bits in &draft.template.bits {
            let point = Point {
                op: &target.op.name,
                ordering: target.ordering,
                bits,
            };
            let holds = |keys: &Option<Vec<Key<'_>>>| {
                keys.as_ref()
                    .is_none_or(|keys| keys.iter().any(|key| key.holds(&point)))
            };
            let lines = draft.lines.iter().filter(|(keys, _)| holds(keys));
            let lines: Vec<Line> = lines
                .map(|(_, line)| Line {
                    text: self.words.replace(&line.text, &point),
                    meaning: self.words.replace(&line.meaning, &point),
                })
                .collect();
            match templates.iter_mut().find(|t| t.lines == lines) {
                Some(same) => same.bits.push(bits),
                None => templates.push(Template {
                    bits: vec![bits],
                    lines,
                    ..draft.template.clone()
                }),
            }
        }
        templates
    }

    /// Each scratch register must be used in some line.
    fn check_scratch(&self, draft: &Draft<'_>) -> Result<(), Error> {
        let names = |name: &str| {
            let (plain, half) = (format!("{{{name}}}"), format!("{{{name}."));
            let mut lines = draft.lines.iter();
            lines.any(|(_, l)| l.text.contains(&plain) || l.text.contains(&half))
        };
        let mut scratch = draft.template.scratch.iter();
        match scratch.find(|s| !names(&s.name)) {
            None => Ok(()),
            Some(unused) => Err(draft.name.error(
                format!(
                    "the template of `{}` does not use its register `{}`",
                    draft.name.text, unused.name
                ),
                "name it in braces in an instruction, or remove its binding",
            )),
        }
    }

    /// Everything that a template is given must be used in it.
    fn check_use(
        &self,
        draft: &Draft<'_>,
        target: &Target<'_>,
        template: &Template,
    ) -> Result<(), Error> {
        let name = draft.name;
        let shown = &target.name;
        let uses = |operand: &str| {
            let braces = |name: &str| {
                let operand = format!("{{{name}}}");
                template.lines.iter().any(|l| l.text.contains(&operand))
            };
            braces(operand) || halves(operand).iter().all(|half| braces(half))
        };
        if self.lang.is_none() {
            return Ok(());
        }
        if template.lines.is_empty() {
            return Err(name.error(
                format!("the template of `{shown}` is empty"),
                "write it in the rows below this one",
            ));
        }
        let is_fixed = |arg: &str| template.fixed.iter().any(|(name, _)| name == arg);
        let mut args = target.op.operands();
        if let Some(unused) = args.find(|a| !is_fixed(&a.name) && !uses(&a.name)) {
            return Err(name.error(
                format!(
                    "the template of `{shown}` does not use the argument `{}`",
                    unused.name
                ),
                match self.lang {
                    Some(Lang::C) => "name it in braces in the expression",
                    _ => "name it in braces in an instruction, or bind it to a fixed register",
                },
            ));
        }
        if !uses("v") && !uses("mem") {
            return Err(name.error(
                format!("the template of `{shown}` does not touch the variable"),
                match self.lang {
                    Some(Lang::C) => "{v} is a pointer to it",
                    _ => "{mem} is the variable in memory, {v} its address",
                },
            ));
        }
        if template.result == Place::Fresh && !is_fixed("r") && !uses("r") {
            return Err(name.error(
                format!("the template of `{shown}` has no result"),
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
