//! Executes instructions symbolically: tracks registers, stack and flags, and records events.
//!
//! An access is an event if its address is derived from the pointer to the variable. Accesses
//! through the pointer to an expected value, and to the stack, are not events. An access to any
//! other address is an error.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, bail};

use crate::value::{Arena, Expr, Fact, Origin, Value};
use atomics_machine_code::event::{Access, Event, Rule};
use atomics_machine_code::isa::{Action, Alu, Isa, Role, Row, is_memory};
use atomics_machine_code::object::Insn;

/// The flags.
#[derive(Clone, Debug)]
pub enum Flags {
    /// The flags of a comparison.
    Compare(Expr, Expr),
    /// The flags of a compare-and-exchange, which only tell whether the values were equal.
    Exchange(Expr, Expr),
    /// The flags of a comparison that was only made if another one found its operands equal.
    Both(Fact),
}

/// The state at one point of a path.
#[derive(Clone, Debug)]
pub struct State {
    /// The registers with known values.
    pub registers: HashMap<String, Value>,
    /// The stack slots, by offset from the initial stack pointer.
    pub slots: BTreeMap<i64, Value>,
    /// The flags.
    pub flags: Flags,
    /// The facts that must hold, or must not hold, on this path.
    pub facts: HashMap<Fact, bool>,
    /// The events so far.
    pub events: Vec<Event>,
    /// For each event, the node of its instruction.
    pub nodes: Vec<usize>,
    /// For each compare-and-exchange, its event and the fact that it succeeded.
    pub exchanges: Vec<(usize, Fact)>,
}

impl State {
    /// Notes that the events since the last call are those of the instruction at `node`.
    pub fn note(&mut self, node: usize) {
        self.nodes.resize(self.events.len(), node);
    }
}

/// Executes instructions.
pub struct Exec<'a> {
    /// The table of instructions.
    pub isa: &'a Isa,
    /// The values that instructions compute.
    pub arena: Arena,
}

impl Exec<'_> {
    /// The value of a register or an immediate.
    pub fn read(&mut self, operand: &str, state: &State) -> Value {
        let register = self.isa.register(operand);
        if let Some(value) = state.registers.get(register) {
            return *value;
        }
        match number(operand) {
            Some(number) if !self.isa.numeric => self.arena.constant(number),
            // The value of the register at function entry.
            _ => self.arena.compute(Alu::Other, register, &[]),
        }
    }

    /// The value of an operand that is not a register.
    fn immediate(&mut self, operand: &str) -> Value {
        match number(operand) {
            Some(number) => self.arena.constant(number),
            None => self.arena.compute(Alu::Other, operand, &[]),
        }
    }

    /// The address of a memory operand.
    fn address(&mut self, operand: &str, state: &State) -> Value {
        let inner = match operand.split_once('[') {
            Some((_, rest)) => rest.trim_end_matches('!').trim_end_matches(']').to_owned(),
            None => operand.replace('(', " + ").replace(')', ""),
        };
        let inner = inner.replace(" - ", " + -");
        let mut sum: Option<Value> = None;
        for part in inner.split(['+', ',']) {
            for factor in part.split('*') {
                let factor = factor.trim();
                if factor.is_empty() {
                    continue;
                }
                // If registers are plain numbers, the first number is the offset, as in `8(3)`.
                let value = if self.isa.numeric && sum.is_none() {
                    self.immediate(factor)
                } else {
                    self.read(factor, state)
                };
                sum = Some(match sum {
                    None => value,
                    // Put the constant last, where `compute` expects a stack offset.
                    Some(sum) if self.arena.number(sum).is_some() => {
                        self.arena.compute(Alu::Add, "", &[value, sum])
                    }
                    Some(sum) => self.arena.compute(Alu::Add, "", &[sum, value]),
                });
            }
        }
        sum.unwrap_or_else(|| self.arena.fresh())
    }

    fn write(&self, operand: &str, value: Value, state: &mut State) {
        let register = self.isa.register(operand).to_owned();
        state.registers.insert(register, value);
    }

    /// Executes one instruction. Jumps have no effect here.
    ///
    /// # Errors
    ///
    /// If it accesses unknown memory.
    pub fn execute(&mut self, insn: &Insn, row: &Row, state: &mut State) -> Result<()> {
        match &row.action {
            Action::Alu(alu) => self.alu(*alu, insn, row, state),
            Action::Compare(alu) => self.compare(*alu, insn, row, state),
            Action::Lea => {
                let address = match insn.operands.iter().find(|o| is_memory(o)) {
                    Some(operand) => self.address(operand, state),
                    None => self.arena.fresh(),
                };
                self.write_outputs(insn, row, state, |_, _| address);
            }
            Action::Access(access, rules) => return self.access(*access, rules, insn, row, state),
            Action::Fence(rules) => state.events.push(Event::Fence {
                rules: rules.clone(),
                text: insn.text(),
            }),
            Action::Push | Action::Pop => self.stack(insn, row, state),
            Action::Spill => self.write_outputs(insn, row, state, |exec, _| exec.arena.fresh()),
            Action::Nop
            | Action::Hint
            | Action::Branch(_)
            | Action::Jump
            | Action::Call
            | Action::Return => {}
        }
        Ok(())
    }

    /// Writes all output operands.
    fn write_outputs(
        &mut self,
        insn: &Insn,
        row: &Row,
        state: &mut State,
        mut value: impl FnMut(&mut Self, Role) -> Value,
    ) {
        let is_written = |role: Role| matches!(role, Role::Write | Role::Both);
        let named = insn.operands.iter().enumerate();
        let named = named.map(|(i, operand)| (row.role(i), operand.as_str()));
        let implicit = row
            .implicit
            .iter()
            .map(|(role, name)| (*role, name.as_str()));
        for (role, operand) in named.chain(implicit) {
            if is_written(role) {
                let value = value(self, role);
                self.write(operand, value, state);
            }
        }
    }

    /// Reads all input operands.
    fn read_inputs(&mut self, insn: &Insn, row: &Row, state: &State) -> Vec<Value> {
        let merges = row.predicate.is_some();
        let mut values = Vec::new();
        for (index, operand) in insn.operands.iter().enumerate() {
            match row.role(index) {
                Role::Both | Role::Read => values.push(self.read(operand, state)),
                Role::Write if merges => values.push(self.read(operand, state)),
                Role::Ignored => values.push(self.immediate(operand)),
                _ => {}
            }
        }
        for (role, name) in &row.implicit {
            if matches!(role, Role::Both | Role::Read) {
                values.push(self.read(name, state));
            }
        }
        values
    }

    fn alu(&mut self, alu: Alu, insn: &Insn, row: &Row, state: &mut State) {
        let mut values = self.read_inputs(insn, row, state);
        let alu = if row.predicate.is_some() {
            Alu::Other
        } else {
            alu
        };
        if alu == Alu::Other {
            // The result may depend on flags, so it is the same only if the flags are.
            let (a, b) = match &state.flags {
                Flags::Compare(a, b) | Flags::Exchange(a, b) => (*a, *b),
                Flags::Both((_, a, b)) => (*a, *b),
            };
            let origin = Origin::Data;
            values.extend([a, b].map(|expr| Value { origin, expr }));
        }
        let result = self.arena.compute(alu, &insn.mnemonic, &values);
        if row.flags {
            let zero = self.arena.constant(0).expr;
            state.flags = Flags::Compare(result.expr, zero);
        }
        self.write_outputs(insn, row, state, |_, _| result);
    }

    fn compare(&mut self, alu: Alu, insn: &Insn, row: &Row, state: &mut State) {
        let values = self.read_inputs(insn, row, state);
        let zero = self.arena.constant(0).expr;
        let (a, b) = match (alu, values.as_slice()) {
            (Alu::Sub, &[a, b]) => (a.expr, b.expr),
            (_, values) => {
                let value = self.arena.compute(alu, &insn.mnemonic, values);
                (value.expr, zero)
            }
        };
        let before = match (&row.predicate, &state.flags) {
            (Some(p), Flags::Compare(a, b)) if p.relation == "eq" && !p.negated => Some((*a, *b)),
            _ => None,
        };
        state.flags = match (before, &row.predicate) {
            (Some((x, y)), _) => {
                let first = self.arena.fact("eq", x, y);
                let second = self.arena.fact("eq", a, b);
                Flags::Both(self.arena.both(first, second))
            }
            (None, None) => Flags::Compare(a, b),
            (None, Some(_)) => {
                let unknown = self.arena.fresh().expr;
                Flags::Compare(unknown, zero)
            }
        };
    }

    /// Executes `push` and `pop`, with one register or a list of registers.
    fn stack(&mut self, insn: &Insn, row: &Row, state: &mut State) {
        let pops = row.action == Action::Pop;
        let mut names: Vec<&str> = insn
            .operands
            .iter()
            .flat_map(|o| o.trim_matches(['{', '}']).split(','))
            .map(str::trim)
            .collect();
        if !pops {
            names.reverse();
        }
        for name in names {
            let stack = self.read(&self.isa.stack.clone(), state);
            let Origin::Stack(at) = stack.origin else {
                continue;
            };
            let moved = if pops { self.isa.word } else { -self.isa.word };
            let moved = at.map(|at| at + moved);
            let (slot, value) = if pops {
                let held = at.and_then(|at| state.slots.get(&at).copied());
                (at, held.unwrap_or_else(|| self.arena.fresh()))
            } else {
                (moved, self.read(name, state))
            };
            if pops {
                self.write(name, value, state);
            } else if let Some(slot) = slot {
                state.slots.insert(slot, value);
            }
            let stack = Value {
                origin: Origin::Stack(moved),
                ..stack
            };
            self.write(&self.isa.stack.clone(), stack, state);
        }
    }

    fn access(
        &mut self,
        access: Access,
        rules: &[Rule],
        insn: &Insn,
        row: &Row,
        state: &mut State,
    ) -> Result<()> {
        let mut address: Option<Value> = None;
        for (index, operand) in insn.operands.iter().enumerate() {
            let part = match row.role(index) {
                Role::Memory => self.address(operand, state),
                Role::Base => self.read(operand, state),
                Role::Ignored if address.is_some() => self.immediate(operand),
                _ => continue,
            };
            address = Some(match address {
                Some(other) => self.arena.compute(Alu::Add, "", &[other, part]),
                None => part,
            });
        }
        let address = address.unwrap_or_else(|| self.arena.fresh());
        match address.origin {
            Origin::Variable if access == Access::Plain => bail!(
                "`{}` loads and stores the variable non-atomically",
                insn.text()
            ),
            Origin::Variable => state.events.push(Event::Access {
                access,
                stored: None,
                rules: rules.to_vec(),
                text: insn.mnemonic.clone(),
            }),
            Origin::Expected => {}
            Origin::Stack(at) => {
                let fences: Vec<Rule> = rules
                    .iter()
                    .filter_map(|rule| match *rule {
                        Rule::Before(a, b, l) | Rule::After(a, b, l) => Some(Rule::Fence(a, b, l)),
                        _ => None,
                    })
                    .collect();
                if !fences.is_empty() {
                    state.events.push(Event::Fence {
                        rules: fences,
                        text: format!("{} on the stack", insn.mnemonic),
                    });
                }
                self.access_stack(access, at, insn, row, state);
                return Ok(());
            }
            Origin::Data => bail!(
                "`{}` accesses unknown memory: its address is derived neither from a pointer \
                 argument nor from the stack pointer",
                insn.text()
            ),
        }
        if access == Access::Cas && address.origin == Origin::Variable {
            let expected = self.expected(insn, row, state);
            let found = self.arena.fresh();
            let fact = self.arena.fact("eq", found.expr, expected.expr);
            state.exchanges.push((state.events.len() - 1, fact));
            state.flags = Flags::Exchange(found.expr, expected.expr);
            let mut first = Some(found);
            self.write_outputs(insn, row, state, |exec, _| {
                first.take().unwrap_or_else(|| exec.arena.fresh())
            });
            return Ok(());
        }
        if row.flags {
            let (a, b) = (self.arena.fresh().expr, self.arena.fresh().expr);
            state.flags = Flags::Compare(a, b);
        }
        self.write_outputs(insn, row, state, |exec, _| exec.arena.fresh());
        Ok(())
    }

    /// The expected value of a compare-and-exchange: its first register that is read and written.
    fn expected(&mut self, insn: &Insn, row: &Row, state: &State) -> Value {
        let named = insn.operands.iter().enumerate();
        let named = named.map(|(i, operand)| (row.role(i), operand.as_str()));
        let implicit = row
            .implicit
            .iter()
            .map(|(role, name)| (*role, name.as_str()));
        let found = named.chain(implicit).find(|(role, _)| *role == Role::Both);
        match found {
            Some((_, operand)) => self.read(operand, state),
            None => self.arena.fresh(),
        }
    }

    /// Executes an access to the stack.
    fn access_stack(
        &mut self,
        access: Access,
        at: Option<i64>,
        insn: &Insn,
        row: &Row,
        state: &mut State,
    ) {
        match access {
            Access::Store => {
                let stored = self.read_inputs(insn, row, state);
                if let (Some(at), Some(value)) = (at, stored.first()) {
                    state.slots.insert(at, *value);
                }
            }
            Access::Load => {
                let held = at.and_then(|at| state.slots.get(&at).copied());
                let value = held.unwrap_or_else(|| self.arena.fresh());
                self.write_outputs(insn, row, state, |_, _| value);
            }
            _ => {
                if let Some(at) = at {
                    let value = self.arena.fresh();
                    state.slots.insert(at, value);
                }
                self.write_outputs(insn, row, state, |exec, _| exec.arena.fresh());
            }
        }
        if row.flags {
            let (a, b) = (self.arena.fresh().expr, self.arena.fresh().expr);
            state.flags = Flags::Compare(a, b);
        }
    }
}

/// Parses an immediate.
fn number(text: &str) -> Option<i64> {
    let text = text.trim_start_matches('#');
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let number = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    Some(if negative { -number } else { number })
}
