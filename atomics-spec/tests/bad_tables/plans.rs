//! Variants that the table of an architecture cannot implement.

use std::time::{Duration, Instant};

use atomics_spec::arch::Features;
use atomics_spec::emit::layout::Backend;
use atomics_spec::emit::{core_crate, module_tree};
use atomics_spec::plan::Planner;
use atomics_spec::{Source, Spec, Tables};

/// The built-in tables, with the templates of `variants` removed from the table `arch`.
fn without(arch: &str, variants: &[&str]) -> Spec {
    let mut tables = Tables::builtin();
    let file = format!("/{arch}.tbl");
    let source = tables.archs.iter_mut().find(|s| s.name.ends_with(&file));
    let source = source.expect("a table of the architecture");
    let text = std::str::from_utf8(source.bytes).expect("a text");
    let mut kept = String::new();
    let mut passed_over = false;
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        match words.first() {
            Some(&"op") => passed_over = variants.contains(&words[1]),
            Some(&"asm" | &"when" | &"c") => {}
            _ => passed_over = false,
        }
        if !passed_over {
            kept += line;
            kept.push('\n');
        }
    }
    let mut tables = Tables {
        archs: tables.archs.clone(),
        ..tables
    };
    for source in &mut tables.archs {
        if source.name.ends_with(&file) {
            *source = Source::new(source.name, &kept);
        }
    }
    Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"))
}

/// The error for the first variant without a plan; empty if every variant has one.
fn lacking(spec: &Spec, arch: &str) -> String {
    let arch = spec.arch(arch).expect("a table of the architecture");
    let planner = Planner::new(spec, arch, Features::NONE);
    let missing = spec.variants().find_map(|v| planner.plan(&v).err());
    missing.map_or_else(String::new, |m| m.to_string())
}

/// The expected error for a variant.
fn report(arch: &str, variant: &str) -> String {
    format!(
        "error: the table of {arch} cannot implement `{variant}` at 32 bits\n \
         = help: add a row `op  {variant}  32  ...`; an ordered load or store can also be derived \
         from a relaxed one, and any other operation from a load and a compare-and-exchange of \
         this width"
    )
}

#[test]
fn everything_is_there() {
    let spec = Spec::builtin().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(lacking(&spec, "x86_64"), "");
    assert_eq!(lacking(&spec, "c"), "");
}

#[test]
fn a_load_is_made_of_nothing_else() {
    let spec = without("x86_64", &["read", "read_acquire"]);
    assert_eq!(lacking(&spec, "x86_64"), report("x86_64", "read"));
    assert_eq!(
        lacking(
            &without("x86_64", &["read_acquire", "set_release"]),
            "x86_64"
        ),
        ""
    );
}

#[test]
fn a_store_is_made_of_nothing_else() {
    let spec = without("x86_64", &["set"]);
    assert_eq!(lacking(&spec, "x86_64"), report("x86_64", "set"));
}

#[test]
fn without_a_compare_and_exchange_there_are_no_loops() {
    let spec = without("x86_64", &["cmpxchg", "try_cmpxchg"]);
    assert_eq!(lacking(&spec, "x86_64"), report("x86_64", "cmpxchg"));
    // One of the two is enough.
    assert_eq!(lacking(&without("x86_64", &["cmpxchg"]), "x86_64"), "");
    assert_eq!(lacking(&without("x86_64", &["try_cmpxchg"]), "x86_64"), "");
}

#[test]
fn every_output_reports_it() {
    let spec = without("x86_64", &["set"]);
    let asm = module_tree(&spec, &Backend::Asm, None, None).expect_err("no plan");
    assert_eq!(asm.to_string(), lacking(&spec, "x86_64"));
    assert_eq!(core_crate(&spec).expect_err("no plan"), asm);
    let spec = without("c", &["set"]);
    let c = core_crate(&spec).expect_err("no plan");
    assert_eq!(c.to_string(), report("c", "set"));
}

#[test]
fn finding_nothing_is_quick() {
    let ops = [
        "cmpxchg",
        "try_cmpxchg",
        "xchg",
        "add",
        "sub",
        "inc",
        "dec",
        "and",
        "or",
        "xor",
    ];
    let rest = [
        "fetch_add",
        "sub_and_test",
        "dec_and_test",
        "inc_and_test",
        "add_negative",
        "fetch_and,fetch_or,fetch_xor",
        "fetch_add_unless",
        "inc_not_zero",
        "inc_unless_negative",
        "dec_unless_positive",
        "dec_if_positive",
    ];
    let spec = without("x86_64", &[&ops[..], &rest[..]].concat());
    let start = Instant::now();
    let arch = spec.arch("x86_64").expect("a table of the architecture");
    let planner = Planner::new(&spec, arch, Features::NONE);
    let missing = spec.variants().filter(|v| planner.plan(v).is_err()).count();
    let plain = spec.variants().filter(|v| !v.of.is_rmw()).count();
    assert_eq!(missing + plain, spec.variants().count());
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}

/// A family whose types lack the class of the compare-and-exchange has no loops.
#[test]
fn the_help_names_the_class_that_a_loop_needs() {
    let builtin = Tables::builtin();
    let text = std::str::from_utf8(builtin.types.bytes).expect("a text");
    let lines = text.lines().map(|line| match line.contains("atomic_i8 ") {
        true => line.replace("exchange,", "").replace(",exchange", ""),
        false => line.to_owned(),
    });
    let types = lines.collect::<Vec<_>>().join("\n");
    let more = |source: Source<'_>, row: &str| {
        std::str::from_utf8(source.bytes)
            .expect("a text")
            .to_owned()
            + row
    };
    let ops = more(builtin.ops, "nand F i v\n");
    let semantics = more(builtin.semantics, "nand bitwise ~(v&i) - -\n");
    let tables = Tables {
        ops: Source::new("ops.tbl", &ops),
        semantics: Source::new("semantics.tbl", &semantics),
        types: Source::new("types.tbl", &types),
        ..builtin
    };
    let spec = Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        lacking(&spec, "x86_64"),
        "error: the table of x86_64 cannot implement `fetch_nand` at 8 bits\n \
         = help: give the types of the family `atomic_i8` the class `exchange`: any operation can \
         be made of a load and a compare-and-exchange. Or add a row `op  fetch_nand  8  ...` to the \
         table of x86_64"
    );
}
