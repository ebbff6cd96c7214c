//! Explains one variant: in words, in Rust, in C and in instructions.

use super::c_expression::fill_expression;
use super::docs::{computes, ordering_rules, rust_call, strength};
use super::instructions::fill_instruction;
use crate::arch::{Arch, Features, Fence, Lang, Truth};
use crate::model::{Spec, Variant};
use crate::plan::{Missing, Plan, Planner, Tells};
use std::fmt::Write as _;

/// The explanation of a variant, with its implementation on `archs`.
pub fn explain(spec: &Spec, v: &Variant<'_>, archs: &[&Arch]) -> Result<String, Missing> {
    let mut out = String::new();
    let form = &v.of;
    let types: Vec<String> = spec
        .types
        .types
        .iter()
        .filter(|t| {
            spec.types.families[t.family] == *v.family && t.classes.contains(&form.meaning.class)
        })
        .map(|t| {
            if t.is_pointer() {
                format!("{} T", t.name)
            } else {
                t.name.clone()
            }
        })
        .collect();
    let _ = writeln!(out, "{}: {}\n", v.function(), strength(v));
    // The typed layer may offer the form under the name of another one.
    let twin = spec.typed_forms().find(|f| f.method() == form.base());
    let call = rust_call(twin.as_ref().unwrap_or(form), v.ordering);
    let _ = writeln!(
        out,
        "Rust      {call}    with {}: &Atomic<{}>",
        form.op.variable(),
        types.join(" | ")
    );
    let operands: Vec<&str> = form.op.operands().map(|a| a.name.as_str()).collect();
    let _ = writeln!(
        out,
        "raw       {}.{}({})",
        form.op.variable(),
        v.function(),
        operands.join(", ")
    );
    paragraph(&mut out, "Computes", &computes(form).join(" "));
    paragraph(&mut out, "Ordering", &ordering_rules(form).join(" "));
    for arch in archs {
        let _ = writeln!(out, "\n{}", arch.name);
        let ways = ways(spec, arch, v)?;
        for (sets, text) in &ways {
            if ways.len() > 1 {
                let _ = writeln!(out, "  {}:", cpus(arch, sets));
            }
            let margin = if ways.len() > 1 { "  " } else { "" };
            for line in text.lines() {
                let _ = writeln!(out, "{margin}{line}");
            }
        }
    }
    Ok(out)
}

/// The implementations of a variant, in instructions, each with the sets of CPU features that
/// select it. The one that needs most features is first.
fn ways(
    spec: &Spec,
    arch: &Arch,
    v: &Variant<'_>,
) -> Result<Vec<(Vec<Features>, String)>, Missing> {
    let mut ways: Vec<(Vec<Features>, String)> = Vec::new();
    for set in arch.feature_sets() {
        let mut text = String::new();
        let mut listing = Listing {
            planner: Planner::new(spec, arch, set),
            out: &mut text,
            depth: 1,
        };
        listing.variant(v)?;
        match ways.iter_mut().find(|(_, known)| *known == text) {
            Some((sets, _)) => sets.push(set),
            None => ways.push((vec![set], text)),
        }
    }
    ways.reverse();
    Ok(ways)
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

fn paragraph(out: &mut String, title: &str, text: &str) {
    let mut line = format!("{title:<10}");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > 90 {
            let _ = writeln!(out, "{}", line.trim_end());
            line = " ".repeat(10);
        }
        line.push_str(word);
        line.push(' ');
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// The instructions of a variant, with the plan that they come from.
struct Listing<'s, 'o> {
    planner: Planner<'s>,
    out: &'o mut String,
    depth: usize,
}

impl<'s> Listing<'s, '_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(self.depth));
    }

    fn inner(&mut self, v: &Variant<'s>) -> Result<(), Missing> {
        self.depth += 1;
        let result = self.variant(v);
        self.depth -= 1;
        result
    }

    fn code(&mut self, arch: &Arch, lines: &[(String, String)]) {
        if lines.is_empty() {
            self.line("(only a compiler barrier)");
        }
        let comment = if arch.lang == Lang::C { "//" } else { "#" };
        for (text, meaning) in lines {
            self.line(format!("{text:<36} {comment} {meaning}").trim_end());
        }
    }

    fn fence(&mut self, fence: Fence) {
        let arch = self.planner.arch;
        let lines: Vec<_> = arch
            .fence(fence)
            .map_or(&[][..], |fence| &fence.lines)
            .iter()
            .map(|l| (l.text.clone(), l.meaning.clone()))
            .collect();
        self.code(arch, &lines);
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
                self.code(arch, &lines);
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
