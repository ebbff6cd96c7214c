//! The control flow graph of a function, with the alternatives of one configuration applied and
//! with calls inlined.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};

use crate::alternative::{Alternative, Replacement};
use crate::isa::{Action, Isa, Row};
use crate::object::{Address, Insn, ObjectFile, Referent};

/// The largest number of instructions that a function may have.
const LIMIT: usize = 2000;

/// Object files that belong together, with the alternatives that are applied in each.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    /// The files, and the alternatives in each.
    pub files: &'a [(ObjectFile, Vec<Alternative>)],
    /// The table of instructions.
    pub isa: &'a Isa,
}

/// An instruction and its successors.
#[derive(Clone, Debug)]
pub struct Node {
    /// The instruction.
    pub insn: Insn,
    /// What it does.
    pub row: Row,
    /// The next node, if execution can fall through.
    pub next: Option<usize>,
    /// The next node if a conditional jump is taken.
    pub taken: Option<usize>,
}

/// The graph of a function. The first node is its first instruction.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The reachable instructions.
    pub nodes: Vec<Node>,
}

impl Graph {
    /// The number of instructions, without nops.
    pub fn count(&self) -> usize {
        let counted = self.nodes.iter().filter(|n| n.row.action != Action::Nop);
        counted.count()
    }

    /// The instructions as text, numbered, with the numbers of jump targets.
    pub fn listing(&self) -> String {
        let mut out = String::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let mut line = format!("{index:4}  {}", node.insn.text());
            if let Some(taken) = node.taken {
                line += &format!("  -> {taken}");
            }
            if node.next.is_some_and(|next| next != index + 1) {
                line += &format!("  then {}", node.next.unwrap_or_default());
            }
            out += line.trim_end();
            out.push('\n');
        }
        out
    }
}

/// A position during traversal: the file, the address, the current alternative, and the return
/// addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Spot {
    file: usize,
    place: Address,
    patch: Option<usize>,
    calls: Vec<(usize, Address)>,
}

/// Builds the graph of a function.
///
/// # Errors
///
/// If an instruction is not in the table of the architecture, or a called function is not in the
/// files.
pub fn graph(code: Code<'_>, function: &str) -> Result<Graph> {
    let (file, place) = code
        .function(function)
        .with_context(|| format!("there is no function `{function}`"))?;
    let entry = Spot {
        file,
        place,
        patch: None,
        calls: Vec::new(),
    };
    let mut graph = Graph::default();
    let mut known: HashMap<Spot, usize> = HashMap::new();
    let mut open = vec![(entry, None)];
    while let Some((spot, from)) = open.pop() {
        let spot = code.apply_alternatives(spot);
        let index = match known.get(&spot) {
            Some(index) => *index,
            None => {
                let index = graph.nodes.len();
                ensure!(index < LIMIT, "`{function}` has over {LIMIT} instructions");
                known.insert(spot.clone(), index);
                let (node, next, taken) = code.node(&spot)?;
                graph.nodes.push(node);
                // Push the successor that falls through last, so that it gets the next number.
                open.extend(taken.map(|spot| (spot, Some((index, true)))));
                open.extend(next.map(|spot| (spot, Some((index, false)))));
                index
            }
        };
        match from {
            Some((from, true)) => graph.nodes[from].taken = Some(index),
            Some((from, false)) => graph.nodes[from].next = Some(index),
            None => {}
        }
    }
    Ok(graph)
}

impl Code<'_> {
    fn function(&self, name: &str) -> Option<(usize, Address)> {
        let files = self.files.iter().enumerate();
        files
            .into_iter()
            .find_map(|(index, (binary, _))| Some((index, *binary.functions.get(name)?)))
    }

    /// Follows alternatives: jumps from the start of patched code into the replacement, and from
    /// the end of the replacement back.
    fn apply_alternatives(&self, mut spot: Spot) -> Spot {
        let alternatives = &self.files[spot.file].1;
        loop {
            if let Some(index) = spot.patch {
                let Replacement::Code(_, end) = &alternatives[index].with else {
                    return spot;
                };
                if spot.place != *end {
                    return spot;
                }
                spot.place = alternatives[index].end;
                spot.patch = None;
            }
            // The last alternative for a place wins.
            let Some(index) = alternatives.iter().rposition(|a| a.start == spot.place) else {
                return spot;
            };
            match &alternatives[index].with {
                Replacement::Code(start, _) => {
                    spot.place = *start;
                    spot.patch = Some(index);
                }
                Replacement::Nops => spot.place = alternatives[index].end,
                Replacement::Insn(_) => return spot,
            }
        }
    }

    /// The instruction at a spot, the spot after it, and the spot to which it may jump.
    fn node(&self, spot: &Spot) -> Result<(Node, Option<Spot>, Option<Spot>)> {
        let (binary, alternatives) = &self.files[spot.file];
        let one = alternatives.iter().find_map(|a| match &a.with {
            Replacement::Insn(insn) if a.start == spot.place => Some(&**insn),
            _ => None,
        });
        let insn = one.or_else(|| binary.insns.get(&spot.place));
        let insn = insn.context("control flow reaches an address without an instruction")?;
        let row = self.isa.find(&insn.mnemonic, &insn.operands);
        let row = row.with_context(|| {
            format!(
                "the instruction `{}` is not in the table: add a row that says what it does",
                insn.text()
            )
        })?;
        let follow = Spot {
            place: spot.place.plus(insn.size),
            ..spot.clone()
        };
        let reference = binary.reference(spot.place, insn.size);
        let (next, taken) = match &row.action {
            Action::Branch(_) => (Some(follow), Some(self.jump(spot, insn, reference)?)),
            Action::Jump => (Some(self.jump(spot, insn, reference)?), None),
            Action::Call => {
                let mut target = self.jump(spot, insn, reference)?;
                ensure!(target.calls.len() < 4, "calls are nested too deeply");
                target.calls.push((spot.file, follow.place));
                (Some(target), None)
            }
            Action::Return => (self.return_spot(spot), None),
            Action::Pop if pops_counter(insn) => (self.return_spot(spot), None),
            _ => (Some(follow), None),
        };
        // A conditional return may also fall through.
        let next = match (&row.predicate, next) {
            (Some(_), None) => Some(Spot {
                place: spot.place.plus(insn.size),
                ..spot.clone()
            }),
            (_, next) => next,
        };
        let node = Node {
            insn: insn.clone(),
            row,
            next: None,
            taken: None,
        };
        Ok((node, next, taken))
    }

    fn return_spot(&self, spot: &Spot) -> Option<Spot> {
        let mut calls = spot.calls.clone();
        let (file, place) = calls.pop()?;
        Some(Spot {
            file,
            place,
            patch: None,
            calls,
        })
    }

    fn jump(&self, spot: &Spot, insn: &Insn, reference: Option<&Referent>) -> Result<Spot> {
        let (file, place) = match reference {
            Some(Referent::Inside(place)) => (spot.file, *place),
            Some(Referent::Elsewhere(name)) => self.function(name).with_context(|| {
                format!(
                    "`{}` jumps to `{name}`, which is in none of the files",
                    insn.text()
                )
            })?,
            None => match insn.target {
                Some(place) => (spot.file, place),
                None => bail!("`{}` is an indirect jump", insn.text()),
            },
        };
        Ok(Spot {
            file,
            place,
            patch: None,
            calls: spot.calls.clone(),
        })
    }
}

/// Whether a `pop` instruction loads the program counter, and so returns.
pub fn pops_counter(insn: &Insn) -> bool {
    insn.operands
        .iter()
        .any(|o| o.trim_matches(['{', '}']).split(", ").any(|r| r == "pc"))
}
