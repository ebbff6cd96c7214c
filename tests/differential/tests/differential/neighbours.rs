//! Checks that threads do not disturb each other when each uses a small variable of its own in a
//! word that they share.
//!
//! Where an architecture has no instructions for one or two bytes, an operation on them writes the
//! whole word around them. It must not overwrite a neighbour with an outdated value.

use std::sync::Barrier;
use std::thread;

use atomics_differential::{CALLS, Call, Place, Variable};
use atomics_spec::FormOf;
use fastrand::Rng;

use super::{FORMS, bits, expect, is_for_threads, pick_random, scale};

/// The width in bits of the word that the variables share.
const WORD: u32 = 32;
/// How many calls in a row each thread makes.
const STEPS: usize = 50;
/// How often each thread repeats its calls, each time from the start value.
const ROUNDS: u32 = 40;

/// What a thread does with its variable, and the effects that it must see.
struct Script {
    start: i64,
    steps: Vec<Step>,
}

/// One call: its operands, and the expected value, result and operands after it.
struct Step {
    operands: Vec<i64>,
    memory: i64,
    result: Option<i64>,
    after: Vec<i64>,
}

impl Script {
    fn new(form: &FormOf<'_>, ty: &str, rng: &mut Rng) -> Self {
        let start = pick_random(ty, rng);
        let mut memory = start;
        let steps = (0..STEPS).map(|_| {
            let count = form.op.operands().count();
            let operands: Vec<i64> = (0..count).map(|_| pick_random(ty, rng)).collect();
            let (_, (new, result, after)) = expect(form, bits(ty), memory, &operands);
            memory = new;
            Step {
                operands,
                memory,
                result,
                after,
            }
        });
        Self {
            start,
            steps: steps.collect(),
        }
    }

    /// Follows the script. No other thread changes the variable, so each call must do exactly what
    /// the reference says.
    fn run(&self, case: &Call, place: Place<'_>, rounds: u32) -> Result<(), String> {
        let mut operands = vec![0; self.steps[0].operands.len()];
        for _ in 0..rounds {
            let mut memory = self.start;
            // A store to a neighbour must not get lost, either.
            place.set(bits(case.ty), memory);
            for step in &self.steps {
                operands.copy_from_slice(&step.operands);
                let result = (case.run)(place, &mut operands);
                let found = place.get(bits(case.ty));
                if (found, result) != (step.memory, step.result) || operands != step.after {
                    return Err(format!(
                        "on {memory} with {:?}: {:?}, not {:?}",
                        step.operands,
                        (found, result, &operands),
                        (step.memory, step.result, &step.after),
                    ));
                }
                memory = step.memory;
            }
        }
        Ok(())
    }
}

#[test]
fn neighbours_do_not_disturb_each_other() {
    let rounds = scale(ROUNDS);
    let mut rng = Rng::with_seed(1);
    let mut disturbed = Vec::new();
    let mut kinds = 0;
    for case in CALLS
        .iter()
        .filter(|c| is_for_threads(c) && bits(c.ty) < WORD)
    {
        let form = &FORMS[case.base];
        let bits = bits(case.ty);
        let lanes = (WORD / bits) as usize;
        let scripts: Vec<Script> = (0..lanes)
            .map(|_| Script::new(form, case.ty, &mut rng))
            .collect();
        let word = Variable::default();
        let together = Barrier::new(lanes);
        let run = |lane: usize| {
            // All threads start together, so that none finishes before the others begin.
            together.wait();
            scripts[lane].run(case, word.place(bits, lane), rounds)
        };
        let told: Vec<String> = thread::scope(|scope| {
            let threads: Vec<_> = (0..lanes).map(|l| scope.spawn(move || run(l))).collect();
            let ended = threads.into_iter().map(|t| t.join());
            ended
                .filter_map(|end| end.expect("no thread panics").err())
                .collect()
        });
        if let Some(first) = told.first() {
            disturbed.push(format!(
                "{:?} {} on {}, {first}",
                case.layer, case.name, case.ty
            ));
        }
        kinds += 1;
    }
    println!("{kinds} kinds of call were made on variables that share a word");
    assert!(kinds > 100, "only {kinds} kinds of call are on small types");
    let count = disturbed.len();
    disturbed.truncate(10);
    assert!(
        disturbed.is_empty(),
        "{count} kinds of call were disturbed, among them (variable, result, operands after):\n{}",
        disturbed.join("\n")
    );
}
