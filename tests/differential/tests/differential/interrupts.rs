//! Calls that are interrupted by a signal handler that changes the variable.
//!
//! A call is atomic, so it looks as if the handler had come before or after it. A loop of a
//! load-linked and a store-conditional, or of a compare-and-exchange, finds the variable changed
//! and must try again. `cargo xtask cross` has the emulator look for signals after each
//! instruction, without which it does so between blocks only, and never within such a loop.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};
use std::{mem, ptr};

use atomics_differential::{CALLS, Call, Layer, Place, Variable};
use atomics_spec::FormOf;
use fastrand::Rng;

use super::{Effect, FORMS, bits, edges, expect, number, random};

/// How often each kind of call is to be interrupted, unless `LKMM_TEST_INTERRUPTS` says otherwise.
/// Most interrupts come before or after the few instructions that must notice them.
const INTERRUPTS: u32 = 10;
/// How many values and operands each kind of call is tried with, in turn.
const CASES: usize = 10;
/// After how long without enough interrupts there is something wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// The variable that the handler changes, and its width.
static VARIABLE: AtomicPtr<Variable> = AtomicPtr::new(ptr::null_mut());
static BITS: AtomicU32 = AtomicU32::new(0);
/// Whether a call is being made; at all other times the handler changes nothing.
static CALLING: AtomicBool = AtomicBool::new(false);
/// How often the handler has changed the variable during the call.
static CHANGES: AtomicU32 = AtomicU32::new(0);
/// The timer that sends the signal.
static TIMER: AtomicPtr<libc::c_void> = AtomicPtr::new(ptr::null_mut());
/// How often it has been started, from which follows how long it takes.
static STARTS: AtomicU32 = AtomicU32::new(0);

/// If a call is being made, flips the lowest bit of the variable, so that nothing that was read
/// from it before holds.
extern "C" fn handler(_: libc::c_int) {
    if CALLING.load(SeqCst) {
        // SAFETY: It points to a variable for as long as a call is being made.
        let variable = unsafe { &*VARIABLE.load(SeqCst) };
        let bits = BITS.load(SeqCst);
        variable.place(bits, 0).flip(bits);
        CHANGES.fetch_add(1, SeqCst);
    }
    start();
}

/// Has the next signal come soon, each time after another time. It is not sent at regular times,
/// because where handling it takes longer than that, nothing else would be done.
fn start() {
    let scattered = STARTS.fetch_add(1, SeqCst).wrapping_mul(0x9e37_79b9) >> 16;
    // SAFETY: All zeros are a valid `itimerspec`: no time, no interval.
    let mut time: libc::itimerspec = unsafe { mem::zeroed() };
    time.it_value.tv_nsec = 20_000 + libc::c_long::from(scattered as u16);
    // SAFETY: The pointer is valid. A timer that is deleted already is an error and no more.
    unsafe { libc::timer_settime(TIMER.load(SeqCst), 0, &time, ptr::null_mut()) };
}

/// Sends signals to the thread that made it for as long as it lives.
struct Interrupts;

impl Interrupts {
    /// Has the signal run the handler, and sends the first.
    fn new() -> Self {
        // SAFETY: All zeros are a valid `sigaction`: no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = handler as extern "C" fn(libc::c_int) as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: The handler uses atomic variables and starts a timer, which any handler may.
        let done = unsafe { libc::sigaction(libc::SIGUSR1, &action, ptr::null_mut()) };
        assert_eq!(done, 0, "no handler for SIGUSR1");
        // SAFETY: All zeros are a valid `sigevent`.
        let mut event: libc::sigevent = unsafe { mem::zeroed() };
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = libc::SIGUSR1;
        // SAFETY: It has no conditions.
        event.sigev_notify_thread_id = unsafe { libc::gettid() };
        let mut timer: libc::timer_t = ptr::null_mut();
        // SAFETY: Both pointers are valid.
        let done = unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer) };
        assert_eq!(done, 0, "no timer");
        TIMER.store(timer, SeqCst);
        start();
        Self
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        CALLING.store(false, SeqCst);
        // SAFETY: The timer is there. A signal that is on its way finds no call, and fails to start
        // the timer.
        unsafe { libc::timer_delete(TIMER.load(SeqCst)) };
    }
}

/// What may come of a call: without an interrupt, and with the handler before or after it, or
/// both.
struct Case {
    memory: i64,
    operands: Vec<i64>,
    alone: Effect,
    before: Effect,
    after: Effect,
    between: Effect,
}

impl Case {
    fn new(form: &FormOf<'_>, bits: u32, memory: i64, operands: Vec<i64>) -> Self {
        let of = |memory| expect(form, bits, memory, &operands).1;
        let alone = of(memory);
        let flipped = |e: &Effect| (e.0 ^ 1, e.1, e.2.clone());
        let before = of(memory ^ 1);
        Self {
            after: flipped(&alone),
            between: flipped(&before),
            memory,
            operands,
            alone,
            before,
        }
    }

    /// Makes the call, and returns whether it was interrupted.
    fn run(&self, case: &Call, place: Place<'_>, operands: &mut [i64]) -> bool {
        let bits = bits(case.ty);
        place.set(bits, self.memory);
        operands.copy_from_slice(&self.operands);
        CHANGES.store(0, SeqCst);
        CALLING.store(true, SeqCst);
        let result = (case.run)(place, operands);
        CALLING.store(false, SeqCst);
        let changes = CHANGES.load(SeqCst);
        let memory = place.get(bits);
        let is = |e: &Effect| (e.0, e.1, e.2.as_slice()) == (memory, result, &*operands);
        // Two changes cancel each other out; with several, the call may stand between any two.
        let right = match changes {
            0 => is(&self.alone),
            n if n % 2 == 1 => is(&self.before) || is(&self.after),
            _ => is(&self.alone) || is(&self.between),
        };
        assert!(
            right,
            "{} on {} that holds {}, with {:?}, interrupted {changes} times: variable, result, \
             operands after are {:?}, and not {:?}, or with an interrupt {:?} or {:?}",
            case.name,
            case.ty,
            self.memory,
            self.operands,
            (memory, result, operands),
            self.alone,
            self.before,
            self.after,
        );
        changes > 0
    }
}

/// What is tried with a kind of call: each edge, since conditions depend on them, and others.
fn cases(form: &FormOf<'_>, ty: &str, rng: &mut Rng) -> Vec<Case> {
    let edges = edges(ty);
    let value = |index: usize, rng: &mut Rng| match edges.get(index) {
        Some(edge) => *edge,
        None => random(ty, rng),
    };
    let mut case = |index: usize| {
        let memory = value(index, rng);
        // What is equal to the variable decides on compare-and-exchange.
        let operands = form.op.operands().map(|_| match rng.u32(..) % 3 {
            0 => memory,
            1 => memory ^ 1,
            _ => random(ty, rng),
        });
        Case::new(form, bits(ty), memory, operands.collect())
    };
    (0..CASES).map(&mut case).collect()
}

/// Only the calls of C's names: all other layers come to the same functions as they do.
#[test]
fn interrupted_calls_are_atomic() {
    let wanted = number("LKMM_TEST_INTERRUPTS", INTERRUPTS);
    let mut rng = Rng::with_seed(1);
    let _interrupts = Interrupts::new();
    let (mut kinds, mut tried, mut interrupts) = (0, 0, 0);
    for case in CALLS.iter().filter(|c| c.layer == Layer::Raw) {
        let form = &FORMS[case.base];
        let cases = cases(form, case.ty, &mut rng);
        let mut operands = vec![0; form.op.operands().count()];
        let variable = Variable::default();
        // Only for the handler, which has it as shared, too.
        VARIABLE.store(ptr::from_ref(&variable).cast_mut(), SeqCst);
        BITS.store(bits(case.ty), SeqCst);
        let place = variable.place(bits(case.ty), 0);
        let start = Instant::now();
        let mut seen = 0;
        while seen < wanted {
            for sample in &cases {
                seen += u32::from(sample.run(case, place, &mut operands));
            }
            tried += cases.len();
            // Rarely, since asking for the time takes as long as many calls.
            assert!(
                start.elapsed() < PATIENCE,
                "{} was interrupted {seen} times only",
                case.name
            );
        }
        kinds += 1;
        interrupts += seen;
    }
    println!("{kinds} kinds of call were interrupted {interrupts} times in {tried} calls");
    assert!(kinds > 0, "there are no calls");
}
