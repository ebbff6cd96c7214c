//! Runs the functions, and says how long they take.
//!
//! It reads requests from its input, a line each, and answers each with a line, so that several such
//! programs, with different implementations, can take turns:
//!
//! - `list`: the answer is the names of all functions, each with a colon and `word`, `wide` or `world`.
//! - `check NAME`: does it a few times. The answer is a number that depends on all results and on all
//!   variables.
//! - `time NAME COUNT`: does it COUNT times. The answer is the time in nanoseconds.
//! - `word NAME COUNT`: the same in two threads at once, on one variable.
//! - `line NAME COUNT`: the same on two variables of one cache line.
//! - `once`: does everything once, for a program that counts instructions.
//!
//! Without input it ends.

use std::hint::black_box;
use std::io::{self, BufRead as _, Write as _};
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use atomics_bench_functions::{Function, Place, World, functions};

/// How often `check` does a function.
const CHECKED: usize = 25;

fn main() -> Result<(), String> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let answer = answer(&line)?;
        let told = writeln!(out, "{answer}").and_then(|()| out.flush());
        told.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The answer to a request.
fn answer(line: &str) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let known = |name: &str| {
        let found = functions().find(|function| function.name == name);
        found.ok_or_else(|| format!("there is no function `{name}`"))
    };
    let number = |text: &str| text.parse::<usize>().map_err(|error| error.to_string());
    let answer = match words[..] {
        ["list"] => return Ok(list()),
        ["once"] => once(),
        ["check", name] => check(known(name)?),
        ["time", name, count] => time(known(name)?, number(count)?),
        ["word", name, count] => {
            let function = known(name)?;
            time_two(function, number(count)?, function.repeat)
        }
        ["line", name, count] => {
            let function = known(name)?;
            time_two(function, number(count)?, function.repeat_beside)
        }
        _ => return Err(format!("there is no request `{line}`")),
    };
    Ok(answer.to_string())
}

/// The names of the functions.
fn list() -> String {
    let names = functions().map(|function| {
        let place = match function.place {
            Place::Word => "word",
            Place::Wide => "wide",
            Place::World => "world",
        };
        format!("{}:{place} ", function.name)
    });
    names.collect()
}

/// A world in which a function can start.
fn world_for(function: &Function) -> World {
    let world = World::new();
    start(function, &world);
    world
}

/// Sets the variables of an operation to where it starts.
fn start(function: &Function, world: &World) {
    // SAFETY: Both are in the world and have the type of the pointer; no other thread runs.
    unsafe {
        match function.place {
            Place::Word => {
                for word in [&raw const world.word, &raw const world.neighbour] {
                    word.cast::<i32>().cast_mut().write_volatile(function.start);
                }
            }
            Place::Wide => {
                for wide in [&raw const world.wide, &raw const world.wide_neighbour] {
                    let start = i64::from(function.start);
                    wide.cast::<i64>().cast_mut().write_volatile(start);
                }
            }
            Place::World => {}
        }
    }
}

/// The results and the variables, as one number.
fn check(function: &Function) -> i64 {
    let world = world_for(function);
    let mut sum = (function.once)(&world);
    sum = sum
        .wrapping_mul(31)
        .wrapping_add((function.repeat)(&world, CHECKED));
    let words = (&raw const world).cast::<i32>();
    for index in 0..used() / size_of::<i32>() {
        // SAFETY: The structure has so many words, with nothing between its fields, and no other
        // thread writes them.
        let word = unsafe { words.add(index).read_volatile() };
        sum = sum.wrapping_mul(31).wrapping_add(i64::from(word));
    }
    sum
}

/// The size of the structure without what aligns its end.
fn used() -> usize {
    std::mem::offset_of!(World, array) + 64 * size_of::<i32>()
}

/// Does every function once.
fn once() -> i64 {
    let mut sum = 0_i64;
    for function in functions() {
        let world = world_for(function);
        sum = sum.wrapping_add((function.once)(black_box(&world)));
    }
    sum
}

/// The time that `count` calls take in one thread.
fn time(function: &Function, count: usize) -> i64 {
    let world = world_for(function);
    let begin = Instant::now();
    black_box((function.repeat)(black_box(&world), count));
    nanoseconds(begin)
}

/// The time that `count` calls take in each of two threads at once, of which the second does `other`.
fn time_two(function: &Function, count: usize, other: fn(&World, usize) -> i64) -> i64 {
    let world = &world_for(function);
    let barrier = &Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(move || {
            barrier.wait();
            black_box(other(black_box(world), count));
            barrier.wait();
        });
        barrier.wait();
        let begin = Instant::now();
        black_box((function.repeat)(black_box(world), count));
        barrier.wait();
        nanoseconds(begin)
    })
}

fn nanoseconds(begin: Instant) -> i64 {
    i64::try_from(begin.elapsed().as_nanos()).unwrap_or(i64::MAX)
}
