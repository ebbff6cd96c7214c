//! The classical shapes of litmus tests.
//!
//! A shape is a cycle: in each thread, one or two accesses in program order, and from the last
//! access of a thread to the first of the next, and from the last thread to the first, a
//! communication on a variable of its own. The kinds of the two accesses say which: a write is
//! read (rf), a write is overwritten (co), or a read comes before a write (fr).

use crate::generate::rules::{Entry, Exit};

/// What an access does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AccessKind {
    R,
    W,
}

use AccessKind::{R, W};

/// The role of an access among the accesses to its variable, as the cycle needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// It is the only write.
    OnlyWriter,
    /// Another thread overwrites its value.
    FirstWriter,
    /// It overwrites the value of another thread.
    LastWriter,
    /// It reads the value of another thread.
    ReadsWritten,
    /// It reads the initial value, which another thread overwrites.
    ReadsInitial,
}

/// A place in a shape: the thread and the number of the access.
pub(super) type Place = (usize, usize);

/// A shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Its usual name.
    pub name: &'static str,
    /// The accesses of each thread.
    pub threads: &'static [&'static [AccessKind]],
}

/// All shapes.
pub(super) const SHAPES: &[Shape] = &[
    Shape::new("MP", &[&[W, W], &[R, R]]),
    Shape::new("SB", &[&[W, R], &[W, R]]),
    Shape::new("LB", &[&[R, W], &[R, W]]),
    Shape::new("R", &[&[W, W], &[W, R]]),
    Shape::new("S", &[&[W, W], &[R, W]]),
    Shape::new("2+2W", &[&[W, W], &[W, W]]),
    Shape::new("WRC", &[&[W], &[R, W], &[R, R]]),
    Shape::new("ISA2", &[&[W, W], &[R, W], &[R, R]]),
    Shape::new("IRIW", &[&[W], &[R, R], &[W], &[R, R]]),
];

impl Shape {
    const fn new(name: &'static str, threads: &'static [&'static [AccessKind]]) -> Self {
        Self { name, threads }
    }

    /// The accesses, thread by thread.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let threads = self.threads.iter().enumerate();
        threads.flat_map(|(thread, accesses)| (0..accesses.len()).map(move |at| (thread, at)))
    }

    /// What the access at a place does.
    pub fn kind(&self, (thread, at): Place) -> AccessKind {
        self.threads[thread][at]
    }

    /// The variable at a place: a number from 0.
    pub fn variable(&self, (thread, at): Place) -> usize {
        // A thread with one access passes the cycle on at the same variable.
        let changes = |accesses: &&&[AccessKind]| accesses.len() > 1;
        let before = self.threads[..thread].iter().filter(changes).count();
        let count = self.threads.iter().filter(changes).count();
        (before + at) % count
    }

    /// How many variables there are.
    pub fn variables(&self) -> usize {
        1 + self.places().map(|p| self.variable(p)).max().unwrap_or(0)
    }

    /// The role of the access at a place.
    pub fn role(&self, place: Place) -> Role {
        let variable = self.variable(place);
        let writers: Vec<_> = self
            .places()
            .filter(|p| self.variable(*p) == variable && self.kind(*p) == W)
            .collect();
        match (self.kind(place), writers.len()) {
            (W, 1) => Role::OnlyWriter,
            // The one at the end of its thread communicates to the one at the start.
            (W, _) if place.1 > 0 => Role::FirstWriter,
            (W, _) => Role::LastWriter,
            (R, _) if place.1 == 0 => Role::ReadsWritten,
            (R, _) => Role::ReadsInitial,
        }
    }

    /// How the cycle enters the first access of a thread with two accesses, and how it leaves the
    /// second.
    pub fn ends(&self, thread: usize) -> (Entry, Exit) {
        let count = self.threads.len();
        let previous = self.threads[(thread + count - 1) % count];
        let next = self.threads[(thread + 1) % count];
        let (first, second) = (self.threads[thread][0], self.threads[thread][1]);
        let entry = match (previous[previous.len() - 1], first) {
            (W, R) if previous.len() == 1 => Entry::ReadsAfar,
            (W, R) => Entry::Reads,
            _ => Entry::Overwrites {
                writes: previous[previous.len() - 1] == W,
            },
        };
        let exit = match (second, next[0]) {
            (W, R) => Exit::IsRead,
            _ => Exit::IsOverwritten,
        };
        (entry, exit)
    }
}
