//! Checks that no change gets lost when several threads use one variable.

use std::thread;

use atomics_differential::counts::{THREADS, TIMES};
use atomics_differential::{Variable, cases};

use super::{is_for_threads, scale};

/// Additions add up, no matter how the threads interleave. A loop that does not try again when
/// another thread was faster would lose an addition.
#[test]
fn nothing_is_lost_between_threads() {
    let times = scale(TIMES);
    let mut hammered = 0;
    for (call, sum, _) in cases::threads().filter(|(call, ..)| is_for_threads(call)) {
        let Some(sum) = sum else { continue };
        hammered += 1;
        let mut shared = Variable::new(call.bits, sum.start);
        let place = shared.place(call.bits, 0);
        let operands = &sum.operands;
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(move || {
                    let mut own = operands.clone();
                    for _ in 0..times {
                        own.copy_from_slice(operands);
                        (call.run)(place, &mut own);
                    }
                });
            }
        });
        let added = sum.step.wrapping_mul(i64::from(THREADS * times));
        let unused = 64 - call.bits;
        assert_eq!(
            shared.get(call.bits),
            sum.start.wrapping_add(added) << unused >> unused,
            "{:?} {} on {}",
            call.layer,
            call.name,
            call.ty
        );
    }
    println!("{hammered} kinds of call were made by {THREADS} threads");
    assert!(hammered > 100, "only {hammered} kinds of call add up");
}

/// Each thread sets, clears or flips a bit of its own, and no change gets lost.
#[test]
fn bits_are_not_lost_between_threads() {
    let times = scale(TIMES);
    let mut hammered = 0;
    for (call, _, own) in cases::threads().filter(|(call, ..)| is_for_threads(call)) {
        let Some(own) = own else { continue };
        hammered += 1;
        let unused = 64 - call.bits;
        let start = 0x5555_5555_5555_5555_i64 << unused >> unused;
        let mut shared = Variable::new(call.bits, start);
        let place = shared.place(call.bits, 0);
        thread::scope(|scope| {
            for mask in own.masks {
                scope.spawn(move || {
                    for _ in 0..times {
                        (call.run)(place, &mut [mask]);
                    }
                });
            }
        });
        let expected = (0..THREADS).fold(start, |all, at| {
            let next = |bit: i64| own.next[usize::from(bit != 0)];
            let end = (0..times).fold(start >> at & 1, |bit, _| next(bit));
            all & !(1 << at) | end << at
        });
        assert_eq!(
            shared.get(call.bits),
            expected,
            "{:?} {} on {}",
            call.layer,
            call.name,
            call.ty
        );
    }
    println!("{hammered} kinds of call changed bits from {THREADS} threads");
    assert!(hammered > 50, "only {hammered} kinds of call change bits");
}
