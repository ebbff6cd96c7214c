//! Checks that the KUnit suite of the kernel drop-in is complete. `cargo xtask kernel` runs the
//! suite in a kernel.

use std::collections::BTreeMap;

use atomics_spec::Spec;
use atomics_spec::emit::kunit;
use atomics_spec::emit::layout::in_kernel_style;
use atomics_spec::model::op::Form;

fn module(spec: &Spec, path: &str) -> String {
    let modules = kunit::modules(spec);
    let found = modules.into_iter().find(|(name, _)| *name == path);
    found.unwrap_or_else(|| panic!("no module {path}")).1
}

fn builtin() -> Spec {
    Spec::builtin().unwrap_or_else(|e| panic!("{e}"))
}

/// A row of the suite, with the types on which it is tested.
#[derive(Debug)]
struct Row {
    /// The list of types, as the suite has it.
    types: String,
    /// The row, without line breaks.
    text: String,
}

impl Row {
    /// The part of the row between `before` and `after`.
    fn part(&self, before: &str, after: &str) -> &str {
        let (_, rest) = self.text.split_once(before).unwrap_or_default();
        rest.split_once(after).unwrap_or_default().0
    }
}

/// The rows, by the names of their tests.
fn rows(spec: &Spec) -> BTreeMap<String, Row> {
    let suite = module(spec, "tests");
    let (_, rest) = suite.split_once("\nsuite! {\n").expect("a suite");
    let (rest, _) = rest.split_once("\n}\n").expect("it ends");
    let lines = rest.lines().map(str::trim).filter(|l| !l.starts_with("//"));
    let text: Vec<&str> = lines.collect();
    let text = text.join(" ");
    let mut rows = BTreeMap::new();
    for class in text.split(" on [").skip(1) {
        let (types, rest) = class.split_once("] where { ").expect("types");
        for row in rest.split_inclusive(';') {
            let Some((_, row)) = row.split_once("#[test] fn ") else {
                continue;
            };
            let (name, text) = row.split_once('(').expect("a name");
            let row = Row {
                types: format!(", {types}, "),
                text: text.to_owned(),
            };
            assert!(rows.insert(name.to_owned(), row).is_none(), "{name}");
        }
    }
    rows
}

/// Every variant is in a row: as the ordering of a method, or under its name in the trait of its
/// class.
#[test]
fn every_variant_is_called_on_every_type() {
    let spec = builtin();
    let rows = rows(&spec);
    let (mut typed, mut raw) = (0, 0);
    for variant in spec.variants() {
        let form = variant.of;
        let (name, call) = match form.is_typed() {
            true => (form.method(), variant.ordering.name().to_owned()),
            false => (
                format!("raw_{}", form.base()),
                format!("atomic_{}", variant.name()),
            ),
        };
        let row = rows.get(&name).unwrap_or_else(|| panic!("no {name}"));
        let calls = row.part(" in ", ")").split(['(', ',']).skip(1);
        let count = calls.filter(|c| c.trim() == call).count();
        assert_eq!(count, 1, "{call} in {row:?}");
        for ty in &spec.types.types {
            if spec.types.families[ty.family] == *variant.family {
                let pointee = if ty.is_pointer() { " u8" } else { "" };
                let name = format!(", {}{pointee}, ", ty.name);
                let has = ty.classes.contains(&form.meaning.class);
                assert_eq!(row.types.contains(&name), has, "{name}");
            }
        }
        match form.is_typed() {
            true => typed += 1,
            false => raw += 1,
        }
    }
    // At least `cmpxchg` in four orderings.
    assert!(raw >= 4 * spec.types.families.len() && typed > raw);
    let forms = spec.forms().count();
    assert_eq!(rows.len(), forms, "{:?}", rows.keys());
}

#[test]
fn every_form_is_used_by_several_workers() {
    let spec = builtin();
    let rows = rows(&spec);
    for form in spec.typed_forms() {
        let method = form.method();
        let race = rows[&method].text.split("#[test] fn ").nth(1);
        if form.form == Form::Store {
            // A store is tested together with the load.
            assert!(race.is_none() && rows["load"].text.contains(": whole(calls::store());"));
            continue;
        }
        let race = race.unwrap_or_else(|| panic!("{method}"));
        assert!(
            race.starts_with(&format!("{method}_by_workers: ")),
            "{race}"
        );
    }
}

#[test]
fn there_is_no_test_where_architectures_differ() {
    let rows = rows(&builtin());
    // The least value minus 1 is negative on arm64, but the greatest value in the generic C code.
    for (name, row) in &rows {
        let unless = row.part("unless ", ", in ");
        let expected = match name.as_str() {
            "dec_if_positive" => "v == T::integer(MIN)",
            // The other operations do not compare a value that has wrapped around.
            _ => "",
        };
        assert_eq!(unless, expected, "{name}");
    }
}

/// The expected values are those of `semantics.tbl`.
#[test]
fn rows_say_what_the_operations_mean() {
    let rows = rows(&builtin());
    let expected = [
        ("load", "v) -> T = (v, v), in"),
        ("store", "v, i) -> () = (i, ()), in"),
        ("fetch_add", "v, i) -> T = (v + i, v), in"),
        ("andnot", "v, i) -> () = (v & !i, ()), in"),
        (
            "cmpxchg",
            "v, old, new) -> Result<T, T> = (if v != old { v } else { new }, \
             if v != old { Err(v) } else { Ok(old) }), in",
        ),
        (
            "raw_cmpxchg",
            "v, old, new) -> T = (if v != old { v } else { new }, v), in",
        ),
        (
            "add_unless",
            "v, a, u) -> bool = (if v == u { v } else { v + a }, v != u), in",
        ),
        (
            "sub_and_test",
            "v, i) -> bool = (v - i, v - i == Wrapping(0)), in",
        ),
    ];
    for (name, start) in expected {
        let text = &rows[name].text;
        assert!(text.starts_with(start), "{name}: {text}");
    }
}

/// The lines of the whole suite, with the first lines that the drop-in adds to a file.
#[test]
fn the_suite_is_short() {
    let modules = kunit::modules(&builtin());
    let lines = |text: &str| in_kernel_style(text).lines().count() + 5;
    let counts: Vec<(&str, usize)> = modules.iter().map(|(n, t)| (*n, lines(t))).collect();
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    assert!(all <= 1250, "{all}: {counts:?}");
    assert!(counts.iter().all(|(_, count)| *count <= 1000), "{counts:?}");
}
