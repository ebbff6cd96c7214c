//! Random arithmetic in tests: what the compiler makes of it does what herd7 computes from the C, or
//! is skipped with a reason.
//!
//! This needs herd7 and a kernel tree, so that it runs only where `cargo xtask test litmus` names
//! them, in `LKMM_HERD7` and `LKMM_KERNEL_TREE`; without them, it says so and passes.
//! `LKMM_ARITHMETIC` is the number of tests, each with two expressions, if the default is not
//! enough, and after a colon the targets, if not all are meant: `5000:x86_64,riscv64`.

use std::collections::BTreeMap;
use std::env;

use atomics_litmus::{Judgement, Suite, Targets, Test, Tools};
use atomics_spec::Spec;
use atomics_tests::tree::tree;
use proptest::prelude::{BoxedStrategy, Just, Strategy, prop_oneof};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// The default number of tests.
const TESTS: usize = 24;
/// Constants that instructions have room for, and some that they do not.
const NUMBERS: [&str; 12] = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "-9",
    "7",
    "12",
    "100",
    "65280",
    "305419896",
    "-2147483647",
];

fn number() -> BoxedStrategy<String> {
    proptest::sample::select(&NUMBERS[..])
        .prop_map(str::to_owned)
        .boxed()
}

/// An expression of the value in `r0`.
fn expression() -> BoxedStrategy<String> {
    let leaf = prop_oneof![3 => Just("r0".to_owned()), 1 => number()];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let computes = proptest::sample::select(&["+", "-", "&", "|", "^"][..]);
        let compares = proptest::sample::select(&["==", "!=", "<", ">", "<=", ">="][..]);
        let joins = proptest::sample::select(&["&&", "||", "|", "&", "+", "*"][..]);
        let unary = proptest::sample::select(&["-", "~", "!"][..]);
        let compared = (inner.clone(), compares, number())
            .prop_map(|(a, sign, b)| format!("({a} {sign} {b})"))
            .boxed();
        prop_oneof![
            3 => (inner.clone(), computes, inner.clone())
                .prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            3 => compared.clone(),
            3 => (compared.clone(), joins, compared)
                .prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            1 => (inner.clone(), number()).prop_map(|(a, b)| format!("({a} * {b})")),
            1 => (unary, inner).prop_map(|(sign, a)| format!("({sign}({a}))")),
        ]
    })
    .boxed()
}

/// A test that computes two expressions of a value that another thread changes.
fn test() -> BoxedStrategy<String> {
    let values = (number(), number(), number());
    (values, expression(), expression(), number(), number())
        .prop_map(|((x, one, two), first, second, yes, no)| {
            format!(
                "{{ x = {x}; }}\nP0(int *x, int *y)\n{{\n\tint r0 = READ_ONCE(*x);\n\
                 \tint r1 = {first};\n\tint r2 = {no};\n\tif ({second})\n\t\tr2 = {yes};\n\
                 \tWRITE_ONCE(*y, r1);\n}}\nP1(int *x)\n{{\n\tWRITE_ONCE(*x, {one});\n\
                 \tWRITE_ONCE(*x, {two});\n}}\nlocations [0:r0; 0:r1; 0:r2; y]\nexists (y=1)\n"
            )
        })
        .boxed()
}

#[test]
fn arithmetic_is_translated_or_skipped() {
    let Some(tree) = tree().filter(|_| env::var_os("LKMM_HERD7").is_some()) else {
        println!("skipped: LKMM_HERD7 is not set; `cargo xtask test litmus` sets it");
        return;
    };
    let wanted = env::var("LKMM_ARITHMETIC").unwrap_or_else(|_| TESTS.to_string());
    let (count, names) = wanted.split_once(':').unwrap_or((&wanted, ""));
    let count: usize = count.parse().expect("LKMM_ARITHMETIC begins with a number");
    let names = names.split(',').filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    let targets = Targets::select(&names).unwrap_or_else(|e| panic!("{e:#}"));
    let tools = Tools::find(Some(&tree)).unwrap_or_else(|e| panic!("{e:#}"));
    let spec = Spec::builtin().expect("the built-in tables");
    let mut runner = TestRunner::deterministic();
    let tests: Vec<Test> = (0..count)
        .map(|number| {
            let text = test().new_tree(&mut runner).expect("a test").current();
            let text = format!("C arithmetic{number}\n{text}");
            Test::parse(&spec, "t.litmus", text.as_str()).unwrap_or_else(|e| panic!("{text}\n{e}"))
        })
        .collect();
    let suite = Suite::new(&tools, &spec).and_then(|suite| suite.targets(&targets));
    let findings = suite.and_then(|suite| suite.check(&tests));
    let findings = findings.unwrap_or_else(|e| panic!("{e:#}"));
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for finding in &findings {
        let text = finding.test().text();
        assert_eq!(finding.fault(), None, "{text}");
        for (target, judgement) in finding.judgements() {
            let (sound, skipped) = counts.entry(target).or_default();
            match judgement {
                Judgement::Sound { .. } => *sound += 1,
                Judgement::Skipped(_) => *skipped += 1,
                other => wrong.push(format!("{target}: {other:?}\n{text}")),
            }
        }
    }
    let some = &wrong[..wrong.len().min(5)];
    assert!(
        wrong.is_empty(),
        "{} are wrong, such as:\n{}",
        wrong.len(),
        some.join("\n")
    );
    // What is not judged on any target does not fit into 32 bits.
    for target in targets.names() {
        let (sound, skipped) = counts.get(target).copied().unwrap_or_default();
        println!("{target}: {sound} sound, {skipped} skipped of {count}");
        assert!(2 * sound > count, "only {sound} on {target}");
        assert!(5 * skipped < count, "{skipped} are skipped on {target}");
    }
}
