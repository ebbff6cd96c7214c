//! The machine code of a user's own Rust, on each architecture.
//!
//! This runs where `cargo xtask test litmus` names a herd7 in `LKMM_HERD7` and a tree in
//! `LKMM_KERNEL_TREE`; without one of them the tests say so and pass.

use std::env;

use atomics_litmus::{Finding, Judgement, Suite, Targets, Test, Tools, read_rust};
use atomics_spec::Spec;

/// The judgements of the tests in a Rust file, as text: a line for each test and target.
fn judged(text: &str, targets: &Targets) -> Option<Vec<String>> {
    if env::var_os("LKMM_HERD7").is_none() || env::var_os("LKMM_KERNEL_TREE").is_none() {
        println!("skipped: LKMM_HERD7 and LKMM_KERNEL_TREE are not set");
        return None;
    }
    let spec = Spec::builtin().unwrap();
    let tools = Tools::find(None).unwrap();
    let tests: Vec<Test> = read_rust(&spec, "t.rs", text).unwrap_or_else(|e| panic!("{e:?}"));
    let suite = Suite::new(&tools, &spec).unwrap().targets(targets).unwrap();
    let findings = suite.check(&tests).unwrap();
    let lines = findings.iter().flat_map(|finding| {
        assert_eq!(finding.fault(), None, "{}", finding.test().text());
        let judged = finding.judgements().iter();
        judged.map(|(target, judgement)| shown(finding, target, judgement))
    });
    Some(lines.collect())
}

fn shown(finding: &Finding<'_>, target: &str, judgement: &Judgement) -> String {
    let name = finding.test().name();
    match judgement {
        Judgement::Sound { .. } => format!("{name} {target} sound"),
        Judgement::Unsound { offending, .. } => {
            format!("{name} {target} unsound: {}", offending.join(" or "))
        }
        Judgement::Skipped(why) => format!("{name} {target} skipped: {why}"),
        Judgement::TimedOut => format!("{name} {target} timed out"),
        Judgement::Failed(why) => format!("{name} {target} failed: {why}"),
    }
}

/// Variables of 8 and 16 bits have their own accesses, which no C of a litmus test has.
#[test]
fn narrow_variables_are_judged_at_their_own_width() {
    let tests: String = ["bool", "u8", "i8", "u16", "i16"]
        .into_iter()
        .map(|ty| {
            let (one, other) = match ty {
                "bool" => ("true", "false"),
                "i8" | "i16" => ("-2", "1"),
                _ => ("200", "1"),
            };
            format!(
                "litmus! {{ fn of_{ty}(); shared {{ x: Atomic<{ty}> = {other}, y: Atomic<{ty}> = {one} }}
                 thread {{ x.store({one}, Relaxed); y.store({other}, Release); }}
                 thread {{ let r0 = y.load(Acquire); let r1 = x.load(Relaxed); }}
                 never (r0 == {other} && r1 == {other}) }}\n"
            )
        })
        .collect();
    let Some(lines) = judged(&tests, &Targets::all()) else {
        return;
    };
    // x86 computes with parts of registers in more ways than there are rows for.
    let is_told = |line: &str| line.contains(" x86") && line.contains(" skipped: ");
    let wrong = lines
        .iter()
        .filter(|l| !l.ends_with(" sound") && !is_told(l));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        lines.iter().any(|l| l == "of_u8 x86_64 sound"),
        "{lines:#?}"
    );
}
