//! Tests that the work for a plan does not grow with the table.

use std::fmt::Write as _;

use super::*;
use crate::Tables;
use crate::lex::Source;

/// Rows of the tables of operations and of semantics, and how many `%` in them have other numbers in
/// each row: operations that are alike, that follow from each other, and that only look alike.
const ROWS: [(&str, &str, usize); 8] = [
    ("vRF i v", "arithmetic v+i - -", 1),
    ("vRF v", "arithmetic v+% - -", 100),
    ("vRF i v", "arithmetic v-i - -", 1),
    ("vF i v", "bitwise v&~i - -", 1),
    ("b i v", "arithmetic v-i - new==%", 100),
    ("fb v i:a i:u", "conditional v+a v==u v!=u", 1),
    ("F i v", "bitwise (v^i)&%|(v&~i) - -", 100),
    ("B v p:old i:new", "basic new v!=old v==old", 1),
];

/// How many forms are looked at to plan each variant of a table with `rows` more rows.
fn looks(rows: usize) -> usize {
    let mut tables = Tables::builtin();
    let text = |source: &Source<'_>| String::from_utf8(source.bytes.to_vec()).unwrap();
    let (mut ops, mut semantics) = (text(&tables.ops), text(&tables.semantics));
    for row in 0..rows {
        let (op, meaning, numbers) = ROWS[row % ROWS.len()];
        let meaning = meaning.replace('%', &(row / ROWS.len() % numbers).to_string());
        let _ = writeln!(ops, "more{row} {op}");
        let _ = writeln!(semantics, "more{row} {meaning}");
    }
    tables.ops = Source::new("atomics.tbl", &ops);
    tables.semantics = Source::new("semantics.tbl", &semantics);
    let spec = Spec::load(&tables).unwrap();
    let arch = spec.arch("x86_64").unwrap();
    let planner = Planner::new(&spec, arch, Features::NONE);
    for variant in spec.variants_of("atomic") {
        planner.plan(&variant).unwrap();
    }
    planner.index().found.get()
}

#[test]
fn ten_times_the_rows_need_ten_times_the_looks() {
    let [few, many] = [1_000, 10_000].map(looks);
    assert!(
        few > 1_000 && many < 11 * few,
        "{few} for 1,000 rows, {many} for 10,000"
    );
}
