//! Checks that threads do not disturb each other when each uses a small variable of its own in a
//! word that they share.
//!
//! Where an architecture has no instructions for one or two bytes, an operation on them writes the
//! whole word around them. It must not overwrite a neighbour with an outdated value.

use std::sync::Barrier;
use std::thread;

use atomics_differential::cases::{self, Case};
use atomics_differential::{Call, Place, Variable};

use super::{is_for_threads, scale};

/// How often each thread repeats its calls, each time from the start value.
const ROUNDS: u32 = 40;

/// Makes the calls of a round, again and again. No other thread changes the variable, so each call
/// must do exactly what the reference says.
fn run(call: &Call, round: &[Case], place: Place<'_>, rounds: u32) -> Result<(), String> {
    let mut operands = vec![0; call.operands];
    for _ in 0..rounds {
        // A store to a neighbour must not get lost, either.
        place.set(call.bits, round[0].memory);
        for case in round {
            operands.copy_from_slice(&case.operands);
            let result = (call.run)(place, &mut operands);
            let memory = place.get(call.bits);
            let effect = &case.effect;
            if (memory, result, &operands) != (effect.memory, effect.result, &effect.operands) {
                return Err(format!(
                    "on {} with {:?}: {:?}, not {effect:?}",
                    case.memory,
                    case.operands,
                    (memory, result, &operands),
                ));
            }
        }
    }
    Ok(())
}

#[test]
fn neighbours_do_not_disturb_each_other() {
    let rounds = scale(ROUNDS);
    let mut disturbed = Vec::new();
    let mut kinds = 0;
    for (call, scripts) in cases::neighbours().filter(|(call, _)| is_for_threads(call)) {
        let word = Variable::default();
        let together = Barrier::new(scripts.len());
        let run = |lane: usize| {
            // All threads start together, so that none finishes before the others begin.
            together.wait();
            run(call, &scripts[lane], word.place(call.bits, lane), rounds)
        };
        let told: Vec<String> = thread::scope(|scope| {
            let lanes = 0..scripts.len();
            let threads: Vec<_> = lanes.map(|l| scope.spawn(move || run(l))).collect();
            let ended = threads.into_iter().map(|t| t.join());
            ended
                .filter_map(|end| end.expect("no thread panics").err())
                .collect()
        });
        if let Some(first) = told.first() {
            disturbed.push(format!(
                "{:?} {} on {}, {first}",
                call.layer, call.name, call.ty
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
