//! Checks that the checked-in counts of instructions are what the compiler makes now.
//!
//! The test needs the tools that compile for other architectures, so it runs only if
//! `LKMM_KERNEL_TREE` is set, as `cargo xtask test parity` does it. Otherwise it is skipped.

use std::path::{Path, PathBuf};
use std::{env, fs};

use atomics_bench::counts::{Counter, guarded};
use atomics_bench::implementation::Implementation;
use atomics_bench::table;
use atomics_spec::{Source, Spec, Tables};
use atomics_tools::{Toolchain, kernel_tree};
use similar::TextDiff;

/// The folder of this package.
fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Calls `work` with what counts the functions of the tables `spec`, in a build folder called `name`.
/// Without the tools, does nothing.
fn with_counter(spec: &Spec, name: &str, work: impl FnOnce(&Counter<'_>)) {
    if env::var_os(kernel_tree::VAR).is_none() {
        println!("skipped: LKMM_KERNEL_TREE is not set; `cargo xtask test parity` sets it");
        return;
    }
    let folder: PathBuf = package().join("../../target/bench").join(name);
    let tools = Toolchain::require().unwrap();
    work(&Counter {
        spec,
        functions: &package().join("functions"),
        folder: &folder,
        tools: &tools,
        progress: &|text| eprintln!("{text}"),
    });
}

/// What differs between two tables.
fn differences(expected: &str, found: &str) -> String {
    let diff = TextDiff::from_lines(expected, found);
    let mut diff = diff.unified_diff();
    diff.context_radius(0)
        .header("checked in", "found")
        .to_string()
}

#[test]
fn the_counts_are_what_is_found() {
    let spec = Spec::builtin().unwrap();
    with_counter(&spec, "counts", |counter| {
        let blocks = table::blocks(counter).unwrap();
        let found = table::text(&table::compiler().unwrap(), &blocks);
        let expected = fs::read_to_string(package().join("counts.txt")).unwrap();
        let diff = differences(&expected, &found);
        assert!(
            diff.is_empty(),
            "the counts have changed; if that is intended, `cargo xtask bench --write` writes \
             counts.txt anew:\n{diff}"
        );
    });
}

/// One more instruction in a table is found in the functions that have it, and only there.
#[test]
fn one_more_instruction_is_found() {
    let path = package().join("../../atomics-spec/tables/arch/x86_64.tbl");
    let text = fs::read_to_string(&path).unwrap();
    let xadd = "asm         lock xadd {i}, {mem} ";
    let (before, after) = text.split_once(xadd).unwrap();
    let (rest_of_line, after) = after.split_once('\n').unwrap();
    let longer =
        format!("{before}{xadd}{rest_of_line}\nasm         test {{i}}, {{i}} -- a test\n{after}");
    let mut tables = Tables::builtin();
    tables.archs = vec![Source::new("x86_64.tbl", &longer)];
    tables.strict_archs = false;
    let longer = Spec::load(&tables).unwrap();
    let counted = |spec: &Spec, name: &str| {
        let mut found = None;
        with_counter(spec, name, |counter| {
            let place = guarded().next().unwrap();
            let ours = counter.count(place, Implementation::Ours).unwrap();
            let core = counter.count(place, Implementation::Core).unwrap();
            let block = table::Block { place, ours, core };
            found = Some(table::text("rustc", &[block]));
        });
        found
    };
    let builtin = counted(&Spec::builtin().unwrap(), "counts");
    let (Some(builtin), Some(longer)) = (builtin, counted(&longer, "longer")) else {
        return;
    };
    let diff = differences(&builtin, &longer);
    let changed: Vec<&str> = diff
        .lines()
        .filter_map(|line| line.strip_prefix('+')?.split_whitespace().next())
        .collect();
    for name in ["fetch_add_relaxed", "fetch_add_full", "next_identifier"] {
        assert!(changed.contains(&name), "{name} is not found:\n{diff}");
    }
    for name in ["fetch_or_full", "four_field_loads", "put_reference"] {
        assert!(!changed.contains(&name), "{name} has not changed:\n{diff}");
    }
}
