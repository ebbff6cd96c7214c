//! Tests of what herd7 is given of values that it would print or compute otherwise.

use atomics_spec::{Spec, Variant};

use crate::lkmm::{self, Definitions};
use crate::test::Test;

/// All operations are defined.
struct All;

impl Definitions for All {
    fn has(&self, _: &Variant<'_>) -> bool {
        true
    }
}

fn for_herd(text: &str) -> Result<String, String> {
    let spec = Spec::builtin().unwrap();
    let test = Test::parse(&spec, "t.litmus", text).unwrap_or_else(|e| panic!("{text}: {e}"));
    lkmm::print(&spec, &All, &test.litmus, &[])
}

/// herd7 prints an `atomic_t` that is declared where it gets its initial value as unsigned.
#[test]
fn initial_values_are_signed() {
    for ty in [
        "atomic_t",
        "atomic64_t",
        "atomic_long_t",
        "int64_t",
        "intptr_t",
        "long",
    ] {
        let text = format!(
            "C t\n{{ {ty} v = -5; 0:r0 = -1; }}\nP0({ty} *v) {{ r0 = 1; }}\nexists (v=-3)\n"
        );
        let text = for_herd(&text).unwrap();
        assert!(text.contains("\nint v = -5;\n0:r0 = -1;\n"), "{text}");
    }
    let text = "C t\n{ spinlock_t s; int *p = x; }\nP0(int *x) {}\nexists (x=1)\n";
    let text = for_herd(text).unwrap();
    assert!(
        text.contains("\nspinlock_t s = 0;\nint * p = x;\n"),
        "{text}"
    );
}

/// Values of 64 bits that herd7 would compute in 32.
#[test]
fn what_may_need_more_than_32_bits_is_not_asked() {
    let with = |body: &str| {
        let threads = "P0(atomic64_t *v, atomic64_t *w, intptr_t *x)";
        for_herd(&format!(
            "C t\n{{ w = 2147483647; }}\n{threads}\n{{\n{body}\n}}\nexists (v=1)\n"
        ))
    };
    let wide = [
        ("atomic64_inc(w);", "2147483648"),
        ("int r0 = atomic64_inc_return(w) < 0;", "2147483648"),
        ("s64 r0 = atomic64_read(w) + 1;", "2147483648"),
        ("if (atomic64_read(w) + 1 < 0) smp_mb();", "2147483648"),
        ("s64 r0 = -(-2147483647 - 1);", "2147483648"),
        (
            "intptr_t r0 = READ_ONCE(*x); intptr_t *r1 = (intptr_t *)r0; r0 = READ_ONCE(*r1) + 1;",
            "the `+` of unknown values",
        ),
    ];
    for (body, what) in wide {
        let error = with(body).unwrap_err();
        let expected = format!("{what}: herd7 computes C in 32 bits");
        assert_eq!(error, expected, "{body}");
    }
    for narrow in [
        "atomic64_add(-7, v);",
        "s64 r0 = atomic64_xchg(w, -1); WRITE_ONCE(*x, r0);",
        "atomic64_dec(w); s64 r0 = atomic64_read(w) - 1;",
        "atomic64_cmpxchg(v, 0, 5); int r0 = atomic64_read(v) == 5;",
        "intptr_t r0 = x; intptr_t *r1 = (intptr_t *)r0; r0 = READ_ONCE(*r1);",
    ] {
        with(narrow).unwrap_or_else(|error| panic!("{narrow}: {error}"));
    }
    // What is as narrow as herd7's numbers wraps as they do.
    let text = "C t\n{}\nP0(int *x) { int r0 = 2147483647 + 1; }\nexists (x=1)\n";
    for_herd(text).unwrap();
}
