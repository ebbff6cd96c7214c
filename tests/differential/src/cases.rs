//! The cases of the tests: inputs of the calls, and what the reference interpreter says of them.
//! `build/cases.rs` writes them.

use std::iter;

use crate::counts::{INTERRUPTED, ROUND, THREADS};
use crate::{CALLS, CONSTANT_CALLS, Call, Layer};

/// An input of a call, and the effect that the call must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The value of the variable.
    pub memory: i64,
    /// The operands.
    pub operands: Vec<i64>,
    /// What the call does.
    pub effect: Effect,
}

/// What a call does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The value of the variable afterwards.
    pub memory: i64,
    /// The result, if the call has one.
    pub result: Option<i64>,
    /// The operands afterwards.
    pub operands: Vec<i64>,
}

/// The cases of a call that nothing disturbs.
pub struct Alone {
    /// All combinations of edge values.
    pub edges: Vec<Case>,
    /// Random values.
    pub random: Vec<Case>,
}

/// The same call of all threads, adding to one variable.
pub struct Sum {
    /// The value at the start.
    pub start: i64,
    /// How much each call adds.
    pub step: i64,
    /// The operands of each call.
    pub operands: Vec<i64>,
}

/// Calls of which each thread changes a bit of its own.
pub struct OwnBits {
    /// The operand of each thread.
    pub masks: [i64; THREADS as usize],
    /// What one call makes of the thread's own bit: of 0, and of 1.
    pub next: [i64; 2],
}

/// The numbers of a file that the build script wrote.
struct Numbers(&'static [u8]);

impl Numbers {
    /// The next number.
    ///
    /// # Panics
    ///
    /// If there is none, as the build script writes another form than is read here.
    fn take(&mut self) -> i64 {
        let (number, rest) = self.0.split_first_chunk().expect("the file ends too early");
        self.0 = rest;
        i64::from_le_bytes(*number)
    }

    fn take_list(&mut self, length: usize) -> Vec<i64> {
        (0..length).map(|_| self.take()).collect()
    }

    fn take_array<const N: usize>(&mut self) -> [i64; N] {
        [(); N].map(|()| self.take())
    }

    fn take_length(&mut self) -> usize {
        usize::try_from(self.take()).expect("a length")
    }

    fn take_bool(&mut self) -> bool {
        self.take() != 0
    }

    /// The next cases of a call.
    fn take_cases(&mut self, call: &Call, count: usize) -> Vec<Case> {
        (0..count).map(|_| self.take_case(call)).collect()
    }

    fn take_case(&mut self, call: &Call) -> Case {
        Case {
            memory: self.take(),
            operands: self.take_list(call.operands),
            effect: Effect {
                memory: self.take(),
                result: match self.take_array() {
                    [0, _] => None,
                    [_, result] => Some(result),
                },
                operands: self.take_list(call.operands),
            },
        }
    }

    /// Passes over cases of a call.
    fn skip_cases(&mut self, call: &Call, count: usize) {
        self.0 = &self.0[count * size_of::<i64>() * (4 + 2 * call.operands)..];
    }
}

/// A file that the build script wrote.
macro_rules! numbers {
    ($name:literal) => {
        Numbers(include_bytes!(concat!(env!("OUT_DIR"), "/", $name)))
    };
}

/// What `take` makes of a file for each call. The file must have nothing else.
fn read<T>(
    mut numbers: Numbers,
    mut calls: impl Iterator<Item = &'static Call>,
    mut take: impl FnMut(&mut Numbers, &'static Call) -> T,
) -> impl Iterator<Item = T> {
    iter::from_fn(move || {
        let call = calls.next();
        assert!(
            call.is_some() || numbers.0.is_empty(),
            "the file ends too late"
        );
        call.map(|call| take(&mut numbers, call))
    })
}

/// Each call with its cases, at most `random` of which are random.
pub fn alone(random: usize) -> impl Iterator<Item = (&'static Call, Alone)> {
    read(numbers!("alone"), CALLS.iter(), move |numbers, call| {
        let [all, edges] = [(); 2].map(|()| numbers.take_length());
        let cases = Alone {
            edges: numbers.take_cases(call, edges),
            random: numbers.take_cases(call, random.min(all - edges)),
        };
        numbers.skip_cases(call, all - edges - cases.random.len());
        (call, cases)
    })
}

/// Each call with constant operands, with its cases.
pub fn constant() -> impl Iterator<Item = (&'static Call, Vec<Case>)> {
    read(
        numbers!("constant"),
        CONSTANT_CALLS.iter(),
        |numbers, call| {
            let count = numbers.take_length();
            (call, numbers.take_cases(call, count))
        },
    )
}

/// Each call of a function with C's name, with pairs of cases: as the variable is, and with its
/// lowest bit flipped.
pub fn interrupted() -> impl Iterator<Item = (&'static Call, Vec<[Case; 2]>)> {
    let raw = CALLS.iter().filter(|call| call.layer == Layer::Raw);
    read(numbers!("interrupted"), raw, |numbers, call| {
        let pair = |_| [(); 2].map(|()| numbers.take_case(call));
        (call, (0..INTERRUPTED).map(pair).collect())
    })
}

/// Each call on variables that are smaller than a word, with a round of cases for each variable in
/// a word.
pub fn neighbours() -> impl Iterator<Item = (&'static Call, Vec<Vec<Case>>)> {
    let small = CALLS.iter().filter(|call| call.bits < u32::BITS);
    read(numbers!("neighbours"), small, |numbers, call| {
        let rounds = (0..u32::BITS / call.bits).map(|_| numbers.take_cases(call, ROUND));
        (call, rounds.collect())
    })
}

/// Each call, with what several threads can do with it at once.
pub fn threads() -> impl Iterator<Item = (&'static Call, Option<Sum>, Option<OwnBits>)> {
    read(numbers!("threads"), CALLS.iter(), |numbers, call| {
        let sum = numbers.take_bool().then(|| Sum {
            start: numbers.take(),
            step: numbers.take(),
            operands: numbers.take_list(call.operands),
        });
        let bits = numbers.take_bool().then(|| OwnBits {
            masks: numbers.take_array(),
            next: numbers.take_array(),
        });
        (call, sum, bits)
    })
}
