//! `litmus!` as a user writes it, with functions, structures and pointers.
//!
//! The kernel's memory model is asked where `LKMM_HERD7` and `LKMM_KERNEL_TREE` name a herd7 and a
//! tree.

use std::env;
use std::process::{Command, Output};

use atomics_core::barrier::{Full, smp_mb};
use atomics_core::{Acquire, Atomic, Relaxed, Release};
use atomics_litmus::{self as litmus, litmus};

litmus! {
    /// What is published before the flag is seen after it.
    fn publish_then_consume();
    shared { data: Atomic<i32> = 0, ready: Atomic<bool> = false }
    thread { data.store(1, Relaxed); ready.store(true, Release); }
    thread { let r0 = ready.load(Acquire); let r1 = data.load(Relaxed); }
    never (r0 && r1 == 0)
}

litmus! {
    /// It may be seen before.
    fn relaxed_publish();
    shared { data: Atomic<i32> = 0, ready: Atomic<bool> = false }
    thread { data.store(1, Relaxed); ready.store(true, Relaxed); }
    thread { let r0 = ready.load(Relaxed); let r1 = data.load(Relaxed); }
    sometimes (r0 && r1 == 0)
}

litmus! {
    fn one_of_both_takes_it();
    shared { lock: Atomic<i32> = 0 }
    thread { let r = lock.cmpxchg(0, 1, Full); }
    thread { let s = lock.cmpxchg(0, 2, Full); }
    always (r.is_ok() && s == Err(1) || r == Err(2) && s.is_ok())
}

litmus! {
    fn all_counts_count();
    shared { counter: Atomic<u64> = 0 }
    thread { counter.add(1_u64, Relaxed); }
    thread { counter.add(2_u64, Relaxed); }
    always (counter == 3)
}

litmus! {
    /// A dependent load sees what was written before the pointer was published.
    fn pointer();
    shared {
        old: Atomic<i32> = 1,
        new: Atomic<i32> = 0,
        at: Atomic<*const Atomic<i32>> = &old,
    }
    thread { new.store(1, Relaxed); at.store(new, Release); }
    thread {
        let seen = at.load(Relaxed);
        // SAFETY: It points to one of the variables of this test.
        let value = unsafe { (*seen).load(Relaxed) };
    }
    never (seen == &new && value == 0)
}

/// What a producer and a consumer share.
struct Slot {
    full: Atomic<u32>,
    value: Atomic<i32>,
}

#[litmus::model]
fn put(slot: &Slot, value: i32) -> bool {
    if slot.full.load(Acquire) != 0 {
        return false;
    }
    slot.value.store(value, Relaxed);
    slot.full.store(1, Release);
    true
}

#[litmus::model]
fn take(slot: &Slot) -> Option<i32> {
    if slot.full.load(Acquire) == 0 {
        None
    } else {
        let value = slot.value.load(Relaxed);
        slot.full.store(0, Release);
        Some(value)
    }
}

litmus! {
    fn a_slot_holds_what_was_put();
    shared { slot: Slot { full: Atomic<u32> = 0, value: Atomic<i32> = 0 } }
    thread { let ok = put(slot, 5); let _ = put(slot, 6); }
    thread { let taken = take(slot); }
    never (!ok || taken == Some(0) || taken == Some(6))
}

litmus! {
    fn waiting();
    unroll 2;
    shared { data: Atomic<i32> = 0, ready: Atomic<bool> = false }
    thread { data.store(1, Relaxed); smp_mb(Full); ready.store(true, Relaxed); }
    thread {
        while !ready.load(Acquire) {
            std::hint::spin_loop();
        }
        let seen = data.load(Relaxed);
    }
    always (seen == 1)
}

/// Runs one of the tests above without herd7.
fn without_herd7(value: &str) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "publish_then_consume"]);
    command.env("LKMM_HERD7", "/none").env("LKMM_LITMUS", value);
    command.output().unwrap()
}

#[test]
fn a_missing_herd7_is_told_of_in_one_line_or_is_a_failure() {
    let output = without_herd7("");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.contains("ran on this machine only, no model was asked"),
        "{told}"
    );
    for (value, message) in [
        ("require", "LKMM_LITMUS is `require`, but a tool is missing"),
        ("yes", "the one value that it can have is `require`"),
    ] {
        let output = without_herd7(value);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!output.status.success() && told.contains(message), "{told}");
    }
}

/// A claim that the kernel's memory model refutes, although nothing was seen against it.
#[test]
fn a_false_claim_is_found() {
    if env::var_os("LKMM_HERD7").is_none() || env::var_os("LKMM_KERNEL_TREE").is_none() {
        println!("skipped: LKMM_HERD7 and LKMM_KERNEL_TREE are not set");
        return;
    }
    let text = "fn t(); shared { x: Atomic<i32> = 0 } thread { x.store(1, Relaxed); } \
                thread { let r0 = x.load(Relaxed); } sometimes (r0 == 1)";
    let claims = [litmus::Verdict::Never, litmus::Verdict::Always];
    for claim in claims {
        let seen = litmus::user::Outcomes::new();
        let refuted = std::panic::catch_unwind(|| {
            litmus::user::conclude("t.rs:1", text, claim, &seen);
        });
        let panic = refuted.unwrap_err();
        let told = panic.downcast_ref::<String>().unwrap();
        let expected = format!("the claim is {claim}, but the LKMM says Sometimes");
        assert!(told.contains(&expected), "{told}");
    }
}
