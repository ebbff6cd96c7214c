//! Runs litmus tests on this machine. This file is compiled into a program of its own, with a table
//! of tests.
//!
//! A test runs in batches. A batch has an instance of the test's variables for each of its turns.
//! Every thread takes the turns in the same order, so that all threads access the same variables at
//! about the same time. The timing differs from batch to batch: the threads wait for each other
//! before every turn (if there is a CPU for each thread) or only at the beginning; each thread
//! waits for a random time before every turn or not; and the threads run on different CPUs.

use std::cell::UnsafeCell;
use std::collections::BTreeMap;
use std::hint;
use std::io::{self, Write};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The number of turns in a batch.
const TURNS: usize = 512;

/// A shared variable, in cache lines of its own.
#[repr(C, align(128))]
pub struct Cell(UnsafeCell<[u64; 16]>);

// SAFETY: Threads access it with atomic operations only; all other accesses happen while no thread
// runs.
unsafe impl Sync for Cell {}

impl Cell {
    /// The address of the variable.
    pub fn get<T>(&self) -> *mut T {
        self.0.get().cast()
    }
}

/// The type of a variable.
#[derive(Clone, Copy, Debug)]
pub enum CellType {
    /// 32 bits.
    Int,
    /// 64 bits.
    Long,
    /// An address.
    Pointer,
}

/// The initial value of a variable.
#[derive(Clone, Copy, Debug)]
pub enum Init {
    /// A number.
    Number(i64),
    /// The address of a variable, by its index.
    Address(usize),
}

/// A thread of a test. It takes the variables, and a pointer to the slots for its observed values.
pub type Thread = unsafe fn(&[Cell], *mut i64);

/// A test, as an entry of the table.
pub struct Entry {
    /// The variables.
    pub variables: &'static [(CellType, Init)],
    /// The threads, each with a flag per observed value: whether the value is an address.
    pub threads: &'static [(Thread, &'static [bool])],
}

/// A xorshift random number generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap_or_default()
    }
}

/// A barrier at which the threads of a batch wait for each other.
struct Barrier(AtomicUsize);

impl Barrier {
    /// Waits until this has been called `count` times in total.
    fn wait(&self, count: usize) {
        self.0.fetch_add(1, Ordering::SeqCst);
        let mut spins = 0_u32;
        while self.0.load(Ordering::SeqCst) < count {
            hint::spin_loop();
            spins += 1;
            // There may be more threads than CPUs.
            if spins % 1024 == 0 {
                thread::yield_now();
            }
        }
    }
}

fn delay(turns: usize) {
    for _ in 0..turns {
        hint::spin_loop();
    }
}

/// The observed values of a batch: for each thread, the values of each turn.
struct Slots(Vec<UnsafeCell<i64>>);

// SAFETY: Each thread writes only its own part, and the parts are read after all threads have
// ended.
unsafe impl Sync for Slots {}

/// The variables of a batch: all variables of the first turn, then all of the next one, and so on.
fn cells(test: &Entry) -> Vec<Cell> {
    let count = test.variables.len();
    let zero = |_| Cell(UnsafeCell::new([0; 16]));
    let cells: Vec<Cell> = (0..TURNS * count).map(zero).collect();
    for turn in cells.chunks(count.max(1)) {
        for (cell, (kind, init)) in turn.iter().zip(test.variables) {
            let value = match init {
                Init::Number(number) => *number,
                Init::Address(index) => turn[*index].get::<u8>() as i64,
            };
            // SAFETY: The cell is large enough and aligned, and no thread runs.
            unsafe {
                match kind {
                    CellType::Int => cell.get::<i32>().write(value as i32),
                    CellType::Long => cell.get::<i64>().write(value),
                    CellType::Pointer => cell.get::<usize>().write(value as usize),
                }
            }
        }
    }
    cells
}

/// Runs a batch and counts its outcomes.
fn batch(
    test: &Entry,
    number: usize,
    allowed: &[usize],
    random: &mut Random,
    counts: &mut BTreeMap<String, u64>,
) {
    let variables = test.variables.len();
    let cells = cells(test);
    let width: usize = test
        .threads
        .iter()
        .map(|(_, observed)| observed.len())
        .sum();
    let slots = Slots((0..width * TURNS).map(|_| UnsafeCell::new(0)).collect());
    let barrier = Barrier(AtomicUsize::new(0));
    let cpus = allowed.len().max(1);
    let shift = random.below(cpus);
    let threads = test.threads.len();
    let together = number % 4 < 2 && threads <= cpus;
    let jitter = number % 2 == 0;
    let longest = [4, 16, 64, 512][number / 4 % 4];
    thread::scope(|scope| {
        let (cells, slots, barrier) = (&cells, &slots, &barrier);
        let mut first = 0;
        for (index, (run, observed)) in test.threads.iter().enumerate() {
            let mut random = Random(random.next() | 1);
            let offset = first;
            first += observed.len() * TURNS;
            let turns = move || {
                if let Some(cpu) = allowed.get((index + shift) % cpus) {
                    pin(*cpu);
                }
                barrier.wait(threads);
                for turn in 0..TURNS {
                    if together {
                        barrier.wait(threads * (turn + 2));
                    }
                    if jitter {
                        delay(random.below(longest));
                    }
                    let mine = &cells[turn * variables..(turn + 1) * variables];
                    let at = offset + turn * observed.len();
                    let out = slots.0[at..].as_ptr().cast_mut().cast::<i64>();
                    // SAFETY: `mine` has the variables that the function expects, and the slots
                    // from `out` on have room for all its observed values.
                    unsafe { run(mine, out) };
                }
            };
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, turns) {
                // The threads that have started would wait for this one forever.
                let what = "threads, but one cannot be started";
                let _ = writeln!(io::stderr(), "a test needs {threads} {what}: {error}");
                process::exit(1);
            }
        }
    });
    for turn in 0..TURNS {
        let mine = &cells[turn * variables..(turn + 1) * variables];
        let mut words = Vec::new();
        let mut first = 0;
        for (_, observed) in test.threads {
            for (index, is_address) in observed.iter().enumerate() {
                let at = first + turn * observed.len() + index;
                // SAFETY: All threads have ended.
                let value = unsafe { *slots.0[at].get() };
                words.push(word(value, *is_address, mine));
            }
            first += observed.len() * TURNS;
        }
        for (cell, (kind, _)) in mine.iter().zip(test.variables) {
            // SAFETY: The cell has a value of that kind, and all threads have ended.
            let value = unsafe {
                match kind {
                    CellType::Int => cell.get::<i32>().read().into(),
                    CellType::Long => cell.get::<i64>().read(),
                    CellType::Pointer => cell.get::<usize>().read() as i64,
                }
            };
            words.push(word(value, matches!(kind, CellType::Pointer), mine));
        }
        *counts.entry(words.join(" ")).or_default() += 1;
    }
}

/// A value as text. An address is `&` and the index of the variable.
fn word(value: i64, is_address: bool, cells: &[Cell]) -> String {
    let index = cells
        .iter()
        .position(|cell| cell.get::<u8>() as i64 == value);
    match index {
        Some(index) if is_address => format!("&{index}"),
        _ => value.to_string(),
    }
}

/// The CPUs that this program may run on; empty if that is not known.
fn allowed_cpus() -> Vec<usize> {
    unsafe extern "C" {
        fn sched_getaffinity(pid: i32, size: usize, mask: *mut u64) -> i32;
    }
    let mut mask = [0_u64; 16];
    // SAFETY: The size is that of the mask, and 0 is the calling thread.
    if unsafe { sched_getaffinity(0, size_of_val(&mask), mask.as_mut_ptr()) } < 0 {
        return Vec::new();
    }
    let is_set = |cpu: &usize| mask[cpu / 64] & (1 << (cpu % 64)) != 0;
    (0..mask.len() * 64).filter(is_set).collect()
}

/// Pins this thread to one CPU. If that fails, the thread may run on any CPU.
fn pin(cpu: usize) {
    unsafe extern "C" {
        fn sched_setaffinity(pid: i32, size: usize, mask: *const u64) -> i32;
    }
    let mut mask = [0_u64; 16];
    if let Some(word) = mask.get_mut(cpu / 64) {
        *word = 1 << (cpu % 64);
        // SAFETY: The size is that of the mask, and 0 is the calling thread.
        unsafe { sched_setaffinity(0, size_of_val(&mask), mask.as_ptr()) };
    }
}

/// Runs the tests and prints a line for every outcome: the number of the test, the count, and the
/// values. The first argument of the program is the least number of times that each test runs.
pub fn main(tests: &[Entry]) {
    let wanted = std::env::args()
        .nth(1)
        .and_then(|text| text.parse::<usize>().ok());
    let batches = wanted.unwrap_or(100_000).div_ceil(TURNS).max(1);
    let allowed = allowed_cpus();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for (index, test) in tests.iter().enumerate() {
        let mut counts = BTreeMap::new();
        for number in 0..batches {
            batch(test, number, &allowed, &mut random, &mut counts);
        }
        let mut out = io::stdout().lock();
        for (values, count) in counts {
            // The reader may have closed the pipe.
            let _ = writeln!(out, "{index} {count} {values}");
        }
        let _ = out.flush();
    }
}
