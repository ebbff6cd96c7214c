//! The text of a test, in the format of the kernel's litmus tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::generate::call::{PLAIN_READ, PLAIN_WRITE};
use crate::generate::case::{Placement, barrier};
use crate::generate::prose;
use crate::generate::rules::{Between, Reason};
use crate::generate::shape::{AccessKind, Place, Role};
use crate::generate::values::Values;
use crate::verdict::Verdict;
use atomics_spec::expr::Yields as ResultKind;
use atomics_spec::model::op::ArgKind;

/// The variables that a pointer points to: initially, and after another value is stored in it.
const POINTEES: [&str; 2] = ["z", "w"];
/// The name of a pointer.
const POINTER: &str = "p";

/// Writes a test; `None` if there are too few variables to point to.
pub(super) fn write(
    placement: &Placement<'_, '_>,
    values: &Values,
    expected: Verdict,
    reason: Option<Reason>,
) -> Option<String> {
    let count = placement.shape.variables();
    let variables = (0..count).map(|number| Variable::new(placement, values, number));
    let test = Writer {
        placement,
        values,
        variables: variables.collect(),
    };
    let threads: Option<Vec<_>> = (0..placement.shape.threads.len())
        .map(|t| test.thread(t))
        .collect();
    Some(test.print(&threads?, expected, reason))
}

/// A variable of a test.
struct Variable {
    name: &'static str,
    /// Whether it is of the type of the operation under test, rather than an `int`.
    is_tested: bool,
    /// Whether it is a pointer to an `int`.
    is_pointer: bool,
    init: i64,
    /// The only value written, or the first of two.
    first: i64,
    /// The last of two.
    last: i64,
}

impl Variable {
    fn new(placement: &Placement<'_, '_>, values: &Values, number: usize) -> Self {
        let by_address = placement.between == Between::Address;
        let is_pointer = by_address && number == placement.shape.variable((placement.place.0, 0));
        let is_tested = number == placement.shape.variable(placement.place);
        let written = values.outcome.memory;
        let (init, first, last) = match placement.shape.role(placement.place) {
            _ if !is_tested => (0, 1, 2),
            Role::OnlyWriter => (values.init, written, 0),
            Role::FirstWriter => (values.init, written, values.other),
            Role::LastWriter => (values.init, values.other, written),
            Role::ReadsWritten | Role::ReadsInitial => (values.init, values.other, 0),
        };
        Self {
            name: if is_pointer {
                POINTER
            } else {
                ["x", "y", "z"][number]
            },
            is_tested,
            is_pointer,
            init,
            first,
            last,
        }
    }
}

/// The parts of a thread.
#[derive(Default)]
struct Thread {
    /// Its parameters: names and types.
    params: BTreeMap<String, String>,
    /// Its local variables.
    locals: Vec<String>,
    /// Its statements.
    body: Vec<String>,
    /// The registers and their values in the outcome of the condition.
    read: Vec<(String, String)>,
}

/// The register with the value that an access read.
struct Register {
    name: String,
    /// Its value, as a number.
    value: i64,
    /// Its value in a condition.
    text: String,
}

struct Writer<'t, 'c, 's> {
    placement: &'t Placement<'c, 's>,
    values: &'t Values,
    variables: Vec<Variable>,
}

impl Writer<'_, '_, '_> {
    fn variable(&self, place: Place) -> &Variable {
        &self.variables[self.placement.shape.variable(place)]
    }

    fn thread(&self, number: usize) -> Option<Thread> {
        let placement = self.placement;
        let mut thread = Thread::default();
        let is_own = number == placement.place.0;
        let between = if is_own {
            placement.between
        } else {
            Between::Mb
        };
        let accesses = placement.shape.threads[number].len();
        let first = self.access(&mut thread, (number, 0), None)?;
        if accesses == 2 {
            let fence = barrier(between).map(|name| format!("{name}();"));
            thread.body.extend(fence);
            let first = first.as_ref().filter(|_| is_own);
            self.access(&mut thread, (number, 1), first)?;
        }
        Some(thread)
    }

    /// Adds an access, which may depend on a register.
    fn access(
        &self,
        thread: &mut Thread,
        place: Place,
        first: Option<&Register>,
    ) -> Option<Option<Register>> {
        let between = self.placement.between;
        let var = self.variable(place);
        let pointed = first.filter(|_| between == Between::Address);
        let data = first.filter(|_| between == Between::Data);
        if pointed.is_none() {
            thread.params.insert(var.name.into(), self.parameter(var));
        }
        let location = pointed.map_or(var.name, |r| &r.name);
        let (text, result) = if place == self.placement.place {
            self.own(thread, var, location, data)?
        } else {
            self.other(thread, place, var, location, data)?
        };
        let register = result.map(|(ty, value)| {
            let name = format!("r{}", thread.locals.len());
            thread.locals.push(format!("{ty}{name};"));
            let text = match var.is_pointer {
                true => self.pointee(value).unwrap_or_default().to_owned(),
                false => value.to_string(),
            };
            thread.read.push((name.clone(), text.clone()));
            Register { name, value, text }
        });
        let statement = match &register {
            Some(register) => format!("{} = {text};", register.name),
            None => format!("{text};"),
        };
        match first.filter(|_| between == Between::Control) {
            Some(first) => {
                let condition = format!("if ({} == {})", first.name, first.text);
                thread.body.push(format!("{condition}\n\t\t{statement}"));
            }
            None => thread.body.push(statement),
        }
        Some(register)
    }

    /// The type of a parameter, up to its name.
    fn parameter(&self, var: &Variable) -> String {
        match (var.is_pointer, var.is_tested) {
            (true, _) => "int **".into(),
            (false, true) => format!("{} *", self.placement.calls.object),
            (false, false) => "int *".into(),
        }
    }

    /// The operation under test: the call, and the type and value of its result.
    fn own(
        &self,
        thread: &mut Thread,
        var: &Variable,
        location: &str,
        data: Option<&Register>,
    ) -> Option<(String, Option<(String, i64)>)> {
        let call = self.placement.call;
        let value_type = format!("{} ", self.placement.calls.value);
        let mut operands = Vec::new();
        for (index, arg) in call.form.op.operands().enumerate() {
            let value = *self.values.operands.get(index)?;
            let is_data = call.data_operand() == Some(index);
            operands.push(match (arg.kind, data.filter(|_| is_data)) {
                (ArgKind::Pointer, _) => {
                    let name = format!("r{}", thread.locals.len());
                    thread.locals.push(format!("{value_type}{name} = {value};"));
                    format!("&{name}")
                }
                (_, Some(register)) => computed(register, value),
                _ if var.is_pointer => {
                    let name = self.pointee(value)?;
                    thread.params.insert(name.into(), "int *".into());
                    name.into()
                }
                _ => value.to_string(),
            });
        }
        let ty = match call.form.result().map(|r| r.yields()) {
            _ if var.is_pointer => "int *".into(),
            Some(ResultKind::Truth) => "int ".into(),
            _ => value_type,
        };
        let result = self.values.outcome.result.map(|value| (ty, value));
        Some((call.text(location, &operands), result))
    }

    /// Another access: the call, and the type and value of its result.
    fn other(
        &self,
        thread: &mut Thread,
        place: Place,
        var: &Variable,
        location: &str,
        data: Option<&Register>,
    ) -> Option<(String, Option<(String, i64)>)> {
        let calls = self.placement.calls;
        let role = self.placement.shape.role(place);
        if self.placement.shape.kind(place) == AccessKind::R {
            let ty = match (var.is_pointer, var.is_tested) {
                (true, _) => "int *".into(),
                (false, true) => format!("{} ", calls.value),
                (false, false) => "int ".into(),
            };
            let value = if role == Role::ReadsInitial {
                var.init
            } else {
                var.first
            };
            let text = match var.is_tested {
                true => calls.read(location),
                false => PLAIN_READ.replace("{}", location),
            };
            return Some((text, Some((ty, value))));
        }
        let value = if role == Role::LastWriter {
            var.last
        } else {
            var.first
        };
        let value = match data {
            Some(register) => computed(register, value),
            None if var.is_pointer => {
                let name = self.pointee(value)?;
                thread.params.insert(name.into(), "int *".into());
                name.into()
            }
            None => value.to_string(),
        };
        let text = match var.is_tested {
            true => calls.write(location, &value),
            false => PLAIN_WRITE
                .replace("{}", location)
                .replace("{value}", &value),
        };
        Some((text, None))
    }

    /// The variable that a value of the pointer points to. The value that other threads write
    /// points to the variable of the second access.
    fn pointee(&self, value: i64) -> Option<&'static str> {
        let (thread, _) = self.placement.place;
        let pointer = self.variable((thread, 0));
        if value == pointer.first {
            return Some(self.variable((thread, 1)).name);
        }
        if value == pointer.init {
            return Some(POINTEES[0]);
        }
        // Different numbers have to become different variables.
        let mut rest = self
            .values
            .operands
            .iter()
            .filter(|v| ![pointer.first, pointer.init].contains(v));
        let first = rest.next()?;
        (value == *first && rest.all(|v| v == first)).then_some(POINTEES[1])
    }

    fn print(&self, threads: &[Thread], expected: Verdict, reason: Option<Reason>) -> String {
        let mut out = format!(
            "C {}\n\n(*\n * Result: {}\n *\n",
            self.placement.name(),
            expected
        );
        for line in prose::wrap(&prose::reason(self.placement, reason), 72) {
            let _ = writeln!(out, " * {line}");
        }
        out.push_str(" *)\n\n{");
        let init = self.variables.iter().filter_map(|v| match v.is_pointer {
            true => Some(format!("\n{}={};", v.name, self.pointee(v.init)?)),
            false => (v.init != 0).then(|| format!("\n{}={};", v.name, v.init)),
        });
        out.extend(init);
        out.push_str("\n}\n");
        for (number, thread) in threads.iter().enumerate() {
            let params = thread.params.iter().map(|(name, ty)| format!("{ty}{name}"));
            let params: Vec<_> = params.collect();
            let _ = writeln!(out, "\nP{number}({})\n{{", params.join(", "));
            for local in &thread.locals {
                let _ = writeln!(out, "\t{local}");
            }
            if !thread.locals.is_empty() {
                out.push('\n');
            }
            for statement in &thread.body {
                let _ = writeln!(out, "\t{statement}");
            }
            out.push_str("}\n");
        }
        let _ = writeln!(out, "\nexists ({})", self.condition(threads).join(" /\\ "));
        out
    }

    /// The condition, as a list of equalities.
    fn condition(&self, threads: &[Thread]) -> Vec<String> {
        let threads = threads.iter().enumerate();
        let mut atoms: Vec<_> = threads
            .flat_map(|(n, t)| {
                t.read
                    .iter()
                    .map(move |(r, value)| format!("{n}:{r}={value}"))
            })
            .collect();
        for place in self.placement.shape.places() {
            if self.placement.shape.role(place) == Role::LastWriter {
                let var = self.variable(place);
                atoms.push(format!("{}={}", var.name, var.last));
            }
        }
        atoms
    }
}

/// An expression that computes a value from a register.
fn computed(register: &Register, value: i64) -> String {
    let name = &register.name;
    match value - register.value {
        0 => name.clone(),
        more if more > 0 => format!("{name} + {more}"),
        less => format!("{name} - {}", -less),
    }
}
