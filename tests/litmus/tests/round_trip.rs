//! From C to Rust and back: the same verdict.

use std::path::{Path, PathBuf};
use std::{env, fs};

use atomics_litmus::{Judgement, Suite, Targets, Test, Tools, read_generated, read_rust, to_rust};
use atomics_spec::Spec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// The tools, if herd7 and a tree are named.
fn tools() -> Option<Tools> {
    if env::var_os("LKMM_HERD7").is_none() || env::var_os("LKMM_KERNEL_TREE").is_none() {
        println!("skipped: LKMM_HERD7 and LKMM_KERNEL_TREE are not set");
        return None;
    }
    Some(Tools::find(None).unwrap())
}

/// The test in C that a test in C becomes in Rust; or why there is none in Rust.
fn there_and_back(spec: &Spec, test: &Test) -> Result<Test, String> {
    let rust = to_rust(spec, test)?;
    let read = read_rust(spec, "t.rs", &rust).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        errors.join("\n")
    });
    let mut read = read.map_err(|errors| format!("{rust}\n{errors}"))?;
    Ok(read.remove(0))
}

/// The tests of both forms have the same verdicts.
fn compare(spec: &Spec, tools: &Tools, tests: &[(Test, Test)]) {
    let suite = Suite::new(tools, spec).unwrap();
    let suite = suite.targets(&Targets::none()).unwrap();
    let both: Vec<Test> = tests
        .iter()
        .flat_map(|(before, after)| [before.clone(), after.clone()])
        .collect();
    let findings = suite.ask(&both).unwrap();
    for pair in findings.chunks(2) {
        let [before, after] = pair else { panic!() };
        assert!(
            before.verdict().is_some() && before.verdict() == after.verdict(),
            "{:?} {:?}\n{}\n{}",
            before.verdict(),
            after.verdict(),
            before.test().text(),
            after.test().text()
        );
    }
}

/// The tests of the kernel that can be written in Rust.
#[test]
fn the_kernels_tests_keep_their_verdicts() {
    let Some(tools) = tools() else { return };
    let tree = PathBuf::from(env::var_os("LKMM_KERNEL_TREE").unwrap());
    let spec = Spec::builtin().unwrap();
    let (mut pairs, mut others) = (Vec::new(), Vec::new());
    for path in files(&tree.join("tools/memory-model/litmus-tests")) {
        let text = fs::read_to_string(&path).unwrap();
        let Ok(test) = Test::parse(&spec, "t.litmus", text) else {
            continue;
        };
        match there_and_back(&spec, &test) {
            Ok(after) => pairs.push((test, after)),
            Err(why) => others.push(format!("{}: {why}", test.name())),
        }
    }
    println!(
        "{} tests, {} others: {others:#?}",
        pairs.len(),
        others.len()
    );
    assert!(pairs.len() >= 15, "{others:#?}");
    compare(&spec, &tools, &pairs);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "litmus"))
        .collect();
    files.sort();
    files
}

/// How many tests herd7 is asked about: more than the usual number if `LKMM_ROUND_TRIPS` says so.
fn count(usual: usize) -> usize {
    let wanted = env::var("LKMM_ROUND_TRIPS").ok();
    wanted.map_or(usual, |count| count.parse().expect("a number"))
}

/// Each operation of the tables can be written in Rust.
#[test]
fn generated_tests_keep_their_verdicts() {
    let spec = Spec::builtin().unwrap();
    let tests = read_generated(&spec, true).unwrap();
    let pairs: Vec<(Test, Test)> = tests
        .into_iter()
        .map(|test| {
            let after = there_and_back(&spec, &test).unwrap_or_else(|why| panic!("{why}"));
            (test, after)
        })
        .collect();
    let Some(tools) = tools() else { return };
    let step = (pairs.len() / count(40)).max(1);
    let some: Vec<_> = pairs.into_iter().step_by(step).collect();
    compare(&spec, &tools, &some);
}

/// A value that is stored.
fn value() -> impl Strategy<Value = String> {
    let local = prop_oneof![Just("r0"), Just("r1"), Just("r2")];
    prop_oneof![
        (-1_i32..4).prop_map(|number| number.to_string()),
        local.clone().prop_map(str::to_owned),
        (local.clone(), 0_i32..3).prop_map(|(r, n)| format!("{r} + {n}")),
        (local.clone(), local.clone()).prop_map(|(a, b)| format!("({a} ^ {b}) - 1")),
        (local.clone(), -1_i32..3).prop_map(|(r, n)| format!("({r} == {n})")),
        (local.clone(), local.clone()).prop_map(|(a, b)| format!("({a} != 0 && {b} < 2)")),
        local.prop_map(|r| format!("!{r} + (~{r} & 3)")),
    ]
}

/// A statement of a thread.
fn statement() -> impl Strategy<Value = String> {
    let shared = prop_oneof![Just("x"), Just("y")];
    let local = prop_oneof![Just("r0"), Just("r1"), Just("r2")];
    let suffix = prop_oneof![
        Just(""),
        Just("_relaxed"),
        Just("_acquire"),
        Just("_release")
    ];
    let simple = prop_oneof![
        (local.clone(), shared.clone()).prop_map(|(r, x)| format!("{r} = READ_ONCE(*{x});")),
        (local.clone(), shared.clone()).prop_map(|(r, x)| format!("{r} = smp_load_acquire({x});")),
        (shared.clone(), value()).prop_map(|(x, v)| format!("WRITE_ONCE(*{x}, {v});")),
        (shared.clone(), value()).prop_map(|(x, v)| format!("smp_store_release({x}, {v});")),
        (local.clone(), value()).prop_map(|(r, v)| format!("{r} = {v};")),
        (local.clone(), shared.clone(), suffix.clone(), value())
            .prop_map(|(r, x, s, v)| format!("{r} = xchg{s}({x}, {v});")),
        (local.clone(), shared, suffix.clone(), value())
            .prop_map(|(r, x, s, v)| format!("{r} = cmpxchg{s}({x}, 0, {v});")),
        (local, suffix, value())
            .prop_map(|(r, s, v)| format!("{r} = atomic_fetch_add{s}({v}, a);")),
        prop_oneof![
            Just("smp_mb();"),
            Just("smp_rmb();"),
            Just("smp_wmb();"),
            Just("barrier();")
        ]
        .prop_map(str::to_owned),
    ];
    let simple = simple.boxed();
    prop_oneof![
        4 => simple.clone(),
        1 => (value(), simple.clone(), simple)
            .prop_map(|(v, a, b)| format!("if ({v}) {{ {a} }} else {{ {b} }}")),
    ]
}

/// A test in C.
fn program() -> impl Strategy<Value = String> {
    let thread = proptest::collection::vec(statement(), 1..4).boxed();
    (thread.clone(), thread, -1_i32..3, 0_i32..3).prop_map(|(p, q, a, b)| {
        let thread = |number: usize, body: Vec<String>| {
            format!(
                "P{number}(int *x, int *y, atomic_t *a)\n{{\n\tint r0 = 0;\n\tint r1 = 0;\n\tint r2 = 1;\n\t{}\n}}\n",
                body.join("\n\t")
            )
        };
        format!(
            "C random\n{{ y=1; }}\n{}\n{}\nexists (0:r0={a} /\\ ~(1:r1={b} \\/ x=1) \\/ a=2)\n",
            thread(0, p),
            thread(1, q)
        )
    })
}

/// So many random values.
fn sample<T>(strategy: &impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    let trees = (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current());
    trees.collect()
}

#[test]
fn random_tests_keep_their_verdicts() {
    let spec = Spec::builtin().unwrap();
    let pairs: Vec<(Test, Test)> = sample(&program(), count(60))
        .into_iter()
        .map(|text| {
            let test = Test::parse(&spec, "t.litmus", text).unwrap_or_else(|e| panic!("{e}"));
            let after = there_and_back(&spec, &test);
            (
                test.clone(),
                after.unwrap_or_else(|why| panic!("{}\n{why}", test.text())),
            )
        })
        .collect();
    let Some(tools) = tools() else { return };
    compare(&spec, &tools, &pairs);
}

/// What compilers make of the Rust does nothing that the C may not: a wrong translation would have
/// another result.
#[test]
fn random_tests_compile_to_what_their_c_allows() {
    let spec = Spec::builtin().unwrap();
    let Some(tools) = tools() else { return };
    let tests: Vec<Test> = sample(&program(), count(30))
        .into_iter()
        .map(|text| {
            let test = Test::parse(&spec, "t.litmus", text).unwrap();
            there_and_back(&spec, &test).unwrap()
        })
        .collect();
    let targets = Targets::select(&["aarch64".into(), "riscv64".into()]).unwrap();
    let suite = Suite::new(&tools, &spec).unwrap();
    let suite = suite.targets(&targets).unwrap();
    let (mut sound, mut skipped) = (0, Vec::new());
    for finding in suite.check(&tests).unwrap() {
        for (target, judgement) in finding.judgements() {
            match judgement {
                Judgement::Sound { .. } => sound += 1,
                Judgement::Skipped(why) => skipped.push(format!("{target}: {why}")),
                other => panic!("{target}: {other:?}\n{}", finding.test().text()),
            }
        }
    }
    println!("{sound} sound, {} skipped", skipped.len());
    assert!(sound > 5 * skipped.len(), "{skipped:#?}");
}

/// A text with some bytes replaced, removed or doubled.
fn mutated(text: &str, changes: &[(usize, u8, u8)]) -> String {
    const BITS: [&str; 16] = [
        "{", "}", "(", ")", ";", "*", "&", "if", "0", "-1", "while", "r0", "x", "match", "\"", "'",
    ];
    let mut text = text.to_owned();
    for (at, kind, bit) in changes {
        let at = at % (text.len() + 1);
        let Some(place) = (0..=at).rev().find(|at| text.is_char_boundary(*at)) else {
            continue;
        };
        let bit = BITS[usize::from(*bit) % BITS.len()];
        match kind % 3 {
            0 => text.insert_str(place, bit),
            1 => text.truncate(place.max(10)),
            _ => {
                let end = (place + 3).min(text.len());
                if text.is_char_boundary(end) {
                    text.replace_range(place..end, bit);
                }
            }
        }
    }
    text
}

/// Whatever the text is, reading it ends, and not in a panic.
#[test]
fn reading_ends() {
    let spec = Spec::builtin().unwrap();
    let changes = proptest::collection::vec(any::<(usize, u8, u8)>(), 1..4);
    let texts = sample(&(program(), changes), count(300));
    for (c, changes) in texts {
        let test = Test::parse(&spec, "t.litmus", c.as_str()).unwrap();
        let rust = to_rust(&spec, &test).unwrap();
        let _ = read_rust(&spec, "t.rs", &mutated(&rust, &changes));
        if let Ok(test) = Test::parse(&spec, "t.litmus", mutated(&c, &changes))
            && let Ok(rust) = to_rust(&spec, &test)
        {
            let _ = read_rust(&spec, "t.rs", &rust);
        }
    }
}
