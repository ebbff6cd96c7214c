//! Rows that are added to other tables.

use atomics_spec::arch::Features;
use atomics_spec::{Added, Own, Source, Spec, Tables};

use crate::small;

/// The small tables with rows added to them.
fn with<'a>(added: &Added<'a>) -> Tables<'a> {
    Tables {
        added: added.clone(),
        ..small()
    }
}

#[track_caller]
fn refused(added: &Added<'_>, expected: &[[&str; 3]]) {
    let errors = Spec::load(&with(added)).expect_err("an error");
    let found: Vec<[String; 3]> = errors
        .0
        .iter()
        .map(|e| [e.place.to_string(), e.message.clone(), e.help.clone()])
        .collect();
    assert_eq!(found, expected);
}

fn one<'a>(name: &'a str, text: &'a str) -> Vec<Source<'a>> {
    vec![Source::new(name, text)]
}

#[test]
fn new_rows_are_like_those_of_the_tables() {
    let added = Added {
        ops: one("more.tbl", "flip v i v\n"),
        semantics: one("mean.tbl", "flip flips v^i - -\n"),
        types: one(
            "kinds.tbl",
            "class flips value flipping\ntype i32 atomic flips\n",
        ),
        ..Added::default()
    };
    let spec = Spec::load(&with(&added)).unwrap_or_else(|e| panic!("{e}"));
    let base = Spec::load(&small()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(spec.ops.len(), base.ops.len() + 1);
    assert_eq!(spec.ops[..base.ops.len()], base.ops[..]);
    let form = spec.typed_forms().find(|f| f.method() == "flip");
    let class = form.expect("the operation").class;
    assert_eq!(class.title, "flipping");
    let has = spec.types.types.iter().filter(|ty| {
        let mut classes = ty.classes.iter();
        classes.any(|at| spec.types.classes[*at] == *class)
    });
    assert_eq!(has.map(|ty| &*ty.name).collect::<Vec<_>>(), ["i32"]);
}

#[test]
fn names_are_new() {
    let added = Added {
        ops: one("more.tbl", "add vF i v\n"),
        semantics: one("mean.tbl", "add sums v+i - -\n"),
        types: one(
            "kinds.tbl",
            "class sums delta sums\ntype i32 atomic basic\ntype i32 other sums\n",
        ),
        ..Added::default()
    };
    refused(
        &added,
        &[
            [
                "more.tbl:1:1",
                "the operation `add` has two rows",
                "the first row is in line 3 of ops.tbl: choose another name",
            ],
            [
                "mean.tbl:1:1",
                "the operation `add` has two rows",
                "the first row is in line 3 of semantics.tbl: remove this one",
            ],
            [
                "kinds.tbl:1:7",
                "the class `sums` has two rows",
                "choose another name, unless the class that is there is meant",
            ],
            [
                "kinds.tbl:2:17",
                "the type `i32` has the class `basic` already",
                "list only the classes that are added",
            ],
            [
                "kinds.tbl:3:10",
                "the type `i32` has another family",
                "write `atomic`: a row adds classes to the type",
            ],
        ],
    );
}

/// Instructions are added to the table of their architecture, or are a table of their own.
#[test]
fn instructions_are_added_to_their_architecture() {
    let own = |archs: &'static str| Own {
        ops: Some(Source::new("more.tbl", "nand v i v\n")),
        semantics: Some(Source::new("mean.tbl", "nand bitwise ~(v&i) - -\n")),
        archs: Some(one("own.tbl", archs)),
        ..Own::default()
    };
    let row = "arch x86_64\nop nand 32 -\nasm lock nand {i}, {mem} -- clears and sets\n";
    let spec = Spec::load(&Tables::with(own(row), true)).unwrap_or_else(|e| panic!("{e}"));
    let builtin = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(spec.archs.len(), builtin.archs.len());
    let has = |op: &str, bits| {
        let arch = spec.arch("x86_64").expect("a table");
        arch.template(op, bits, Features::NONE).is_some()
    };
    assert!(has("nand", 32) && !has("nand", 64) && has("add", 64));

    let again = "arch x86_64\nop add 32 -\nasm lock add {i}, {mem} -- adds\n";
    let errors = Spec::load(&Tables::with(own(again), true)).expect_err("an error");
    assert_eq!(errors.0.len(), 1, "{errors}");
    assert_eq!(
        errors.0[0].message,
        "a second template for `add` at 32 bits"
    );
    assert_eq!(errors.0[0].place.to_string(), "own.tbl:2:8");
}

#[test]
fn documentation_is_of_new_operations() {
    let own = Own {
        docs: Some(one("docs/add.md", "Adds.\n\n```rust\n```\n")),
        ..Own::default()
    };
    let errors = Spec::load(&Tables::with(own, true)).expect_err("an error");
    assert_eq!(
        errors.to_string(),
        "error: the operation `add` has two documentations\n --> docs/add.md:1:1\n  = help: the \
         first one is atomics-spec/tables/docs/add.md: remove this file"
    );
}
