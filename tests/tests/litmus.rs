//! What our machine code may do is allowed by the Linux kernel's memory model: the kernel's litmus
//! tests, tables that are broken on purpose, and files that are malformed.
//!
//! This needs herd7 and a kernel tree, so that it runs only where `cargo xtask test litmus` names
//! them, in `LKMM_HERD7` and `LKMM_KERNEL_TREE`; without them, all but the tests of malformed files
//! say so and pass.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use atomics_tests::project;
use atomics_tests::tree::tree;
use serde_json::Value;

/// The tree, if herd7 is named, too.
fn tree_and_herd() -> Option<PathBuf> {
    if env::var_os("LKMM_HERD7").is_none() {
        println!("no herd7 is named: `cargo xtask test litmus` does so");
        return None;
    }
    tree()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Runs `cargo xtask litmus --json`; whether it succeeded, and what it found.
fn litmus(tree: &Path, args: &[&str]) -> (bool, Vec<Value>) {
    let fixed = ["litmus", "--json", "--kernel", text(tree)];
    let output = project::xtask(&[&fixed, args].concat());
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no report:\n{}", project::printed(&output)));
    let tests = report["tests"].as_array().expect("a list of tests");
    assert!(!tests.is_empty());
    (output.status.success(), tests.clone())
}

/// The kernel's own tests have the results that they state; what is not out of scope is sound
/// everywhere.
#[test]
fn the_kernels_tests_give_what_they_state() {
    let Some(tree) = tree_and_herd() else { return };
    let folders = [
        "tools/memory-model/litmus-tests",
        "Documentation/litmus-tests",
    ];
    let folders = folders.map(|folder| tree.join(folder));
    let (good, tests) = litmus(&tree, &[text(&folders[0]), text(&folders[1])]);
    assert!(good, "{tests:#?}");
    // Linux 7.3 has 35 and 12.
    assert!(tests.len() >= 45, "there are only {} tests", tests.len());
    let mut judged = 0;
    for test in &tests {
        let name = &test["name"];
        assert!(
            test["stated"].is_string(),
            "{name} states nothing: {test:#}"
        );
        assert_eq!(test["lkmm"], test["stated"], "{name}");
        assert_eq!(test["fault"], Value::Null, "{name}");
        let targets = test["targets"].as_array().expect("a list of targets");
        if let Some(reason) = test["skipped"].as_str() {
            assert!(targets.is_empty(), "{name}");
            let known = ["RCU", "a plain store", "the type `spinlock_t`", "a lock"];
            assert!(
                known.iter().any(|k| reason.starts_with(k)),
                "{name}: {reason}"
            );
            continue;
        }
        judged += 1;
        let names: BTreeSet<_> = targets.iter().map(|t| t["target"].to_string()).collect();
        assert!(names.len() >= 7, "{name} was judged on {names:?} only");
        for target in targets {
            assert_eq!(target["verdict"], "sound", "{name}: {target:#}");
        }
    }
    assert!(
        judged >= 25,
        "only {judged} tests were judged on machine code"
    );
}

/// The chosen tests that are made from the table have the verdicts that they state, and are sound
/// on every target, but for what herd7 cannot know.
#[test]
fn the_chosen_tests_are_sound() {
    let Some(tree) = tree_and_herd() else { return };
    let (good, tests) = litmus(&tree, &[]);
    assert!(good, "{tests:#?}");
    assert!(tests.len() > 150, "there are only {} tests", tests.len());
    for test in &tests {
        let name = test["name"].as_str().expect("a name");
        assert_eq!(test["lkmm"], test["stated"], "{name}");
        assert_eq!(test["skipped"], Value::Null, "{name}");
        let targets = test["targets"].as_array().expect("a list of targets");
        assert!(targets.len() >= 8, "{name} was judged on {targets:?} only");
        for target in targets {
            let on = target["target"].as_str().expect("a target");
            // There are no registers of 64 bits, and no comparisons of addresses.
            let may_skip = match on {
                "arm" | "x86" => name.contains("atomic64_"),
                "powerpc64" => name
                    .split_once("-addr-")
                    .is_some_and(|(before, _)| before.contains("cmpxchg")),
                _ => false,
            };
            let expected = if may_skip { "skipped" } else { "sound" };
            assert_eq!(target["verdict"], expected, "{name}: {target:#}");
        }
    }
}

/// A way to break a table.
struct Breakage {
    arch: &'static str,
    /// What is broken.
    what: &'static str,
    /// The row that it is in: a line that begins with this, and the lines up to an empty one.
    row: &'static str,
    /// What is replaced in the row, where it must be once.
    from: &'static str,
    /// What it is replaced by.
    to: &'static str,
    /// What those tests have in their names that are to find it.
    found_by: &'static str,
}

const fn broken(
    arch: &'static str,
    what: &'static str,
    row: &'static str,
    (from, to): (&'static str, &'static str),
    found_by: &'static str,
) -> Breakage {
    Breakage {
        arch,
        what,
        row,
        from,
        to,
        found_by,
    }
}

const BREAKAGES: &[Breakage] = &[
    broken(
        "aarch64",
        "the acquire of a load",
        "op          read_acquire ",
        ("ldar{w} ", "ldr{w} "),
        "atomic_read_acquire",
    ),
    broken(
        "aarch64",
        "the release of a store",
        "op          set_release ",
        ("stlr{w} ", "str{w} "),
        "atomic_set_release",
    ),
    broken(
        "aarch64",
        "the barrier on the success path of a fully ordered cmpxchg",
        "op          cmpxchg* ",
        ("when        full dmb ish ", "when        full nop "),
        "SB+atomic_cmpxchg-",
    ),
    broken(
        "aarch64",
        "the barrier after a fully ordered fetch_add",
        "op          fetch_add*,",
        ("when        full dmb ish ", "when        full nop "),
        "SB+atomic_fetch_add-",
    ),
    broken(
        "aarch64",
        "the release of fully ordered operations by LSE",
        "let         rel ",
        ("release,full    l", "release         l"),
        "LB+once-atomic_fetch_add+",
    ),
    broken(
        "aarch64",
        "that accesses behind a relaxed cmpxchg by LSE are ordered by what they take from it",
        "op          cmpxchg*                        8,16,32,64      old>r",
        ("casa{rel}{w} ", "cas{acq}{rel}{w} "),
        "MP+mb+cmpxchg_relaxed-addr-once",
    ),
    broken(
        "aarch64",
        "that smp_rmb() orders loads",
        "barrier     smp_rmb",
        ("dmb ishld ", "dmb ishst "),
        "-rmb-",
    ),
    broken(
        "arm",
        "the barrier on the success path of a fully ordered cmpxchg",
        "op          cmpxchg* ",
        (
            "when        acquire,full    dmb ish ",
            "when        acquire         dmb ish ",
        ),
        "SB+atomic_cmpxchg-",
    ),
    broken(
        "arm",
        "that smp_wmb() orders stores",
        "barrier     smp_wmb",
        ("dmb ishst ", "nop "),
        "-wmb-",
    ),
    broken(
        "powerpc64",
        "the barrier on the success path of a fully ordered cmpxchg",
        "op          cmpxchg*                        32,64 ",
        (
            "when        full sync                       -- later",
            "when        full nop                        -- later",
        ),
        "SB+atomic_cmpxchg-",
    ),
    broken(
        "powerpc64",
        "cumulativity before a release operation",
        "fence       release",
        ("lwsync ", "nop "),
        "atomic_fetch_add_release",
    ),
    broken(
        "powerpc64",
        "that smp_mb() is full",
        "barrier     smp_mb\n",
        ("sync ", "lwsync "),
        "SB+WRITE_ONCE-mb",
    ),
    broken(
        "riscv64",
        "the barrier on the success path of a fully ordered cmpxchg",
        "op          cmpxchg*                        32,64           >r,old:sign",
        ("when        full fence rw, rw ", "when        full nop "),
        "SB+atomic_cmpxchg-",
    ),
    broken(
        "riscv64",
        "the bits of a fully ordered AMO",
        "let         aqrl    full",
        ("full    .aqrl", "full    .rl"),
        "MP+mb+atomic_fetch_add-once",
    ),
    broken(
        "riscv64",
        "the fence of an acquire operation",
        "fence       acquire",
        ("fence r, rw ", "fence w, w "),
        "atomic_fetch_add_acquire",
    ),
    broken(
        "x86",
        "smp_mb()",
        "barrier     smp_mb\n",
        ("lock add dword ptr [esp - 4], 0 ", "nop "),
        "SB+WRITE_ONCE-mb",
    ),
    broken(
        "x86_64",
        "smp_mb()",
        "barrier     smp_mb\n",
        ("lock add dword ptr [rsp - 4], 0 ", "nop "),
        "SB+WRITE_ONCE-mb",
    ),
];

/// A copy of a table with one thing broken.
fn table(folder: &Path, breakage: &Breakage) -> PathBuf {
    let file = format!("{}.tbl", breakage.arch);
    let tables = project::repository().join("atomics-spec/tables/arch");
    let table = fs::read_to_string(tables.join(&file)).expect("there is such a table");
    let start = table.find(&format!("\n{}", breakage.row));
    let start = start.unwrap_or_else(|| panic!("{file} has no row `{}`", breakage.row));
    let end = table[start + 1..]
        .find("\n\n")
        .map_or(table.len(), |n| start + 1 + n);
    let row = &table[start..end];
    assert!(
        row.contains(breakage.from),
        "{file}: `{}` is not in {row}",
        breakage.from
    );
    let row = row.replace(breakage.from, breakage.to);
    let path = folder.join(&file);
    fs::write(&path, [&table[..start], &row, &table[end..]].concat()).expect("it is written");
    path
}

/// A table with a fence too few is found out.
#[test]
fn a_broken_table_is_unsound() {
    let Some(tree) = tree_and_herd() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    for breakage in BREAKAGES {
        let table = table(folder.path(), breakage);
        let named = [
            "--all",
            "--arch",
            breakage.arch,
            "--filter",
            breakage.found_by,
        ];
        let args = [&["--arch-table", text(&table)], &named[..]].concat();
        let (good, tests) = litmus(&tree, &args);
        let verdicts = tests
            .iter()
            .filter_map(|test| test["targets"].as_array())
            .flatten();
        let unsound = verdicts.filter(|t| t["verdict"] == "UNSOUND").count();
        let Breakage { arch, what, .. } = breakage;
        assert!(unsound > 0, "{arch}: nobody misses {what}");
        assert!(!good, "{arch}: it is no failure to lack {what}");
    }
}

/// herd7 computes C in 32 bits: what it says of a sum of 64 bits is nothing to compare with.
#[test]
fn sums_of_64_bits_are_no_failure() {
    let Some(tree) = tree_and_herd() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sum.litmus");
    let test = "C sum\n{ atomic64_t v = 2147483647; }\nP0(atomic64_t *v)\n{\n\ts64 r0;\n\n\
                \tr0 = atomic64_inc_return(v);\n}\nexists (v=0)\n";
    fs::write(&file, test).expect("it is written");
    let (succeeds, tests) = litmus(&tree, &["--arch=riscv64", "--run=100", text(&file)]);
    assert!(succeeds, "{tests:?}");
    let reason = tests[0]["targets"][0]["reason"].as_str();
    assert_eq!(reason, Some("2147483648: herd7 computes C in 32 bits"));
}

/// What is computed from numbers is the same to herd7 in C and in machine code: comparisons as values and
/// as conditions, with and without an overflow, and multiples.
#[test]
fn numbers_are_computed_as_in_c() {
    let Some(tree) = tree_and_herd() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let stores = |variable: &str, values: &[i64]| -> String {
        let each = values.iter();
        each.map(|v| format!("WRITE_ONCE(*{variable}, {v}); "))
            .collect()
    };
    let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
    let compare = ["<", "<=", ">", ">=", "==", "!="].map(|sign| {
        let body = format!(
            "WRITE_ONCE(*y, (r0 {sign} r1) + 2); r2 = r0 {sign} r1; if (r0 {sign} r1) WRITE_ONCE(*y, 7);"
        );
        (body, stores("x", &[least, most, -1]), stores("z", &[most]))
    });
    let range = [(0, 3), (-5, -1)].map(|(low, high)| {
        let body =
            format!("if (r0 > {low} && r0 < {high}) WRITE_ONCE(*y, 1); else WRITE_ONCE(*y, 2);");
        let values = [low, low + 1, high - 1, high, least, most];
        (body, stores("x", &values), String::new())
    });
    let multiples = [2, 3, 4, 6, 7, 8, 9, -3].map(|factor| {
        let body = format!("WRITE_ONCE(*y, r0 * {factor} + r1);");
        (body, stores("x", &[3, -2]), String::new())
    });
    let masks = [1, 7, 255, -2].map(|mask| {
        let body = format!("r2 = r0 & {mask}; WRITE_ONCE(*y, r2); if (r2) WRITE_ONCE(*y, 1000);");
        (body, stores("x", &[3, -20]), String::new())
    });
    let all = compare
        .into_iter()
        .chain(range)
        .chain(multiples)
        .chain(masks);
    let count = all
        .enumerate()
        .map(|(number, (body, x, z))| {
            let test = format!(
                "C t{number}\n{{}}\nP0(int *x, int *y, int *z) {{ int r0; int r1; int r2; \
                 r0 = READ_ONCE(*x); r1 = READ_ONCE(*z); {body} }}\n\
                 P1(int *x, int *z) {{ {x}{z} }}\nexists (y=7)\n"
            );
            let file = folder.path().join(format!("t{number}.litmus"));
            fs::write(file, test).expect("it is written");
        })
        .count();
    let (_, tests) = litmus(&tree, &[text(folder.path())]);
    assert_eq!(tests.len(), count);
    for test in &tests {
        for target in test["targets"].as_array().expect("targets") {
            assert_eq!(target["verdict"], "sound", "{test:#}");
        }
    }
}

/// Malformed files are told of, all of them, with file, line and column.
#[test]
fn malformed_files_are_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = "C good\n{}\nP0(int *x)\n{\n\tWRITE_ONCE(*x, 1);\n}\nexists (x=1)\n";
    let files = [
        ("one.litmus", good.replace("1);", "1)")),
        ("two.litmus", good.replace("x=1", "z=1")),
        ("three.litmus", good.replace("C good", "LISA good")),
    ];
    for (name, contents) in &files {
        fs::write(folder.path().join(name), contents).expect("it is written");
    }
    let output = project::xtask(&["litmus", "--kernel", "/", text(folder.path())]);
    assert!(!output.status.success());
    let told = project::printed(&output);
    for place in ["one.litmus:6:1", "two.litmus:7:9", "three.litmus:1:1"] {
        assert!(told.contains(place), "{place} is not in:\n{told}");
    }
}
