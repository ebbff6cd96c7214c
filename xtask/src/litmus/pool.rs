//! Several things at once, with the results in order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Calls `work` on each item, in as many threads as `jobs` says, and `done` with the number of
/// finished items after each.
pub fn map<T: Sync, R: Send>(
    jobs: usize,
    items: &[T],
    work: impl Fn(usize, &T) -> R + Sync,
    done: impl Fn(usize) + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let finished = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let worker = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else {
                return;
            };
            let result = work(index, item);
            if let Ok(mut place) = results[index].lock() {
                *place = Some(result);
            }
            done(finished.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(worker);
        }
    });
    let results = results.into_iter();
    // A worker that panics ends the scope with its panic, so that no place is empty.
    results
        .filter_map(|place| place.into_inner().ok().flatten())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn results_keep_the_order() {
        let items: Vec<usize> = (0..100).collect();
        let doubled = map(4, &items, |index, item| index + item, |_| {});
        let expected: Vec<usize> = (0..100).map(|n| 2 * n).collect();
        assert_eq!(doubled, expected);
        assert!(map(0, &[] as &[usize], |_, _| (), |_| {}).is_empty());
    }
}
