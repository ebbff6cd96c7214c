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

/// How long it takes to load the tables and to list what they have. The shortest of some attempts:
/// other programs may have run during the others.
fn time((ops, semantics): &(String, String), fails: bool) -> Duration {
    let attempt = || {
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
    };
    [(); 3].map(|()| attempt()).into_iter().min().expect("some")
}

fn check(fails: bool) {
    let small = time(&tables(SMALL), fails);
    let large = time(&tables(TIMES * SMALL), fails);
    assert!(
        large < small * BOUND,
        "{SMALL} rows take {small:?}, {TIMES} times as many {large:?}"
    );
}

#[test]
fn four_times_the_rows_take_four_times_as_long() {
    check(false);
}

#[test]
fn four_times_the_errors_take_four_times_as_long() {
    check(true);
}
