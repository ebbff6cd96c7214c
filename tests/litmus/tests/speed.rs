//! What makes a run fast leaves its findings as they are: what is kept for the next run, and the
//! options of herd7 for a test that takes too long.
//!
//! This runs where `cargo xtask test litmus` names a herd7 in `LKMM_HERD7` and a tree in
//! `LKMM_KERNEL_TREE`; without one of them the tests say so and pass.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use atomics_litmus::{Finding, Judgement, Suite, Targets, Test, Tools, Verdict};
use atomics_spec::Spec;
use atomics_tests::tree::tree;
use atomics_tools::Herd;

/// Message passing, with a release and an acquire or without.
fn message(name: &str, store: &str, load: &str, condition: &str) -> Test {
    let text = format!(
        "C {name}\n{{}}\nP0(int *x, int *y)\n{{\n\tWRITE_ONCE(*x, 1);\n\t{store};\n}}\n\
         P1(int *x, int *y)\n{{\n\tint r0 = {load};\n\tint r1 = READ_ONCE(*x);\n}}\n{condition}\n"
    );
    let spec = Spec::builtin().expect("the built-in tables");
    Test::parse(&spec, "t.litmus", text).unwrap_or_else(|e| panic!("{e}"))
}

/// Tests with each verdict, and conditions of each kind.
fn tests() -> Vec<(Test, Verdict)> {
    let ordered = ["smp_store_release(y, 1)", "smp_load_acquire(y)"];
    let relaxed = ["WRITE_ONCE(*y, 1)", "READ_ONCE(*y)"];
    let lost = "exists (1:r0=1 /\\ 1:r1=0)";
    let kept = "forall (1:r0=0 \\/ 1:r1=1)";
    let ends = "exists (x=1 /\\ ~(1:r0=7))";
    [
        ("never", ordered, lost, Verdict::Never),
        ("sometimes", relaxed, lost, Verdict::Sometimes),
        (
            "not",
            relaxed,
            "~exists (1:r0=1 /\\ 1:r1=0)",
            Verdict::Sometimes,
        ),
        (
            "not_at_all",
            ordered,
            "~exists (1:r0=1 /\\ 1:r1=0)",
            Verdict::Never,
        ),
        ("always", ordered, kept, Verdict::Always),
        ("mostly", relaxed, kept, Verdict::Sometimes),
        ("ends", relaxed, ends, Verdict::Always),
    ]
    .map(|(name, [store, load], condition, verdict)| {
        (message(name, store, load, condition), verdict)
    })
    .into()
}

/// The tools, with a herd7 that writes a line to `runs` each time and then does as `script` says.
fn tools(folder: &Path, script: &str) -> Option<Tools> {
    let tree = tree()?;
    let Some(herd) = env::var_os("LKMM_HERD7") else {
        println!("skipped: LKMM_HERD7 is not set; `cargo xtask test litmus` sets it");
        return None;
    };
    let herd = herd.to_str().expect("a path in UTF-8");
    let path = folder.join("herd7");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in -version) exec {herd} \"$@\";; esac\n\
         echo >> {}/runs\n{script}\nexec {herd} \"$@\"\n",
        folder.display()
    );
    fs::write(&path, text).expect("writable");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("ours");
    let mut tools = Tools::find(Some(&tree)).unwrap_or_else(|e| panic!("{e:#}"));
    tools.herd = Herd::of(&path).unwrap_or_else(|e| panic!("{e:#}"));
    Some(tools)
}

fn check<'t>(
    tools: &Tools,
    set: &dyn for<'a> Fn(Suite<'a>) -> Suite<'a>,
    tests: &'t [Test],
) -> Vec<Finding<'t>> {
    let spec = Spec::builtin().expect("the built-in tables");
    let targets = Targets::select(&["riscv64".into(), "x86_64".into()]).expect("targets");
    let suite = Suite::new(tools, &spec).and_then(|suite| suite.targets(&targets));
    let suite = set(suite.unwrap_or_else(|e| panic!("{e:#}")));
    suite.check(tests).unwrap_or_else(|e| panic!("{e:#}"))
}

/// Does not wait long, and for all tests at once.
fn impatient(suite: Suite<'_>) -> Suite<'_> {
    suite.compare(false).jobs(8).limit(Duration::from_secs(8))
}

/// The verdict on a test, and the judgement on each target.
type Told = (Option<Verdict>, Vec<(&'static str, Judgement)>);

/// What is reported about tests.
fn told(findings: &[Finding<'_>]) -> Vec<Told> {
    let told = findings.iter().map(|finding| {
        assert_eq!(finding.fault(), None);
        (finding.verdict(), finding.judgements().to_vec())
    });
    told.collect()
}

/// The second run on a file starts no herd7, and one on another file does.
#[test]
fn the_second_run_asks_nothing_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let Some(tools) = tools(folder, "") else {
        return;
    };
    let (tests, _): (Vec<Test>, Vec<Verdict>) = tests().into_iter().take(2).unzip();
    let run = |tests: &[Test]| {
        let kept = folder.join("kept");
        let told = told(&check(
            &tools,
            &|suite| suite.kept_in(&kept).expect("a folder"),
            tests,
        ));
        let runs = fs::read_to_string(folder.join("runs")).expect("herd7 ran");
        (told, runs.len())
    };
    let (first, asked) = run(&tests[..1]);
    assert!(
        first[0].1.iter().all(|(_, judgement)| judgement.is_good()),
        "{first:?}"
    );
    assert_eq!(run(&tests[..1]), (first.clone(), asked));
    let (other, more) = run(&tests[1..]);
    assert!(other != first && more > asked);
}

/// The verdict on the LKMM is the same if herd7 takes too long for all outcomes.
#[test]
fn a_verdict_is_found_without_all_outcomes() {
    let folder = tempfile::tempdir().expect("a folder");
    let slow = "case \"$*\" in *-speedcheck*) ;; *) exec sleep 600;; esac";
    let Some(tools) = tools(folder.path(), slow) else {
        return;
    };
    let (tests, expected): (Vec<Test>, Vec<Verdict>) = tests().into_iter().unzip();
    let findings = check(&tools, &impatient, &tests);
    for (finding, expected) in findings.iter().zip(expected) {
        assert_eq!(
            finding.verdict(),
            Some(expected),
            "{}",
            finding.test().text()
        );
        let why = finding.skipped().expect("machine code is not judged");
        assert!(why.contains("only the verdict is known"), "{why}");
        assert!(finding.judgements().is_empty() && finding.is_good());
    }
}

/// So it is where machine code is not judged anyway, and herd7 only reads the file as it stands.
#[test]
fn a_verdict_on_an_unmodified_file_is_found_without_all_outcomes() {
    let folder = tempfile::tempdir().expect("a folder");
    let slow = "case \"$*\" in *-speedcheck*) ;; *) exec sleep 600;; esac";
    let Some(tools) = tools(folder.path(), slow) else {
        return;
    };
    let spec = Spec::builtin().expect("the built-in tables");
    let tests: Vec<(Test, Verdict)> = tests()
        .into_iter()
        .map(|(test, verdict)| {
            let text = test
                .text()
                .replace("{\n\tint r0", "{\n\tsynchronize_rcu();\n\tint r0");
            let test = Test::parse(&spec, "t.litmus", text);
            (test.unwrap_or_else(|e| panic!("{e}")), verdict)
        })
        .collect();
    let (tests, expected): (Vec<Test>, Vec<Verdict>) = tests.into_iter().unzip();
    let findings = check(&tools, &impatient, &tests);
    for (finding, expected) in findings.iter().zip(expected) {
        let text = finding.test().text();
        assert_eq!(finding.verdict(), Some(expected), "{text}");
        let own = finding.own_verdict();
        assert!(own.is_none_or(|own| own == expected), "{own:?}: {text}");
        let why = finding.skipped().expect("machine code is not judged");
        assert!(why.contains("RCU"), "{why}");
    }
    // herd7 was not asked for all outcomes first.
    let runs = fs::read_to_string(folder.path().join("runs")).expect("herd7 ran");
    assert_eq!(runs.len(), 2 * tests.len());
}

/// A ring of threads, each of which has to see the store of the one before it.
fn ring(name: &str, threads: usize, body: &dyn Fn(usize, &str, &str) -> String) -> Test {
    let mut text = format!("C {name}\n{{}}\n");
    for thread in 0..threads {
        let (seen, written) = (format!("x{thread}"), format!("x{}", (thread + 1) % threads));
        let body = body(thread, &seen, &written);
        text += &format!("P{thread}(int *{seen}, int *{written})\n{{\n{body}\n}}\n");
    }
    let seen: Vec<String> = (0..threads)
        .map(|thread| format!("{thread}:r0=1"))
        .collect();
    text += &format!("exists ({})\n", seen.join(" /\\ "));
    let spec = Spec::builtin().expect("the built-in tables");
    Test::parse(&spec, "t.litmus", text).unwrap_or_else(|e| panic!("{e}"))
}

/// herd7 is not told of initial values that no wanted execution reads. The verdict is that on the
/// unmodified file.
#[test]
fn what_is_not_read_does_not_change_the_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(tools) = tools(folder.path(), "") else {
        return;
    };
    let grace = |_: usize, x: &str, y: &str| {
        format!("int r0 = READ_ONCE(*{x}); synchronize_rcu(); WRITE_ONCE(*{y}, 1);")
    };
    let section = |_: usize, x: &str, y: &str| {
        format!(
            "rcu_read_lock(); int r0 = READ_ONCE(*{x}); WRITE_ONCE(*{y}, 1); rcu_read_unlock();"
        )
    };
    // As many grace periods as critical sections forbid the cycle; fewer do not.
    let half = |thread: usize, x: &str, y: &str| match thread % 2 {
        0 => grace(thread, x, y),
        _ => section(thread, x, y),
    };
    let fewer = |thread: usize, x: &str, y: &str| match thread % 3 {
        0 => grace(thread, x, y),
        _ => section(thread, x, y),
    };
    // Each form of a load and a store; the last thread passes on what it has seen.
    let forms = |thread: usize, x: &str, y: &str| match thread {
        0 => {
            format!("int r0 = smp_load_acquire({x}); synchronize_rcu(); smp_store_release({y}, 1);")
        }
        1 => format!("int r0; r0 = (int)READ_ONCE(*{x}); smp_mb(); smp_store_mb(*{y}, 1);"),
        2 => format!("int r0 = rcu_dereference(*{x}); rcu_assign_pointer(*{y}, 1);"),
        _ => format!("int r0 = READ_ONCE(*{x}); WRITE_ONCE(*{y}, r0);"),
    };
    // Where the branch is not taken, there is nothing to load: herd7 rejects that, and is asked about
    // the file as it stands.
    let branch = |thread: usize, x: &str, y: &str| match thread {
        0 => format!(
            "int r0 = READ_ONCE(*{x}); if (r0) {{ synchronize_rcu(); WRITE_ONCE(*{y}, 1); }}"
        ),
        _ => format!("int r0 = READ_ONCE(*{x}); smp_mb(); WRITE_ONCE(*{y}, 1);"),
    };
    let some = |thread: usize, x: &str, y: &str| match thread {
        0 => grace(thread, x, y),
        _ => format!("int r0 = READ_ONCE(*{x}); WRITE_ONCE(*{y}, 1);"),
    };
    let small = [
        (ring("half", 4, &half), Verdict::Never),
        (ring("fewer", 3, &fewer), Verdict::Sometimes),
        (ring("forms", 4, &forms), Verdict::Never),
        (ring("branch", 2, &branch), Verdict::Never),
        (ring("some", 3, &some), Verdict::Sometimes),
    ];
    let large = [
        (ring("half", 20, &half), Verdict::Never),
        (ring("fewer", 21, &fewer), Verdict::Sometimes),
    ];
    let (large, of_large): (Vec<Test>, Vec<Verdict>) = large.into_iter().unzip();
    let (small, of_small): (Vec<Test>, Vec<Verdict>) = small.into_iter().unzip();
    let verdicts = |findings: &[Finding<'_>]| -> Vec<_> {
        let both = findings.iter().map(|finding| {
            assert_eq!(finding.fault(), None);
            (finding.verdict(), finding.own_verdict())
        });
        both.collect()
    };
    let found = verdicts(&check(&tools, &impatient, &large));
    let expected: Vec<_> = of_large
        .iter()
        .map(|verdict| (Some(*verdict), None))
        .collect();
    assert_eq!(found, expected);
    let found = verdicts(&check(&tools, &impatient, &small));
    let expected = small.iter().zip(&of_small).map(|(test, verdict)| {
        let own = (test.name() == "branch").then_some(*verdict);
        (Some(*verdict), own)
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
    let found = verdicts(&check(
        &tools,
        &|suite| impatient(suite).compare(true),
        &small,
    ));
    let expected: Vec<_> = of_small.iter().map(|v| (Some(*v), Some(*v))).collect();
    assert_eq!(found, expected);
}

/// So is the judgement on machine code. What the LKMM forbids is found, too: here it is told of
/// fewer outcomes than the machine code has.
#[test]
fn what_is_not_allowed_is_found_without_all_outcomes() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let slow = "case \"$*\" in *-speedcheck*|*lkmm.litmus*) ;; *) exec sleep 600;; esac";
    let Some(mut tools) = tools(folder, slow) else {
        return;
    };
    let (tests, _): (Vec<Test>, Vec<Verdict>) = tests().into_iter().take(2).unzip();
    let findings = check(&tools, &impatient, &tests);
    for finding in &findings {
        for (target, judgement) in finding.judgements() {
            let sound = Judgement::Sound { stronger: false };
            assert_eq!(*judgement, sound, "{target}: {}", finding.test().text());
        }
    }
    let fewer = format!(
        "{slow}\ncase \"$*\" in *lkmm.litmus*) {} \"$@\" | sed -e '/1:r0=1; 1:r1=0/d' \
         -e 's/States 4/States 3/'; exit;; esac",
        env::var("LKMM_HERD7").expect("a path in UTF-8")
    );
    let path = folder.join("herd7");
    let text = fs::read_to_string(&path)
        .expect("a script")
        .replace(slow, &fewer);
    fs::write(&path, text).expect("writable");
    tools.herd = Herd::of(&path).unwrap_or_else(|e| panic!("{e:#}"));
    let findings = check(&tools, &impatient, &tests[1..]);
    for (target, judgement) in findings[0].judgements() {
        match (*target, judgement) {
            ("x86_64", Judgement::Sound { .. }) => {}
            ("riscv64" | "riscv64+zacas", Judgement::Unsound { offending, .. }) => {
                assert_eq!(offending.len(), 1);
                assert!(
                    offending[0].starts_with("1:r0=1; 1:r1=0; "),
                    "{offending:?}"
                );
            }
            (_, other) => panic!("{target}: {other:?}"),
        }
    }
}
