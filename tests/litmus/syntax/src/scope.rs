//! A thread while it is translated: the variables in scope, and the steps so far.

use std::collections::{BTreeMap, BTreeSet};

use atomics_spec::Spec;
use quote::ToTokens;
use syn::ItemFn;

use crate::jumps::Step;
use crate::types::{Element, Kind};
use crate::value::{Int, Place, Value};

/// What all threads share.
pub struct World<'a> {
    /// The tables.
    pub spec: &'a Spec,
    /// The variables, with their C names, in order.
    pub variables: Vec<(String, Element)>,
    /// What their names in Rust mean.
    pub names: BTreeMap<String, Value>,
    /// The functions that threads may call.
    pub models: &'a [ItemFn],
    /// How often a loop runs at most.
    pub unroll: Option<usize>,
    /// Whether a thread subtracts unsigned numbers.
    pub differs: bool,
}

/// What is inside of a loop or of a function's body.
#[derive(Clone)]
pub struct Frame {
    /// Its label in Rust.
    pub label: Option<String>,
    /// The block that `break` or `return` leaves.
    pub end: usize,
    /// The block that `continue` leaves; `None` if it is no loop.
    pub round: Option<usize>,
    /// The type of its value, if that is stated.
    pub ty: Option<syn::Type>,
    /// The local variables that its value is in, once a jump has one.
    pub result: Option<Value>,
}

/// A thread.
pub struct Thread<'a> {
    /// What it shares.
    pub world: &'a World<'a>,
    /// The variables in scope: the last one of a name counts.
    pub scope: Vec<(String, Value)>,
    /// The steps, of the innermost block.
    pub steps: Vec<Step>,
    /// The local variables, by their names in C, with their types.
    pub locals: BTreeMap<String, String>,
    /// The local variables whose values may still change.
    pub mutable: BTreeSet<String>,
    /// The local variables that no name in Rust stands for.
    temporary: BTreeSet<String>,
    /// The shared variables that it uses.
    pub used: BTreeSet<String>,
    /// The shared variables that have more operations than an `int` in C.
    pub atomic: BTreeSet<String>,
    /// Whether it subtracts unsigned numbers.
    pub differs: bool,
    /// The rounds of loops so far.
    pub rounds: usize,
    /// The loops and functions around.
    pub frames: Vec<Frame>,
    /// The functions that are being called, the innermost last.
    pub calling: Vec<String>,
    /// The block that is the whole thread.
    pub root: usize,
    blocks: usize,
    /// The local variable that tells that a loop ran too often.
    pub over: Option<String>,
}

/// Words that mean something to herd7 or to C.
const RESERVED: [&str; 50] = [
    "and",
    "atomic",
    "atomic_t",
    "auto",
    "barrier",
    "break",
    "case",
    "char",
    "cmpxchg",
    "const",
    "constvar",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "exists",
    "false",
    "filter",
    "final",
    "float",
    "for",
    "forall",
    "goto",
    "if",
    "int",
    "locations",
    "lock",
    "long",
    "not",
    "observed",
    "or",
    "regions",
    "register",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "true",
    "typedef",
    "unlock",
    "unsigned",
    "void",
    "volatile",
    "while",
    "with",
    "xchg",
];

/// A name that means nothing else in C.
pub fn identifier(name: &str) -> String {
    let name = name.trim_start_matches("r#");
    let is_thread = name
        .strip_prefix('P')
        .is_some_and(|rest| rest.parse::<usize>().is_ok());
    match is_thread || RESERVED.contains(&name) || name.starts_with('_') {
        true => format!("v_{name}"),
        false => name.to_owned(),
    }
}

/// An error about a part of the test.
pub fn error<T>(at: &dyn ToTokens, message: impl std::fmt::Display) -> syn::Result<T> {
    Err(syn::Error::new_spanned(at.to_token_stream(), message))
}

impl<'a> Thread<'a> {
    /// A thread without steps.
    pub fn new(world: &'a World<'a>) -> Self {
        Self {
            world,
            scope: world
                .names
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            steps: Vec::new(),
            locals: BTreeMap::new(),
            mutable: BTreeSet::new(),
            temporary: BTreeSet::new(),
            used: BTreeSet::new(),
            atomic: BTreeSet::new(),
            differs: false,
            rounds: 0,
            frames: Vec::new(),
            calling: Vec::new(),
            root: 0,
            blocks: 0,
            over: None,
        }
    }

    /// The number of a new block.
    pub fn block(&mut self) -> usize {
        self.blocks += 1;
        self.blocks
    }

    /// A new local variable, called `wanted` if nothing else is.
    pub fn local(&mut self, wanted: &str, ty: &str) -> String {
        let wanted = identifier(wanted);
        let is_taken = |name: &str| {
            let variables = &self.world.variables;
            self.locals.contains_key(name) || variables.iter().any(|(v, _)| v == name)
        };
        let mut name = wanted.clone();
        let mut number = 1;
        while is_taken(&name) {
            number += 1;
            name = format!("{wanted}_{number}");
        }
        self.locals.insert(name.clone(), ty.to_owned());
        name
    }

    /// A new local variable that the program does not name.
    pub fn temporary(&mut self, ty: &str) -> String {
        let name = self.local("t", ty);
        self.temporary.insert(name.clone());
        name
    }

    /// Sets a new local variable to the value of an expression with an effect.
    pub fn effect(&mut self, text: String, ty: &str) -> String {
        let local = self.temporary(ty);
        self.steps.push(Step::Set(local.clone(), text));
        local
    }

    /// A local variable called `wanted` with the value of an expression: the temporary one that the
    /// last step set, if that is the value.
    fn keep(&mut self, wanted: &str, text: &str, ty: &str) -> String {
        let name = self.local(wanted, ty);
        self.set(&name, text);
        name
    }

    /// Sets a local variable to the value of an expression. If that is what the last step has set a
    /// temporary one to, the step sets this one instead.
    pub fn set(&mut self, to: &str, text: &str) {
        if self.temporary.contains(text) && renamed(&mut self.steps, text, to) {
            self.temporary.remove(text);
            self.locals.remove(text);
            return;
        }
        let value = crate::value::bare(text).to_owned();
        self.steps.push(Step::Set(to.to_owned(), value));
    }

    /// Gives a value a name in Rust.
    pub fn bind(&mut self, name: String, value: Value) {
        self.settle(&value);
        self.scope.push((name, value));
    }

    /// Notes that more than one expression may use a value.
    pub fn settle(&mut self, value: &Value) {
        match value {
            Value::Int(int) => {
                self.temporary.remove(&int.text);
            }
            Value::Pointer(text, _) => {
                self.temporary.remove(text);
            }
            Value::Choice(choice) => {
                self.temporary.remove(&choice.good.text);
                self.settle(&choice.yes);
                self.settle(&choice.no);
            }
            _ => {}
        }
    }

    /// The value, in local variables whose names begin with `wanted`.
    pub fn named(&mut self, wanted: &str, value: Value) -> Value {
        match value {
            Value::Int(int) => Value::Int(self.named_int(wanted, &int)),
            Value::Pointer(text, to) => {
                let ty = Element::Pointer(to.unwrap_or(crate::types::int())).c();
                Value::Pointer(self.keep(wanted, &text, &ty), to)
            }
            Value::Choice(mut choice) => {
                let compares = choice.good.compares.take();
                // Before the value that it may read has another name.
                if compares.is_none() {
                    choice.good = self.named_int(&format!("{wanted}_ok"), &choice.good);
                }
                let same = matches!((&*choice.yes, &*choice.no),
                    (Value::Int(yes), Value::Int(no)) if yes.text == no.text);
                let yes = self.named(wanted, *choice.yes);
                let no = match same {
                    true => yes.clone(),
                    false => self.named(&format!("{wanted}_err"), *choice.no),
                };
                if let Some((_, number)) = compares {
                    choice.good = match &yes {
                        Value::Int(old) if same => compare(&old.text, number),
                        _ => self.named_int(&format!("{wanted}_ok"), &choice.good),
                    };
                }
                choice.yes = Box::new(yes);
                choice.no = Box::new(no);
                Value::Choice(choice)
            }
            other => other,
        }
    }

    fn named_int(&mut self, wanted: &str, int: &Int) -> Int {
        let kind = int.kind.unwrap_or(crate::types::int());
        let name = self.keep(wanted, &int.text, kind.c);
        Int {
            kind: int.kind,
            ..Int::of(name, kind)
        }
    }

    /// Copies a value that reads variables that may change.
    pub fn frozen(&mut self, value: Value) -> Value {
        let changes = |text: &str| {
            let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.any(|word| self.mutable.contains(word))
        };
        let has_changes = match &value {
            Value::Int(int) => changes(&int.text),
            Value::Pointer(text, _) => changes(text),
            _ => false,
        };
        match has_changes {
            true => self.named("t", value),
            false => value,
        }
    }

    /// The value that a name has.
    pub fn find(&self, name: &str) -> Option<&Value> {
        let mut found = self.scope.iter().rev();
        found
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// Notes that the thread uses a variable.
    pub fn uses(&mut self, place: &Place) {
        self.used.extend(place.name.clone());
    }

    /// Translates with steps of its own. Returns them, and the scope is as before.
    pub fn apart<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> syn::Result<T>,
    ) -> syn::Result<(Vec<Step>, T)> {
        let outside = std::mem::take(&mut self.steps);
        let known = self.scope.len();
        let value = inner(self);
        self.scope.truncate(known);
        let steps = std::mem::replace(&mut self.steps, outside);
        Ok((steps, value?))
    }
}

/// Gives the local variable that the last step sets another name. `false`, and nothing changes, if
/// it sets none, or not at the end of each branch that sets it.
fn renamed(steps: &mut [Step], from: &str, to: &str) -> bool {
    let is_last = ends_with(steps, from);
    if is_last {
        rename(steps, from, to);
    }
    is_last
}

/// Whether the last step sets a local variable. In a branch that does not, nothing may.
fn ends_with(steps: &[Step], local: &str) -> bool {
    match steps.last() {
        Some(Step::Set(found, _)) => found == local,
        Some(Step::If(_, yes, no)) => {
            let fits = |branch: &[Step]| ends_with(branch, local) || !sets(branch, local);
            let some = sets(yes, local) || sets(no, local);
            some && fits(yes) && fits(no)
        }
        _ => false,
    }
}

fn sets(steps: &[Step], local: &str) -> bool {
    steps.iter().any(|step| match step {
        Step::Set(found, _) => found == local,
        Step::If(_, yes, no) => sets(yes, local) || sets(no, local),
        Step::Block(_, body) => sets(body, local),
        Step::Call(_) | Step::Jump(_) => false,
    })
}

fn rename(steps: &mut [Step], from: &str, to: &str) {
    match steps.last_mut() {
        Some(Step::Set(local, _)) if local == from => to.clone_into(local),
        Some(Step::If(_, yes, no)) => {
            rename(yes, from, to);
            rename(no, from, to);
        }
        _ => {}
    }
}

/// A comparison of a local variable with a constant.
pub fn compare(local: &str, number: i64) -> Int {
    Int {
        compares: Some((local.to_owned(), number)),
        ..Int::truth(format!("({local} == {number})"))
    }
}

/// The type in C that a value of two has.
pub fn wider(a: Option<&'static Kind>, b: Option<&'static Kind>) -> Option<&'static Kind> {
    match (a, b) {
        (Some(a), Some(b)) if b.bits > a.bits => Some(b),
        (a, b) => a.or(b),
    }
}
