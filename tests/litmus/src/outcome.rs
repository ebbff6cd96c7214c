//! The observed locations of a test, and a common form for the values that different tools print.

use std::collections::BTreeSet;

use atomics_spec::Spec;

use crate::herd::State;
use crate::lang::ast::{Litmus, Location, Value};
use crate::lang::types::Type;
use crate::lkmm::location_text;
use crate::said::Said;
use crate::verdict::Verdict;

/// The answer of the kernel's memory model about a test.
#[derive(Clone, Debug)]
pub enum Allowed {
    /// The model was asked, and this is what it says.
    Known(Known),
    /// The model was not asked, for this reason.
    Skipped(String),
    /// herd7 took too long.
    TimedOut,
}

/// What is known about a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What the kernel's memory model says.
    pub said: Said,
    /// The allowed outcomes, each with a value for each of [`Observed::locations`]; or why they are
    /// compared with none of the machine code.
    pub states: Result<BTreeSet<Vec<Value>>, String>,
}

/// What herd7 says about a test.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The answer of the kernel's memory model, or the error.
    pub allowed: Result<Allowed, String>,
    /// Its verdict on the unmodified file, if it was asked and can read it.
    pub own: Option<Verdict>,
}

/// The observed variables of a test.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The observed local variables of each thread.
    pub locals: Vec<Vec<String>>,
    /// The shared variables, all of which are observed.
    pub shared: Vec<String>,
}

impl Observed {
    /// All shared variables, and at most `limit` local variables of each thread. Local variables
    /// that the condition, the filter and the locations name come first.
    pub fn new(test: &Litmus, limit: usize) -> Self {
        let propositions = test.filter.iter().chain([&test.condition]);
        let named = propositions.flat_map(|p| p.locations());
        let named: Vec<&Location> = named
            .map(|(l, _)| l)
            .chain(test.locations.iter().map(|(l, _)| l))
            .collect();
        let locals = test.threads.iter().enumerate().map(|(number, thread)| {
            let mut all: Vec<String> = Vec::new();
            let wanted = named.iter().filter_map(|location| match location {
                Location::Local(of, name) if *of == number => Some(name.as_str()),
                _ => None,
            });
            for name in wanted.chain(thread.locals().into_iter().map(|(name, _)| name)) {
                if !all.iter().any(|known| known == name) {
                    all.push(name.to_owned());
                }
            }
            all.truncate(limit);
            all
        });
        Self {
            locals: locals.collect(),
            shared: test.shared().into_iter().map(str::to_owned).collect(),
        }
    }

    /// The first local variable that the condition or the filter names but that is not observed,
    /// for lack of registers.
    pub fn lacks<'t>(&self, test: &'t Litmus) -> Option<&'t Location> {
        let propositions = test.filter.iter().chain([&test.condition]);
        let mut named = propositions.flat_map(|p| p.locations()).map(|(l, _)| l);
        named.find(|location| match location {
            Location::Local(thread, name) => !self.locals[*thread].contains(name),
            Location::Shared(_) => false,
        })
    }

    /// The observed locations: first the local variables, then the shared ones.
    pub fn locations(&self) -> Vec<Location> {
        let locals = self.locals.iter().enumerate().flat_map(|(thread, names)| {
            let location = move |name: &String| Location::Local(thread, name.clone());
            names.iter().map(location)
        });
        let shared = self.shared.iter().cloned().map(Location::Shared);
        locals.chain(shared).collect()
    }

    /// Converts states to a common form: a value for each of [`locations`](Self::locations), in
    /// that order. `name` returns a tool's name of a location. Numbers are truncated to the width
    /// that their variable has where pointers have `pointer` bits, but at most to `most` bits, and
    /// sign-extended.
    ///
    /// # Errors
    ///
    /// The tool's name of a location that has no value.
    pub fn states<'s>(
        &self,
        spec: &Spec,
        test: &Litmus,
        states: impl IntoIterator<Item = &'s State>,
        name: &dyn Fn(&Location) -> String,
        (pointer, most): (u32, u32),
    ) -> Result<BTreeSet<Vec<Value>>, String> {
        let locations: Vec<_> = self.locations();
        let columns: Vec<(String, u32)> = locations
            .iter()
            .map(|location| {
                let bits = bits(spec, test, location, pointer);
                (name(location), bits.min(most))
            })
            .collect();
        let row = |state: &State| {
            let values = columns.iter().map(|(name, bits)| match state.get(name) {
                Some(Value::Number(number)) if *bits == 32 => {
                    #[allow(clippy::cast_possible_truncation, reason = "truncates to the width")]
                    let cut = *number as i32;
                    Ok(Value::Number(cut.into()))
                }
                Some(Value::Number(number)) => Ok(Value::Number(*number)),
                Some(Value::Address(name)) => Ok(Value::Address(original(name).to_owned())),
                None => Err(name.clone()),
            });
            values.collect()
        };
        states.into_iter().map(row).collect()
    }
}

/// The width of a location's values in bits where pointers have `pointer` bits.
pub fn bits(spec: &Spec, test: &Litmus, location: &Location, pointer: u32) -> u32 {
    let ty = match location {
        Location::Shared(name) => Some(test.type_of(name)),
        Location::Local(thread, name) => {
            let locals = test.threads[*thread].locals();
            let found = locals.into_iter().find(|(known, _)| known == name);
            found.map(|(_, ty)| ty.clone())
        }
    };
    let ty = ty.and_then(|ty| Type::of(spec, &ty));
    ty.map_or(pointer, |ty| ty.bits(pointer))
}

/// A number in a state that is too wide for the LKMM's outcomes, because herd7 computes C in 32
/// bits.
pub fn wide(state: &[Value]) -> Option<i64> {
    let mut numbers = state.iter().filter_map(|value| match value {
        Value::Number(number) => Some(*number),
        Value::Address(_) => None,
    });
    numbers.find(|number| i32::try_from(*number).is_err())
}

/// A state as a line: `0:r0=1; x=2`.
pub fn line(locations: &[Location], values: &[Value]) -> String {
    let parts: Vec<String> = locations
        .iter()
        .zip(values)
        .map(|(location, value)| {
            let value = match value {
                Value::Number(number) => number.to_string(),
                Value::Address(name) => format!("&{name}"),
            };
            format!("{}={value}", location_text(location))
        })
        .collect();
    parts.join("; ")
}

/// The name of a shared variable in a file of machine code. The prefix keeps it apart from the
/// names of registers.
pub fn variable(name: &str) -> String {
    format!("s_{name}")
}

/// The test's name of a variable, from its name in a file of machine code.
pub fn original(name: &str) -> &str {
    name.strip_prefix("s_").unwrap_or(name)
}
