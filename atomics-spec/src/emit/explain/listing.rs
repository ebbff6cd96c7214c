//! The instructions of a variant or a barrier on an architecture.

use super::code::{Code, Line};
use crate::arch::{Arch, Barrier, Features, Fence, Lang, Truth};
use crate::emit::c_expression::fill_expression;
use crate::emit::instructions::fill_instruction;
use crate::model::{Spec, Variant};
use crate::plan::{Missing, Plan, Planner, Tells};

/// The implementations of a variant, each with the CPUs that it is for. The one that needs most
/// features is first.
pub(super) fn of_variant(spec: &Spec, arch: &Arch, v: &Variant<'_>) -> Result<Vec<Code>, Missing> {
    let mut ways: Vec<(Vec<Features>, Vec<Line>)> = Vec::new();
    for set in arch.feature_sets() {
        let mut listing = Listing {
            planner: Planner::new(spec, arch, set),
            lines: Vec::new(),
            depth: 0,
        };
        listing.variant(v)?;
        let lines = listing.lines;
        match ways.iter_mut().find(|(_, known)| *known == lines) {
            Some((sets, _)) => sets.push(set),
            None => ways.push((vec![set], lines)),
        }
    }
    ways.reverse();
    Ok(codes(arch, ways))
}

/// The implementations of a barrier.
pub(super) fn of_barrier(arch: &Arch, name: &str) -> Vec<Code> {
    let choices = arch.barrier_choices(name);
    let ways = choices.map(|(needs, barrier)| (vec![needs], barrier_lines(barrier)));
    let mut ways: Vec<_> = ways.collect();
    if ways.is_empty() {
        // That of the compiler is in no table.
        ways.push((vec![Features::NONE], barrier_lines(&Barrier::default())));
    }
    codes(arch, ways)
}

/// The implementations, with the CPUs in words if there are several.
fn codes(arch: &Arch, ways: Vec<(Vec<Features>, Vec<Line>)>) -> Vec<Code> {
    let alone = ways.len() == 1;
    let code = |(sets, lines): (Vec<Features>, Vec<Line>)| Code {
        cpus: (!alone).then(|| cpus(arch, &sets)),
        lines,
    };
    ways.into_iter().map(code).collect()
}

/// The CPUs that have one of `sets` of features, in words.
fn cpus(arch: &Arch, sets: &[Features]) -> String {
    if sets.contains(&Features::NONE) {
        return "on other CPUs".into();
    }
    // A set that contains another one adds no CPU, so only the smallest sets are named.
    let least = sets.iter().filter(|set| {
        let mut others = sets.iter().filter(|other| other != set);
        !others.any(|other| other.are_in(**set))
    });
    let names = least.map(|set| arch.feature_names(*set).join(" and "));
    format!("with {}", names.collect::<Vec<_>>().join(", or "))
}

/// What there is where no instruction is needed.
const NO_INSTRUCTION: &str = "(only a compiler barrier)";

fn barrier_lines(barrier: &Barrier) -> Vec<Line> {
    let lines = barrier.lines.iter();
    let lines = lines.map(|line| Line::new(0, &line.text, &line.meaning));
    let lines: Vec<Line> = lines.collect();
    match lines.is_empty() {
        true => vec![Line::new(0, NO_INSTRUCTION, "")],
        false => lines,
    }
}

/// The instructions of a variant, with the plan that they come from.
struct Listing<'s> {
    planner: Planner<'s>,
    lines: Vec<Line>,
    depth: usize,
}

impl<'s> Listing<'s> {
    fn line(&mut self, text: &str) {
        self.lines.push(Line::new(self.depth, text, ""));
    }

    fn inner(&mut self, v: &Variant<'s>) -> Result<(), Missing> {
        self.depth += 1;
        let result = self.variant(v);
        self.depth -= 1;
        result
    }

    fn code(&mut self, lines: &[(String, String)]) {
        if lines.is_empty() {
            self.line(NO_INSTRUCTION);
        }
        let lines = lines.iter();
        let lines = lines.map(|(text, meaning)| Line::new(self.depth, text, meaning));
        self.lines.extend(lines);
    }

    fn fence(&mut self, fence: Fence) {
        let lines = self.planner.arch.fence(fence).map_or(&[][..], |f| &f.lines);
        let lines = lines.iter().map(|l| (l.text.clone(), l.meaning.clone()));
        self.code(&lines.collect::<Vec<_>>());
    }

    fn variant(&mut self, v: &Variant<'s>) -> Result<(), Missing> {
        let arch = self.planner.arch;
        let bits = v.family.bits(arch.width);
        match self.planner.plan(v)? {
            Plan::Native(template) => {
                let mut lines = Vec::new();
                for line in &template.lines {
                    let text = match arch.lang {
                        Lang::Asm => fill_instruction(arch, template, &line.text, bits, &|name| {
                            name.to_owned()
                        })
                        .replace("{v}", "v"),
                        Lang::C => fill_expression(v, &line.text),
                    };
                    let mut meaning = line.meaning.clone();
                    for name in arch.registers() {
                        let register = arch.register(name, bits).unwrap_or(name);
                        meaning = meaning.replace(&format!("{{{name}}}"), register);
                    }
                    lines.push((text, meaning));
                }
                if let (Some(Truth::Code(code)), false) = (&template.truth, template.exits()) {
                    let line = arch.setcc.as_deref().unwrap_or("");
                    lines.push((
                        line.replace("{cc}", code).replace("{r}", "r"),
                        "the condition codes are the result".into(),
                    ));
                }
                self.code(&lines);
                Ok(())
            }
            Plan::Fenced {
                relaxed,
                before,
                after,
            } => {
                self.line(&format!("{} between fences:", relaxed.function()));
                self.depth += 1;
                before.into_iter().for_each(|f| self.fence(f));
                let result = self.variant(&relaxed);
                after.into_iter().for_each(|f| self.fence(f));
                self.depth -= 1;
                result
            }
            Plan::Stronger(full) => {
                self.line(&format!(
                    "by {}, because a weaker variant would not be cheaper:",
                    full.function()
                ));
                self.inner(&full)
            }
            Plan::Derived(derived) => {
                let operands = derived.source.of.op.operands().zip(&derived.args);
                let args: Vec<String> =
                    operands.map(|(a, e)| format!("{} = {e}", a.name)).collect();
                let with = if args.is_empty() {
                    String::new()
                } else {
                    format!(" with {}", args.join(", "))
                };
                let then = match (derived.tells, v.of.result()) {
                    (Tells::Result, _) | (_, None) => String::new(),
                    (_, Some(result)) => format!(", then {result}"),
                };
                self.line(&format!("by {}{with}{then}:", derived.source.function()));
                self.inner(&derived.source)
            }
            Plan::Loop { read, exchange } => {
                let op = v.of.op;
                let old = op.variable();
                self.line(&format!("{old} = {}", read.function()));
                self.inner(&read)?;
                self.line("loop:");
                if let Some(fails) = &v.of.meaning.fails {
                    let fails = v.of.meaning.expand(fails);
                    self.line(&format!("  leave if {fails}"));
                }
                let new =
                    v.of.meaning
                        .new
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default();
                self.line(&format!(
                    "  leave if {} stores {new}; else {old} = the value that it found",
                    exchange.function()
                ));
                self.inner(&exchange)
            }
        }
    }
}
