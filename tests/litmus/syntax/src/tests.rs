//! Tests of the C that a test in Rust becomes, and of the errors.

use atomics_spec::Spec;

use crate::{Source, c};

/// The test in C.
fn translate(text: &str) -> Result<String, Vec<String>> {
    let all = |error: syn::Error| error.into_iter().map(|e| e.to_string()).collect::<Vec<_>>();
    let source: Source = syn::parse_str(text).map_err(all)?;
    c(&Spec::builtin().unwrap(), &source).map_err(all)
}

/// The first thread, with `x` and `y` to share.
fn thread_with(models: &str, unroll: &str, body: &str) -> Result<String, Vec<String>> {
    let text = format!(
        "{models} fn t(); {unroll} shared {{ x: Atomic<i32> = 0, y: Atomic<i32> = 0, \
         p: Atomic<*const Atomic<i32>> = &x }} thread {{ {body} }} never (x == 7)"
    );
    let text = translate(&text)?;
    let (_, body) = text.split_once(")\n{\n").unwrap();
    let (body, _) = body.split_once("}\n\n").unwrap();
    Ok(body.to_owned())
}

/// Checks the C of a thread, whose lines are indented by tabs.
fn becomes(body: &str, lines: &[&str]) {
    let found = thread_with("", "unroll 2;", body).unwrap_or_else(|e| panic!("{body}: {e:?}"));
    let expected: Vec<String> = lines.iter().map(|line| format!("\t{line}")).collect();
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{body}");
}

#[test]
fn a_test_is_written_as_the_kernel_writes_it() {
    let text = translate(
        "/// What is published before the flag is seen after it.\n
         fn publish_then_consume();
         shared { data: Atomic<i32> = 0, ready: Atomic<bool> = false }
         thread { data.store(1, Relaxed); ready.store(true, Release); }
         thread { let r0 = ready.load(Acquire); let r1 = data.load(Relaxed); }
         never (r0 && r1 == 0)",
    );
    let expected = "C publish_then_consume\n\n(*\n * Result: Never\n *\n * What is published \
                    before the flag is seen after it.\n *)\n\n{}\n\nP0(int *data, int *ready)\n{\n\
                    \tWRITE_ONCE(*data, 1);\n\tsmp_store_release(ready, 1);\n}\n\n\
                    P1(int *data, int *ready)\n{\n\tint r0 = smp_load_acquire(ready);\n\
                    \tint r1 = READ_ONCE(*data);\n}\n\nexists (1:r0=1 /\\ 1:r1=0)\n";
    assert_eq!(text.unwrap(), expected);
}

#[test]
fn accesses() {
    becomes("let r0 = x.load(Relaxed);", &["int r0 = READ_ONCE(*x);"]);
    becomes(
        "x.store(y.load(Acquire) + 1, Relaxed);",
        &["int t = smp_load_acquire(y);", "WRITE_ONCE(*x, t + 1);"],
    );
    becomes(
        "let r0 = x.xchg(2, Full); let r1 = x.xchg(3, Relaxed);",
        &["int r0 = xchg(x, 2);", "int r1 = xchg_relaxed(x, 3);"],
    );
    becomes(
        "x.add(1, Relaxed); let r0 = x.fetch_add(2, Acquire); x.store(3, Release);",
        &[
            "atomic_add(1, x);",
            "int r0 = atomic_fetch_add_acquire(2, x);",
            "atomic_set_release(x, 3);",
        ],
    );
    becomes(
        "let r0 = x.dec_and_test(Full);",
        &["int r0 = atomic_dec_and_test(x);"],
    );
    becomes(
        "let q = p.load(Relaxed); let r0 = unsafe { (*q).load(Relaxed) };",
        &["int *q = READ_ONCE(*p);", "int r0 = READ_ONCE(*q);"],
    );
    becomes(
        "p.store(y, Release); unsafe { &*p.load(Acquire) }.store(1, Relaxed);",
        &[
            "smp_store_release(p, y);",
            "int *t = smp_load_acquire(p);",
            "WRITE_ONCE(*t, 1);",
        ],
    );
}

#[test]
fn barriers() {
    becomes(
        "smp_mb(Full); barrier::smp_mb(barrier::Read); smp_mb(Write);",
        &["smp_mb();", "smp_rmb();", "smp_wmb();"],
    );
    becomes(
        "barrier(); smp_store_mb(&x, 2); core::hint::spin_loop();",
        &["barrier();", "smp_store_mb(*x, 2);"],
    );
}

#[test]
fn results_of_cmpxchg() {
    becomes(
        "let r = x.cmpxchg(0, 1, Full); if r.is_ok() { y.store(1, Relaxed); }",
        &[
            "int r = cmpxchg(x, 0, 1);",
            "if (r == 0) {",
            "\tWRITE_ONCE(*y, 1);",
            "}",
        ],
    );
    becomes(
        "match x.cmpxchg(0, 1, Acquire) { Ok(_) => {} Err(v) => y.store(v, Relaxed) }",
        &[
            "int t = cmpxchg_acquire(x, 0, 1);",
            "if (t != 0) {",
            "\tWRITE_ONCE(*y, t);",
            "}",
        ],
    );
    let models = "@models { fn f(x: &Atomic<i32>, y: &Atomic<i32>) { \
                  let Ok(v) = x.cmpxchg(0, 1, Full) else { return; }; y.store(v, Relaxed); } }";
    let text = thread_with(models, "", "f(x, y);").unwrap();
    let expected = "\tint t = cmpxchg(x, 0, 1);\n\tif (t == 0) {\n\t\tWRITE_ONCE(*y, t);\n\t}\n";
    assert_eq!(text, expected);
}

#[test]
fn branches_and_arithmetic() {
    becomes(
        "let r0 = if x.load(Relaxed) == 1 { y.load(Relaxed) } else { 2 };",
        &[
            "int r0;",
            "int t = READ_ONCE(*x);",
            "if (t == 1) {",
            "\tr0 = READ_ONCE(*y);",
            "} else {",
            "\tr0 = 2;",
            "}",
        ],
    );
    becomes(
        "let mut r0 = 1; r0 += x.load(Relaxed); y.store((r0 ^ r0) | 4, Relaxed);",
        &[
            "int r0 = 1;",
            "int t = r0;",
            "int t_2 = READ_ONCE(*x);",
            "r0 = t + t_2;",
            "WRITE_ONCE(*y, (r0 ^ r0) | 4);",
        ],
    );
    // The right side is only evaluated if the left one does not decide.
    becomes(
        "if x.load(Relaxed) == 1 && y.load(Relaxed) == 1 { x.store(2, Relaxed); }",
        &[
            "int t_2;",
            "int t = READ_ONCE(*x);",
            "int t_3 = t == 1;",
            "if (t_3) {",
            "\tt_2 = READ_ONCE(*y);",
            "\tt_3 = t_3 & (t_2 == 1);",
            "}",
            "if (t_3) {",
            "\tWRITE_ONCE(*x, 2);",
            "}",
        ],
    );
}

#[test]
fn loops_are_unrolled() {
    becomes(
        "for i in 0..3 { x.store(i, Relaxed); }",
        &[
            "WRITE_ONCE(*x, 0);",
            "WRITE_ONCE(*x, 1);",
            "WRITE_ONCE(*x, 2);",
        ],
    );
    becomes(
        "while x.load(Acquire) == 0 {} y.store(1, Relaxed);",
        &[
            "int t_2;",
            "int t_3;",
            "int over = 0;",
            "int t = smp_load_acquire(x);",
            "if (t == 0) {",
            "\tt_2 = smp_load_acquire(x);",
            "\tif (t_2 == 0) {",
            "\t\tt_3 = smp_load_acquire(x);",
            "\t\tif (t_3 == 0) {",
            "\t\t\tover = 1;",
            "\t\t} else {",
            "\t\t\tWRITE_ONCE(*y, 1);",
            "\t\t}",
            "\t} else {",
            "\t\tWRITE_ONCE(*y, 1);",
            "\t}",
            "} else {",
            "\tWRITE_ONCE(*y, 1);",
            "}",
        ],
    );
    let text = thread_with(
        "",
        "unroll 2;",
        "loop { if x.load(Acquire) == 1 { break; } }",
    )
    .unwrap();
    assert_eq!(text.matches("acquire").count(), 2, "{text}");
}

#[test]
fn functions_are_part_of_their_callers() {
    let models =
        "@models { fn take(lock: &Atomic<i32>) -> bool { lock.cmpxchg(0, 1, Acquire).is_ok() } }";
    let body = "if take(x) { y.store(1, Relaxed); }";
    let text = thread_with(models, "", body).unwrap();
    let expected =
        "\tint t = cmpxchg_acquire(x, 0, 1);\n\tif (t == 0) {\n\t\tWRITE_ONCE(*y, 1);\n\t}\n";
    assert_eq!(text, expected);
}

/// herd7 would say that -1 is less than 4, where the difference is 4294967295.
#[test]
fn a_difference_of_unsigned_numbers_is_not_compared() {
    let with = |ty: &str, body: &str| {
        let c = translate(&format!(
            "fn t(); shared {{ x: Atomic<{ty}> = 0, y: Atomic<i32> = 0 }} \
             thread {{ let r = x.load(Relaxed); {body} }} thread {{ x.sub(1, Relaxed); }} \
             never (y == 1)"
        ));
        c.map(|_| ())
    };
    for body in [
        "let s = r < 4;",
        "if 4 >= r { y.store(1, Relaxed); }",
        "let s = r.wrapping_sub(1) < 4;",
        "let s = r as u64;",
    ] {
        let errors = with("u32", body).unwrap_err();
        assert!(
            errors[0].contains("numbers are signed"),
            "{body}: {errors:?}"
        );
        assert_eq!(with("i32", &body.replace("u64", "i64")), Ok(()), "{body}");
    }
    assert_eq!(with("u32", "let s = r - 1 == 3;"), Ok(()));
    let large = "let s = r + 2_000_000_000 * 2;";
    let errors = with("u32", large).unwrap_err();
    assert!(errors[0].contains("numbers have 32 bits"), "{errors:?}");
}

/// Loops in loops take no longer than the model could be asked.
#[test]
fn loops_in_loops_end() {
    let mut body = "x.store(1, Relaxed);".to_owned();
    for name in ["a", "b", "c", "d", "e"] {
        body = format!("for {name} in 0..60 {{ {body} }}");
    }
    let errors = thread_with("", "", &body).unwrap_err();
    assert!(errors[0].contains("too long for the model"), "{errors:?}");
}

/// Both parts of an `Option` are set in both branches, in which either comes last.
#[test]
fn a_part_that_is_not_set_last_keeps_its_name() {
    let body = "let r = if x.load(Relaxed) == 0 { None } else { Some(y.load(Relaxed)) };";
    becomes(
        body,
        &[
            "int t_3;",
            "int t_2;",
            "int t_4;",
            "int t = READ_ONCE(*x);",
            "if (t == 0) {",
            "\tt_3 = 0;",
            "} else {",
            "\tt_2 = READ_ONCE(*y);",
            "\tt_3 = 1;",
            "\tt_4 = t_2;",
            "}",
            "int r_ok = t_3;",
            "int r = t_4;",
        ],
    );
}

/// The message for what the model cannot express.
#[test]
fn what_cannot_be_expressed_is_an_error() {
    for (body, message) in [
        (
            "let r0 = 5_000_000_000;",
            "the model's numbers have 32 bits",
        ),
        (
            "let r0 = x.load(Relaxed) / 2;",
            "the model has no such operator",
        ),
        (
            "let r0 = x.load(Release);",
            "`load` has no ordering `Release`",
        ),
        ("x.store(1, SeqCst);", "the model needs the ordering here"),
        (
            "x.frobnicate(1, Relaxed);",
            "the model has no method `frobnicate`",
        ),
        ("println!();", "the model cannot look into macros"),
        (
            "let r0 = z.load(Relaxed);",
            "`z` is not a variable of this thread",
        ),
        (
            "frobnicate(x);",
            "the model does not know the body of `frobnicate`",
        ),
        ("dma_mb(Full);", "the model has no devices"),
        ("smp_mb(Relaxed);", "a barrier is `Read`, `Write` or `Full`"),
        (
            "for i in 0..x.load(Relaxed) {}",
            "`for` over a range of constants",
        ),
        ("for i in 0..1000 {}", "up to 64 rounds"),
        ("loop {}", "the model unrolls loops"),
        ("let r0 = [1, 2];", "the model has no arrays"),
        ("let (a, b) = (1, 2);", "the model cannot express this"),
        (
            "let r0 = if x.load(Relaxed) == 1 { Some(1) } else { 2 };",
            "values of one kind",
        ),
        ("let r0 = x + 1;", "the model computes with numbers only"),
        (
            "let q = p.load(Relaxed); unsafe { &*q }.add(1, Relaxed);",
            "through a pointer",
        ),
        ("if x { }", "this is a shared variable: load its value"),
        ("let r0; r0 = 1;", "give the variable a value here"),
        (
            "match x.load(Relaxed) { v if v == 1 => {} _ => {} }",
            "no guards",
        ),
        ("let f = || 1;", "the model has no closures"),
        ("break;", "there is nothing here that this leaves"),
    ] {
        let errors = thread_with("", "", body).unwrap_err();
        assert!(errors[0].contains(message), "{body}: {errors:?}");
    }
    let models = "@models { fn f(x: &Atomic<i32>) { f(x); } }";
    let errors = thread_with(models, "", "f(x);").unwrap_err();
    assert!(
        errors[0].contains("the model has no recursion"),
        "{errors:?}"
    );
    let models = "@models { fn f(x: &Atomic<i32>) {} }";
    let errors = thread_with(models, "", "a::f(x); b::f(x);").unwrap_err();
    assert!(errors[0].contains("names of their own"), "{errors:?}");
    // All errors come at once.
    let errors = thread_with("", "", "println!(); let r0 = z; let r1 = w;").unwrap_err();
    assert_eq!(errors.len(), 3, "{errors:?}");
}

#[test]
fn conditions_name_what_is_known_at_the_end() {
    let with = |condition: &str| {
        translate(&format!(
            "fn t(); shared {{ x: Atomic<i32> = 0 }} thread {{ let r0 = x.load(Relaxed); let s = 1; \
             if r0 == 1 {{ let hidden = 1; }} }} thread {{ let s = 2; let r = x.cmpxchg(0, 1, Full); }} \
             sometimes ({condition})"
        ))
    };
    for (condition, text) in [
        ("r0 == 1 && x != -1", "exists (0:r0=1 /\\ ~(x=-1))"),
        ("x == r0 || !(r0 == 2)", "exists (x=0:r0 \\/ ~(0:r0=2))"),
        ("r == Ok(0)", "exists (1:r=0 /\\ 1:r=0)"),
        (
            "r == Err(3) || r.is_ok()",
            "exists ((~(1:r=0) /\\ 1:r=3) \\/ 1:r=0)",
        ),
    ] {
        let text_of = with(condition).unwrap();
        assert!(text_of.ends_with(&format!("\n{text}\n")), "{text_of}");
    }
    for (condition, message) in [
        ("r0 < 1", "compute the rest in a thread"),
        (
            "hidden == 1",
            "no thread has a variable `hidden` at its end",
        ),
        ("s == 1", "`s` is the name of several variables"),
        ("f(r0)", "herd7's conditions have names of variables"),
        ("r0 == f(1)", "a condition calls no functions"),
        ("r0 == 5_000_000_000", "the model's numbers have 32 bits"),
    ] {
        let errors = with(condition).unwrap_err();
        assert!(errors[0].contains(message), "{condition}: {errors:?}");
    }
}
