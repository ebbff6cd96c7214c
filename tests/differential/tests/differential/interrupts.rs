//! Interrupts calls with a signal handler that changes the variable.
//!
//! Because a call is atomic, the handler must appear to run either before or after it. A loop
//! around a load-linked and store-conditional pair, or around a compare-and-exchange, must notice
//! that the variable has changed, and try again. By default, an emulator delivers signals only
//! between blocks of instructions, and thus never within such a loop; `cargo xtask cross` has it
//! deliver them after every instruction.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};
use std::{mem, ptr};

use atomics_differential::cases::{self, Case, Effect};
use atomics_differential::{Call, Place, Variable};

use super::read_number;

/// How often to interrupt each kind of call, unless `LKMM_TEST_INTERRUPTS` says otherwise. Most
/// interrupts arrive before or after the few instructions that must notice them.
const INTERRUPTS: u32 = 10;
/// How long to wait for enough interrupts of one kind of call before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The variable that the handler changes, and its width in bits below.
static VARIABLE: AtomicPtr<Variable> = AtomicPtr::new(ptr::null_mut());
static BITS: AtomicU32 = AtomicU32::new(0);
/// Whether a call is being made. At all other times, the handler changes nothing.
static CALLING: AtomicBool = AtomicBool::new(false);
/// How often the handler has changed the variable during the call.
static CHANGES: AtomicU32 = AtomicU32::new(0);
/// The timer that sends the signal.
static TIMER: AtomicPtr<libc::c_void> = AtomicPtr::new(ptr::null_mut());
/// How often the timer has been started. The next delay is derived from it.
static STARTS: AtomicU32 = AtomicU32::new(0);

/// If a call is being made, flips the lowest bit of the variable, so that any value that the call
/// has read is outdated.
extern "C" fn handler(_: libc::c_int) {
    if CALLING.load(SeqCst) {
        // SAFETY: It points to a variable for as long as a call is being made.
        let variable = unsafe { &*VARIABLE.load(SeqCst) };
        let bits = BITS.load(SeqCst);
        variable.place(bits, 0).flip(bits);
        CHANGES.fetch_add(1, SeqCst);
    }
    start_timer();
}

/// Starts the timer for the next signal, with a short delay that varies from one signal to the
/// next. An interval timer would not do: where handling a signal takes longer than the interval,
/// the program would do nothing else.
fn start_timer() {
    let scattered = STARTS.fetch_add(1, SeqCst).wrapping_mul(0x9e37_79b9) >> 16;
    // SAFETY: All zeros are a valid `itimerspec`: no time, no interval.
    let mut time: libc::itimerspec = unsafe { mem::zeroed() };
    time.it_value.tv_nsec = 20_000 + libc::c_long::from(scattered as u16);
    // SAFETY: The pointer is valid. If the timer is deleted already, the call only returns an
    // error.
    unsafe { libc::timer_settime(TIMER.load(SeqCst), 0, &time, ptr::null_mut()) };
}

/// A guard: while it lives, the thread that made it gets signals.
struct Interrupts;

impl Interrupts {
    /// Installs the handler, and starts the timer for the first signal.
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
        // SAFETY: `gettid()` is always safe to call.
        event.sigev_notify_thread_id = unsafe { libc::gettid() };
        let mut timer: libc::timer_t = ptr::null_mut();
        // SAFETY: Both pointers are valid.
        let done = unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer) };
        assert_eq!(done, 0, "no timer");
        TIMER.store(timer, SeqCst);
        start_timer();
        Self
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        CALLING.store(false, SeqCst);
        // SAFETY: The timer exists. The handler of a signal that is still pending sees no call, and
        // fails to start the timer, which does no harm.
        unsafe { libc::timer_delete(TIMER.load(SeqCst)) };
    }
}

/// A call's input, and the effects that it may have: without an interrupt, and with the handler
/// running before it, after it, or both.
struct Sample {
    input: Case,
    before: Effect,
    after: Effect,
    between: Effect,
}

impl Sample {
    /// Makes a sample of a case, and of the same one with the lowest bit of the variable flipped.
    fn new([input, flipped]: [Case; 2]) -> Self {
        let flip = |effect: &Effect| Effect {
            memory: effect.memory ^ 1,
            ..effect.clone()
        };
        Self {
            after: flip(&input.effect),
            between: flip(&flipped.effect),
            before: flipped.effect,
            input,
        }
    }

    /// Makes the call, checks its effect, and returns whether it was interrupted.
    fn run(&self, call: &Call, place: Place<'_>, operands: &mut [i64]) -> bool {
        let Case {
            memory: old,
            operands: given,
            effect: alone,
            ..
        } = &self.input;
        place.set(call.bits, *old);
        operands.copy_from_slice(given);
        CHANGES.store(0, SeqCst);
        CALLING.store(true, SeqCst);
        let result = (call.run)(place, operands);
        CALLING.store(false, SeqCst);
        let changes = CHANGES.load(SeqCst);
        let memory = place.get(call.bits);
        let is = |e: &Effect| (e.memory, e.result, &*e.operands) == (memory, result, &*operands);
        // Two changes cancel each other out. With several, the call may fall between any two.
        let right = match changes {
            0 => is(alone),
            n if n % 2 == 1 => is(&self.before) || is(&self.after),
            _ => is(alone) || is(&self.between),
        };
        assert!(
            right,
            "{} on {} that holds {old}, with {given:?}, interrupted {changes} times: variable, \
             result, operands after are {:?}, and not {alone:?}, or with an interrupt {:?} or {:?}",
            call.name,
            call.ty,
            (memory, result, operands),
            self.before,
            self.after,
        );
        changes > 0
    }
}

/// Makes only the calls with C's names, because all other layers end up in those functions.
#[test]
fn interrupted_calls_are_atomic() {
    let wanted = read_number("LKMM_TEST_INTERRUPTS", INTERRUPTS);
    let _interrupts = Interrupts::new();
    let (mut kinds, mut tried, mut interrupts) = (0, 0, 0);
    for (call, cases) in cases::interrupted() {
        let samples: Vec<_> = cases.into_iter().map(Sample::new).collect();
        let mut operands = vec![0; call.operands];
        let variable = Variable::default();
        // Only the handler uses the pointer, and it makes a shared reference of it as well.
        VARIABLE.store(ptr::from_ref(&variable).cast_mut(), SeqCst);
        BITS.store(call.bits, SeqCst);
        let place = variable.place(call.bits, 0);
        let start = Instant::now();
        let mut seen = 0;
        while seen < wanted {
            for sample in &samples {
                seen += u32::from(sample.run(call, place, &mut operands));
            }
            tried += samples.len();
            // Once per round, because reading the clock takes as long as many calls.
            assert!(
                start.elapsed() < PATIENCE,
                "{} was interrupted only {seen} times",
                call.name
            );
        }
        kinds += 1;
        interrupts += seen;
    }
    println!("{kinds} kinds of call were interrupted {interrupts} times in {tried} calls");
    assert!(kinds > 0, "there are no calls");
}
