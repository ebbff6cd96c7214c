//! Checks that no change gets lost when several threads use one variable.

use std::thread;

use atomics_differential::{CALLS, Variable};
use atomics_spec::expr::{Binary, Expr};
use atomics_spec::{FormOf, interp};

use super::{FORMS, bits, is_for_threads, scale};

/// How many threads use one variable.
const THREADS: u32 = 4;
/// How many calls each of them makes.
const TIMES: u32 = 2_000;

/// Additions add up, no matter how the threads interleave. A loop that does not try again when
/// another thread was faster would lose an addition.
#[test]
fn nothing_is_lost_between_threads() {
    let times = scale(TIMES);
    let mut hammered = 0;
    for case in CALLS
        .iter()
        .filter(|c| is_for_threads(c) && c.ty != "bool" && !c.ty.starts_with('*'))
    {
        let form = &FORMS[case.base];
        let Some(new) = &form.meaning.new else {
            continue;
        };
        if !is_sum(new, form.op.variable()) {
            continue;
        }
        let bits = bits(case.ty);
        let least = i64::MIN >> (64 - bits);
        let operands: Vec<i64> = [1, least][..form.op.operands().count()].to_vec();
        // A start value from which all calls succeed. Otherwise, the number that do would depend on
        // the order.
        let end = |start: i64| {
            (0..THREADS * times).try_fold(start, |value, _| {
                let outcome = interp::run(form, bits, value, &operands);
                outcome.stored.then_some(outcome.memory)
            })
        };
        let starts = [3, -100, 20_000].into_iter();
        let Some((start, expected)) = starts.filter_map(|s| Some((s, end(s)?))).next() else {
            continue;
        };
        hammered += 1;
        let mut shared = Variable::new(bits, start);
        let place = shared.place(bits, 0);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let mut own = operands.clone();
                    for _ in 0..times {
                        own.copy_from_slice(&operands);
                        (case.run)(place, &mut own);
                    }
                });
            }
        });
        assert_eq!(
            shared.get(bits),
            expected,
            "{:?} {} on {}",
            case.layer,
            case.name,
            case.ty
        );
    }
    println!("{hammered} kinds of call were made by {THREADS} threads");
    assert!(hammered > 100, "only {hammered} kinds of call add up");
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

/// Each thread sets, clears or flips a bit of its own, and no change gets lost.
#[test]
fn bits_are_not_lost_between_threads() {
    let times = scale(TIMES);
    let mut hammered = 0;
    for case in CALLS
        .iter()
        .filter(|c| is_for_threads(c) && !c.ty.starts_with('*'))
    {
        let form = &FORMS[case.base];
        if form.class.name != "bitwise" {
            continue;
        }
        // What one call makes of the thread's own bit, and of the other bits.
        let own =
            |set: bool| interp::run(form, 32, i64::from(set), &[find_mask(form, 0)]).memory & 1;
        let kept = interp::run(form, 32, 0b1010, &[find_mask(form, 0)]).memory & 0b1110;
        if kept != 0b1010 {
            continue;
        }
        hammered += 1;
        let bits = bits(case.ty);
        let start = 0x5555_5555_5555_5555_i64 << (64 - bits) >> (64 - bits);
        let mut shared = Variable::new(bits, start);
        let place = shared.place(bits, 0);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let mask = find_mask(form, thread);
                scope.spawn(move || {
                    for _ in 0..times {
                        (case.run)(place, &mut [mask]);
                    }
                });
            }
        });
        let expected = (0..THREADS).fold(start, |all, at| {
            let end = (0..times).fold(start >> at & 1, |bit, _| own(bit != 0));
            all & !(1 << at) | end << at
        });
        assert_eq!(
            shared.get(bits),
            expected,
            "{:?} {} on {}",
            case.layer,
            case.name,
            case.ty
        );
    }
    println!("{hammered} kinds of call changed bits from {THREADS} threads");
    assert!(hammered > 50, "only {hammered} kinds of call change bits");
}

/// The operand with which an operation changes only one bit: that bit alone, or all bits but that.
fn find_mask(form: &FormOf<'_>, thread: u32) -> i64 {
    let bit = 1_i64 << thread;
    let others = interp::run(form, 32, 0b1010, &[1]).memory & 0b1110;
    if others == 0b1010 { bit } else { !bit }
}
