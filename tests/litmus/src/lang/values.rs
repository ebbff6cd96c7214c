//! The values that variables may have in a test, as far as a static analysis can tell.
//!
//! herd7's definitions have conditional operations that test for equality, but none that test with
//! `<` or `>`. If a call can succeed with only one value of its variable, it is equivalent to a
//! cmpxchg that expects that value. This module collects the values that a call may find. It
//! ignores the order of accesses, so the sets may be too large, but never too small. Each call is
//! executed at most once, because there are no loops.

use std::collections::{BTreeMap, BTreeSet};

use atomics_spec::model::op::ArgKind;
use atomics_spec::{Spec, Variant, interp};

use crate::lang::ast::{Expr, ExprKind, Litmus, Location, Statement, Thread, Value};
use crate::lang::calls::{Access, Call, resolve};

/// A variable with more possible values counts as unknown.
const LIMIT: usize = 256;
/// A variable that more calls write to counts as unknown.
const WRITERS: usize = 12;

/// A set of values; `None` means that any value is possible.
type Set = Option<BTreeSet<i64>>;

/// A call that writes to memory.
#[derive(Clone)]
struct Writer<'s> {
    /// Its place in the file, which identifies it.
    at: usize,
    /// The variable; `None` if it writes through a pointer, to any variable.
    variable: Option<String>,
    /// The written values, or the operation that computes them from the old value.
    write: Write<'s>,
}

#[derive(Clone)]
enum Write<'s> {
    Store(Set),
    Rmw(Variant<'s>, Option<Vec<BTreeSet<i64>>>),
}

/// The values that a test's variables may have.
#[derive(Clone)]
pub struct Values<'a> {
    spec: &'a Spec,
    test: &'a Litmus,
    locals: BTreeMap<Location, Set>,
    shared: BTreeMap<String, Set>,
    /// The values that a call may find, by the place of the call and the variable.
    found: BTreeMap<(usize, String), Set>,
    writers: Vec<Writer<'a>>,
    /// The first computation whose result may not fit into 32 bits.
    wide: Option<String>,
}

impl<'a> Values<'a> {
    /// The values in a test.
    pub fn of(spec: &'a Spec, test: &'a Litmus) -> Self {
        let mut values = Self {
            spec,
            test,
            locals: BTreeMap::new(),
            shared: BTreeMap::new(),
            found: BTreeMap::new(),
            writers: Vec::new(),
            wide: None,
        };
        for (number, thread) in test.threads.iter().enumerate() {
            for (local, _) in thread.locals() {
                let first = match test.register(number, local).map(|register| &register.value) {
                    Some(Value::Address(_)) => None,
                    Some(Value::Number(number)) => Some(BTreeSet::from([*number])),
                    None => Some(BTreeSet::from([0])),
                };
                let location = Location::Local(number, local.to_owned());
                values.locals.insert(location, first);
            }
        }
        values.reach();
        // A value passes through each statement at most once, and every round propagates all values
        // by at least one statement. So this number of rounds is enough.
        let statements = test.threads.iter().map(|t| t.statements().len());
        for _ in 0..=statements.sum::<usize>() {
            let before = (values.locals.clone(), values.shared.clone());
            values.writers.clear();
            values.wide = None;
            for (number, thread) in test.threads.iter().enumerate() {
                for statement in thread.statements() {
                    values.statement(number, thread, statement);
                }
            }
            values.reach();
            if before == (values.locals.clone(), values.shared.clone()) {
                break;
            }
        }
        values
    }

    /// A value, or a computation, that may need more than 32 bits; `None` if none does.
    pub fn wide(&self) -> Option<String> {
        let sets = self.locals.values().chain(self.shared.values()).flatten();
        let mut numbers = sets.flatten();
        let number = numbers.find(|number| i32::try_from(**number).is_err());
        self.wide
            .clone()
            .or_else(|| number.map(ToString::to_string))
    }

    /// The values that an expression of a thread may have; `None` for any.
    pub fn of_expr(&self, number: usize, expr: &Expr) -> Option<BTreeSet<i64>> {
        let thread = &self.test.threads[number];
        self.clone().expr(number, thread, expr)
    }

    /// Whether a local variable may hold an address, or any number.
    pub fn is_unknown(&self, thread: usize, name: &str) -> bool {
        self.local(thread, name).is_none()
    }

    /// Records a computation with its possible results, if one may be too wide.
    fn computed(&mut self, what: &str, results: Option<&BTreeSet<i64>>) {
        let wide = match results {
            None => Some(format!("{what} of unknown values")),
            Some(results) => {
                let wide = results.iter().find(|v| i32::try_from(**v).is_err());
                wide.map(ToString::to_string)
            }
        };
        if let Some(wide) = wide {
            self.wide.get_or_insert(wide);
        }
    }

    /// The values that the call at `at` (the start of its span) may find in a variable.
    pub fn found_by(&self, at: usize, variable: &str) -> Set {
        let key = (at, variable.to_owned());
        let found = self.found.get(&key).or_else(|| self.shared.get(variable));
        found.cloned().flatten()
    }

    /// Computes the values of each variable under all orders of the calls that write to it.
    fn reach(&mut self) {
        let test = self.test;
        self.found.clear();
        for name in test.shared() {
            let writers: Vec<&Writer<'_>> = self
                .writers
                .iter()
                .filter(|w| w.variable.as_deref().is_none_or(|known| known == name))
                .collect();
            let reached = match test.initial(name) {
                Value::Number(number) => orders(number, &writers),
                Value::Address(_) => None,
            };
            let values = |without: Option<usize>| -> Set {
                let reached = reached.as_ref()?.iter();
                let left = reached.filter(|(_, made)| without.is_none_or(|w| made & (1 << w) == 0));
                let values: BTreeSet<i64> = left.map(|(value, _)| *value).collect();
                Some(values).filter(|values| values.len() <= LIMIT)
            };
            for (index, writer) in writers.iter().enumerate() {
                self.found
                    .insert((writer.at, name.to_owned()), values(Some(index)));
            }
            self.shared.insert(name.to_owned(), values(None));
        }
    }

    fn add(&mut self, location: &Location, new: Set) {
        if let Some(set) = self.locals.get_mut(location) {
            let all = match (&*set, new) {
                (Some(old), Some(new)) => Some(old.union(&new).copied().collect::<BTreeSet<_>>()),
                _ => None,
            };
            *set = all.filter(|all| all.len() <= LIMIT);
        }
    }

    fn local(&self, number: usize, name: &str) -> Set {
        let location = Location::Local(number, name.to_owned());
        self.locals.get(&location).cloned().flatten()
    }

    fn statement(&mut self, number: usize, thread: &Thread, statement: &Statement) {
        let mut sets = Vec::new();
        for expr in statement.expressions() {
            sets.push(self.expr(number, thread, expr));
        }
        match statement {
            Statement::Declare(_, name, Some(_), _) | Statement::Assign(name, ..) => {
                let set = sets.pop().flatten();
                self.add(&Location::Local(number, name.clone()), set);
            }
            Statement::Store(to, _, span) => {
                let place = match &to.kind {
                    ExprKind::Deref(inner) => inner,
                    _ => to,
                };
                let write = Write::Store(sets.pop().flatten());
                self.write(thread, span.start, place, write);
            }
            _ => {}
        }
    }

    fn write(&mut self, thread: &Thread, at: usize, place: &Expr, write: Write<'a>) {
        self.writers.push(Writer {
            at,
            variable: variable(thread, place),
            write,
        });
    }

    fn expr(&mut self, number: usize, thread: &Thread, expr: &Expr) -> Set {
        match &expr.kind {
            ExprKind::Number(value) => Some(BTreeSet::from([*value])),
            ExprKind::Name(name) => self.local(number, name),
            ExprKind::Deref(place) => self.found_by(expr.span.start, &variable(thread, place)?),
            ExprKind::Address(_) => None,
            ExprKind::Unary(sign, a) => {
                let a = self.expr(number, thread, a);
                let one = |a: &i64| match *sign {
                    "-" => a.wrapping_neg(),
                    "~" => !a,
                    _ => i64::from(*a == 0),
                };
                let all: Set = a.map(|a| a.iter().map(one).collect());
                if *sign == "-" {
                    self.computed("a negation", all.as_ref());
                }
                all
            }
            ExprKind::Cast(_, a) => self.expr(number, thread, a),
            ExprKind::Binary(sign, a, b) => {
                let set_a = self.expr(number, thread, a);
                let set_b = self.expr(number, thread, b);
                if ["==", "!=", "<", ">", "<=", ">=", "&&", "||"].contains(sign) {
                    return Some(BTreeSet::from([0, 1]));
                }
                let all = match (set_a, set_b) {
                    (Some(a), Some(b)) => combined(sign, &a, &b),
                    _ => None,
                };
                // An address is no number.
                let is_number = !is_address(thread, a) && !is_address(thread, b);
                if is_number && !["&", "|", "^"].contains(sign) {
                    self.computed(&format!("the `{sign}`"), all.as_ref());
                }
                all
            }
            ExprKind::Call(name, arguments) => {
                self.call(number, thread, expr.span.start, name, arguments)
            }
        }
    }

    fn call(
        &mut self,
        number: usize,
        thread: &Thread,
        at: usize,
        name: &str,
        arguments: &[Expr],
    ) -> Set {
        let mut sets = Vec::new();
        for argument in arguments {
            sets.push(match &argument.kind {
                ExprKind::Address(local) => self.local(number, local),
                // The variable argument of a macro such as `READ_ONCE(*x)`.
                ExprKind::Deref(_) => None,
                _ => self.expr(number, thread, argument),
            });
        }
        let place = |index: usize| match arguments.get(index).map(|a| &a.kind) {
            Some(ExprKind::Deref(inner)) => Some(&**inner),
            _ => arguments.get(index),
        };
        match resolve(self.spec, name) {
            Call::Macro(found) => match found.access {
                Access::Load(_) => self.found_by(at, &variable(thread, place(0)?)?),
                Access::Store(_) | Access::StoreMb => {
                    let write = Write::Store(sets.get(1).cloned().flatten());
                    self.write(thread, at, place(0)?, write);
                    None
                }
            },
            Call::Function(variant) | Call::Plain(variant) => {
                let args = &variant.of.op.args;
                let is_variable = |kind| matches!(kind, ArgKind::Variable { .. });
                let index = args.iter().position(|a| is_variable(a.kind));
                let place = place(index?)?;
                let operands = args.iter().zip(&sets).filter(|(a, _)| !is_variable(a.kind));
                let operands: Option<Vec<_>> = operands.map(|(_, set)| set.clone()).collect();
                let old = variable(thread, place).and_then(|name| self.found_by(at, &name));
                let outcome = outcomes(&variant, old.as_ref(), operands.as_deref());
                if computes(&variant) {
                    self.computed(&format!("the `{name}`"), outcome.memory.as_ref());
                    self.computed(&format!("the `{name}`"), outcome.result.as_ref());
                }
                if !variant.of.op.is_const() {
                    self.write(thread, at, place, Write::Rmw(variant, operands));
                }
                for (arg, argument) in args.iter().zip(arguments) {
                    if let (ArgKind::Pointer, ExprKind::Address(local)) = (arg.kind, &argument.kind)
                    {
                        let location = Location::Local(number, local.clone());
                        self.add(&location, outcome.pointee.clone());
                    }
                }
                outcome.result
            }
            Call::Barrier(_) | Call::OutOfScope(_) | Call::Unknown => None,
        }
    }
}

/// The values of a variable after any sequence of the calls that write to it. Each value comes with
/// the set of calls executed so far, as a bit mask. `None` if the values are unknown.
fn orders(first: i64, writers: &[&Writer<'_>]) -> Option<BTreeSet<(i64, u32)>> {
    if writers.len() > WRITERS {
        return None;
    }
    let mut reached = BTreeSet::from([(first, 0)]);
    let mut open = vec![(first, 0_u32)];
    while let Some((value, made)) = open.pop() {
        for (index, writer) in writers.iter().enumerate() {
            if made & (1 << index) != 0 {
                continue;
            }
            let next = match &writer.write {
                Write::Store(set) => set.clone(),
                Write::Rmw(variant, operands) => {
                    let old = BTreeSet::from([value]);
                    outcomes(variant, Some(&old), operands.as_deref()).memory
                }
            };
            for next in next? {
                let state = (next, made | (1 << index));
                if reached.insert(state) {
                    open.push(state);
                }
            }
            if reached.len() > LIMIT << WRITERS {
                return None;
            }
        }
    }
    Some(reached)
}

/// Whether an operation computes the new value or the result, rather than moves values.
fn computes(variant: &Variant<'_>) -> bool {
    const OLD: i64 = 0x1234_5678;
    let args = variant.of.op.args.iter();
    let operands = args.filter(|arg| !matches!(arg.kind, ArgKind::Variable { .. }));
    let operands: Vec<i64> = (0x0135_7924..).take(operands.count()).collect();
    let moved = |value: &i64| [OLD, 0, 1].contains(value) || operands.contains(value);
    let outcome = interp::run(&variant.of, variant.family.bits(64), OLD, &operands);
    !moved(&outcome.memory) || outcome.result.is_some_and(|value| !moved(&value))
}

/// Whether an expression is an address by its type.
fn is_address(thread: &Thread, expr: &Expr) -> bool {
    let ExprKind::Name(name) = &expr.uncast().kind else {
        return false;
    };
    let locals = thread.locals();
    let local = locals.iter().find(|(known, _)| known == name);
    match local {
        Some((_, ty)) => ty.pointee().is_some(),
        None => thread.parameter(name).is_some(),
    }
}

/// The variable whose address an expression is, if the expression is a parameter.
fn variable(thread: &Thread, place: &Expr) -> Option<String> {
    let ExprKind::Name(name) = &place.uncast().kind else {
        return None;
    };
    thread.parameter(name).map(|p| p.name.clone())
}

fn combined(sign: &str, a: &BTreeSet<i64>, b: &BTreeSet<i64>) -> Set {
    let mut all = BTreeSet::new();
    for (a, b) in a.iter().flat_map(|a| b.iter().map(move |b| (*a, *b))) {
        all.insert(match sign {
            "+" => a.wrapping_add(b),
            "-" => a.wrapping_sub(b),
            "*" => a.wrapping_mul(b),
            "&" => a & b,
            "|" => a | b,
            "^" => a ^ b,
            _ => return None,
        });
    }
    Some(all)
}

/// The values that an operation may leave in memory and return.
#[derive(Default)]
struct Outcomes {
    memory: Set,
    result: Set,
    pointee: Set,
}

fn outcomes(
    variant: &Variant<'_>,
    old: Option<&BTreeSet<i64>>,
    operands: Option<&[BTreeSet<i64>]>,
) -> Outcomes {
    let (Some(old), Some(operands)) = (old, operands) else {
        return Outcomes::default();
    };
    let mut all: Vec<Vec<i64>> = vec![Vec::new()];
    for set in operands {
        let longer = |row: &Vec<i64>| {
            let row = row.clone();
            set.iter().map(move |v| [row.as_slice(), &[*v]].concat())
        };
        all = all.iter().flat_map(longer).collect();
        if all.len() > LIMIT * LIMIT {
            return Outcomes::default();
        }
    }
    let (mut memory, mut result, mut pointee) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let bits = variant.family.bits(64);
    for old in old {
        for operands in &all {
            let outcome = interp::run(&variant.of, bits, *old, operands);
            memory.insert(outcome.memory);
            result.extend(outcome.result);
            pointee.extend(outcome.pointee);
        }
    }
    Outcomes {
        memory: Some(memory),
        result: Some(result),
        pointee: Some(pointee),
    }
}
