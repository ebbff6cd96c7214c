//! Tests of reading litmus files and of translating them for herd7 and to Rust.

use std::collections::BTreeSet;

use atomics_spec::{Spec, Variant};

use crate::case::Case;
use crate::lang::ast::Location;
use crate::lang::values::Values;
use crate::lkmm::{self, Definitions};
use crate::rust::Ending;
use crate::test::Test;
use crate::verdict::Verdict;

fn spec() -> Spec {
    Spec::builtin().expect("the built-in tables are right")
}

fn read(text: &str) -> Result<Test, String> {
    Test::parse(&spec(), "t.litmus", text).map_err(|error| error.to_string())
}

fn case(test: &Test) -> Case<'_> {
    Case::new(test, "t".into(), 5)
}

/// A test with one thread of this body.
fn with_body(body: &str) -> String {
    format!("C t\n{{}}\nP0(int *x, int *y, atomic_t *v, int **p)\n{{\n{body}\n}}\nexists (x=1)\n")
}

/// herd7's definitions in these tests: all operations except those that write through a pointer or
/// test with `<` or `>`.
struct Some;

impl Definitions for Some {
    fn has(&self, variant: &Variant<'_>) -> bool {
        let name = variant.of.op.name.as_str();
        !name.starts_with("try_") && !name.contains("unless_") && !name.contains("_if_")
    }
}

/// The body of the only thread in herd7's input.
fn for_herd(init: &str, body: &str) -> Result<String, String> {
    let text = with_body(body).replacen("{}", &format!("{{ {init} }}"), 1);
    let test = read(&text).expect("the test is right");
    let text = lkmm::print(&spec(), &Some, &test.litmus, &[])?;
    let body = text.split_once(")\n{\n").expect("it has a thread").1;
    let (body, _) = body.split_once("\n}\n").expect("it ends");
    Ok(format!("{body}\n"))
}

/// The body of the only thread in Rust.
fn in_rust(body: &str) -> String {
    let test = read(&with_body(body)).expect("the test is right");
    let text = case(&test)
        .rust(&spec(), 0, "f", Ending::Memory)
        .expect("it is in scope");
    text.split_once("{\n").expect("it has a body").1.to_owned()
}

#[test]
fn reads_what_the_kernel_writes() {
    let test = read(
        "C A+b.c\n\n(*\n * Result: Never\n * (a remark)\n *)\n\n{\n\tint x = 1;\n\tint *p = &x;\n\
         \tatomic_t v = ATOMIC_INIT(-5);\n}\n\nP0(int *x, atomic_t *v) // Producer\n{\n\
         \tint r0 = READ_ONCE(*x); /* loads */\n\n\tif (r0)\n\t\tatomic_inc(v);\n\telse {\n\
         \t\tatomic_dec(v);\n\t}\n}\n\nP1(int **p)\n{\n\tint *r1;\n\n\tr1 = READ_ONCE(*p);\n}\n\n\
         locations [x;1:r1]\nfilter (v=0)\nexists (0:r0=0 /\\ ~(x=2 \\/ 1:r1=x)) (* Bad. *)\n",
    )
    .unwrap();
    let case = case(&test);
    let test = &test.litmus;
    assert_eq!(test.name, "A+b.c");
    let stated = test.result.map(|stated| stated.verdict);
    assert_eq!(stated, Option::Some(Verdict::Never));
    assert_eq!(test.threads.len(), 2);
    assert_eq!(case.observed.locals, [vec!["r0"], vec!["r1"]]);
    assert_eq!(case.observed.shared, ["p", "v", "x"]);
    let shown: Vec<&Location> = test.locations.iter().map(|(l, _)| l).collect();
    let expected = [
        Location::Shared("x".into()),
        Location::Local(1, "r1".into()),
    ];
    assert_eq!(shown, expected.iter().collect::<Vec<_>>());
    assert!(test.filter.is_some());
    assert!(case.skipped.is_none());
}

#[test]
fn faults_have_a_place() {
    let faults = [
        ("D t\n", "1:1", "not a litmus test in C"),
        (
            "C t\n{}\n",
            "3:1",
            "expected a thread, found the end of the file",
        ),
        (
            "C t\n{ int = 1; }\n",
            "2:7",
            "expected a variable, found `=`",
        ),
        ("C t\n{ x = @; }\n", "2:7", "unexpected character `@`"),
        ("C t\n{ x[y]; }\n", "2:5", "expected a number, found `y`"),
        ("C t\n{ 0:1 = 1; }\n", "2:5", "expected a local variable"),
        (
            "C t\n{ x = 99999999999999999999; }\n",
            "2:7",
            "is not a valid number",
        ),
        ("C t\n(* open\n{}\n", "2:1", "is not terminated"),
        (
            "C t\n{}\nP1(int *x) {}\nexists (x=1)",
            "3:1",
            "expected thread 0, found 1",
        ),
        (
            "C t\n{}\nP0(int x) {}\nexists (x=1)",
            "3:4",
            "`x` is not a pointer",
        ),
        (
            "C t\n{}\nP0(int *x, int *x) {}\nexists (x=1)",
            "3:12",
            "`x` is declared twice",
        ),
        (
            "C t\n{}\nP0(int *x) {\n\tWRITE_ONCE(*x, 1)\n}\nexists (x=1)",
            "5:1",
            "found `}`",
        ),
        (
            "C t\n{}\nP0(int *x) {\n",
            "4:1",
            "expected `}`, found the end",
        ),
        (
            "C t\n{}\nP0(int *x) {}\n",
            "4:1",
            "expected the condition, found the end of the file",
        ),
        (
            "C t\n{}\nP0(int *x) {}\nexists (x 1)",
            "4:11",
            "expected `=`, found `1`",
        ),
        (
            "C t\n{}\nP0(int *x) {}\nexists (0:r7=1)",
            "4:9",
            "P0 has no local variable `r7`",
        ),
        (
            "C t\n{}\nP0(int *x) {}\nexists (3:r0=1)",
            "4:9",
            "there is no thread P3",
        ),
        (
            "C t\n{}\nP0(int *x) {}\nexists (z=1)",
            "4:9",
            "there is no shared variable `z`",
        ),
        (
            "C t\n{}\nP0(int *x) {}\nexists (x=1) x",
            "4:14",
            "expected the end of the file, found `x`",
        ),
    ];
    for (text, place, message) in faults {
        let error = read(text).unwrap_err();
        assert!(
            error.contains(&format!("t.litmus:{place}\n")),
            "{text:?}: {error}"
        );
        assert!(error.contains(message), "{text:?}: {error}");
        assert!(error.contains("= help: "), "{text:?}: {error}");
    }
}

#[test]
fn faults_between_parts_have_a_place() {
    let faults = [
        (
            "C t\n{ x = 1; x = 2; }\nP0(int *x) {}\nexists (x=1)",
            "2:10",
            "already has an initial value",
        ),
        (
            "C t\n{}\nP0(int *x) {}\nlocations [y]\nexists (x=1)",
            "4:12",
            "no shared variable `y`",
        ),
        (
            "C t\n{}\nP0(int *x) {\nexists (x=1)",
            "4:1",
            "expected `}`, found `exists`",
        ),
    ];
    for (text, place, message) in faults {
        let error = read(text).unwrap_err();
        assert!(
            error.contains(&format!("t.litmus:{place}\n")),
            "{text:?}: {error}"
        );
        assert!(error.contains(message), "{text:?}: {error}");
    }
}

#[test]
fn a_variable_with_two_types_is_out_of_scope() {
    let blocks = with_body("\tif (1) {\n\t\tint r0;\n\t} else {\n\t\tint *r0;\n\t}");
    let tests = [
        (
            "C t\n{}\nP0(int *x) {}\nP1(s64 *x) {}\nexists (x=1)",
            "(`x`) at t.litmus:4:4",
        ),
        (
            "C t\n{ s64 x; }\nP0(int *x) {}\nexists (x=1)",
            "(`x`) at t.litmus:3:4",
        ),
        (&blocks, "(`r0`) at t.litmus:8:8"),
    ];
    for (text, place) in tests {
        let test = read(text).unwrap();
        let expected = format!("a variable with two types {place}");
        assert_eq!(test.skipped(), Option::Some(&*expected), "{text}");
    }
}

#[test]
fn outcomes_pass_the_filter() {
    let text = "C t\n{ [p] = x; }\nP0(int *x, int **p)\n{\n\tint r0 = READ_ONCE(*x);\n}\n\
                filter (0:r0=1 /\\ ~(x=2) /\\ p=x)\nexists (x=1)\n";
    let test = read(text).unwrap();
    let case = case(&test);
    let number = crate::lang::ast::Value::Number;
    let address = crate::lang::ast::Value::Address("x".into());
    // The locations are 0:r0, p and x.
    assert!(case.passes(&[number(1), address.clone(), number(1)]));
    assert!(!case.passes(&[number(0), address.clone(), number(1)]));
    assert!(!case.passes(&[number(1), address, number(2)]));
    assert!(!case.passes(&[number(1), number(0), number(1)]));
}

#[test]
fn faults_in_a_thread_have_a_place() {
    let faults = [
        (
            "\tatomic_foo(v);",
            "5:2",
            "there is no function `atomic_foo`",
        ),
        (
            "\tatomic_add(v);",
            "5:2",
            "wrong number of arguments of `atomic_add`: 1",
        ),
        (
            "\tWRITE_ONCE(*x, r0);",
            "5:17",
            "there is no variable `r0` here",
        ),
        (
            "\tint r0 = READ_ONCE(x);",
            "5:21",
            "takes a variable here, not its address",
        ),
        (
            "\tint r0 = atomic_read(r1);",
            "5:23",
            "there is no variable `r1`",
        ),
        (
            "\tint r0 = 1;\n\tatomic_inc(r0);",
            "6:13",
            "this is not the address of a variable",
        ),
        (
            "\tint r0 = atomic_inc(v);",
            "5:11",
            "this call returns nothing",
        ),
        (
            "\tint r0 = atomic_try_cmpxchg(v, 1, 2);",
            "5:33",
            "takes the address of a local",
        ),
        (
            "\tatomic64_inc(v);",
            "5:15",
            "does not take a variable of 32 bits",
        ),
        (
            "\tint r0 = 5000000000;",
            "5:11",
            "does not fit into 32 bits",
        ),
        (
            "\tint r0;\n\tif (r0) {\n\t\tint r1 = 1;\n\t}\n\tr0 = r1;",
            "9:7",
            "`r1` is not in scope here",
        ),
        ("\tr0 = 1;\n\tint r0;", "5:2", "`r0` is not in scope here"),
        ("\tint r0 = r0 + 1;", "5:11", "`r0` is not in scope here"),
        (
            "\tint r0;\n\tint r0 = 1;",
            "6:6",
            "`r0` is already declared",
        ),
        ("\tint x;", "5:6", "`x` is already declared"),
        ("\tx = 1 +;", "5:9", "expected an expression, found `;`"),
    ];
    for (body, place, message) in faults {
        let error = read(&with_body(body)).unwrap_err();
        assert!(
            error.contains(&format!("t.litmus:{place}\n")),
            "{body:?}: {error}"
        );
        assert!(error.contains(message), "{body:?}: {error}");
    }
}

#[test]
fn what_is_out_of_scope_is_named_with_its_place() {
    let reasons = [
        ("\tspin_lock(x);", "a lock (`spin_lock`) at t.litmus:5:2"),
        (
            "\trcu_read_lock();",
            "RCU (`rcu_read_lock`) at t.litmus:5:2",
        ),
        (
            "\tsynchronize_srcu(x);",
            "SRCU (`synchronize_srcu`) at t.litmus:5:2",
        ),
        (
            "\tint r0;\n\t{\n\t\tint r0 = 1;\n\t}",
            "a variable that shadows another one (`r0`) at t.litmus:7:7",
        ),
        (
            "\t{\n\t\tint x = 1;\n\t}",
            "a variable that shadows another one (`x`) at t.litmus:6:7",
        ),
        (
            "\tint r0 = READ_ONCE(*x); r0 = r0 * r0;",
            "a product of variables at t.litmus:5:31",
        ),
        ("\tint r0 = (char)257;", "the type `char` at t.litmus:5:11"),
        ("\tx = 1;", "an assignment to a parameter at t.litmus:5:2"),
        ("\twhile (1) {\n\t}", "a loop (`while`) at t.litmus:5:2"),
        (
            "\tdo { WRITE_ONCE(*x, 1); } while (0);",
            "a loop (`do`) at t.litmus:5:2",
        ),
        (
            "\tfor (;;) WRITE_ONCE(*x, 1);",
            "a loop (`for`) at t.litmus:5:2",
        ),
        (
            "\tint r0 = x; atomic_inc(v); smp_store_release(r0, 1);",
            "an address in a variable that is too narrow for it at t.litmus:5:11",
        ),
        (
            "\tint *r0 = 5 + 1;",
            "a number as an address at t.litmus:5:12",
        ),
        (
            "\tuintptr_t r0 = 1; int r1 = (r0 < 2);",
            "`<` of unsigned values at t.litmus:5:29",
        ),
        ("\tint r0 = 1 << 2;", "the operator `<<` at t.litmus:5:11"),
        ("\tu8 r0;", "the type `u8` at t.litmus:5:5"),
    ];
    for (body, reason) in reasons {
        let test = read(&with_body(body)).expect(body);
        assert_eq!(
            case(&test).skipped.as_deref(),
            Option::Some(reason),
            "{body:?}"
        );
    }
}

#[test]
fn threads_call_the_typed_layer() {
    let calls = [
        ("READ_ONCE(*x);", "let _ = v_x.load(Relaxed);"),
        (
            "smp_store_release(x, 2);",
            "let _ = v_x.store(2_i32, Release);",
        ),
        (
            "rcu_assign_pointer(*p, x);",
            "let _ = v_p.store(v_x.as_ptr(), Release);",
        ),
        (
            "smp_store_mb(*x, 1);",
            "let _ = barrier::smp_store_mb(v_x, 1_i32);",
        ),
        ("smp_wmb();", "let _ = barrier::smp_mb(barrier::Write);"),
        ("atomic_add(-1, v);", "let _ = v_v.add((-1_i32), Relaxed);"),
        (
            "atomic_fetch_add_acquire(1, v);",
            "let _ = v_v.fetch_add(1_i32, Acquire);",
        ),
        (
            "atomic_add_unless(v, 1, 2);",
            "let _ = v_v.add_unless(1_i32, 2_i32, Full);",
        ),
        (
            "atomic_cmpxchg_release(v, 0, 1);",
            "unsafe { v_v.as_raw() }.atomic_cmpxchg_release(0_i32, 1_i32);",
        ),
        (
            "cmpxchg(x, 0, 1);",
            "unsafe { v_x.as_raw() }.atomic_cmpxchg(0_i32, 1_i32);",
        ),
        (
            "xchg_relaxed(p, y);",
            "let _ = v_p.xchg(v_y.as_ptr(), Relaxed);",
        ),
        (
            "int r0 = 0; int r1; r1 = atomic_try_cmpxchg(v, &r0, 1);",
            "v_r1 = i32::from(match v_v.cmpxchg(v_r0, 1_i32, Full) \
             { Ok(_) => true, Err(v) => { v_r0 = v as _; false } });",
        ),
        (
            "int *r0 = READ_ONCE(*p); WRITE_ONCE(*r0, 1);",
            "let _ = unsafe { Atomic::from_ptr(v_r0) }.store(1_i32, Relaxed);",
        ),
        (
            "*x = 1; int r0 = *x + 1;",
            "unsafe { v_x.as_ptr().write(1_i32) };\n    \
             v_r0 = unsafe { v_x.as_ptr().read() }.wrapping_add(1_i32);",
        ),
        (
            "int *r0 = *p; *r0 = *x;",
            "unsafe { v_r0.write(unsafe { v_x.as_ptr().read() }) };",
        ),
        (
            "int *r0 = READ_ONCE(*p); if (0 != r0) WRITE_ONCE(*p, 0);",
            "if (core::ptr::null_mut() != v_r0) {\n        \
             let _ = v_p.store(core::ptr::null_mut(), Relaxed);",
        ),
        (
            "(void)xchg(x, (int)(2L));",
            "let _ = v_x.xchg(2_i32, Full);",
        ),
        (
            "int r0 = 0; long r1 = (long)r0 + (s64)1;",
            "v_r1 = (v_r0 as isize).wrapping_add((1_i64 as isize));",
        ),
        (
            "s64 r0 = 1; int r1 = (r0 == 5000000000);",
            "(v_r0 == 5000000000_i64)",
        ),
        (
            "uintptr_t r0 = READ_ONCE(*x); r1 = (r0 == 1);",
            "(v_r0 == 1_usize)",
        ),
        (
            "intptr_t r0 = x; int r1 = (r0 == x);",
            "v_r0 = (v_x.as_ptr() as isize);",
        ),
        (
            "int r0 = 0; if (atomic_dec_and_test(v) && !r0) smp_mb();",
            "if (v_v.dec_and_test(Full) && !(v_r0 != 0)) {",
        ),
        (
            "int r0 = (atomic_read(v) == 1) + 2;",
            "v_r0 = i32::from((v_v.load(Relaxed) == 1_i32)).wrapping_add(2_i32);",
        ),
    ];
    for (body, call) in calls {
        let rust = in_rust(body);
        assert!(rust.contains(call), "{body:?}: {rust}");
    }
}

#[test]
fn herd7_is_given_what_it_has() {
    let texts = [
        ("atomic_inc(v);", "\tatomic_inc(v);\n"),
        (
            "(void)atomic_inc_return(v);",
            "\tint t0 = atomic_inc_return(v);\n",
        ),
        (
            "int r0 = !READ_ONCE(*x);",
            "\tint r0 = (READ_ONCE(*x) == 0);\n",
        ),
        (
            "int r0 = 1; if (r0 && ~r0) {}",
            "\tint r0 = 1;\n\tif (((r0 != 0) & ((r0 ^ -1) != 0))) {\n\t\tint t0 = 0;\n\t}\n",
        ),
        (
            "int t0 = 0; int r1 = atomic_try_cmpxchg_acquire(v, &t0, 1);",
            "\tint t0 = 0;\n\tint t1 = atomic_cmpxchg_acquire(v, t0, 1);\n\tint t2 = (t1 == t0);\n\
             \tt0 = t1;\n\tint r1 = t2;\n",
        ),
        (
            "int r0 = 0; int r1 = try_cmpxchg(x, &r0, 1);",
            "\tint r0 = 0;\n\tint t0 = cmpxchg(x, r0, 1);\n\tint t1 = (t0 == r0);\n\tr0 = t0;\n\
             \tint r1 = t1;\n",
        ),
    ];
    for (body, expected) in texts {
        assert_eq!(for_herd("", body).as_deref(), Ok(expected), "{body:?}");
    }
}

#[test]
fn a_comparison_becomes_an_equality_where_that_is_the_same() {
    let text = |init: &str, body: &str| for_herd(init, body).unwrap();
    // It fails only with -1, and adds 1 otherwise.
    assert_eq!(
        text(
            "v = -1;",
            "atomic_set(v, 0); atomic_set(v, 5); int r0 = atomic_inc_unless_negative(v);"
        ),
        "\tatomic_set(v, 0);\n\tatomic_set(v, 5);\n\tint r0 = atomic_add_unless(v, 1, -1);\n"
    );
    // It succeeds only with 1, and returns the old value minus one.
    assert_eq!(
        text("v = 1;", "int r0 = atomic_dec_if_positive(v);"),
        "\tint t0 = atomic_cmpxchg(v, 1, 0);\n\tint r0 = (t0 + -1);\n"
    );
    // It always fails: no thread stores the value that the cmpxchg expects.
    assert_eq!(
        text("v = 1;", "int r0 = atomic_dec_unless_positive(v);"),
        "\tint t0 = atomic_cmpxchg(v, 2, 2);\n\tint r0 = (t0 + -1);\n"
    );
    let error = for_herd(
        "v = 2;",
        "atomic_set(v, 1); int r0 = atomic_dec_if_positive(v);",
    )
    .unwrap_err();
    assert!(error.contains("it succeeds with 1, 2"), "{error}");
    // The call is executed once: it finds 0 and stores -1, but cannot find its own -1.
    assert_eq!(
        text("", "int r0 = atomic_dec_unless_positive(v);"),
        "\tint t0 = atomic_cmpxchg(v, 0, -1);\n\tint r0 = (t0 + 1);\n"
    );
}

#[test]
fn numbers_of_64_bits_are_too_wide_for_herd7() {
    let text = "C t\n{}\nP0(atomic64_t *x)\n{\n\tatomic64_set(x, 5000000000);\n}\nexists (x=1)\n";
    let test = read(text).unwrap();
    let error = lkmm::print(&spec(), &Some, &test.litmus, &[]).unwrap_err();
    assert_eq!(error, "5000000000: herd7 computes C in 32 bits");
}

#[test]
fn values_follow_chains_of_statements() {
    let text = "C t\n{ x = 1; }\nP0(int *x, atomic_t *v)\n{\n\tint r0 = READ_ONCE(*x);\n\
                \tatomic_set(v, r0);\n}\nP1(int *x, atomic_t *v)\n{\n\tint r1 = 7;\n\
                \tatomic_inc(v);\n\tr1 = atomic_cmpxchg(v, 2, 9);\n\tWRITE_ONCE(*x, r1 & 4);\n}\n\
                exists (x=1)\n";
    let test = read(text).unwrap();
    let spec = spec();
    let values = Values::of(&spec, &test.litmus);
    let at = text.find("atomic_cmpxchg").unwrap();
    let found = values.found_by(at, "v").unwrap();
    for reached in [0, 1, 2] {
        assert!(found.contains(&reached), "{found:?}");
    }
    // It stores 9 itself, and there is one increment.
    for out_of_reach in [3, 9] {
        assert!(!found.contains(&out_of_reach), "{found:?}");
    }
    let x = values.found_by(0, "x").unwrap();
    assert_eq!(x, BTreeSet::from([0, 1, 4]));
}

/// herd7 reads no empty body.
#[test]
fn a_thread_may_be_empty() {
    for body in ["", ";", "{}", "{ ; {} }"] {
        let found = for_herd("int x;", body).unwrap();
        assert_eq!(found, "\tint t0 = 0;\n", "{body}");
    }
}

/// A name ends up in comments, file names and reports.
#[test]
fn names_are_printable() {
    let name = format!("a\u{202e}b\rpanic!()\u{1b}[2J{}", "n".repeat(300));
    let test = read(&format!("C {name}\n{{}}\nP0(int *x) {{}}\nexists (x=1)\n")).unwrap();
    let expected = format!("a_b_panic!()_[2J{}", "n".repeat(104));
    assert_eq!(test.name(), expected);
}
