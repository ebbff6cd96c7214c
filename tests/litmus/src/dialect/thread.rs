//! Translates the control-flow graph of a function to the lines of a thread.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

use crate::dialect::pattern::{Filling, Findings, Found, Template};
use crate::dialect::table::{Rule, Table};
use atomics_machine_code::cfg::{Graph, Node};
use atomics_machine_code::isa::{Action, Isa};

/// The label at the end. The `@` is later replaced by a prefix with the number of the thread.
const END: &str = "@End";
/// The scratch registers that hold the operands that flags are computed from.
const FLAGS: [&str; 2] = ["f", "g"];

/// An instruction and its translation.
struct Step<'a> {
    node: &'a Node,
    rule: &'a Rule,
    findings: Findings,
}

impl Step<'_> {
    /// Whether it reads flags.
    fn reads_flags(&self) -> bool {
        let mut scratch = self.rule.lines.iter().flat_map(Template::scratch);
        scratch.any(|name| FLAGS.contains(&name))
    }

    /// Its mnemonic, without a `lock` before it.
    fn mnemonic(&self) -> &str {
        let mnemonic = self.node.insn.mnemonic.as_str();
        mnemonic.rsplit([' ', '+']).next().unwrap_or(mnemonic)
    }

    /// Whether it sets flags, even if its row does not say how to compute them.
    fn sets_flags(&self) -> bool {
        let node = &self.node.row;
        self.rule.flags.is_some() || node.flags || matches!(node.action, Action::Compare(_))
    }
}

/// The lines of a function.
///
/// # Errors
///
/// If the table has no row for an instruction, or there are too few registers.
pub fn lines(table: &Table, isa: &Isa, graph: &Graph) -> Result<Vec<String>> {
    let steps: Vec<Step<'_>> = graph
        .nodes
        .iter()
        .map(|node| step(table, node))
        .collect::<Result<_>>()?;
    let live = live_flags(graph, &steps);
    carries(table, graph, &steps, &live)?;
    let scratch = scratch(table, isa, &steps, &live)?;
    let order = order(graph);
    let labelled = labelled(graph, &order);
    let label = |index: usize| format!("@{index}");
    let mut lines = Vec::new();
    let jump = |lines: &mut Vec<String>, target: String| -> Result<()> {
        let template = table.jump.as_ref().context("the table has no jump")?;
        let findings = [("t".to_owned(), Found::Target)].into();
        lines.push(template.fill(&Filling {
            banks: &table.banks,
            guard: table.guard.as_deref(),
            findings: &findings,
            target: Some(target),
            label: "",
            scratch: &scratch,
        })?);
        Ok(())
    };
    let mut ends = false;
    for (at, index) in order.iter().copied().enumerate() {
        let step = &steps[index];
        if labelled.contains(&index) {
            lines.push(format!("{}:", label(index)));
        }
        let filling = Filling {
            banks: &table.banks,
            guard: table.guard.as_deref(),
            findings: &step.findings,
            target: step.node.taken.map(label),
            label: &label(index),
            scratch: &scratch,
        };
        let is_live = live.contains(&index);
        let mut templates: Vec<&Template> = Vec::new();
        if !(is_live && step.rule.instead) {
            templates.extend(&step.rule.lines);
        }
        if is_live {
            templates.extend(step.rule.flags.iter().flatten());
        }
        for template in templates {
            let line = template.fill(&filling);
            lines.push(line.with_context(|| format!("`{}`", step.node.insn.text()))?);
        }
        let following = order.get(at + 1);
        match step.node.next {
            Some(next) if following == Some(&next) => {}
            Some(next) => jump(&mut lines, label(next))?,
            None if following.is_none() => {}
            None => {
                ends = true;
                jump(&mut lines, END.to_owned())?;
            }
        }
    }
    if ends {
        lines.push(format!("{END}:"));
    }
    Ok(lines)
}

fn step<'a>(table: &'a Table, node: &'a Node) -> Result<Step<'a>> {
    let text = node.insn.text();
    let mut rules = table.rules.iter();
    let found = rules.find_map(|rule| Some((rule, rule.pattern.find(&table.banks, &text)?)));
    let (rule, findings) = found.with_context(|| {
        format!(
            "the table of herd7's {} has no row for `{text}`: add one that translates it",
            table.arch
        )
    })?;
    Ok(Step {
        node,
        rule,
        findings,
    })
}

fn successors(node: &Node) -> impl Iterator<Item = usize> {
    [node.next, node.taken].into_iter().flatten()
}

/// The nodes in an order in which only loops jump back. A node is followed by its fall-through
/// successor where possible.
fn order(graph: &Graph) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    // The order is the reverse post-order. The fall-through successor is pushed first, so it is
    // visited last and comes first.
    let mut open = vec![(0, false)];
    while let Some((index, done)) = open.pop() {
        if done {
            order.push(index);
        } else if index < graph.nodes.len() && seen.insert(index) {
            let node = &graph.nodes[index];
            open.push((index, true));
            open.extend(node.next.map(|next| (next, false)));
            open.extend(node.taken.map(|taken| (taken, false)));
        }
    }
    order.reverse();
    order
}

/// The nodes that need a label.
fn labelled(graph: &Graph, order: &[usize]) -> BTreeSet<usize> {
    let mut labelled: BTreeSet<usize> = graph.nodes.iter().filter_map(|n| n.taken).collect();
    for (at, index) in order.iter().enumerate() {
        let next = graph.nodes[*index].next;
        labelled.extend(next.filter(|next| order.get(at + 1) != Some(next)));
    }
    labelled
}

/// The nodes that set flags that may be read later.
fn live_flags(graph: &Graph, steps: &[Step<'_>]) -> BTreeSet<usize> {
    // Whether flags are read after each node, computed to a fixed point.
    let mut behind = vec![false; steps.len()];
    loop {
        let before = behind.clone();
        for (index, node) in graph.nodes.iter().enumerate() {
            behind[index] = successors(node).any(|next| {
                steps[next].reads_flags() || (!steps[next].sets_flags() && behind[next])
            });
        }
        if behind == before {
            break;
        }
    }
    let live = behind.iter().enumerate().filter(|(_, behind)| **behind);
    let live = live.map(|(index, _)| index);
    live.filter(|index| steps[*index].sets_flags()).collect()
}

/// Fails if a carry is read where what is kept has another one.
fn carries(table: &Table, graph: &Graph, steps: &[Step<'_>], live: &BTreeSet<usize>) -> Result<()> {
    let Some((set, read)) = &table.other_carry else {
        return Ok(());
    };
    let is_in = |list: &[String], step: &Step<'_>| list.iter().any(|m| m == step.mnemonic());
    for setter in live.iter().filter(|index| is_in(set, &steps[**index])) {
        let mut seen = BTreeSet::new();
        let mut next: Vec<usize> = successors(&graph.nodes[*setter]).collect();
        while let Some(index) = next.pop() {
            let step = &steps[index];
            if !seen.insert(index) {
                continue;
            }
            ensure!(
                !(step.reads_flags() && is_in(read, step)),
                "`{}` reads the carry of `{}`, which is not kept",
                step.node.insn.text(),
                steps[*setter].node.insn.text()
            );
            if !step.sets_flags() {
                next.extend(successors(step.node));
            }
        }
    }
    Ok(())
}

/// Assigns unused registers to the scratch registers that the translation needs.
fn scratch(
    table: &Table,
    isa: &Isa,
    steps: &[Step<'_>],
    live: &BTreeSet<usize>,
) -> Result<BTreeMap<String, String>> {
    let mut needed: BTreeSet<&str> = BTreeSet::new();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    for (index, step) in steps.iter().enumerate() {
        needed.extend(step.rule.lines.iter().flat_map(Template::scratch));
        if live.contains(&index) {
            let flags = step.rule.flags.as_ref().with_context(|| {
                format!(
                    "the flags of `{}` are read, but its row does not say how to compute them",
                    step.node.insn.text()
                )
            })?;
            needed.extend(flags.iter().flat_map(Template::scratch));
        }
        let implicit = step.node.row.implicit.iter().map(|(_, name)| name.as_str());
        needed.extend(step.findings.values().filter_map(|found| match found {
            Found::Slot(name) => Some(name.as_str()),
            _ => None,
        }));
        let found = step.findings.values().filter_map(|found| match found {
            Found::Name(_, code) => Some(code.as_str()),
            _ => None,
        });
        for code in found.chain(implicit) {
            used.extend(table.banks.home(code).map(|(_, at)| at));
            used.extend(table.banks.home(isa.register(code)).map(|(_, at)| at));
        }
    }
    let mut free = table.scratch.iter().filter(|code| {
        table
            .banks
            .home(code)
            .is_some_and(|(_, at)| !used.contains(&at))
    });
    let mut scratch = BTreeMap::new();
    for name in needed {
        let register = free.next();
        ensure!(
            register.is_some(),
            "the function leaves too few scratch registers for its translation"
        );
        scratch.extend(register.map(|register| (name.to_owned(), register.clone())));
    }
    Ok(scratch)
}

#[cfg(test)]
mod tests {
    use atomics_machine_code::cfg::{self, Code};
    use atomics_machine_code::object::ObjectFile;

    use crate::dialect::Dialect;
    use crate::select::Targets;

    /// The translation of a function, or why there is none.
    fn translated(target: &str, text: &str) -> Result<String, String> {
        let targets = Targets::select(&[target.to_owned()]).unwrap();
        let target = targets.iter().next().unwrap().target;
        let dialect = Dialect::find(target).unwrap().unwrap();
        let isa = target.isa().unwrap();
        let file = ObjectFile::of_function("f", text, &isa).unwrap();
        let files = [(file, Vec::new())];
        let code = Code {
            files: &files,
            isa: &isa,
        };
        let graph = cfg::graph(code, "f").unwrap();
        let lines = dialect.thread(&graph);
        lines.map(|l| l.join("\n")).map_err(|e| format!("{e:#}"))
    }

    /// An instruction that sets flags takes the place of the one before it, in what a select reads.
    #[test]
    fn a_select_reads_the_last_flags() {
        for sets in [
            "cmpw 3, 4",
            "cmplw 3, 4",
            "cmpwi 3, 5",
            "cmplwi 3, 5",
            "cmpldi 3, 5",
            "cmpld 3, 4",
            "add. 3, 3, 4",
            "and. 3, 3, 4",
            "or. 3, 3, 4",
            "xor. 3, 3, 4",
            "andi. 3, 3, 1",
            "mr. 3, 4",
            "extsw. 3, 4",
            "rlwinm. 3, 4, 0, 0, 30",
        ] {
            let text = format!("cmpwi 3, 1234\n{sets}\niseleq 5, 6, 7\nblr");
            match translated("powerpc64", &text) {
                Ok(lines) => {
                    let is_kept = |line: &str| line.starts_with("li ") && line.ends_with(",1234");
                    assert!(!lines.lines().any(is_kept), "{sets}:\n{lines}");
                }
                Err(error) => assert!(error.contains("the flags of"), "{sets}: {error}"),
            }
        }
        // What is compared is kept until a select reads it.
        let text = "cmpwi 3, 1234\nli 8, 1\niseleq 5, 6, 7\nblr";
        let lines = translated("powerpc64", text).unwrap();
        assert_eq!(lines.matches(",1234\n").count(), 2, "{lines}");
    }

    /// What is kept of a sum has another carry than the sum.
    #[test]
    fn the_carry_of_a_sum_is_not_read() {
        for target in ["x86_64", "x86"] {
            for sets in ["add eax, ecx", "add eax, -1", "inc eax", "dec eax"] {
                for reads in ["sbb edx, edx", "setb dl", "setae dl", "cmova edx, eax"] {
                    let text = format!("{sets}\nmov ecx, 1\n{reads}\nret");
                    let error = translated(target, &text).unwrap_err();
                    assert!(error.contains("reads the carry of"), "{text}: {error}");
                    // Another instruction may set it in between.
                    let text = format!("{sets}\ncmp eax, edx\n{reads}\nret");
                    translated(target, &text).unwrap_or_else(|e| panic!("{target}: {text}: {e}"));
                }
                let text = format!("{sets}\nsete dl\nret");
                translated(target, &text).unwrap_or_else(|e| panic!("{target}: {text}: {e}"));
            }
        }
    }
}
