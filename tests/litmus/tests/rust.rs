//! Tests in Rust: what the kernel's memory model says of them is what it says of the same tests in
//! C, written by hand.
//!
//! This runs where `cargo xtask test litmus` names a herd7 in `LKMM_HERD7` and a tree in
//! `LKMM_KERNEL_TREE`; without one of them the tests say so and pass.

use std::env;
use std::fmt::Write as _;

use atomics_litmus::{Suite, Targets, Test, Tools, Verdict, read_rust};
use atomics_spec::Spec;

/// A pair of threads, and the condition.
struct Case {
    name: &'static str,
    /// In Rust.
    rust: [&'static str; 3],
    /// In C.
    c: [&'static str; 3],
    verdict: Verdict,
}

const X: &str = "int *x, int *y, int **p, atomic_t *a";

/// A function of the threads.
const MODEL: &str = "#[litmus::model]
    fn first_if_not_0(x: &Atomic<i32>, y: &Atomic<i32>) -> i32 {
        let r0 = x.load(Relaxed);
        if r0 == 0 {
            return 0;
        }
        y.store(1, Relaxed);
        r0
    }";

/// The constructs, each where it decides the verdict.
const CASES: [Case; 18] = [
    Case {
        name: "release_acquire",
        rust: [
            "x.store(1, Relaxed); y.store(1, Release);",
            "let r0 = y.load(Acquire); let r1 = x.load(Relaxed);",
            "r0 == 1 && r1 == 0",
        ],
        c: [
            "WRITE_ONCE(*x, 1); smp_store_release(y, 1);",
            "int r0 = smp_load_acquire(y); int r1 = READ_ONCE(*x);",
            "1:r0=1 /\\ 1:r1=0",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "relaxed",
        rust: [
            "x.store(1, Relaxed); y.store(1, Relaxed);",
            "let r0 = y.load(Acquire); let r1 = x.load(Relaxed);",
            "r0 == 1 && r1 == 0",
        ],
        c: [
            "WRITE_ONCE(*x, 1); WRITE_ONCE(*y, 1);",
            "int r0 = smp_load_acquire(y); int r1 = READ_ONCE(*x);",
            "1:r0=1 /\\ 1:r1=0",
        ],
        verdict: Verdict::Sometimes,
    },
    Case {
        name: "barriers",
        rust: [
            "x.store(1, Relaxed); smp_mb(Write); y.store(1, Relaxed);",
            "let r0 = y.load(Relaxed); smp_mb(Read); let r1 = x.load(Relaxed);",
            "r0 == 1 && r1 == 0",
        ],
        c: [
            "WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1);",
            "int r0 = READ_ONCE(*y); smp_rmb(); int r1 = READ_ONCE(*x);",
            "1:r0=1 /\\ 1:r1=0",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "wrong_barrier",
        rust: [
            "x.store(1, Relaxed); smp_mb(Write); y.store(1, Relaxed);",
            "let r0 = y.load(Relaxed); smp_mb(Write); let r1 = x.load(Relaxed);",
            "r0 == 1 && r1 == 0",
        ],
        c: [
            "WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1);",
            "int r0 = READ_ONCE(*y); smp_wmb(); int r1 = READ_ONCE(*x);",
            "1:r0=1 /\\ 1:r1=0",
        ],
        verdict: Verdict::Sometimes,
    },
    Case {
        name: "store_mb",
        rust: [
            "smp_store_mb(x, 1); let r0 = y.load(Relaxed);",
            "y.store(1, Relaxed); smp_mb(Full); let r1 = x.load(Relaxed);",
            "r0 == 0 && r1 == 0",
        ],
        c: [
            "smp_store_mb(*x, 1); int r0 = READ_ONCE(*y);",
            "WRITE_ONCE(*y, 1); smp_mb(); int r1 = READ_ONCE(*x);",
            "0:r0=0 /\\ 1:r1=0",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "control",
        rust: [
            "let r0 = x.load(Relaxed); if r0 == 1 { y.store(1, Relaxed); }",
            "let r1 = y.load(Relaxed); if r1 == 1 { x.store(1, Relaxed); }",
            "r0 == 1 && r1 == 1",
        ],
        c: [
            "int r0 = READ_ONCE(*x); if (r0 == 1) { WRITE_ONCE(*y, 1); }",
            "int r1 = READ_ONCE(*y); if (r1 == 1) { WRITE_ONCE(*x, 1); }",
            "0:r0=1 /\\ 1:r1=1",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "control_of_both_sides",
        rust: [
            "let r0 = x.load(Relaxed); if r0 == 1 && a.load(Relaxed) == 0 { y.store(1, Relaxed); }",
            "let r1 = y.load(Relaxed); if r1 == 1 { x.store(1, Relaxed); }",
            "r0 == 1 && r1 == 1",
        ],
        c: [
            "int r0 = READ_ONCE(*x); if (r0 == 1) { int r2 = atomic_read(a); if (r2 == 0) { \
             WRITE_ONCE(*y, 1); } }",
            "int r1 = READ_ONCE(*y); if (r1 == 1) { WRITE_ONCE(*x, 1); }",
            "0:r0=1 /\\ 1:r1=1",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "no_control_after_the_branch",
        rust: [
            "let r0 = x.load(Relaxed); if r0 == 1 { a.store(1, Relaxed); } y.store(1, Relaxed);",
            "let r1 = y.load(Relaxed); if r1 == 1 { x.store(1, Relaxed); }",
            "r0 == 1 && r1 == 1",
        ],
        c: [
            "int r0 = READ_ONCE(*x); if (r0 == 1) { atomic_set(a, 1); } WRITE_ONCE(*y, 1);",
            "int r1 = READ_ONCE(*y); if (r1 == 1) { WRITE_ONCE(*x, 1); }",
            "0:r0=1 /\\ 1:r1=1",
        ],
        verdict: Verdict::Sometimes,
    },
    Case {
        name: "control_of_an_early_return",
        rust: [
            "let r0 = first_if_not_0(x, y);",
            "let r1 = y.load(Relaxed); if r1 == 1 { x.store(1, Relaxed); }",
            "r0 == 1 && r1 == 1",
        ],
        c: [
            "int r0 = READ_ONCE(*x); if (r0 != 0) { WRITE_ONCE(*y, 1); }",
            "int r1 = READ_ONCE(*y); if (r1 == 1) { WRITE_ONCE(*x, 1); }",
            "0:r0=1 /\\ 1:r1=1",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "data",
        rust: [
            "let r0 = x.load(Relaxed); y.store(r0 + 1, Relaxed);",
            "let r1 = y.load(Relaxed); x.store(r1, Relaxed);",
            "r0 == 1 && r1 == 2",
        ],
        c: [
            "int r0 = READ_ONCE(*x); WRITE_ONCE(*y, r0 + 1);",
            "int r1 = READ_ONCE(*y); WRITE_ONCE(*x, r1);",
            "0:r0=1 /\\ 1:r1=2",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "address",
        rust: [
            "y.store(1, Relaxed); smp_mb(Write); p.store(y, Relaxed);",
            "let q = p.load(Relaxed); let r1 = unsafe { (*q).load(Relaxed) }; let r2 = q.is_null();",
            "q == &y && r1 == 0",
        ],
        c: [
            "WRITE_ONCE(*y, 1); smp_wmb(); WRITE_ONCE(*p, y);",
            "int *q = READ_ONCE(*p); int r1 = READ_ONCE(*q);",
            "1:q=y /\\ 1:r1=0",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "exchange",
        rust: [
            "let r0 = x.xchg(1, Full); let r1 = y.load(Relaxed);",
            "let r2 = y.xchg(1, Full); let r3 = x.load(Relaxed);",
            "r1 == 0 && r3 == 0",
        ],
        c: [
            "int r0 = xchg(x, 1); int r1 = READ_ONCE(*y);",
            "int r2 = xchg(y, 1); int r3 = READ_ONCE(*x);",
            "0:r1=0 /\\ 1:r3=0",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "cmpxchg",
        rust: [
            "let r = x.cmpxchg(0, 1, Full);",
            "let s = x.cmpxchg(0, 2, Full);",
            "r.is_ok() && s == Ok(0)",
        ],
        c: [
            "int r = cmpxchg(x, 0, 1);",
            "int s = cmpxchg(x, 0, 2);",
            "0:r=0 /\\ 1:s=0",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "a_failed_cmpxchg_orders_nothing",
        rust: [
            "x.store(1, Relaxed); let r = a.cmpxchg(5, 1, Full); let r0 = y.load(Relaxed);",
            "y.store(1, Relaxed); smp_mb(Full); let r1 = x.load(Relaxed);",
            "r == Err(0) && r0 == 0 && r1 == 0",
        ],
        c: [
            "WRITE_ONCE(*x, 1); int r = atomic_cmpxchg(a, 5, 1); int r0 = READ_ONCE(*y);",
            "WRITE_ONCE(*y, 1); smp_mb(); int r1 = READ_ONCE(*x);",
            "0:r=0 /\\ 0:r0=0 /\\ 1:r1=0",
        ],
        verdict: Verdict::Sometimes,
    },
    Case {
        name: "counting",
        rust: [
            "let r0 = a.fetch_add(1, Relaxed);",
            "let r1 = a.fetch_add(1, Relaxed);",
            "r0 == r1",
        ],
        c: [
            "int r0 = atomic_fetch_add_relaxed(1, a);",
            "int r1 = atomic_fetch_add_relaxed(1, a);",
            "0:r0=1:r1",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "final_values",
        rust: [
            "x.store(1, Relaxed); y.store(2, Release);",
            "y.store(1, Relaxed); smp_mb(Full); let r1 = x.load(Relaxed);",
            "y == 2 && r1 == 0",
        ],
        c: [
            "WRITE_ONCE(*x, 1); smp_store_release(y, 2);",
            "WRITE_ONCE(*y, 1); smp_mb(); int r1 = READ_ONCE(*x);",
            "y=2 /\\ 1:r1=0",
        ],
        verdict: Verdict::Sometimes,
    },
    Case {
        name: "waiting",
        rust: [
            "x.store(1, Relaxed); y.store(1, Release);",
            "while y.load(Acquire) == 0 { core::hint::spin_loop(); } let r1 = x.load(Relaxed);",
            "r1 == 0",
        ],
        c: [
            "WRITE_ONCE(*x, 1); smp_store_release(y, 1);",
            "int r0 = smp_load_acquire(y); int r1 = 1; if (r0 == 1) { r1 = READ_ONCE(*x); }",
            "1:r1=0",
        ],
        verdict: Verdict::Never,
    },
    Case {
        name: "waiting_relaxed",
        rust: [
            "x.store(1, Relaxed); y.store(1, Release);",
            "loop { if y.load(Relaxed) == 1 { break; } } let r1 = x.load(Relaxed);",
            "r1 == 0",
        ],
        c: [
            "WRITE_ONCE(*x, 1); smp_store_release(y, 1);",
            "int r0 = READ_ONCE(*y); int r1 = 1; if (r0 == 1) { r1 = READ_ONCE(*x); }",
            "1:r1=0",
        ],
        verdict: Verdict::Sometimes,
    },
];

/// The verdicts on tests, by their names.
fn verdicts(spec: &Spec, tests: &[Test]) -> Option<Vec<(String, Option<Verdict>)>> {
    if env::var_os("LKMM_HERD7").is_none() || env::var_os("LKMM_KERNEL_TREE").is_none() {
        println!("skipped: LKMM_HERD7 and LKMM_KERNEL_TREE are not set");
        return None;
    }
    let tools = Tools::find(None).unwrap();
    let suite = Suite::new(&tools, spec).unwrap();
    let findings = suite.targets(&Targets::none()).unwrap().ask(tests).unwrap();
    let verdicts = findings.iter().map(|finding| {
        assert_eq!(finding.fault(), None, "{}", finding.test().text());
        (finding.test().name().to_owned(), finding.verdict())
    });
    Some(verdicts.collect())
}

#[test]
fn verdicts_are_those_of_tests_in_c() {
    let spec = Spec::builtin().unwrap();
    let mut rust = String::from(MODEL);
    let mut tests = Vec::new();
    for case in &CASES {
        let [first, second, condition] = case.rust;
        let claim = case.verdict.name().to_lowercase();
        let _ = writeln!(
            rust,
            "litmus! {{ fn {}(); unroll 2; shared {{ x: Atomic<i32> = 0, y: Atomic<i32> = 0, \
             a: Atomic<i32> = 0, p: Atomic<*const Atomic<i32>> = &x }} thread {{ {first} }} \
             thread {{ {second} }} {claim} ({condition}) }}",
            case.name
        );
        let [first, second, condition] = case.c;
        let c = format!(
            "C {}\n\n{{\n\tp = x;\n}}\n\nP0({X})\n{{\n\t{first}\n}}\n\nP1({X})\n{{\n\t{second}\n}}\n\n\
             exists ({condition})\n",
            case.name
        );
        tests.push(Test::parse(&spec, case.name, c).unwrap_or_else(|e| panic!("{e}")));
    }
    let translated = read_rust(&spec, "cases.rs", &rust).unwrap_or_else(|e| panic!("{e:?}"));
    tests.extend(translated);
    let Some(verdicts) = verdicts(&spec, &tests) else {
        return;
    };
    assert_eq!(verdicts.len(), 2 * CASES.len());
    for (name, verdict) in verdicts {
        let case = CASES.iter().find(|case| case.name == name).unwrap();
        assert_eq!(verdict, Some(case.verdict), "{name}");
    }
}

#[test]
fn errors_name_their_places() {
    let spec = Spec::builtin().unwrap();
    let text = "litmus! {\n    fn t();\n    shared { x: Atomic<i32> = 0, y: Mutex<i32> = 0 }\n    \
                thread { x.store(1, Relaxed); }\n    never (x == 1)\n}\n";
    let errors = read_rust(&spec, "t.rs", text).unwrap_err();
    let text = errors[0].to_string();
    assert!(text.contains("t.rs:3:37"), "{text}");
    assert!(
        text.contains("a shared variable is an `Atomic<T>`"),
        "{text}"
    );
}
