//! Checks that the KUnit suite of the kernel drop-in is complete. `cargo xtask kernel` runs the
//! suite in a kernel.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use atomics_spec::emit::layout::{Backend, in_kernel_style};
use atomics_spec::emit::{kunit, module_tree};
use atomics_spec::model::op::Form;
use atomics_spec::{Source, Spec, Tables};
use atomics_tests::project::{printed, success, write};
use atomics_tests::rustc::compiler;

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

/// The built-in tables with operations that call the suite's other macros: with a result and a
/// value written through a pointer, and without a method.
fn extended() -> Spec {
    let builtin = Tables::builtin();
    let and = |source: Source<'_>, rows: &str| {
        let text = String::from_utf8_lossy(source.bytes);
        format!("{text}{rows}\n")
    };
    let ops = and(
        builtin.ops,
        "grab F v p:old i:new\n\
         flip vR v\ntry_flip B v p:old\n\
         take FB v p:old\ntry_take B v p:old\n\
         jump I v i",
    );
    let semantics = and(
        builtin.semantics,
        "grab exchange new v!=old -\n\
         flip bitwise ~v - -\ntry_flip bitwise ~v v!=old v==old\n\
         take bitwise v&-old v!=old v==old\ntry_take bitwise 0 v!=old v==old\n\
         jump signed v+100-(i-3) v+i<0 new",
    );
    let tables = Tables {
        ops: Source::new("atomics.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        ..builtin
    };
    Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"))
}

/// What the suite uses of the crate `kernel`, for a program.
const KERNEL: &str = "\
#![allow(dead_code)]
#![deny(unused_braces, unused_imports, unused_macros, unused_parens, unused_variables)]
extern crate self as kernel;
pub mod fmt {
    pub use core::fmt::*;
}
pub mod prelude {
    pub use crate::pr_err;
    pub use core::result::Result;
}
#[macro_export]
macro_rules! pr_err {
    ($($text:tt)*) => { std::print!($($text)*) };
}
pub mod processor {
    pub fn cpu_relax() {}
}
pub mod sync {
    pub mod atomic;
}
";

/// The module `workers`, with threads.
const WORKERS: &str = "\
pub(super) const WORKERS: usize = 4;
pub(super) struct Meeting<S> {
    pub(super) shared: S,
}
pub(super) fn together<S: Sync>(shared: S, job: fn(&S, usize)) -> Result<Meeting<S>, ()> {
    let start = std::sync::Barrier::new(WORKERS);
    std::thread::scope(|scope| {
        for number in 0..WORKERS {
            let (shared, start) = (&shared, &start);
            scope.spawn(move || {
                start.wait();
                job(shared, number);
            });
        }
    });
    Ok(Meeting { shared })
}
";

/// A decrement that is not atomic.
const BROKEN: &str = "\
mod calls {
            mod pointer {
                use super::super::super as atomic;
                pub use atomic::pointer::*;
                pub unsafe fn broken<T>(ptr: *mut T, _: atomic::Relaxed)
                where
                    T: atomic::AtomicArithmetic,
                {
                    let mut own = atomic::Atomic::new(unsafe { ptr.read_volatile() });
                    own.dec(atomic::Relaxed);
                    std::thread::yield_now();
                    unsafe { ptr.write_volatile(*own.get_mut()) };
                }
            }
";

/// Compiles the table of the suite as a program for this machine, with three faults: a wrong value,
/// a wrong result of a failed operation, and a function that is not atomic. Exactly the tests of
/// these fail, and say why.
#[test]
fn the_suite_finds_what_is_wrong() {
    let spec = extended();
    let replaced = |text: &str, from: &str, to: &str| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replace(from, to)
    };
    let suite = module(&spec, "tests");
    let (suite, _) = suite
        .split_once("#[macros::kunit_tests(rust_atomics_items)]")
        .expect("the tests of other items come last");
    let suite = replaced(
        suite,
        "#[macros::kunit_tests(rust_atomics_table)]",
        "#[cfg(test)]",
    );
    let suite = replaced(&suite, "mod flag;\n", "");
    let suite = replaced(
        &suite,
        "fn fetch_add(v, i) -> T = (v + i, v),",
        "fn fetch_add(v, i) -> T = (v + i, v + i),",
    );
    let suite = replaced(
        &suite,
        "{ v } else { v + a }, v != u)",
        "{ v } else { v + a }, true)",
    );
    let suite = replaced(&suite, "mod calls {\n", BROKEN);
    let suite = replaced(&suite, "in atomic_dec(Relaxed)", "in broken(Relaxed)");
    let tree = module_tree(&spec, &Backend::Asm, None, None).unwrap_or_else(|e| panic!("{e:?}"));
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        &[
            ("lib.rs", KERNEL),
            ("sync/atomic.rs", &format!("{tree}\nmod tests;\n")),
            ("sync/atomic/tests.rs", &suite),
            ("sync/atomic/tests/races.rs", &module(&spec, "tests/races")),
            ("sync/atomic/tests/table.rs", &module(&spec, "tests/table")),
            ("sync/atomic/tests/workers.rs", WORKERS),
        ],
    );
    let program = folder.path().join("suite");
    let mut rustc = compiler();
    rustc.args([
        "--test",
        "--edition=2021",
        "--cfg=CONFIG_KUNIT=\"y\"",
        "-Aunexpected_cfgs",
    ]);
    rustc
        .arg("-o")
        .arg(&program)
        .arg(folder.path().join("lib.rs"));
    success(&rustc.output().expect("rustc"));
    let ran = Command::new(&program).output().expect("the suite");
    let said = printed(&ran);
    let results = said.lines().filter_map(|line| line.split_once("::suite::"));
    let results = results.filter_map(|(_, result)| result.split_once(" ... "));
    let results: Vec<(&str, &str)> = results.collect();
    let rows = rows(&spec);
    let races = rows.values().filter(|row| row.text.contains("#[test] fn "));
    assert_eq!(results.len(), rows.len() + races.count(), "{said}");
    let failed = results.iter().filter(|(_, result)| *result != "ok");
    let failed: BTreeSet<&str> = failed.map(|(name, _)| *name).collect();
    let expected = ["add_unless", "dec_by_workers", "fetch_add"];
    assert_eq!(failed, BTreeSet::from(expected), "{said}");
    for message in [
        "\nfetch_add(Full) on i8: [0, 0, 0] with [1]\n    \
         (variables, result) is ([0, 1, 0], 0), expected ([0, 1, 0], 1)\n",
        "\nadd_unless(Full) on i8: [0, 0, 0] with [0, 0]\n    \
         (variables, result) is ([0, 0, 0], false), expected ([0, 0, 0], true)\n",
        "\nbroken(ptr, Relaxed) on i8 by 4 workers: (final value, sum of results) is\n",
    ] {
        assert!(said.contains(message), "{message}: {said}");
    }
}
