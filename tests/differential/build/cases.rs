//! Writes the cases of the tests: inputs, and what the reference interpreter says of them.
//!
//! They are computed here, on the machine that builds, so that a program for another architecture
//! contains neither the tables nor the interpreter: those take longer to compile than everything
//! else in it, and emulated they are slow.
//!
//! A file of cases is a sequence of 64-bit numbers; `src/cases.rs` reads it.

use atomics_spec::expr::{Binary, Expr};
use atomics_spec::{FormOf, interp};
use fastrand::Rng;

use crate::calls::{self, Call};
use crate::counts::{INTERRUPTED, RANDOM, ROUND, THREADS, TIMES};

/// A file of cases.
#[derive(Default)]
struct Numbers(Vec<u8>);

impl Numbers {
    fn put(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn put_length(&mut self, length: usize) {
        self.put(length as i64);
    }

    /// Writes a case: the value of the variable, the operands, and the effect of the call.
    fn put_case(&mut self, case: &Case) {
        self.put(case.memory);
        case.operands.iter().for_each(|operand| self.put(*operand));
        self.put(case.new);
        self.put(case.result.is_some().into());
        self.put(case.result.unwrap_or(0));
        case.after.iter().for_each(|operand| self.put(*operand));
    }
}

/// An input of a call, and what the reference interpreter makes of it.
struct Case {
    memory: i64,
    operands: Vec<i64>,
    /// Whether the call stored something.
    stored: bool,
    new: i64,
    result: Option<i64>,
    /// The operands afterwards.
    after: Vec<i64>,
}

impl Case {
    fn new(form: &FormOf<'_>, bits: u32, memory: i64, operands: Vec<i64>) -> Self {
        let outcome = interp::run(form, bits, memory, &operands);
        let mut after = operands.clone();
        if let Some(pointee) = outcome.pointee {
            let pointer = form.op.pointer();
            let at = form.op.operands().position(|a| pointer == Some(a));
            after[at.unwrap_or(0)] = pointee;
        }
        Self {
            memory,
            operands,
            stored: outcome.stored,
            new: outcome.memory,
            result: outcome.result,
            after,
        }
    }
}

/// Values of one type.
struct Values<'a> {
    ty: &'a str,
    bits: u32,
}

impl<'a> Values<'a> {
    fn new(ty: &'a str, pointer: u32) -> Self {
        let bits = calls::bits(ty, pointer);
        Self { ty, bits }
    }

    /// The edge values, as the reference interpreter represents them.
    fn edges(&self) -> Vec<i64> {
        if self.ty == "bool" {
            return vec![0, 1];
        }
        let min = i64::MIN >> (64 - self.bits);
        vec![0, 1, -1, min, !min]
    }

    /// Picks a random value. Half of the values are small, so that equal ones occur.
    fn pick(&self, rng: &mut Rng) -> i64 {
        let raw = rng.i64(..);
        match (self.ty, rng.u32(..) % 2) {
            ("bool", _) => raw & 1,
            (_, 0) => raw % 4,
            _ => raw << (64 - self.bits) >> (64 - self.bits),
        }
    }
}

/// All lists of `count` values out of `values`.
fn list_tuples(values: &[i64], count: usize) -> Vec<Vec<i64>> {
    let mut lists = vec![Vec::new()];
    for _ in 0..count {
        lists = lists
            .iter()
            .flat_map(|list| {
                values
                    .iter()
                    .map(move |v| [list.as_slice(), &[*v]].concat())
            })
            .collect();
    }
    lists
}

/// For each call: the number of cases, and how many of them are all combinations of edge values;
/// then the cases, the random ones last.
pub fn alone(calls: &[Call<'_>], pointer: u32) -> Vec<u8> {
    let mut rng = Rng::with_seed(1);
    let mut numbers = Numbers::default();
    for call in calls {
        let values = Values::new(&call.ty, pointer);
        let mut cases = Vec::new();
        let edges = values.edges();
        for memory in &edges {
            for operands in list_tuples(&edges, call.operands()) {
                cases.push(Case::new(&call.form, values.bits, *memory, operands));
            }
        }
        numbers.put_length(cases.len() + RANDOM as usize);
        numbers.put_length(cases.len());
        for _ in 0..RANDOM {
            let operands = (0..call.operands()).map(|_| values.pick(&mut rng));
            let operands = operands.collect();
            let memory = values.pick(&mut rng);
            cases.push(Case::new(&call.form, values.bits, memory, operands));
        }
        // The cases must cover both paths of a conditional operation.
        let edges = &cases[..cases.len() - RANDOM as usize];
        let (form, name) = (&call.form, form_name(call));
        assert!(
            form.meaning.new.is_none() || edges.iter().any(|case| case.stored),
            "{name} never stores"
        );
        assert!(
            !form.can_fail() || edges.iter().any(|case| !case.stored),
            "{name} never fails"
        );
        cases.iter().for_each(|case| numbers.put_case(case));
    }
    numbers.0
}

/// For each call with constant operands: the number of cases, and a case for each edge value of the
/// variable.
pub fn constant(calls: &[Call<'_>], pointer: u32) -> Vec<u8> {
    let mut numbers = Numbers::default();
    for call in calls {
        let values = Values::new(&call.ty, pointer);
        let operands: Vec<i64> = call.constants.iter().copied().map(i64::from).collect();
        let edges = values.edges();
        numbers.put_length(edges.len());
        for memory in edges {
            let operands = operands.clone();
            numbers.put_case(&Case::new(&call.form, values.bits, memory, operands));
        }
    }
    numbers.0
}

/// A call's name in messages.
fn form_name(call: &Call<'_>) -> String {
    format!("{} on {}", call.form.base(), call.ty)
}

/// For each call of a function with C's name: pairs of cases with the same operands, the second of
/// which has the lowest bit of the variable flipped. Each edge value occurs, because conditions
/// depend on those.
pub fn interrupted(calls: &[Call<'_>], pointer: u32) -> Vec<u8> {
    let mut rng = Rng::with_seed(1);
    let mut numbers = Numbers::default();
    for call in calls.iter().filter(|call| call.is_raw()) {
        let values = Values::new(&call.ty, pointer);
        let edges = values.edges();
        for index in 0..INTERRUPTED {
            let memory = match edges.get(index) {
                Some(edge) => *edge,
                None => values.pick(&mut rng),
            };
            // Operands that equal the variable make a compare-and-exchange succeed.
            let operands: Vec<i64> = (0..call.operands())
                .map(|_| match rng.u32(..) % 3 {
                    0 => memory,
                    1 => memory ^ 1,
                    _ => values.pick(&mut rng),
                })
                .collect();
            for memory in [memory, memory ^ 1] {
                let operands = operands.clone();
                numbers.put_case(&Case::new(&call.form, values.bits, memory, operands));
            }
        }
    }
    numbers.0
}

/// For each call on a variable that is smaller than a word, and each of the variables in a word: a
/// round of cases, each of which starts from the value that the one before leaves.
pub fn neighbours(calls: &[Call<'_>], pointer: u32) -> Vec<u8> {
    let mut rng = Rng::with_seed(1);
    let mut numbers = Numbers::default();
    for call in calls {
        let values = Values::new(&call.ty, pointer);
        // None for larger variables.
        for _ in 0..(u32::BITS / values.bits) * u32::from(values.bits < u32::BITS) {
            let mut memory = values.pick(&mut rng);
            for _ in 0..ROUND {
                let operands = (0..call.operands()).map(|_| values.pick(&mut rng));
                let case = Case::new(&call.form, values.bits, memory, operands.collect());
                numbers.put_case(&case);
                memory = case.new;
            }
        }
    }
    numbers.0
}

/// For each call: 1 and a [`Sum`], or 0; then 1 and [`OwnBits`], or 0.
pub fn threads(calls: &[Call<'_>], pointer: u32) -> Vec<u8> {
    let mut numbers = Numbers::default();
    for call in calls {
        let sum = Sum::of(call, pointer);
        numbers.put(sum.is_some().into());
        if let Some(sum) = sum {
            numbers.put(sum.start);
            numbers.put(sum.step);
            sum.operands.iter().for_each(|o| numbers.put(*o));
        }
        let bits = OwnBits::of(call);
        numbers.put(bits.is_some().into());
        if let Some(bits) = bits {
            bits.masks.iter().for_each(|mask| numbers.put(*mask));
            bits.next.iter().for_each(|bit| numbers.put(*bit));
        }
    }
    numbers.0
}

/// What the same call of all threads adds up to.
struct Sum {
    start: i64,
    /// How much each call adds.
    step: i64,
    operands: Vec<i64>,
}

impl Sum {
    /// None for a call that does not add anything, or whose success depends on the order.
    fn of(call: &Call<'_>, pointer: u32) -> Option<Self> {
        let form = &call.form;
        let new = form.meaning.new.as_ref()?;
        if call.ty == "bool" || call.ty.starts_with('*') || !is_sum(new, form.op.variable()) {
            return None;
        }
        let bits = calls::bits(&call.ty, pointer);
        let least = i64::MIN >> (64 - bits);
        let operands = [1, least][..call.operands()].to_vec();
        let wrap = |value: i64| value << (64 - bits) >> (64 - bits);
        let add = |value: i64| {
            let outcome = interp::run(form, bits, value, &operands);
            outcome.stored.then_some(outcome.memory)
        };
        // A start value from which all calls succeed, and add the same.
        let succeeds = |start: i64| {
            let step = wrap(add(start)?.wrapping_sub(start));
            let all = (0..THREADS * TIMES).try_fold(start, |value, _| {
                add(value).filter(|new| *new == wrap(value.wrapping_add(step)))
            });
            all.map(|_| (start, step))
        };
        let (start, step) = [3, -100, 20_000].into_iter().map(wrap).find_map(succeeds)?;
        Some(Self {
            start,
            step,
            operands,
        })
    }
}

/// Whether an expression adds something to `variable` that does not depend on it.
fn is_sum(new: &Expr, variable: &str) -> bool {
    match new {
        Expr::Binary(Binary::Add | Binary::Sub, a, b) => {
            **a == Expr::var(variable) && !b.mentions(variable)
        }
        _ => false,
    }
}

/// A call of which each thread changes a bit of its own.
struct OwnBits {
    /// The operand of each thread.
    masks: [i64; THREADS as usize],
    /// What one call makes of the thread's own bit: of 0, and of 1.
    next: [i64; 2],
}

impl OwnBits {
    /// None for an operation that changes other bits, too.
    fn of(call: &Call<'_>) -> Option<Self> {
        let form = &call.form;
        if call.ty.starts_with('*') || form.class.name != "bitwise" {
            return None;
        }
        let run = |memory, mask| interp::run(form, 32, memory, &[mask]).memory;
        // That bit alone, or all bits but that.
        let mask = |thread: u32| {
            let bit = 1_i64 << thread;
            match run(0b1010, 1) & 0b1110 {
                0b1010 => bit,
                _ => !bit,
            }
        };
        if run(0b1010, mask(0)) & 0b1110 != 0b1010 {
            return None;
        }
        let mut threads = 0..THREADS;
        Some(Self {
            masks: [(); THREADS as usize].map(|()| mask(threads.next().unwrap_or(0))),
            next: [0, 1].map(|bit| run(bit, mask(0)) & 1),
        })
    }
}
