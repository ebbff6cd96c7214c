//! Reports the progress of long work.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A callback for progress. Called with a line of text, from any thread.
pub type Progress<'a> = &'a (dyn Fn(&str) + Sync);

/// How often a [`Meter`] reports progress.
const INTERVAL: Duration = Duration::from_secs(5);

/// Reports from time to time how much of some work is done.
pub struct Meter<'a> {
    name: &'a str,
    total: usize,
    last: Mutex<Instant>,
    progress: Progress<'a>,
}

impl<'a> Meter<'a> {
    /// Creates a meter for `total` pieces of work.
    pub fn new(name: &'a str, total: usize, progress: Progress<'a>) -> Self {
        Self {
            name,
            total,
            last: Mutex::new(Instant::now()),
            progress,
        }
    }

    /// Reports that `done` pieces are done, if the last report is old enough.
    pub fn show(&self, done: usize) {
        let Ok(mut last) = self.last.lock() else {
            return;
        };
        if last.elapsed() > INTERVAL {
            *last = Instant::now();
            (self.progress)(&format!("{}: {done} of {}", self.name, self.total));
        }
    }
}
