//! Finds the paths through a function, and the events on each path.
//!
//! A path goes from the entry to a return without visiting an instruction twice. The backward jump
//! of a loop is not followed, because another iteration only adds events between those of the path
//! without it. A conditional instruction is both executed and skipped. Conditions on the same
//! values must agree, which excludes most impossible paths.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, ensure};

use crate::exec::{Exec, Flags, State};
use crate::value::{Arena, Expr, Fact, Origin, Value};
use atomics_machine_code::abi::Argument;
use atomics_machine_code::cfg::{Graph, pops_counter};
use atomics_machine_code::event::{Access, Event};
use atomics_machine_code::isa::{Action, Condition, Isa, Role, Row};
use atomics_machine_code::object::Insn;

/// The largest number of paths that a function may have.
const LIMIT: usize = 20_000;

/// The pointer arguments of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments(pub Vec<(Argument, Origin)>);

/// A path through a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The events on the path.
    pub events: Vec<Event>,
    /// For each event, the node of its instruction.
    pub nodes: Vec<usize>,
    /// Whether it writes the variable. None if that depends on the result of a
    /// compare-and-exchange.
    pub writes: Option<bool>,
}

/// Finds all paths through a function.
///
/// # Errors
///
/// If an access is to unknown memory, or there are too many paths.
pub fn paths(graph: &Graph, arguments: &Arguments, isa: &Isa) -> Result<Vec<Path>> {
    let mut arena = Arena::default();
    let unknown = arena.fresh().expr;
    let mut state = State {
        registers: HashMap::new(),
        slots: BTreeMap::new(),
        flags: Flags::Compare(unknown, unknown),
        facts: HashMap::new(),
        events: Vec::new(),
        nodes: Vec::new(),
        exchanges: Vec::new(),
    };
    let other = arena.fresh().expr;
    state.flags = Flags::Compare(unknown, other);
    let stack = Value {
        origin: Origin::Stack(Some(0)),
        ..arena.fresh()
    };
    state.registers.insert(isa.stack.clone(), stack);
    for (argument, origin) in &arguments.0 {
        let value = Value {
            origin: *origin,
            ..arena.fresh()
        };
        match argument {
            Argument::Register(name) => {
                state.registers.insert(isa.register(name).to_owned(), value);
            }
            Argument::Stack(at) => {
                state.slots.insert(*at, value);
            }
        }
    }
    let mut walk = Walk {
        graph,
        exec: Exec { isa, arena },
        on_path: vec![false; graph.nodes.len()],
        paths: Vec::new(),
    };
    walk.node(0, state)?;
    ensure!(
        !walk.paths.is_empty(),
        "no path through the function returns"
    );
    Ok(walk.paths)
}

struct Walk<'a> {
    graph: &'a Graph,
    exec: Exec<'a>,
    on_path: Vec<bool>,
    paths: Vec<Path>,
}

impl Walk<'_> {
    fn node(&mut self, index: usize, state: State) -> Result<()> {
        if std::mem::replace(&mut self.on_path[index], true) {
            return Ok(());
        }
        let result = self.step(index, state);
        self.on_path[index] = false;
        result
    }

    fn step(&mut self, index: usize, mut state: State) -> Result<()> {
        let graph = self.graph;
        let node = &graph.nodes[index];
        let (insn, row) = (&node.insn, &node.row);
        if let Action::Branch(condition) = &row.action {
            let fact = self.condition(condition, insn, row, &state);
            state.events.push(Event::Branch);
            state.note(index);
            for (next, holds) in [(node.next, false), (node.taken, true)] {
                let Some(next) = next else { continue };
                let mut state = state.clone();
                let agrees = match &fact {
                    Some(fact) => self.assume(&mut state, fact, holds != condition.negated),
                    None => true,
                };
                if agrees {
                    self.node(next, state)?;
                }
            }
            return Ok(());
        }
        let merges = matches!(row.action, Action::Alu(_) | Action::Compare(_));
        if let Some(condition) = row.predicate.as_ref().filter(|_| !merges) {
            let mut skipped = state.clone();
            let fact = self.condition(condition, insn, row, &state);
            let agree = |walk: &mut Self, state: &mut State, holds: bool| match &fact {
                Some(fact) => walk.assume(state, fact, holds != condition.negated),
                None => true,
            };
            let is_return = matches!(row.action, Action::Return) || pops_counter(insn);
            if agree(self, &mut skipped, false) {
                match node.next {
                    Some(next) => self.node(next, skipped)?,
                    None => self.end(skipped)?,
                }
            }
            if !agree(self, &mut state, true) {
                return Ok(());
            }
            self.exec.execute(insn, row, &mut state)?;
            state.note(index);
            return match node.next {
                Some(next) if !is_return => self.node(next, state),
                _ => self.end(state),
            };
        }
        self.exec.execute(insn, row, &mut state)?;
        state.note(index);
        match node.next {
            Some(next) => self.node(next, state),
            None => self.end(state),
        }
    }

    fn end(&mut self, mut state: State) -> Result<()> {
        ensure!(
            self.paths.len() < LIMIT,
            "there are more than {LIMIT} paths"
        );
        let exchanges = std::mem::take(&mut state.exchanges);
        for (event, fact) in exchanges {
            let known = self
                .exec
                .arena
                .known(&fact)
                .or(state.facts.get(&fact).copied());
            if let Event::Access { stored, .. } = &mut state.events[event] {
                *stored = known;
            }
        }
        let mut writes = Some(false);
        for event in &state.events {
            let Event::Access { access, stored, .. } = event else {
                continue;
            };
            match access {
                Access::Load | Access::LoadLinked => {}
                Access::Cas if *stored == Some(false) => {}
                Access::Cas if stored.is_none() => {
                    if writes == Some(false) {
                        writes = None;
                    }
                }
                _ => writes = Some(true),
            }
        }
        self.paths.push(Path {
            events: state.events,
            nodes: state.nodes,
            writes,
        });
        Ok(())
    }

    /// The fact that a condition tests. None if it is unknown.
    fn condition(
        &mut self,
        condition: &Condition,
        insn: &Insn,
        row: &Row,
        state: &State,
    ) -> Option<Fact> {
        let relation = condition.relation.as_str();
        if relation == "any" {
            return None;
        }
        let operands = insn.operands.iter().enumerate();
        let compared: Vec<Expr> = match row.action {
            Action::Branch(_) => operands
                .filter(|(i, _)| row.role(*i) == Role::Read)
                .map(|(_, operand)| self.exec.read(operand, state).expr)
                .collect(),
            _ => Vec::new(),
        };
        match compared.as_slice() {
            [one] if condition.zero => {
                let zero = self.exec.arena.constant(0).expr;
                Some(self.exec.arena.fact(relation, *one, zero))
            }
            [a, b] => Some(self.exec.arena.fact(relation, *a, *b)),
            [] => match &state.flags {
                Flags::Compare(a, b) => Some(self.exec.arena.fact(relation, *a, *b)),
                Flags::Exchange(a, b) if relation == "eq" => {
                    Some(self.exec.arena.fact("eq", *a, *b))
                }
                Flags::Both(fact) if relation == "eq" => Some(fact.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Assumes that a fact holds or does not hold. Returns whether this agrees with the known
    /// facts.
    fn assume(&self, state: &mut State, fact: &Fact, holds: bool) -> bool {
        let known = self
            .exec
            .arena
            .known(fact)
            .or(state.facts.get(fact).copied());
        state.facts.insert(fact.clone(), holds);
        known.is_none_or(|known| known == holds)
    }
}
