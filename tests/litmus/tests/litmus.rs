//! Checks that the LKMM allows every outcome of our machine code, with the kernel's litmus tests;
//! that broken tables are found; and that malformed files are reported.
//!
//! This needs herd7 and a kernel tree, so that it runs only where `cargo xtask test litmus` names
//! them, in `LKMM_HERD7` and `LKMM_KERNEL_TREE`; without them, all but the tests of malformed files
//! say so and pass.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use atomics_litmus::{
    Files, Finding, Judgement, Suite, Targets, Test, Tools, load_spec, read_files, read_generated,
    report,
};
use atomics_spec::Spec;
use atomics_tests::project;
use atomics_tests::tree::tree;
use serde_json::Value;

/// The tools, if herd7 and a tree are named.
fn tools() -> Option<Tools> {
    if env::var_os("LKMM_HERD7").is_none() {
        println!("skipped: LKMM_HERD7 is not set; `cargo xtask test litmus` sets it");
        return None;
    }
    let tools = Tools::find(Some(&tree()?));
    Some(tools.unwrap_or_else(|e| panic!("{e:#}")))
}

fn builtin() -> Spec {
    Spec::builtin().expect("the built-in tables")
}

fn read(spec: &Spec, paths: &[PathBuf]) -> Vec<Test> {
    read_files(spec, paths).unwrap_or_else(|e| panic!("{e}"))
}

/// Checks tests on the targets of some architectures, or on all.
fn check<'t>(tools: &Tools, spec: &Spec, archs: &[&str], tests: &'t [Test]) -> Vec<Finding<'t>> {
    assert!(!tests.is_empty());
    let archs: Vec<String> = archs.iter().map(|arch| (*arch).to_owned()).collect();
    let targets = Targets::select(&archs).expect("there are such targets");
    let suite = Suite::new(tools, spec).and_then(|suite| suite.targets(&targets));
    let findings = suite.and_then(|suite| suite.check(tests));
    findings.unwrap_or_else(|e| panic!("{e:#}"))
}

/// What is wrong, for a message.
fn shown(findings: &[Finding<'_>]) -> String {
    report::text(findings, &[])
}

/// The kernel's own tests have the results that they state; what is not out of scope is sound
/// everywhere.
#[test]
fn the_kernels_tests_give_what_they_state() {
    let Some(tools) = tools() else { return };
    let folders = [
        "tools/memory-model/litmus-tests",
        "Documentation/litmus-tests",
    ];
    let folders = folders.map(|folder| tools.kernel_tree.join(folder));
    let spec = builtin();
    let tests = read(&spec, &folders);
    let findings = check(&tools, &spec, &[], &tests);
    assert!(report::is_good(&findings), "{}", shown(&findings));
    // Linux 7.3 has 35 and 12.
    assert!(tests.len() >= 45, "there are only {} tests", tests.len());
    let mut judged = 0;
    for finding in &findings {
        let name = finding.test().name();
        let stated = finding.test().stated().map(|stated| stated.verdict);
        assert!(stated.is_some(), "{name} states no result");
        assert_eq!(finding.verdict(), stated, "{name}");
        assert_eq!(finding.fault(), None, "{name}");
        let judgements = finding.judgements();
        if let Some(reason) = finding.skipped() {
            assert!(judgements.is_empty(), "{name}");
            let known = ["RCU", "a plain store", "the type `spinlock_t`", "a lock"];
            assert!(
                known.iter().any(|k| reason.starts_with(k)),
                "{name}: {reason}"
            );
            continue;
        }
        judged += 1;
        let names: BTreeSet<_> = judgements.iter().map(|(target, _)| target).collect();
        assert!(names.len() >= 7, "{name} was judged on {names:?} only");
        for (target, judgement) in judgements {
            let is_right = match judgement {
                Judgement::Sound { .. } => true,
                // It has no room for the addresses of four variables.
                Judgement::Skipped(why) => *target == "x86" && why.contains("4 parameters"),
                _ => false,
            };
            assert!(is_right, "{name} on {target}: {judgement:?}");
        }
    }
    assert!(
        judged >= 25,
        "only {judged} tests were judged on machine code"
    );
}

/// Link-time optimisation keeps the dependencies: on an architecture whose CPUs order nothing else,
/// the tests that need them are sound.
#[test]
fn dependencies_hold_with_link_time_optimisation() {
    let Some(tools) = tools() else { return };
    let spec = builtin();
    let mut tests = read_generated(&spec, false).expect("they are right");
    let kinds = ["-addr-", "-ctrl-", "-data-"];
    tests.retain(|test| kinds.iter().any(|kind| test.name().contains(kind)));
    for kind in kinds {
        assert!(
            tests.iter().any(|test| test.name().contains(kind)),
            "{kind}"
        );
    }
    let targets = Targets::select(&["aarch64".into()]).expect("a target");
    let suite = Suite::new(&tools, &spec).and_then(|suite| suite.targets(&targets));
    let findings = suite.and_then(|suite| suite.lto(true).check(&tests));
    let findings = findings.unwrap_or_else(|e| panic!("{e:#}"));
    assert!(report::is_good(&findings), "{}", shown(&findings));
    for finding in &findings {
        let name = finding.test().name();
        let judgements = finding.judgements();
        assert!(judgements.len() >= 2, "{name}: {judgements:?}");
        for (target, judgement) in judgements {
            let is_sound = matches!(judgement, Judgement::Sound { .. });
            assert!(is_sound, "{name} on {target}: {judgement:?}");
        }
    }
}

/// The chosen tests that are made from the table have the verdicts that they state, and are sound
/// on every target, but for what herd7 cannot know. On this machine, none ends with what the LKMM
/// forbids.
#[test]
fn the_chosen_tests_are_sound() {
    let Some(tools) = tools() else { return };
    let spec = builtin();
    let tests = read_generated(&spec, false).expect("they are right");
    let suite = Suite::new(&tools, &spec).expect("a suite");
    let mut findings = suite.check(&tests).expect("they are checked");
    suite.run(&mut findings, 20_000).expect("they run");
    assert!(report::is_good(&findings), "{}", shown(&findings));
    assert!(tests.len() > 150, "there are only {} tests", tests.len());
    for finding in &findings {
        let name = finding.test().name();
        assert!(finding.seen().is_some(), "{name} did not run");
        let stated = finding.test().stated().map(|stated| stated.verdict);
        assert_eq!(finding.verdict(), stated, "{name}");
        assert_eq!(finding.skipped(), None, "{name}");
        let judgements = finding.judgements();
        let count = judgements.len();
        assert!(count >= 8, "{name} was judged on {count} targets only");
        for (target, judgement) in judgements {
            // 32-bit targets skip 64-bit values; herd7's PowerPC cannot compare addresses.
            let may_skip = match *target {
                "arm" | "x86" => name.contains("atomic64_"),
                "powerpc64" => name
                    .split_once("-addr-")
                    .is_some_and(|(before, _)| before.contains("cmpxchg")),
                _ => false,
            };
            let is_right = match judgement {
                Judgement::Sound { .. } => !may_skip,
                Judgement::Skipped(_) => may_skip,
                _ => false,
            };
            assert!(is_right, "{name} on {target}: {judgement:?}");
        }
    }
}

/// A way to break a table.
struct Breakage {
    arch: &'static str,
    /// What is broken.
    what: &'static str,
    /// The beginning of the row to break. The row ends at the next empty line.
    row: &'static str,
    /// The text to replace in the row.
    from: &'static str,
    /// The replacement.
    to: &'static str,
    /// A part of the names of the tests that should find it.
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
        "op          cmpxchg*                        32,64           >r:sign,old:sign",
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
        "barrier     smp_mb stack\n",
        ("lock addl $0, -4(%esp) ", "nop "),
        "SB+WRITE_ONCE-mb",
    ),
    broken(
        "x86_64",
        "smp_mb()",
        "barrier     smp_mb stack\n",
        ("lock addl $0, -4(%rsp) ", "nop "),
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

/// A table that lacks a fence or an ordering is found to be unsound.
#[test]
fn a_broken_table_is_unsound() {
    let Some(tools) = tools() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    for breakage in BREAKAGES {
        let table = table(folder.path(), breakage);
        let spec = load_spec(&[table]).expect("a table");
        let mut tests = read_generated(&spec, true).expect("they are right");
        tests.retain(|test| test.name().contains(breakage.found_by));
        let findings = check(&tools, &spec, &[breakage.arch], &tests);
        let judgements = findings.iter().flat_map(Finding::judgements);
        let is_unsound = |judgement: &Judgement| matches!(judgement, Judgement::Unsound { .. });
        let unsound = judgements.filter(|(_, j)| is_unsound(j)).count();
        let Breakage { arch, what, .. } = breakage;
        assert!(unsound > 0, "{arch}: no test detects the loss of {what}");
        let good = report::is_good(&findings);
        assert!(!good, "{arch}: the report is good without {what}");
    }
}

/// A plain store before a release store has no order of its own, in the machine code neither.
#[test]
fn plain_accesses_are_judged() {
    let Some(tools) = tools() else { return };
    let text = "C plain\n{}\nP0(int *x, int *y)\n{\n\t*x = 1;\n\tsmp_store_release(y, 1);\n}\n\
                P1(int *x, int *y)\n{\n\tr0 = smp_load_acquire(y);\n\tif (r0) {\n\t\tr1 = *x;\n\
                \t}\n}\nexists (1:r0=1 /\\ 1:r1=0)\n";
    // The load is ordered, but it may be at the same time as the store.
    let racy = text.replace("if (r0) ", "");
    // The reader may store as well, which the LKMM warns of, but it is no race.
    let mixed = text.replace("r1 = *x;", "r1 = READ_ONCE(*x);\n\t\t*x = 2;");
    let mixed = mixed.as_str();
    let folder = tempfile::tempdir().expect("a folder");
    let tables = BREAKAGES
        .iter()
        .filter(|b| b.found_by == "atomic_set_release");
    let tables: Vec<_> = tables.map(|b| table(folder.path(), b)).collect();
    assert_eq!(tables.len(), 1);
    let weak = "1:r0=1; 1:r1=0; ";
    for (tables, sound) in [(&tables[..0], true), (&tables[..], false)] {
        let spec = load_spec(tables).expect("a table");
        let tests = [text, mixed, &racy];
        let tests = tests.map(|text| Test::parse(&spec, "plain.litmus", text).expect("a test"));
        let mut findings = check(&tools, &spec, &["aarch64"], &tests);
        let expected = [
            (false, &[][..]),
            (false, &["mixed-accesses"][..]),
            (true, &[][..]),
        ];
        for (finding, (race, flags)) in findings.iter().zip(expected) {
            let text = finding.test().text();
            assert_eq!(finding.skipped(), None, "{text}");
            assert_eq!(finding.race(), Some(race), "{text}");
            assert_eq!(finding.flags(), flags, "{text}");
            assert_eq!(finding.judgements().len(), 2);
            assert_eq!(finding.is_good(), sound || race, "{text}");
            for (target, judgement) in finding.judgements() {
                let is_right = match (judgement, race) {
                    (Judgement::Sound { .. }, _) => sound,
                    (Judgement::Unsound { offending, .. }, false)
                    | (Judgement::Racy(offending), true) => {
                        !sound && offending.iter().all(|state| state.starts_with(weak))
                    }
                    _ => false,
                };
                assert!(is_right, "{target}: {judgement:?}\n{text}");
            }
        }
        let suite = Suite::new(&tools, &spec).expect("a suite");
        suite.run(&mut findings, 100).expect("it runs");
        // A data race is undefined behavior.
        for (finding, (race, _)) in findings.iter().zip(expected) {
            assert_eq!(finding.seen().is_some(), !race);
        }
    }
}

/// The comment of a test with a data race has to say so, and then the verdict may be another. That
/// holds for what only herd7 reads and for what is not translated as well.
#[test]
fn a_race_has_to_be_stated() {
    let Some(tools) = tools() else { return };
    let spec = builtin();
    let race = "the LKMM finds a data race, which its comment does not state with `DATARACE` after the \
                result";
    let none = "its comment states a data race, but the LKMM finds none";
    let differs = "its comment states the result Always, but the LKMM says Never";
    // What is translated, what is not, what the parser skips, and what only herd7 reads.
    let loops = "r2 = 0; while (r2) { r2 = 0; }";
    for begin in ["", "rcu_read_lock();", loops, "r2 = r7;"] {
        for (plain, stated, fault) in [
            (true, "Never DATARACE", None),
            (true, "Always DATARACE", None),
            (true, "Never", Some(race)),
            (false, "Never DATARACE", Some(none)),
            (false, "Never", None),
            (false, "Always", Some(differs)),
        ] {
            let store = if plain { "*x = 1" } else { "WRITE_ONCE(*x, 1)" };
            let end = if begin.starts_with("rcu") {
                "rcu_read_unlock();"
            } else {
                ""
            };
            let text = format!(
                "C race\n(* Result: {stated} *)\n{{}}\n\
                 P0(int *x) {{ int r2; {begin} {store}; {end} }}\n\
                 P1(int *x) {{ int r0 = READ_ONCE(*x); }}\nexists (1:r0=2)\n"
            );
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("race.litmus");
            fs::write(&file, &text).expect("writable");
            let mut files = Files::read(&spec, &[file]);
            let suite = Suite::new(&tools, &spec).expect("a suite");
            suite.ask_unread(&mut files.unread).expect("it is asked");
            let findings = suite.ask(&files.tests).expect("it is asked");
            let found = match (&findings[..], &files.unread[..]) {
                ([finding], []) => finding.fault(),
                ([], [unread]) => unread.differs(),
                other => panic!("{other:?}"),
            };
            assert_eq!(found.as_deref(), fault, "{text}");
        }
    }
}

/// herd7 computes C in 32 bits, so the outcomes of a test with 64-bit sums cannot be compared.
#[test]
fn sums_of_64_bits_are_no_failure() {
    let Some(tools) = tools() else { return };
    let text = "C sum\n{ atomic64_t v = 2147483647; }\nP0(atomic64_t *v)\n{\n\ts64 r0;\n\n\
                \tr0 = atomic64_inc_return(v);\n}\nexists (v=0)\n";
    let spec = builtin();
    let tests = [Test::parse(&spec, "sum.litmus", text).expect("a test")];
    let targets = Targets::select(&["riscv64".to_owned()]).expect("a target");
    let suite = Suite::new(&tools, &spec).and_then(|suite| suite.targets(&targets));
    let suite = suite.expect("a suite");
    let mut findings = suite.ask(&tests).expect("the LKMM's verdict");
    suite.run(&mut findings, 100).expect("it runs");
    suite.judge(&mut findings).expect("it compiles");
    assert!(report::is_good(&findings), "{}", shown(&findings));
    let reason = "2147483648: herd7 computes C in 32 bits";
    assert_eq!(findings[0].skipped(), Some(reason));
    assert!(findings[0].seen().is_none(), "nothing says what is allowed");
    assert!(findings[0].judgements().is_empty());
}

/// What is computed from numbers is the same to herd7 in C and in machine code: comparisons as
/// values and as conditions, with and without an overflow, and multiples.
#[test]
fn numbers_are_computed_as_in_c() {
    let Some(tools) = tools() else { return };
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
    // Three stores in a test: herd7 takes long for more.
    let range = [(0, 3), (-5, -1)].into_iter().flat_map(|(low, high)| {
        let body =
            format!("if (r0 > {low} && r0 < {high}) WRITE_ONCE(*y, 1); else WRITE_ONCE(*y, 2);");
        [[low, low + 1, least], [high - 1, high, most]]
            .map(|values| (body.clone(), stores("x", &values), String::new()))
    });
    let multiples = [2, 3, 4, 6, 7, 8, 9, -3].map(|factor| {
        let body = format!("WRITE_ONCE(*y, r0 * {factor} + r1);");
        (body, stores("x", &[3, -2]), String::new())
    });
    let masks = [1, 7, 255, -2].map(|mask| {
        let body = format!("r2 = r0 & {mask}; WRITE_ONCE(*y, r2); if (r2) WRITE_ONCE(*y, 1000);");
        (body, stores("x", &[3, -20]), String::new())
    });
    // Many architectures have an instruction for an operation and a complement.
    let complements = ["&", "|", "^"].into_iter().flat_map(|sign| {
        let forms = [
            format!("~r0 {sign} r1"),
            format!("r0 {sign} ~r1"),
            format!("~(r0 {sign} r1)"),
            format!("~(r0 {sign} 3)"),
        ];
        forms.map(|form| {
            let body = format!("WRITE_ONCE(*y, {form});");
            (body, stores("x", &[5, -20]), stores("z", &[3]))
        })
    });
    let all = compare
        .into_iter()
        .chain(range)
        .chain(multiples)
        .chain(masks)
        .chain(complements);
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
    let spec = builtin();
    let tests = read(&spec, &[folder.path().to_owned()]);
    assert_eq!(tests.len(), count);
    let mut wrong = Vec::new();
    for finding in check(&tools, &spec, &[], &tests) {
        for (target, judgement) in finding.judgements() {
            if !matches!(judgement, Judgement::Sound { .. }) {
                let text = finding.test().text();
                wrong.push(format!("{target}: {judgement:?}\n{text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Of the sign, compilers make a mask of all bits. herd7's ARM has no such shift.
#[test]
fn the_sign_is_a_mask() {
    let Some(tools) = tools() else { return };
    let spec = builtin();
    let text = "C sign\n{}\nP0(int *x, int *y) { int r0 = READ_ONCE(*x); int r1 = (r0 < 0) * 3; \
                WRITE_ONCE(*y, r1); }\nP1(int *x) { WRITE_ONCE(*x, -2147483647); \
                WRITE_ONCE(*x, 100); }\nexists (0:r1=3 /\\ y=3)\n";
    let test = Test::parse(&spec, "t.litmus", text).unwrap_or_else(|e| panic!("{e}"));
    let archs = ["aarch64", "powerpc64", "riscv64", "x86", "x86_64"];
    for finding in check(&tools, &spec, &archs, &[test]) {
        for (target, judgement) in finding.judgements() {
            let is_sound = matches!(judgement, Judgement::Sound { .. });
            assert!(is_sound, "{target}: {judgement:?}");
        }
    }
}

/// All malformed files are reported, with file, line and column.
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
    let told = read_files(&builtin(), &[folder.path().to_owned()]).expect_err("they are wrong");
    let told = told.to_string();
    for place in ["one.litmus:6:1", "two.litmus:7:9", "three.litmus:1:1"] {
        assert!(told.contains(place), "{place} is not in:\n{told}");
    }
}

/// A sound test, and one whose comment states a wrong result.
const FILES: [(&str, &str); 2] = [
    (
        "sound.litmus",
        "C sound\n\n(*\n * Result: Never\n *)\n\n{}\n\nP0(int *x, atomic_t *y)\n{\n\
         \tWRITE_ONCE(*x, 1);\n\tatomic_set_release(y, 1);\n}\n\nP1(int *x, atomic_t *y)\n{\n\
         \tint r0;\n\tint r1;\n\n\tr0 = atomic_read_acquire(y);\n\tr1 = READ_ONCE(*x);\n}\n\n\
         exists (1:r0=1 /\\ 1:r1=0)\n",
    ),
    (
        "wrong.litmus",
        "C wrong\n\n(*\n * Result: Never\n *)\n\n{}\n\nP0(int *x)\n{\n\
         \tWRITE_ONCE(*x, 1);\n}\n\nP1(int *x)\n{\n\tint r0;\n\n\tr0 = READ_ONCE(*x);\n}\n\n\
         exists (1:r0=1)\n",
    ),
];

/// A program outside this workspace that uses the library.
const PROGRAM: &str = r#"//! Checks the litmus files in a folder.

use std::error::Error;
use std::path::PathBuf;

use atomics_litmus::{Suite, Targets, Tools, read_files, report};
use atomics_spec::Spec;

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let spec = Spec::builtin()?;
    let tests = read_files(&spec, &folders)?;
    let tools = Tools::find(None)?;
    let targets = Targets::select(&["aarch64".to_owned()])?;
    let findings = Suite::new(&tools, &spec)?.targets(&targets)?.check(&tests)?;
    println!("{}", report::json(&findings)?);
    Ok(())
}
"#;

/// A program outside this workspace can check litmus files with the library.
#[test]
fn another_program_checks_tests() {
    if tools().is_none() {
        return;
    }
    let root = project::repository();
    let manifest = format!(
        "[package]\nname = \"checker\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         atomics-litmus = {{ path = {:?} }}\natomics-spec = {{ path = {:?} }}\n\n[workspace]\n",
        root.join("tests/litmus"),
        root.join("atomics-spec")
    );
    let lock = fs::read_to_string(root.join("Cargo.lock")).expect("a lock file");
    let folder = tempfile::tempdir().expect("a folder");
    let files = [
        ("Cargo.toml", manifest.as_str()),
        // Use the versions of the dependencies that are already downloaded.
        ("Cargo.lock", &lock),
        ("src/main.rs", PROGRAM),
    ];
    project::write(folder.path(), &files);
    let tests = folder.path().join("litmus");
    project::write(&tests, &FILES);
    let tests = tests.to_str().expect("a path in UTF-8");
    let output = project::cargo(folder.path(), "litmus", &["run", "--quiet", "--", tests]);
    let told = project::printed(&output);
    assert!(output.status.success(), "{told}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}"));
    assert_eq!(report["good"], false);
    let [sound, wrong] = report["tests"].as_array().expect("tests").as_slice() else {
        panic!("{told}");
    };
    assert_eq!(
        (&sound["name"], &sound["lkmm"]),
        (&"sound".into(), &"Never".into())
    );
    assert_eq!(sound["fault"], Value::Null);
    let fault = "its comment states the result Never, but the LKMM says Sometimes";
    assert_eq!(
        (&wrong["name"], &wrong["fault"]),
        (&"wrong".into(), &fault.into())
    );
    for test in [sound, wrong] {
        let targets = test["targets"].as_array().expect("targets");
        let names: Vec<_> = targets.iter().map(|target| &target["target"]).collect();
        assert_eq!(names, ["aarch64", "aarch64+lse"]);
        assert!(targets.iter().all(|target| target["verdict"] == "sound"));
    }
}
