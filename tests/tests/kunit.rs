//! Checks that the KUnit suite of the kernel drop-in is complete. `cargo xtask kernel` runs the
//! suite in a kernel.

use atomics_spec::emit::kunit;
use atomics_spec::model::op::Form;
use atomics_spec::model::ty::Type;
use atomics_spec::{FormOf, Source, Spec, Tables};

fn suite(spec: &Spec) -> String {
    module(spec, "tests")
}

fn module(spec: &Spec, path: &str) -> String {
    let modules = kunit::modules(spec);
    let found = modules.into_iter().find(|(name, _)| *name == path);
    found.unwrap_or_else(|| panic!("no module {path}")).1
}

/// The body of the test called `name`.
fn test<'a>(suite: &'a str, name: &str) -> &'a str {
    let (_, rest) = suite
        .split_once(&format!("    fn {name}() {{\n"))
        .unwrap_or_else(|| panic!("no test {name}"));
    rest.split_once("\n    }\n").expect("it ends").0
}

/// Calls `each` with every form and every type that has it.
fn for_each(spec: &Spec, mut each: impl FnMut(FormOf<'_>, &Type, &str)) {
    for form in spec.typed_forms() {
        for ty in &spec.types.types {
            if ty.classes.contains(&form.meaning.class) {
                let pointee = if ty.is_pointer() { " u8" } else { "" };
                each(form, ty, &format!("{}{pointee}", ty.name));
            }
        }
    }
}

fn builtin() -> Spec {
    Spec::builtin().unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_form_has_a_table_on_every_type() {
    let spec = builtin();
    let suite = suite(&spec);
    for_each(&spec, |form, _, ty| {
        let check = format!("check(CASES, &{}_calls::<{ty}>())", form.method());
        assert_eq!(suite.matches(&check).count(), 1, "{check}");
    });
}

/// Variants without a typed method are called by their C names.
#[test]
fn every_variant_is_called() {
    let spec = builtin();
    let (suite, calls) = (suite(&spec), module(&spec, "tests/calls"));
    let mut raw = 0;
    for variant in spec.variants() {
        let form = variant.of;
        let (method, ordering) = (form.method(), variant.ordering.name());
        if form.is_typed() {
            assert!(calls.contains(&format!("(\"{method}({ordering})\", ")));
            assert!(calls.contains(&format!("{method}(ptr, {ordering})\", ")));
            continue;
        }
        raw += 1;
        let name = format!("{}_{}_calls", variant.family.name, form.base());
        let (_, rest) = calls
            .split_once(&format!("fn {name}<T>() "))
            .unwrap_or_else(|| panic!("no {name}"));
        let (body, _) = rest.split_once("\n}\n").expect("it ends");
        let function = variant.function();
        assert_eq!(body.matches(&format!("(\"{function}\", ")).count(), 1);
        assert_eq!(body.matches(&format!(".{function}(")).count(), 1);
        for ty in &spec.types.types {
            if spec.types.families[ty.family] == *variant.family {
                let pointee = if ty.is_pointer() { " u8" } else { "" };
                let check = format!("check(CASES, &{name}::<{}{pointee}>())", ty.name);
                assert_eq!(suite.matches(&check).count(), 1, "{check}");
            }
        }
    }
    // At least `cmpxchg` in four orderings.
    assert!(raw >= 4 * spec.types.families.len());
}

#[test]
fn every_form_is_used_by_several_workers_on_every_type() {
    let spec = builtin();
    let suite = suite(&spec);
    for_each(&spec, |form, _, ty| {
        // A store is tested together with the load.
        let (name, call) = match form.form {
            Form::Store => ("load".into(), format!("&load_calls::<{ty}>()")),
            _ => (form.method(), format!("&{}_calls::<{ty}>()", form.method())),
        };
        assert!(
            test(&suite, &format!("{name}_by_workers")).contains(&call),
            "{name} on {ty}"
        );
    });
}

#[test]
fn there_is_no_case_where_architectures_differ() {
    let suite = suite(&builtin());
    // The least value minus 1 is negative on arm64, but the greatest value in the generic C code.
    let table = test(&suite, "dec_if_positive");
    assert!(!table.contains("(MIN, [], "), "{table}");
    assert!(table.contains("(MIN + 1, [], MIN + 1, MIN),"), "{table}");
    // These operations do not compare a value that has wrapped around.
    for name in [
        "inc_unless_negative",
        "dec_unless_positive",
        "inc_not_zero",
        "dec",
    ] {
        assert!(test(&suite, name).contains("(MIN, [], "), "{name}");
        assert!(test(&suite, name).contains("(MAX, [], "), "{name}");
    }
}

#[test]
fn conditional_forms_have_both_paths_at_the_edges() {
    let suite = suite(&builtin());
    let both = [
        ("cmpxchg", "(MIN, [MIN, 1], 1, Ok(MIN)),"),
        // The values differ only in the highest bit.
        ("cmpxchg", "(0, [MIN, 1], 0, Err(0)),"),
        ("cmpxchg", "(-1, [MAX, 0], -1, Err(-1)),"),
        ("add_unless", "(MAX, [1, MAX], MAX, false),"),
        ("add_unless", "(MAX, [1, MIN], MIN, true),"),
        ("inc_unless_negative", "(MAX, [], MIN, true),"),
        ("inc_unless_negative", "(-1, [], -1, false),"),
        ("dec_if_positive", "(0, [], 0, -1),"),
        ("dec_if_positive", "(1, [], 0, 0),"),
    ];
    for (name, case) in both {
        assert!(test(&suite, name).contains(case), "{name}: {case}");
    }
}

/// A bool has cases for its two values, and a type with different results has its own table.
#[test]
fn types_that_differ_have_tables_of_their_own() {
    let builtin = Tables::builtin();
    let and = |source: Source<'_>, row: &str| {
        let text = String::from_utf8_lossy(source.bytes);
        format!("{text}{row}\n")
    };
    let ops = and(builtin.ops, "jump v v");
    let semantics = and(builtin.semantics, "jump arithmetic v+100 - -");
    let tables = Tables {
        ops: Source::new("atomics.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        ..builtin
    };
    let spec = Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    let suite = suite(&spec);
    assert!(test(&suite, "xchg_bool").contains("(1, [0], 0, 1),"));
    // For a byte, 100 is shown relative to the greatest value.
    let wide = test(&suite, "jump");
    assert!(wide.contains("(0, [], 100, ()),"), "{wide}");
    assert!(wide.contains("jump_calls::<i16>") && !wide.contains("jump_calls::<i8>"));
    let narrow = test(&suite, "jump_i8");
    assert!(narrow.contains("(0, [], MAX - 27, ()),"), "{narrow}");
    assert!(narrow.contains("jump_calls::<u8>") && !narrow.contains("jump_calls::<i16>"));
}
