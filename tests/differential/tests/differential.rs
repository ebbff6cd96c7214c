//! Checks that every call of every layer does what the reference interpreter of `semantics.tbl`
//! says: alone, while other threads use the same variable or its neighbours, and when a signal
//! interrupts it.
//!
//! The tests cover the backend and the architecture that they are built for. `--features c-helpers`
//! selects the C backend, and `cargo xtask cross` tests other architectures.

use atomics_differential::cases::{self, Case, Effect};
use atomics_differential::counts::RANDOM;
use atomics_differential::{CALLS, Call, Layer, Variable};

#[path = "differential/interrupts.rs"]
mod interrupts;
#[path = "differential/neighbours.rs"]
mod neighbours;
#[path = "differential/threads.rs"]
mod threads;

/// Scales down a number of repetitions for a slow CPU. `LKMM_TEST_SLOWNESS` says how many times
/// slower than this machine's CPU an emulated one is. A tenth of the repetitions always remains,
/// which is enough for the tests to find faults.
fn scale(full: u32) -> u32 {
    (full / slowness().clamp(1, 10)).max(1)
}

/// How many times slower than this machine's CPU the tests run.
fn slowness() -> u32 {
    read_number("LKMM_TEST_SLOWNESS", 1)
}

/// Whether the tests with threads make this call. On a slow CPU, they only call the functions with
/// C's names, because all other layers end up in those functions.
fn is_for_threads(call: &Call) -> bool {
    slowness() == 1 || call.layer == Layer::Raw
}

/// Reads a number from an environment variable, or returns `default` if the variable is not set.
fn read_number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is {text:?}, which is not a number"))
    })
}

/// Makes a call on a new variable, and compares its effect with the reference.
fn compare(call: &Call, case: &Case) {
    let mut operands = case.operands.clone();
    let mut x = Variable::new(call.bits, case.memory);
    let result = (call.run)(x.place(call.bits, 0), &mut operands);
    let memory = x.get(call.bits);
    let found = Effect {
        memory,
        result,
        operands,
    };
    assert_eq!(
        found, case.effect,
        "{:?} {} on {} that holds {}, with {:?}",
        call.layer, call.name, call.ty, case.memory, case.operands,
    );
}

#[test]
fn every_call_agrees_with_the_reference() {
    let mut count = 0_usize;
    for (call, cases) in cases::alone(scale(RANDOM) as usize) {
        assert!(!cases.edges.is_empty() && !cases.random.is_empty());
        for case in cases.edges.iter().chain(&cases.random) {
            compare(call, case);
            count += 1;
        }
    }
    println!(
        "{} calls agree with the reference in {count} cases",
        CALLS.len()
    );
}

#[test]
fn calls_with_constant_operands_agree_with_the_reference() {
    for (call, cases) in cases::constant() {
        assert!(!cases.is_empty());
        cases.iter().for_each(|case| compare(call, case));
    }
}
