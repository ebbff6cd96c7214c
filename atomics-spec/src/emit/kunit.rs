//! Generates the KUnit suite of the kernel drop-in: a table with a row for each form, and the macros
//! that make the tests from it. One test of a form makes every call on every type, and compares it
//! with what the row says. Another has several workers use the form on one variable.

mod calls;
mod races;
mod rows;
mod values;

use super::barrier::has_store_mb;
use super::root::has_flag;
use super::text::Text;
use crate::model::Spec;
use crate::model::ty::{Repr, Type};
use values::rust_type;

/// The documentation of the suite.
const HEAD: &str = "\
KUnit tests of the atomic operations.

The suite is a table with a row for each operation on the types of its class. A row has

- the old value of the variable, and the operands, as if they were the arguments of a function;
- the value afterwards and the result, as expressions of wrapping integers: those from which the
  operations are generated. `unless` excludes values for which architectures differ;
- the function on a raw pointer, and the orderings of both the function and the method. An
  operation without a method has `C`, and the functions of the trait of the class.

The first test of a row makes each call on each type, with all combinations of the values in
[`table`]. In the second one, several workers use the operation on one variable.
";

/// The modules, by their paths without `.rs`, relative to the folder of `tests`.
pub fn modules(spec: &Spec) -> Vec<(&'static str, String)> {
    let mut races = include_str!("templates/kunit/races.rs").to_owned();
    if races::passes_messages(spec) {
        races += include_str!("templates/kunit/messages.rs");
    }
    if has_store_mb(spec) {
        races += include_str!("templates/kunit/store_buffering.rs");
    }
    let workers = include_str!("templates/kunit/workers.rs");
    let mut modules = vec![
        ("tests", suite(spec)),
        ("tests/races", races),
        ("tests/table", table(spec)),
        ("tests/workers", workers.to_owned()),
    ];
    if has_flag(spec) {
        let flag = include_str!("templates/kunit/flag.rs");
        modules.push(("tests/flag", flag.to_owned()));
    }
    modules
}

/// The suite itself.
fn suite(spec: &Spec) -> String {
    let mut t = Text::default();
    t.inner_doc(HEAD);
    t.line("#![cfg(CONFIG_KUNIT = \"y\")]");
    t.line("");
    if has_flag(spec) {
        t.line("mod flag;");
    }
    for module in ["races", "table", "workers"] {
        t.line(format!("mod {module};"));
    }
    t.lines(&calls::macros(spec));
    t.line("");
    t.block("suite!", |t| {
        // The kernel's own suite is called `rust_atomics`.
        t.line("#[macros::kunit_tests(rust_atomics_table)]");
        rows::rows(t, spec);
    });
    let parts = parts(spec);
    if parts.is_empty() {
        return t.finish();
    }
    t.line("");
    t.line("#[macros::kunit_tests(rust_atomics_items)]");
    t.block("mod items", |t| {
        t.line("use super::super::*;");
        if has_flag(spec) {
            t.line("use super::flag;");
        }
        t.line("use super::races::*;");
        t.line("use crate::prelude::*;");
        t.line("use crate::str::CString;");
        for part in parts {
            t.line("");
            t.lines(part);
        }
    });
    t.finish()
}

/// The tests of the items that are not forms of operations.
fn parts(spec: &Spec) -> Vec<&'static str> {
    let has = |method: &str| spec.typed_forms().any(|f| f.method() == method);
    let mut parts = Vec::new();
    if races::passes_messages(spec) {
        parts.push("#[test]\nfn messages_by_workers() {\n    assert!(pass_messages());\n}\n");
    }
    if has("load") && has("store") {
        parts.push(include_str!("templates/kunit/variable_tests.rs"));
    }
    if has_store_mb(spec) {
        parts.push(include_str!("templates/kunit/barrier_tests.rs"));
    }
    if has_flag(spec) {
        parts.push(include_str!("templates/kunit/flag_tests.rs"));
    }
    parts
}

/// The module `table`.
fn table(spec: &Spec) -> String {
    let mut t = Text::default();
    t.block("values!", |t| {
        for ty in &spec.types.types {
            value(t, spec, ty);
        }
    });
    t.line("");
    let pairs = match calls::returns_pairs(spec) {
        true => include_str!("templates/kunit/pairs.rs"),
        false => "",
    };
    include_str!("templates/kunit/table.rs").replace("VALUES\n", &t.finish()) + pairs
}

/// The row of a type: the integer of its width, and the conversions from it and to it.
fn value(t: &mut Text, spec: &Spec, ty: &Type) {
    let rust = rust_type(ty);
    let int = match spec.types.families[ty.family].repr {
        Repr::Int(name) => name,
        Repr::Pointer => "isize",
    };
    let (from, into) = match ty.name.as_str() {
        "bool" => ("n & 1 != 0".into(), "x.into()".into()),
        "*const" => (
            "core::ptr::without_provenance(n as usize)".into(),
            "x.addr() as isize".into(),
        ),
        "*mut" => (
            "core::ptr::without_provenance_mut(n as usize)".into(),
            "x.addr() as isize".into(),
        ),
        own if own == int => ("n".into(), "x".into()),
        own => (format!("n as {own}"), format!("x as {int}")),
    };
    t.line(format!("{rust}: {int}, |n| {from}, |x| {into};"));
}
