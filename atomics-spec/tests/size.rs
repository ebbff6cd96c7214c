//! Tests that the time for a table grows with its size, and not with the square of it.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use atomics_spec::{Source, Spec, Tables};

/// The sizes to compare: the second is this many times the first.
const SMALL: usize = 5_000;
const TIMES: usize = 4;
/// Four times the rows take four times as long, and some more: the memory of the larger table fits
/// into the CPU's caches less well. With the square of the size, it would be sixteen times.
const BOUND: u32 = 9;

/// How often to measure. The shortest time counts: other programs may have run during the others.
const ATTEMPTS: usize = 5;

/// Tables with this many more operations.
fn tables(rows: usize) -> (String, String) {
    let builtin = Tables::builtin();
    let text = |source: &Source<'_>| String::from_utf8(source.bytes.to_vec()).expect("UTF-8");
    let (mut ops, mut semantics) = (text(&builtin.ops), text(&builtin.semantics));
    for row in 0..rows {
        let _ = writeln!(ops, "more{row}  vRF  i  v");
        let _ = writeln!(semantics, "more{row}  arithmetic  v+i  -  -");
    }
    (ops, semantics)
}

/// How long it takes to load the tables and to list what they have.
fn time((ops, semantics): &(String, String), fails: bool) -> Duration {
    let mut tables = Tables::builtin();
    tables.ops = Source::new("atomics.tbl", ops);
    if !fails {
        tables.semantics = Source::new("semantics.tbl", semantics);
    }
    let start = Instant::now();
    match Spec::load(&tables) {
        Ok(spec) => {
            assert!(!fails);
            assert!(spec.variants().filter(|v| v.of.is_typed()).count() > 4 * SMALL);
            assert!(spec.find("atomic_more7").is_some());
        }
        Err(errors) => {
            assert!(fails, "{errors}");
            assert!(errors.0.len() >= SMALL);
        }
    }
    start.elapsed()
}

/// Of rows that are right, and of rows that are wrong. One test, because two would run at once and
/// slow each other down; and both sizes in turn, so that what slows one down slows the other down.
#[test]
fn four_times_the_rows_take_four_times_as_long() {
    let sizes = [SMALL, TIMES * SMALL].map(tables);
    for fails in [false, true] {
        let mut shortest = [Duration::MAX; 2];
        for _ in 0..ATTEMPTS {
            for (shortest, tables) in shortest.iter_mut().zip(&sizes) {
                *shortest = (*shortest).min(time(tables, fails));
            }
        }
        let [small, large] = shortest;
        assert!(
            large < small * BOUND,
            "{SMALL} rows take {small:?}, {TIMES} times as many {large:?}; wrong: {fails}"
        );
    }
}
