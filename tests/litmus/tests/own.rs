//! The machine code of a user's own Rust, on each architecture.
//!
//! This runs where `cargo xtask test litmus` names a herd7 in `LKMM_HERD7` and a tree in
//! `LKMM_KERNEL_TREE`; without one of them the tests say so and pass.

use std::{env, fs};

use atomics_litmus::{Finding, Judgement, Suite, Targets, Test, Tools, load_spec, read_rust};
use atomics_spec::Spec;
use atomics_tests::project;

/// The judgements of the tests in a Rust file, as text: a line for each test and target.
fn judged(spec: &Spec, text: &str, archs: &[&str]) -> Option<Vec<String>> {
    if env::var_os("LKMM_HERD7").is_none() || env::var_os("LKMM_KERNEL_TREE").is_none() {
        println!("skipped: LKMM_HERD7 and LKMM_KERNEL_TREE are not set");
        return None;
    }
    let tools = Tools::find(None).unwrap();
    let tests: Vec<Test> = read_rust(spec, "t.rs", text).unwrap_or_else(|e| panic!("{e:?}"));
    let archs: Vec<String> = archs.iter().map(|arch| (*arch).to_owned()).collect();
    let targets = Targets::select(&archs).unwrap();
    let suite = Suite::new(&tools, spec).unwrap();
    let suite = suite.targets(&targets).unwrap();
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
        Judgement::Racy(offending) => format!("{name} {target} racy {}", offending.join(" | ")),
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
    let Some(lines) = judged(&Spec::builtin().unwrap(), &tests, &[]) else {
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

/// Functions and a structure, which the threads use as a crate has them.
const SLOT: &str = "
    #[litmus::model]
    pub(crate) fn put(slot: &crate::slot::Slot, value: i32) {
        use atomics_core::Release;
        slot.value.store(value, Relaxed);
        slot.full.store(1, Release)
    }
    #[litmus::model]
    pub(crate) fn take(slot: &crate::slot::Slot) -> Result<i32, ()> {
        match slot.full.load(atomics_core::Acquire) {
            0 => Err(()),
            _ => Ok(slot.value.load(atomics_core::Relaxed)),
        }
    }
    litmus! {
        fn taken_is_what_was_put();
        shared { slot: crate::slot::Slot { full: Atomic<u32> = 0, value: Atomic<i32> = 0 } }
        thread { put(slot, 1); put(slot, 2) }
        thread { let r = take(slot); let s = take(&slot); }
        never (r == Ok(0) || s == Ok(0))
    }";

#[test]
fn code_of_a_crate_is_compiled_as_it_is() {
    let Some(lines) = judged(&Spec::builtin().unwrap(), SLOT, &[]) else {
        return;
    };
    // It tests two bits of the condition register at once.
    let is_told = |line: &str| line.contains(" powerpc64 skipped: ") && line.contains("`cr");
    let wrong = lines
        .iter()
        .filter(|l| !l.ends_with(" sound") && !is_told(l));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is not in the tokens of a test is not known: an alias, for instance.
#[test]
fn code_that_needs_more_of_its_crate_is_skipped() {
    let text = "
        type Counter = Atomic<i32>;
        #[litmus::model]
        fn count(x: &Counter) { x.store(1, Relaxed); }
        litmus! { fn alias(); shared { x: Atomic<i32> = 0 } thread { count(x); } always (x == 1) }";
    let Some(lines) = judged(&Spec::builtin().unwrap(), text, &["aarch64"]) else {
        return;
    };
    let told = "skipped: it does not compile outside of its crate: error[";
    assert!(
        lines.iter().all(|l| l.contains("find type `Counter`")),
        "{lines:#?}"
    );
    assert!(lines.iter().all(|l| l.contains(told)), "{lines:#?}");
}

/// The code calls the generated operations: a table that has one too weak is found.
#[test]
fn operations_that_order_less_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let tables = project::repository().join("atomics-spec/tables/arch");
    let table = fs::read_to_string(tables.join("aarch64.tbl")).unwrap();
    let broken = table.replace("ldar{w} ", "ldr{w} ");
    assert_ne!(broken, table);
    let path = folder.path().join("aarch64.tbl");
    fs::write(&path, broken).unwrap();
    let spec = load_spec(&[path]).unwrap();
    let flag = "litmus! { fn flag(); shared { data: Atomic<i32> = 0, ready: Atomic<bool> = false }
        thread { data.store(1, Relaxed); ready.store(true, Release); }
        thread { let r0 = ready.load(Acquire); let r1 = data.load(Relaxed); }
        never (r0 && r1 == 0) }";
    let text = format!("{SLOT} {flag}");
    let Some(lines) = judged(&spec, &text, &["aarch64"]) else {
        return;
    };
    assert_eq!(lines.len(), 4, "{lines:#?}");
    let sound = lines.iter().filter(|line| !line.contains(" unsound: "));
    assert_eq!(sound.count(), 0, "{lines:#?}");
    let flag = "flag aarch64 unsound: 1:r0=1; 1:r1=0; data=1; ready=1";
    assert!(lines.iter().any(|line| line == flag), "{lines:#?}");
}

/// A compiler may merge what the model takes for two stores: only the user's own Rust tells.
#[test]
fn a_dependency_that_the_compiler_loses_is_found() {
    let text = "litmus! { fn merged(); shared { x: Atomic<i32> = 0, y: Atomic<i32> = 0 }
        thread {
            let r0 = x.load(Relaxed);
            if r0 == 1 { y.store(1, Relaxed); } else { y.store(1, Relaxed); }
        }
        thread { let r1 = y.load(Relaxed); smp_mb(Full); x.store(r1, Relaxed); }
        never (r0 == 1 && r1 == 1) }";
    let Some(lines) = judged(&Spec::builtin().unwrap(), text, &["aarch64"]) else {
        return;
    };
    let found = lines
        .iter()
        .filter(|line| line.contains(" unsound: 0:r0=1; 1:r1=1;"));
    assert_eq!(found.count(), lines.len(), "{lines:#?}");
}
