//! Tests of the generated tests, from our tables and from others.

use std::collections::{BTreeMap, BTreeSet};

use super::generated::Generated;
use super::tests;
use crate::generate::call::Call;
use crate::generate::case::barrier;
use crate::generate::rules::{self, Access, Between};
use crate::generate::shape::{AccessKind, Role, SHAPES};
use crate::generate::values::values;
use crate::verdict::Verdict;
use atomics_spec::interp;
use atomics_spec::lex::Source;
use atomics_spec::model::op::{Form, Ordering};
use atomics_spec::model::{Spec, Tables, Variant};

fn by_name(spec: &Spec) -> BTreeMap<String, Generated> {
    let all = tests(spec);
    let count = all.len();
    let map: BTreeMap<_, _> = all.into_iter().map(|t| (t.name.clone(), t)).collect();
    assert_eq!(map.len(), count, "two tests have one name");
    map
}

fn builtin() -> Spec {
    Spec::builtin().expect("our tables are right")
}

/// A table of a few operations, with semantics of its own.
fn small(ops: &str, semantics: &str) -> Spec {
    let tables = Tables {
        ops: Source::new("ops.tbl", ops),
        semantics: Source::new("semantics.tbl", semantics),
        strict: false,
        strict_archs: false,
        docs: Vec::new(),
        ..Tables::builtin()
    };
    Spec::load(&tables).expect("the tables are right")
}

fn weakest(v: &Variant<'_>) -> bool {
    v.of.orderings().iter().max() == Some(&v.ordering)
}

#[test]
fn a_test_says_what_it_is() {
    for (name, test) in by_name(&builtin()) {
        let is_safe = |c: char| c.is_ascii_alphanumeric() || "+-_".contains(c);
        assert!(name.chars().all(is_safe) && name.len() < 100, "{name}");
        assert!(test.text.starts_with(&format!("C {name}\n")), "{name}");
        let result = format!(" * Result: {}\n", test.expected);
        assert!(test.text.contains(&result), "{name}");
        for function in &test.variants {
            assert!(
                test.text.contains(&format!("{function}(")),
                "{name}: {function}"
            );
        }
        assert!(test.text.lines().all(|l| l.len() <= 100), "{name}");
        assert!(
            !test.text.contains("{}") && !test.text.contains("{v"),
            "{}",
            test.text
        );
    }
}

/// In MP, each operation can stand in each place whose access it can do. The expected verdicts are
/// stated here independently of the rules.
#[test]
fn each_variant_has_each_role() {
    let spec = builtin();
    let tests = by_name(&spec);
    for v in spec.variants_of("atomic") {
        let name = v.function();
        let (form, ordering) = (v.of.form, v.ordering);
        let expect = |test: String, is_never: bool| {
            let found = tests.get(&test).unwrap_or_else(|| panic!("no {test}"));
            let expected = if is_never {
                Verdict::Never
            } else {
                Verdict::Sometimes
            };
            assert_eq!(found.expected, expected, "{test}");
        };
        let full = ordering == Ordering::Full;
        let acquire = full || ordering == Ordering::Acquire;
        let release = full || ordering == Ordering::Release;
        if form != Form::Load {
            expect(format!("MP+{name}-once+mb"), full);
            expect(format!("MP+once-{name}+mb"), release);
            if ordering != Ordering::Release {
                expect(format!("SB+{name}-once+mb"), full);
            }
        }
        if v.of.result().is_some() {
            expect(format!("MP+mb+{name}-once"), acquire);
            // A write that comes after the read also comes after the write of a read-modify-write.
            expect(format!("MP+mb+once-{name}"), release);
        }
    }
}

#[test]
fn what_fails_orders_nothing() {
    let spec = builtin();
    let tests = by_name(&spec);
    let conditional: Vec<_> = spec.variants().filter(|v| v.of.can_fail()).collect();
    let conditional = conditional.iter().filter(|v| v.family.c_object.is_some());
    let mut seen = 0;
    for v in conditional {
        let test = &tests[&format!("MP+mb+failed-{}-once", v.function())];
        assert_eq!(test.expected, Verdict::Sometimes, "{}", test.name);
        // But accesses that depend on its read are ordered.
        if v.family.name == "atomic" && (weakest(v) || v.ordering == Ordering::Full) {
            let test = &tests[&format!("LB+failed-{}-ctrl-once+mb", v.function())];
            assert_eq!(test.expected, Verdict::Never, "{}", test.name);
        }
        seen += 1;
    }
    assert!(seen > 3 * 10, "{seen}");
}

#[test]
fn void_operations_stand_next_to_barriers() {
    let spec = builtin();
    let tests = by_name(&spec);
    for v in spec.variants_of("atomic").filter(|v| v.of.is_rmw()) {
        if v.ordering != Ordering::Relaxed {
            continue;
        }
        // smp_rmb() does not order the read of an operation that returns nothing.
        let is_void = v.of.form == Form::Void;
        let rmb = if is_void {
            Verdict::Sometimes
        } else {
            Verdict::Never
        };
        for (name, expected) in [
            (format!("R+mb+{}-rmb-once", v.function()), rmb),
            (format!("S+mb+once-rmb-{}", v.function()), rmb),
            (format!("MP+{}-wmb-once+mb", v.function()), Verdict::Never),
            (
                format!("SB+{}-after_atomic-once+mb", v.function()),
                Verdict::Never,
            ),
            (
                format!("R+once-before_atomic-{}+mb", v.function()),
                Verdict::Never,
            ),
        ] {
            assert_eq!(tests[&name].expected, expected, "{name}");
        }
    }
}

/// The well-known verdicts of the shapes with plain accesses and a barrier or dependency.
#[test]
fn the_rules_know_the_classics() {
    let load = Access::new(Form::Load, Ordering::Relaxed, false);
    let store = Access::new(Form::Store, Ordering::Relaxed, false);
    let access = |kind| if kind == AccessKind::R { load } else { store };
    let enough: &[(&str, usize, &[Between])] = {
        use Between::{Address, Control, Data, Rmb, Wmb};
        &[
            ("MP", 0, &[Wmb]),
            ("MP", 1, &[Rmb, Address]),
            ("SB", 0, &[]),
            ("LB", 0, &[Address, Data, Control]),
            ("R", 0, &[]),
            ("R", 1, &[]),
            ("S", 0, &[Wmb]),
            ("S", 1, &[Address, Data, Control]),
            ("2+2W", 0, &[]),
            ("WRC", 1, &[]),
            ("WRC", 2, &[Rmb, Address]),
            ("ISA2", 0, &[Wmb]),
            ("ISA2", 1, &[Address, Data, Control]),
            ("ISA2", 2, &[Rmb, Address]),
            ("IRIW", 1, &[]),
        ]
    };
    let tried = [
        Between::Nothing,
        Between::Rmb,
        Between::Wmb,
        // These need a read-modify-write.
        Between::BeforeAtomic,
        Between::AfterAtomic,
        Between::Address,
        Between::Data,
        Between::Control,
    ];
    for (name, thread, enough) in enough {
        let shape = SHAPES.iter().find(|s| s.name == *name).expect("a shape");
        let kinds = shape.threads[*thread];
        let forbids = |between| {
            let ends = shape.ends(*thread);
            rules::forbids(access(kinds[0]), between, access(kinds[1]), ends).is_some()
        };
        assert!(forbids(Between::Mb), "{name} P{thread}");
        for between in tried {
            let expected = enough.contains(&between);
            assert_eq!(forbids(between), expected, "{name} P{thread} {between:?}");
        }
    }
}

/// The strength of the orderings: a release is A-cumulative but not a full barrier, an acquire is
/// neither. Also the difference between a read-modify-write and a write.
#[test]
fn the_rules_know_how_much_an_ordering_is() {
    let tests = by_name(&builtin());
    let never = [
        "WRC+once+once-atomic_set_release+mb",
        "WRC+once+atomic_xchg-once+mb",
        "IRIW+once+atomic_xchg-once+once+mb",
        "IRIW+once+once-atomic_xchg+once+mb",
        "2+2W+once-atomic_xchg+mb",
        "S+mb+once-atomic_set_release",
        // It reads what it overwrites, as in MP.
        "R+mb+atomic_xchg_acquire-once",
    ];
    let sometimes = [
        "WRC+once+atomic_read_acquire-once+mb",
        "WRC+once+atomic_xchg_acquire-once+mb",
        "IRIW+once+atomic_xchg_acquire-once+once+mb",
        "IRIW+once+once-atomic_xchg_release+once+mb",
        "2+2W+once-atomic_xchg_release+mb",
        "R+once-atomic_set_release+mb",
        // An acquire does not order its write.
        "R+atomic_xchg_acquire-once+mb",
        "SB+atomic_xchg_acquire-once+mb",
    ];
    for (names, verdict) in [
        (&never[..], Verdict::Never),
        (&sometimes, Verdict::Sometimes),
    ] {
        for name in names {
            assert_eq!(tests[*name].expected, verdict, "{name}");
        }
    }
}

#[test]
fn barriers_have_the_names_of_c() {
    assert_eq!(barrier(Between::Rmb).as_deref(), Some("smp_rmb"));
    let before = barrier(Between::BeforeAtomic);
    assert_eq!(before.as_deref(), Some("smp_mb__before_atomic"));
    assert_eq!(barrier(Between::Data), None);
}

#[test]
fn the_core_covers_operations_orderings_and_shapes() {
    let spec = builtin();
    let tests = tests(&spec);
    let core: Vec<_> = tests.iter().filter(|t| t.core).collect();
    assert!((150..=250).contains(&core.len()), "{}", core.len());
    let tested: BTreeSet<_> = core.iter().flat_map(|t| &t.variants).collect();
    for form in spec.forms() {
        let functions = spec.variants().filter(|v| v.of == form);
        let is_tested = functions.map(|v| v.function()).any(|f| tested.contains(&f));
        assert!(is_tested, "{}", form.base());
    }
    for shape in SHAPES {
        for verdict in [Verdict::Never, Verdict::Sometimes] {
            let mut of_shape = core.iter().filter(|t| t.name.starts_with(shape.name));
            assert!(of_shape.any(|t| t.expected == verdict), "{}", shape.name);
        }
    }
}

#[test]
fn families_and_plain_variables_are_there() {
    let tests = by_name(&builtin());
    let never = [
        "MP+once-atomic64_fetch_or_release+mb",
        "MP+mb+atomic_long_read_acquire-once",
        "SB+xchg-once+mb",
        "SB+smp_store_mb-once+mb",
        "MP+once-smp_store_release+mb",
        "MP+mb+smp_load_acquire-once",
        "MP+mb+READ_ONCE-addr-once",
        "MP+mb+failed-cmpxchg_relaxed-addr-once",
    ];
    for name in never {
        assert_eq!(tests[name].expected, Verdict::Never, "{name}");
    }
    // The barrier of smp_store_mb() comes after the store, not before it.
    let name = "MP+once-smp_store_mb+mb";
    assert_eq!(tests[name].expected, Verdict::Sometimes, "{name}");
}

const BASIC: (&str, &str) = (
    "read l cv\nset s v i\n",
    "read basic - - -\nset basic i - -\n",
);

#[test]
fn a_new_operation_has_tests() {
    let spec = small(
        &format!("{}nand vF i v\nhalt_above B v i:limit\n", BASIC.0),
        &format!(
            "{}nand bitwise ~(v&i) - -\nhalt_above signed v+1 v>limit v<=limit\n",
            BASIC.1
        ),
    );
    let tests = by_name(&spec);
    let nand = &tests["MP+once-atomic_fetch_nand_release+mb"];
    assert_eq!(nand.expected, Verdict::Never);
    assert!(
        nand.text.contains("r0 = atomic_fetch_nand_release(1, y);"),
        "{}",
        nand.text
    );
    assert!(nand.text.contains("1:r0=-1"), "{}", nand.text);
    assert_eq!(
        tests["R+mb+atomic_nand-rmb-once"].expected,
        Verdict::Sometimes
    );
    let failed = &tests["MP+mb+failed-atomic64_halt_above-once"];
    assert_eq!(failed.expected, Verdict::Sometimes);
    assert!(failed.text.contains("1:r0=0"), "{}", failed.text);
}

#[test]
fn a_family_needs_a_plain_load_and_store() {
    let spec = small(
        "read l cv\nadd vRF i v\n",
        "read basic - - -\nadd arithmetic v+i - -\n",
    );
    assert!(tests(&spec).iter().all(|t| t.family == "int"));
}

/// The whole text of one test, and most of another.
#[test]
fn a_test_has_the_format_of_the_kernels() {
    let tests = by_name(&builtin());
    let expected = "C MP+mb+once-ctrl-failed-atomic_try_cmpxchg_relaxed

(*
 * Result: Sometimes
 *
 * To forbid the outcome, P1's accesses would have to be executed in order,
 * but a failed atomic_try_cmpxchg_relaxed() provides no ordering
 * (atomic_t.txt, ORDERING), and a control dependency does not order later
 * reads.
 *)

{
}

P0(atomic_t *x, int *y)
{
	atomic_set(x, 1);
	smp_mb();
	WRITE_ONCE(*y, 1);
}

P1(atomic_t *x, int *y)
{
	int r0;
	int r1 = 1;
	int r2;

	r0 = READ_ONCE(*y);
	if (r0 == 1)
		r2 = atomic_try_cmpxchg_relaxed(x, &r1, 2);
}

exists (1:r0=1 /\\ 1:r2=0)
";
    let found = &tests["MP+mb+once-ctrl-failed-atomic_try_cmpxchg_relaxed"];
    assert_eq!(found.text, expected);
    let expected = "
{
p=z;
}

P0(int **p, int *x)
{
	WRITE_ONCE(*x, 1);
	smp_mb();
	WRITE_ONCE(*p, x);
}

P1(int **p, int *w, int *x)
{
	int *r0;
	int r1;

	r0 = cmpxchg_acquire(p, x, w);
	r1 = READ_ONCE(*r0);
}

exists (1:r0=x /\\ 1:r1=0)
";
    let found = &tests["MP+mb+cmpxchg_acquire-addr-once"];
    assert!(found.text.ends_with(expected), "{}", found.text);
}

/// A conditional operation stores with exactly one of the two values that it may find.
#[test]
fn one_value_fails() {
    let spec = builtin();
    for form in spec.forms().filter(|f| f.can_fail()) {
        let family = &spec.types.families[0];
        let v = form.variants(family).next().expect("it has an ordering");
        let call = Call::of_variant(&v);
        for role in [
            Role::FirstWriter,
            Role::LastWriter,
            Role::ReadsWritten,
            Role::ReadsInitial,
        ] {
            let values = values(&call, false, role).unwrap_or_else(|| panic!("{}", v.function()));
            let stores = |m| interp::run(&form, 32, m, &values.operands).stored;
            assert!(stores(values.init) != stores(values.other), "{values:?}");
        }
    }
}
