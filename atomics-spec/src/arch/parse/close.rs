//! The end of a template: its instances, and the check that they use all their operands.

use super::draft::{Draft, NamedVariant, halves};
use super::stack::check_stack;
use super::state::{Open, Parser};
use super::substitution::{Instance, Key};
use crate::arch::model::Lang;
use crate::arch::template::{CodeLine, NO, NO_LABEL, ResultLocation, Template, Truth, WrittenLine};
use crate::diag::Error;

impl Parser<'_, '_> {
    /// Ends the template, barrier or fence that the last rows belong to.
    pub(super) fn close(&mut self) {
        let Open::Template(draft) = std::mem::replace(&mut self.open, Open::Nothing) else {
            return;
        };
        // A line that could not be read may belong to the template.
        if !draft.sound || !self.input.complete {
            return;
        }
        let result = check_scratch(&draft);
        if self.errors.take(result).is_none() {
            return;
        }
        for variant in &draft.variants {
            for template in self.instantiate(&draft, variant) {
                let result = self.check_use(&draft, variant, &template);
                // An error of one variant would be repeated for the others of the row.
                if self.errors.take(result).is_none() {
                    return;
                }
                let templates = self.arch.templates.entry(variant.name.clone());
                templates.or_default().push(template);
            }
        }
    }

    /// The templates of one variant. Widths with the same instructions share a template.
    fn instantiate(&self, draft: &Draft<'_>, variant: &NamedVariant<'_>) -> Vec<Template> {
        let mut templates: Vec<Template> = Vec::new();
        for &bits in &draft.template.bits {
            let instance = Instance {
                op: &variant.op.name,
                ordering: variant.ordering,
                bits,
            };
            let holds = |keys: &Option<Vec<Key<'_>>>| {
                keys.as_ref()
                    .is_none_or(|keys| keys.iter().any(|key| key.holds(&instance)))
            };
            let written = draft.lines.iter().map(|(keys, line)| WrittenLine {
                line: line.clone(),
                optional: keys.is_some(),
                present: holds(keys),
            });
            let written: Vec<WrittenLine> = written.collect();
            let lines = written.iter().filter(|written| written.present);
            let lines: Vec<CodeLine> = lines
                .map(|WrittenLine { line, .. }| CodeLine {
                    text: self.lets.replace(&line.text, &instance),
                    meaning: self.lets.replace(&line.meaning, &instance),
                })
                .collect();
            let lets = self.lets.names().map(|name| {
                let text = self.lets.replace(&format!("{{{name}}}"), &instance);
                (name.to_owned(), text)
            });
            let lets: Vec<(String, String)> = lets
                .filter(|(name, _)| written.iter().any(|w| w.line.mentions(name)))
                .collect();
            match templates
                .iter_mut()
                .find(|t| t.lines == lines && t.lets == lets)
            {
                Some(same) => same.bits.push(bits),
                None => templates.push(Template {
                    bits: vec![bits],
                    lines,
                    written,
                    lets,
                    ..draft.template.clone()
                }),
            }
        }
        templates
    }

    /// Refuses a template that does not use all its operands.
    fn check_use(
        &self,
        draft: &Draft<'_>,
        variant: &NamedVariant<'_>,
        template: &Template,
    ) -> Result<(), Error> {
        let name = draft.name;
        let shown = &variant.name;
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
        if self.lang == Some(Lang::Asm) {
            let way_out = "add the binding `stack`";
            check_stack(name, template.uses_stack, &template.lines, way_out)?;
        }
        let is_fixed = |arg: &str| template.fixed.iter().any(|(name, _)| name == arg);
        let mut args = variant.op.operands();
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
                format!("the template of `{shown}` does not access the variable"),
                match self.lang {
                    Some(Lang::C) => "{v} is a pointer to it",
                    _ => "{mem} is the variable in memory, {v} its address",
                },
            ));
        }
        if template.truth == Some(Truth::End) && !uses(NO) {
            return Err(name.error(
                format!("the template of `{shown}` always returns true"),
                "the binding `?` promises that an instruction jumps to {no} if the result is false",
            ));
        }
        let label = format!("{NO_LABEL}:");
        if uses(NO) && template.lines.iter().any(|l| l.text.starts_with(&label)) {
            return Err(name.error(
                format!("the template of `{shown}` has both {{no}} and a label `{label}`"),
                format!("where nothing can jump out of `asm!`, {{no}} is `{label}`: use another"),
            ));
        }
        let is_own = template.result == ResultLocation::OwnRegister;
        if is_own && !is_fixed("r") && !uses("r") {
            return Err(name.error(
                format!("the template of `{shown}` does not set its result"),
                "the binding `>r` promises that an instruction sets {r}",
            ));
        }
        Ok(())
    }
}

/// Refuses a scratch register that no line uses.
fn check_scratch(draft: &Draft<'_>) -> Result<(), Error> {
    let is_used = |name: &str| {
        let (plain, half) = (format!("{{{name}}}"), format!("{{{name}."));
        let mut lines = draft.lines.iter();
        lines.any(|(_, l)| l.text.contains(&plain) || l.text.contains(&half))
    };
    let mut scratch = draft.template.scratch.iter();
    match scratch.find(|s| !is_used(&s.name)) {
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
