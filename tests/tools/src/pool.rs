//! Runs work in parallel, and returns the results in order.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use rayon::prelude::*;

/// Calls `work` on each item, in `jobs` threads. After each item, calls `done` with the number of
/// finished items.
///
/// # Errors
///
/// If the threads cannot be started.
pub fn map<T: Sync, R: Send>(
    jobs: usize,
    items: &[T],
    work: impl Fn(usize, &T) -> R + Sync + Send,
    done: impl Fn(usize) + Sync + Send,
) -> Result<Vec<R>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.clamp(1, items.len().max(1)))
        .build();
    let pool = pool.context("cannot start threads")?;
    let finished = AtomicUsize::new(0);
    // Hand out one item at a time: items take seconds, and their times differ.
    let results = pool.install(|| {
        let items = items.par_iter().enumerate().with_max_len(1);
        let results = items.map(|(index, item)| {
            let result = work(index, item);
            done(finished.fetch_add(1, Ordering::Relaxed) + 1);
            result
        });
        results.collect()
    });
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn results_keep_the_order() {
        let items: Vec<usize> = (0..100).collect();
        let doubled = map(4, &items, |index, item| index + item, |_| {}).unwrap();
        let expected: Vec<usize> = (0..100).map(|n| 2 * n).collect();
        assert_eq!(doubled, expected);
        assert!(
            map(0, &[] as &[usize], |_, _| (), |_| {})
                .unwrap()
                .is_empty()
        );
    }
}
