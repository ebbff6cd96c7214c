//! Variables whose initial value no wanted execution reads.
//!
//! herd7 tries every store for every load, and compares the results with the condition afterwards.
//! In a ring of `n` threads, each of which has to see what the one before it wrote, these are `2^n`
//! executions, of which the condition wants one.
//!
//! The condition may need a local variable to be other than 0. If its value comes from a load, and
//! the variable that is loaded is 0 at first, then the load does not read the initial value. If there
//! is only one store to that variable, and it stores a local variable, then that one is not 0 either.
//!
//! If no load of a variable may read its initial value, and only macros such as `READ_ONCE()` access
//! it, then the initial store can be left out. This is exact: the store is in no thread and first in
//! the coherence order, so that neither program order nor communication leads to it. What
//! `tools/memory-model/linux-kernel.cat` forbids are cycles, stores between the two halves of a
//! read-modify-write, plain accesses against a path that ends in them, and orders of locks. The
//! store is in none of them. The flags of a model may be others.
//!
//! herd7 makes an initial store for each variable that is named, but for no place behind it. So the
//! variable `x` becomes `x + 8`.

use std::collections::{BTreeMap, BTreeSet};

use crate::lang;
use crate::lang::ast::{Expr, ExprKind, Litmus, Location, Proposition, Statement, Thread, Value};
use crate::lang::calls::{Access, macro_named};
use crate::lang::lex::{self, Token};
use crate::lang::source::{File, Span};

/// How far behind a variable its place is: the size of the largest type.
const BEHIND: usize = 8;

/// A local variable: the number of its thread, and its name.
type Local<'t> = (usize, &'t str);

/// The text of a test up to its condition, which is `before`, without the initial stores that no
/// execution reads in which the condition `holds`, or does not; `None` if there are none such.
pub fn without_unread(text: &str, before: &str, holds: bool) -> Option<String> {
    let test = lang::parse::parse(File { name: "", text }).ok()?;
    let mut statements = test.threads.iter().flat_map(Thread::statements);
    if test.skipped.is_some() || statements.any(|s| matches!(s, Statement::Loop(..))) {
        return None;
    }
    let header = text.find('\n')?;
    let words = lex::words(File { name: "", text }, header).ok()?.tokens;
    let mut places = Uses::of(&test).unread(&words, holds);
    places.sort_by_key(|(_, span)| span.start);
    let (mut out, mut at) = (String::new(), 0);
    for (name, span) in &places {
        out += before.get(at..span.start)?;
        out += &format!("({name} + {BEHIND})");
        at = span.end;
    }
    out += before.get(at..)?;
    (!places.is_empty()).then_some(out)
}

/// The accesses to a shared variable.
#[derive(Default)]
struct Accesses<'t> {
    /// The local variables that its loads set.
    loads: Vec<Local<'t>>,
    /// The values that are stored, with the numbers of their threads.
    stores: Vec<(usize, &'t Expr)>,
    /// The places of its name in the threads, apart from the parameters.
    places: Vec<Span>,
}

impl Accesses<'_> {
    /// Whether its name is used for these accesses alone.
    fn are_all(&self) -> bool {
        self.places.len() == self.loads.len() + self.stores.len()
    }
}

/// How a test uses its variables.
struct Uses<'t> {
    test: &'t Litmus,
    shared: BTreeMap<&'t str, Accesses<'t>>,
    /// How often each name of a thread is set. herd7 has no scopes. A parameter is set at first, and
    /// a variable whose address is taken may be set by others.
    set: BTreeMap<Local<'t>, usize>,
}

impl<'t> Uses<'t> {
    fn of(test: &'t Litmus) -> Self {
        let mut uses = Self {
            test,
            shared: BTreeMap::new(),
            set: BTreeMap::new(),
        };
        for (number, thread) in test.threads.iter().enumerate() {
            for parameter in &thread.parameters {
                *uses.set.entry((number, &parameter.name)).or_default() += 1;
            }
            for statement in thread.statements() {
                uses.add_statement(number, statement);
            }
            for expr in thread.expressions() {
                match &expr.kind {
                    ExprKind::Name(name) if thread.parameter(name).is_some() => {
                        uses.shared.entry(name).or_default().places.push(expr.span);
                    }
                    ExprKind::Address(name) if thread.parameter(name).is_some() => {
                        uses.shared.entry(name).or_default().places.push(expr.span);
                    }
                    ExprKind::Address(name) => *uses.set.entry((number, name)).or_default() += 2,
                    _ => {}
                }
            }
        }
        for register in &test.registers {
            *uses
                .set
                .entry((register.thread, &register.name))
                .or_default() += 1;
        }
        uses
    }

    fn add_statement(&mut self, thread: usize, statement: &'t Statement) {
        let access = |expr: &'t Expr| {
            let (variable, access, value) = access(expr)?;
            let parameter = self.test.threads[thread].parameter(variable);
            parameter.map(|_| (variable, access, value))
        };
        match statement {
            Statement::Declare(_, local, Some(value), _) | Statement::Assign(local, value, _) => {
                let found = access(value.uncast());
                *self.set.entry((thread, local)).or_default() += 1;
                if let Some((variable, Access::Load(_), _)) = found {
                    let accesses = self.shared.entry(variable).or_default();
                    accesses.loads.push((thread, local));
                }
            }
            Statement::Call(call) => {
                if let Some((variable, Access::Store(_) | Access::StoreMb, Some(value))) =
                    access(call)
                {
                    let accesses = self.shared.entry(variable).or_default();
                    accesses.stores.push((thread, value));
                }
            }
            _ => {}
        }
    }

    /// The places of the variables whose initial stores are not read, with their names.
    fn unread(&self, words: &[(Token, Span)], holds: bool) -> Vec<(&'t str, Span)> {
        let needed = self.needed(holds);
        let is_needed = |local| needed.contains(&local);
        let found = self.shared.iter().filter(|(name, accesses)| {
            !accesses.loads.is_empty()
                && !accesses.stores.is_empty()
                && accesses.loads.iter().all(|local| is_needed(*local))
                && accesses.are_all()
                && !self.is_pointed_to(name)
                && self.is_named_nowhere_else(name, words)
        });
        let places = found.flat_map(|(name, accesses)| {
            let places = accesses.places.iter();
            places.map(|span| (*name, *span))
        });
        places.collect()
    }

    /// Whether a variable has a pointer to it at first.
    fn is_pointed_to(&self, name: &str) -> bool {
        let variables = self.test.init.iter().map(|init| &init.value);
        let registers = self.test.registers.iter().map(|register| &register.value);
        let mut values = variables.chain(registers);
        values.any(|value| matches!(value, Value::Address(to) if to == name))
    }

    /// Whether a variable is named only in the threads and where it is initially 0.
    fn is_named_nowhere_else(&self, name: &str, words: &[(Token, Span)]) -> bool {
        let threads = self.test.threads.iter();
        let parameters = threads.filter(|thread| thread.parameter(name).is_some());
        let zeros = self.test.init.iter();
        let zeros = zeros.filter(|init| init.name == name && init.value == Value::Number(0));
        let places = &self.shared[name].places;
        let named = words.iter();
        let named = named.filter(|(word, _)| matches!(word, Token::Word(word) if word == name));
        named.count() == parameters.count() + zeros.count() + places.len()
    }

    /// The local variables that are not 0 where the condition `holds`, or does not, and which are set
    /// once.
    fn needed(&self, holds: bool) -> BTreeSet<Local<'t>> {
        let mut wanted = Vec::new();
        not_zero(&self.test.condition, holds, &mut wanted);
        let mut needed = BTreeSet::new();
        let (mut locals, mut variables): (Vec<Local<'t>>, Vec<&str>) = Default::default();
        for location in wanted {
            match location {
                Location::Local(thread, name) => locals.push((*thread, name)),
                Location::Shared(name) => variables.push(name),
            }
        }
        loop {
            while let Some(variable) = variables.pop() {
                locals.extend(self.only_stored(variable));
            }
            let Some(local) = locals.pop() else {
                return needed;
            };
            if self.set.get(&local) == Some(&1) && needed.insert(local) {
                let loaded = self.shared.iter();
                let loaded = loaded.filter(|(_, accesses)| accesses.loads.contains(&local));
                variables.extend(loaded.map(|(name, _)| *name));
            }
        }
    }

    /// The local variable that is stored to a shared one, if nothing else is, and if that one is 0
    /// at first.
    fn only_stored(&self, variable: &str) -> Option<Local<'t>> {
        let accesses = self.shared.get(variable)?;
        let is_zero = self.test.initial(variable) == Value::Number(0);
        if !is_zero || !accesses.are_all() || self.is_pointed_to(variable) {
            return None;
        }
        match accesses.stores.as_slice() {
            [(thread, value)] => match &value.uncast().kind {
                ExprKind::Name(local) => Some((*thread, local)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The access by a macro: its variable, its kind, and the stored value.
fn access(expr: &Expr) -> Option<(&str, Access, Option<&Expr>)> {
    let ExprKind::Call(name, arguments) = &expr.kind else {
        return None;
    };
    let found = macro_named(name)?;
    let place = arguments.first()?.uncast();
    let place = match (found.lvalue, &place.kind) {
        (true, ExprKind::Deref(place)) => place.uncast(),
        (true, _) => return None,
        (false, _) => place,
    };
    match &place.kind {
        ExprKind::Name(variable) => Some((variable, found.access, arguments.get(1))),
        _ => None,
    }
}

/// Adds the locations that are not 0 where a proposition `holds`, or does not.
fn not_zero<'p>(proposition: &'p Proposition, holds: bool, all: &mut Vec<&'p Location>) {
    match proposition {
        Proposition::Is(location, value, negated, _) => {
            let is_equal = *negated != holds;
            if is_equal != (*value == Value::Number(0)) {
                all.push(location);
            }
        }
        Proposition::Not(inner) => not_zero(inner, !holds, all),
        Proposition::And(a, b) if holds => {
            not_zero(a, holds, all);
            not_zero(b, holds, all);
        }
        Proposition::Or(a, b) if !holds => {
            not_zero(a, holds, all);
            not_zero(b, holds, all);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variables whose initial stores are left out where the condition of a test `holds`.
    fn left_out(init: &str, threads: [&str; 2], end: &str, holds: bool) -> Vec<String> {
        let [p0, p1] = threads;
        let before = format!(
            "C t\n{{{init}}}\nP0(int *x, int *y) {{ {p0} }}\nP1(int *x, int *y, int *z) {{ {p1} }}\n"
        );
        let text = format!("{before}{end}\n");
        let Some(found) = without_unread(&text, &before, holds) else {
            return Vec::new();
        };
        let place = |name: &str| format!("({name} + 8)");
        let names = ["x", "y", "z"];
        let original = names
            .iter()
            .fold(found.clone(), |text, name| text.replace(&place(name), name));
        assert_eq!(original, before);
        let names = names
            .into_iter()
            .filter(|name| found.contains(&place(name)));
        names.map(str::to_owned).collect()
    }

    const READS: [&str; 2] = [
        "int r0 = smp_load_acquire(x); WRITE_ONCE(*y, 1);",
        "int r0; r0 = (int)READ_ONCE(*y); smp_store_release(x, 1); WRITE_ONCE(*z, r0);",
    ];

    #[test]
    fn the_condition_says_what_is_not_zero() {
        let none: [&str; 0] = [];
        for (end, holds, expected) in [
            ("exists (0:r0=1 /\\ 1:r0=2)", true, &["x", "y"][..]),
            ("forall (0:r0=1 /\\ (1:r0=2 /\\ true))", true, &["x", "y"]),
            ("exists (0:r0=1)", true, &["x"]),
            ("exists (0:r0=x)", true, &none),
            ("exists (0:r0=z)", true, &["x"]),
            ("exists (0:r0!=0)", true, &["x"]),
            ("exists (0:r0!=1)", true, &none),
            ("exists (0:r0=0)", true, &none),
            ("exists (0:r0=1)", false, &none),
            ("exists (0:r0=0)", false, &["x"]),
            ("exists (0:r0=0 \\/ ~(1:r0=1))", false, &["x", "y"]),
            ("exists (0:r0=0 /\\ 1:r0=0)", false, &none),
            ("exists (0:r0=1 \\/ 1:r0=1)", true, &none),
            ("filter (0:r0=1) exists (1:r0=1)", true, &["y"]),
            // What is stored to `z` is what was loaded from `y`.
            ("exists (z=1)", true, &["y"]),
            ("exists (z=0)", true, &none),
            // The variable is part of the outcome.
            ("exists (0:r0=1 /\\ x=1)", true, &none),
            ("locations [x;] exists (0:r0=1)", true, &none),
            ("exists (7:r0=1 /\\ 0:r7=1)", true, &none),
        ] {
            let found = left_out("", READS, end, holds);
            assert_eq!(found, expected, "{end}, {holds}");
        }
    }

    #[test]
    fn a_variable_has_to_be_used_by_simple_accesses_alone() {
        let [p0, p1] = READS;
        let wanted = "exists (0:r0=1 /\\ 1:r0=1)";
        let with = |init: &str, more: &str| {
            let p1 = format!("{p1} {more}");
            left_out(init, [p0, &p1], wanted, true)
        };
        // Another thread has the address of `z`, which is not among its parameters.
        let third = [
            "WRITE_ONCE(*r2, 2);",
            "WRITE_ONCE(*z, 1); int r0 = READ_ONCE(*z);",
        ];
        assert_eq!(left_out("", third, "exists (1:r0=2)", true), ["z"]);
        for init in ["0:r2 = z;", "int *x = z;"] {
            assert!(left_out(init, third, "exists (1:r0=2)", true).is_empty());
        }
        let none: [&str; 0] = [];
        for (init, more, expected) in [
            ("", "", &["x", "y"][..]),
            ("int x = 0; y = 0;", "", &["x", "y"]),
            ("x = 1;", "", &["y"]),
            ("int *z = x;", "", &["y"]),
            ("1:r0 = 1;", "", &["x"]),
            ("1:r2 = y;", "", &["x"]),
            // Another store is one more to read from.
            ("", "WRITE_ONCE(*x, 2);", &["x", "y"]),
            ("", "if (r0) { WRITE_ONCE(*x, 2); }", &["x", "y"]),
            // Another load may read the initial value.
            ("", "int r1 = READ_ONCE(*x);", &["y"]),
            ("", "READ_ONCE(*x);", &["y"]),
            ("", "int r1 = READ_ONCE(*x) + 1;", &["y"]),
            ("", "if (READ_ONCE(*x)) WRITE_ONCE(*z, 1);", &["y"]),
            ("", "int r1 = xchg(x, 2);", &["y"]),
            ("", "*x = 2;", &["y"]),
            ("", "int r1 = *x;", &["y"]),
            ("", "int *r1 = x;", &["y"]),
            ("", "unknown(x);", &["y"]),
            // The local variable is set again.
            ("", "r0 = 1;", &["x"]),
            ("", "if (r0) r0 = READ_ONCE(*z);", &["x"]),
            ("", "{ int r0 = 1; }", &["x"]),
            ("", "int r1 = atomic_try_cmpxchg(z, &r0, 1);", &["x"]),
            // What a loop does is not known.
            ("", "while (READ_ONCE(*z)) { }", &none),
        ] {
            assert_eq!(with(init, more), expected, "{init}: {more}");
        }
    }

    #[test]
    fn values_are_followed_from_store_to_load() {
        let chain = |p0: &str, p1: &str| left_out("", [p0, p1], "exists (z=1)", true);
        let [p0, p1] = [
            "WRITE_ONCE(*x, 1); int r0 = READ_ONCE(*y); WRITE_ONCE(*x, r0);",
            "int r1 = READ_ONCE(*x); WRITE_ONCE(*y, r1); int r2 = READ_ONCE(*y); WRITE_ONCE(*z, r2);",
        ];
        // `r2` is 1, and `y` has one store; `r0` may be 0.
        assert_eq!(chain(p0, p1), ["x"]);
        let p0 = "WRITE_ONCE(*x, 1);";
        assert_eq!(chain(p0, p1), ["x", "y"]);
        // Another store could be the one that `z` ends with.
        assert!(chain(p0, &format!("{p1} WRITE_ONCE(*z, 1);")).is_empty());
        assert!(chain(p0, &format!("{p1} xchg(z, 1);")).is_empty());
        assert!(chain(p0, &p1.replace("(*z, r2)", "(*z, r2 + 1)")).is_empty());
        // What is stored is the address of `y`, and a variable of that name is set afterwards.
        let p1 = "WRITE_ONCE(*z, y); int y = READ_ONCE(*x);";
        assert!(chain(p0, p1).is_empty());
    }
}
