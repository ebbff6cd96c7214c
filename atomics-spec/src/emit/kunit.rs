//! Generates the KUnit suite of the kernel drop-in. One test of a form checks a table of cases,
//! made by the reference interpreter, on every type and through every call. Another has several
//! workers use the form on one variable.

mod calls;
mod cases;
mod races;

use std::collections::BTreeSet;

use super::barrier::has_store_mb;
use super::root::has_flag;
use super::text::{CALL, Text};
use crate::model::ty::{Repr, Type};
use crate::model::{FormOf, Spec};
use crate::names;
use cases::{Group, number, returned_type, types};
use races::Race;

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
        ("tests/calls", calls::module(spec)),
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
    t.inner_doc("KUnit tests of the atomic operations.");
    t.line("#![cfg(CONFIG_KUNIT = \"y\")]");
    t.line("");
    t.line("mod calls;");
    if has_flag(spec) {
        t.line("mod flag;");
    }
    for module in ["races", "table", "workers"] {
        t.line(format!("mod {module};"));
    }
    t.line("");
    // The kernel's own suite has this name.
    t.line("#[macros::kunit_tests(rust_atomics)]");
    t.block("mod suite", |t| {
        // The tests of the parts use these themselves.
        let parts = parts(spec);
        if !parts.is_empty() {
            t.line("use super::super::*;");
        }
        t.line("use super::calls::*;");
        if has_flag(spec) {
            t.line("use super::flag;");
        }
        for module in ["races", "table"] {
            t.line(format!("use super::{module}::*;"));
        }
        if !parts.is_empty() {
            t.line("use crate::prelude::*;");
            t.line("use crate::str::CString;");
        }
        let mut taken = taken(spec);
        for form in spec.forms() {
            let groups = cases::groups(spec, &form);
            for (index, group) in groups.iter().enumerate() {
                t.line("");
                table_test(t, spec, &form, group, index == 0, &mut taken);
            }
            if let Some(race) = races::race(spec, &form).filter(|_| form.is_typed()) {
                t.line("");
                race_test(t, spec, &form, &race, &mut taken);
            }
        }
        if races::passes_messages(spec) {
            t.line("");
            t.line("#[test]");
            t.block("fn messages_by_workers()", |t| {
                t.line("assert!(pass_messages());");
            });
        }
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

/// The names that the suite uses for other items than the tests of forms.
fn taken(spec: &Spec) -> BTreeSet<String> {
    let own = names::KUNIT_ITEMS.iter().map(|name| (*name).to_owned());
    own.chain(calls::all_names(spec)).collect()
}

/// The test of a form on types that share a table.
fn table_test(
    t: &mut Text,
    spec: &Spec,
    form: &FormOf<'_>,
    group: &Group<'_>,
    is_first: bool,
    taken: &mut BTreeSet<String>,
) {
    let method = match form.is_typed() {
        true => form.method(),
        false => names::kunit_raw(&form.base()),
    };
    let first = group.types.first().filter(|_| !is_first);
    let name = names::kunit_test(&method, first.map(|ty| ty.name.as_str()), taken);
    t.line("#[test]");
    t.block(&format!("fn {name}()"), |t| {
        let count = form.op.operands().count();
        let returned = returned_type(form, "i64");
        let head = format!("const CASES: &[Case<{count}, {returned}>] = &[");
        let all = group.cases.join(", ");
        if all.len() <= CALL {
            t.line(format!("{head}{all}];"));
        } else {
            t.line(head);
            t.indented(|t| {
                for case in &group.cases {
                    t.line(format!("{case},"));
                }
            });
            t.line("];");
        }
        for ty in &group.types {
            assert(t, "check", &["CASES".into(), calls_on(spec, form, ty)]);
        }
    });
}

/// The test of a form by several workers.
fn race_test(
    t: &mut Text,
    spec: &Spec,
    form: &FormOf<'_>,
    race: &Race<'_>,
    taken: &mut BTreeSet<String>,
) {
    let list = |numbers: &[i64]| {
        let numbers: Vec<String> = numbers.iter().map(|n| number(*n)).collect();
        format!("[{}]", numbers.join(", "))
    };
    t.line("#[test]");
    t.block(
        &format!("fn {}()", names::kunit_race(&form.method(), taken)),
        |t| {
            for ty in types(spec, form) {
                let calls = calls_on(spec, form, ty);
                let mut test = |name: &str, rest: &[String]| {
                    let args = [std::slice::from_ref(&calls), rest].concat();
                    assert(t, name, &args);
                };
                match race {
                    Race::Repeat(rounds) => {
                        for round in rounds {
                            test("repeat", &[number(round.start), list(&round.operands)]);
                        }
                    }
                    Race::Retry { beyond } => test("retry", &[list(beyond)]),
                    Race::Exchange => test("exchange", &[]),
                    Race::Identity {
                        operands,
                        increment,
                        beyond,
                    } => {
                        let increments = format!("&{}()", calls::name(increment));
                        test("identity", &[list(operands), increments, list(beyond)]);
                    }
                    Race::Whole { store } => test("whole", &[format!("&{}()", calls::name(store))]),
                }
            }
        },
    );
}

/// An assertion that a function returns true, broken as rustfmt breaks it.
fn assert(t: &mut Text, function: &str, args: &[String]) {
    let one = format!("{function}({})", args.join(", "));
    if one.len() <= CALL {
        t.line(format!("assert!({one});"));
        return;
    }
    t.line(format!("assert!({function}("));
    t.indented(|t| t.lines(&args.join(",\n")));
    t.line("));");
}

/// The calls of a form on a type.
fn calls_on(spec: &Spec, form: &FormOf<'_>, ty: &Type) -> String {
    format!("&{}::<{}>()", calls::name_on(spec, form, ty), rust_type(ty))
}

fn rust_type(ty: &Type) -> String {
    if ty.is_pointer() {
        format!("{} u8", ty.name)
    } else {
        ty.name.clone()
    }
}

/// The module `table`.
fn table(spec: &Spec) -> String {
    let mut t = Text::default();
    for ty in &spec.types.types {
        t.line("");
        value(&mut t, spec, ty);
    }
    include_str!("templates/kunit/table.rs").to_owned() + &t.finish()
}

/// The conversions between a type and 64-bit numbers, through the signed integer of the type's
/// width.
fn value(t: &mut Text, spec: &Spec, ty: &Type) {
    let rust = rust_type(ty);
    let repr = match spec.types.families[ty.family].repr {
        Repr::Int(name) => name,
        Repr::Pointer => "isize",
    };
    // clippy warns about a cast to the type that a number already has.
    let cast = |number: &str, has: &str| match ty.name.as_str() {
        "bool" => format!("{number} & 1 != 0"),
        "*const" => format!("core::ptr::without_provenance({number} as usize)"),
        "*mut" => format!("core::ptr::without_provenance_mut({number} as usize)"),
        own if own == has => number.to_owned(),
        _ => format!("{number} as Self"),
    };
    let bits = match ty.name.as_str() {
        "*const" | "*mut" => "self.addr() as u64",
        "u64" => "self",
        "u8" | "u16" | "u32" => "self.into()",
        _ => "self as u64",
    };
    // `table.rs` implements it for `bool`, which is also a result.
    if ty.name != "bool" {
        t.block(&format!("impl Bits for {rust}"), |t| {
            t.block("fn bits(self) -> u64", |t| t.line(bits));
        });
        t.line("");
    }
    t.block(&format!("impl Value for {rust}"), |t| {
        t.block("fn from_bits(bits: u64) -> Self", |t| {
            t.line(cast("bits", "u64"));
        });
        t.line("");
        t.block("fn of(number: i64) -> Self", |t| {
            t.line(format!(
                "let rest = {} & {repr}::MAX;",
                as_repr("number", repr)
            ));
            t.line(format!(
                "let sign = if number < 0 {{ {repr}::MIN }} else {{ 0 }};"
            ));
            let all = if ty.name == repr {
                "rest | sign"
            } else {
                "(rest | sign)"
            };
            t.line(cast(all, repr));
        });
    });
}

fn as_repr(number: &str, repr: &str) -> String {
    match repr {
        "i64" => number.into(),
        _ => format!("{number} as {repr}"),
    }
}
