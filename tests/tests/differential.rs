//! Every call of every layer does what the reference interpreter of `semantics.tbl` says.
//!
//! The backend is the one that the crate was built with: `--features c-helpers` tests C's.

use atomics_spec::interp::{self, Outcome};
use atomics_spec::{FormOf, Spec};
use atomics_tests::calls::{CALLS, Call, Layer, Variable, Word};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Random cases per call, besides the edges.
const RANDOM: usize = 100;

fn spec() -> Spec {
    Spec::builtin().unwrap_or_else(|e| panic!("{e}"))
}

/// The width of a type in bits.
fn bits(ty: &str) -> u32 {
    match ty {
        "bool" | "i8" | "u8" => 8,
        "i16" | "u16" => 16,
        "i32" | "u32" => 32,
        "i64" | "u64" => 64,
        _ => usize::BITS,
    }
}

/// The edges of a type, as the reference has them.
fn edges(ty: &str) -> Vec<i64> {
    if ty == "bool" {
        return vec![0, 1];
    }
    let min = i64::MIN >> (64 - bits(ty));
    vec![0, 1, -1, min, !min]
}

/// A random value of a type; small ones are as likely as large ones, so that equal ones occur.
fn random(ty: &str, rng: &mut TestRng) -> i64 {
    let raw = rng.next_u64() as i64;
    match (ty, rng.next_u32() % 2) {
        ("bool", _) => raw & 1,
        (_, 0) => raw % 4,
        _ => raw << (64 - bits(ty)) >> (64 - bits(ty)),
    }
}

/// Sets a variable up, calls, and reports what happened in the terms of the reference.
fn call(call: &Call, memory: i64, operands: &[i64]) -> (i64, Option<i64>, Vec<i64>) {
    let mut operands = operands.to_vec();
    fn with<T: Word>(call: &Call, memory: i64, operands: &mut [i64]) -> (i64, Option<i64>) {
        let mut x = Variable::new(T::from_word(memory));
        let result = (call.run)(&x, operands);
        (x.get::<T>().to_word(), result)
    }
    let run = match (call.ty, bits(call.ty)) {
        ("bool", _) => with::<bool>,
        (_, 8) => with::<i8>,
        (_, 16) => with::<i16>,
        (_, 32) => with::<i32>,
        _ => with::<i64>,
    };
    let (memory, result) = run(call, memory, &mut operands);
    (memory, result, operands)
}

fn compare(form: &FormOf<'_>, case: &Call, memory: i64, operands: &[i64]) -> Outcome {
    let expected = interp::run(form, bits(case.ty), memory, operands);
    let mut after = operands.to_vec();
    if let Some(pointee) = expected.pointee {
        let at = form
            .op
            .operands()
            .position(|a| form.op.pointer() == Some(a))
            .unwrap_or(0);
        after[at] = pointee;
    }
    let found = call(case, memory, operands);
    assert_eq!(
        found,
        (expected.memory, expected.result, after),
        "{:?} {} on {} that holds {memory}, with {operands:?}: variable, result, operands after",
        case.layer,
        case.name,
        case.ty,
    );
    expected
}

/// All lists of `count` of `values`.
fn tuples(values: &[i64], count: usize) -> Vec<Vec<i64>> {
    let mut lists = vec![Vec::new()];
    for _ in 0..count {
        lists = lists
            .iter()
            .flat_map(|list| {
                values
                    .iter()
                    .map(move |v| [list.as_slice(), &[*v]].concat())
            })
            .collect();
    }
    lists
}

#[test]
fn every_call_agrees_with_the_reference() {
    let spec = spec();
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut cases = 0_usize;
    for case in CALLS {
        let form = spec.forms().find(|f| f.base() == case.base);
        let form = form.unwrap_or_else(|| panic!("no form is called {}", case.base));
        let count = form.op.operands().count();
        let (mut stored, mut failed) = (false, false);
        let mut run = |memory: i64, operands: &[i64]| {
            let outcome = compare(&form, case, memory, operands);
            stored |= outcome.stored;
            failed |= !outcome.stored;
            cases += 1;
        };
        let edges = edges(case.ty);
        for memory in &edges {
            for operands in tuples(&edges, count) {
                run(*memory, &operands);
            }
        }
        for _ in 0..RANDOM {
            let operands: Vec<i64> = (0..count).map(|_| random(case.ty, &mut rng)).collect();
            run(random(case.ty, &mut rng), &operands);
        }
        // Both paths of a conditional operation must have been taken.
        assert!(
            stored || form.meaning.new.is_none(),
            "{} never stored",
            case.name
        );
        assert!(failed || !form.can_fail(), "{} never failed", case.name);
    }
    println!(
        "{} calls agree with the reference in {cases} cases",
        CALLS.len()
    );
}

#[test]
fn every_variant_and_every_type_is_called() {
    let spec = spec();
    let raw = CALLS.iter().filter(|c| c.layer == Layer::Raw).count();
    assert_eq!(raw, spec.variants().count());
    for ty in &spec.types.types {
        for layer in [Layer::Typed, Layer::Pointer] {
            let named = |c: &&Call| c.layer == layer && c.ty.starts_with(ty.name.as_str());
            let found = CALLS.iter().filter(named).count();
            let forms = spec
                .typed_forms()
                .filter(|f| ty.classes.contains(&f.meaning.class));
            let expected: usize = forms.map(|f| f.orderings().len()).sum();
            assert_eq!(found, expected, "{layer:?} calls on {}", ty.name);
        }
    }
}

/// Threads that hammer one variable.
const THREADS: i64 = 4;
/// How often each does.
const TIMES: i64 = 2_000;

/// Calls that add the same whatever the order add up, however many threads make them: nothing is
/// lost. An operation that can fail is repeated until it stores.
#[test]
fn nothing_is_lost_between_threads() {
    let spec = spec();
    let mut hammered = 0;
    for case in CALLS
        .iter()
        .filter(|c| c.ty != "bool" && !c.ty.starts_with('*'))
    {
        let Some(form) = spec.forms().find(|f| f.base() == case.base) else {
            continue;
        };
        let Some(new) = &form.meaning.new else {
            continue;
        };
        if !is_sum(new, form.op.variable()) {
            continue;
        }
        let bits = bits(case.ty);
        let least = i64::MIN >> (64 - bits);
        let operands: Vec<i64> = [1, least][..form.op.operands().count()].to_vec();
        // A start from which all calls succeed; without one, how many do depends on the order.
        let end = |start: i64| {
            (0..THREADS * TIMES).try_fold(start, |value, _| {
                let outcome = interp::run(&form, bits, value, &operands);
                outcome.stored.then_some(outcome.memory)
            })
        };
        let starts = [3, -100, 20_000].into_iter();
        let Some((start, expected)) = starts.filter_map(|s| Some((s, end(s)?))).next() else {
            continue;
        };
        hammered += 1;
        let mut shared = match bits {
            8 => Variable::new(start as i8),
            16 => Variable::new(start as i16),
            32 => Variable::new(start as i32),
            _ => Variable::new(start),
        };
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..TIMES {
                        (case.run)(&shared, &mut operands.clone());
                    }
                });
            }
        });
        let found = match bits {
            8 => shared.get::<i8>().to_word(),
            16 => shared.get::<i16>().to_word(),
            32 => shared.get::<i32>().to_word(),
            _ => shared.get::<i64>(),
        };
        assert_eq!(
            found, expected,
            "{:?} {} on {}",
            case.layer, case.name, case.ty
        );
    }
    println!("{hammered} kinds of call were made by {THREADS} threads");
    assert!(hammered > 500, "only {hammered} kinds of call add up");
}

/// Whether an expression adds something to `variable` that does not depend on it.
fn is_sum(new: &atomics_spec::expr::Expr, variable: &str) -> bool {
    use atomics_spec::expr::{Binary, Expr};
    match new {
        Expr::Binary(Binary::Add | Binary::Sub, a, b) => {
            **a == Expr::var(variable) && !b.mentions(variable)
        }
        _ => false,
    }
}

/// Each thread sets, clears and flips its own bit; nobody's changes get lost.
#[test]
fn bits_are_not_lost_between_threads() {
    let spec = spec();
    for case in CALLS
        .iter()
        .filter(|c| bits(c.ty) >= 32 && !c.ty.starts_with('*'))
    {
        let Some(form) = spec.forms().find(|f| f.base() == case.base) else {
            continue;
        };
        if form.class.name != "bitwise" {
            continue;
        }
        // What one call does to the thread's own bit, clear or set, and to the others.
        let own = |set: bool| interp::run(&form, 32, i64::from(set), &[mask(&form, 0)]).memory & 1;
        let kept = interp::run(&form, 32, 0b1010, &[mask(&form, 0)]).memory & 0b1110;
        if kept != 0b1010 {
            continue;
        }
        let mut shared = Variable::new(0x5555_5555_i64);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let shared = &shared;
                scope.spawn(move || {
                    for _ in 0..TIMES {
                        (case.run)(shared, &mut [mask(&form, thread)]);
                    }
                });
            }
        });
        let bit = |start: bool| (0..TIMES).fold(i64::from(start), |bit, _| own(bit != 0));
        let expected = (0..32).fold(0_i64, |all, at| {
            let start = 0x5555_5555_i64 >> at & 1 != 0;
            let end = if at < THREADS {
                bit(start)
            } else {
                i64::from(start)
            };
            all | end << at
        });
        let found = shared.get::<i64>() & 0xffff_ffff;
        assert_eq!(
            found, expected,
            "{:?} {} on {}",
            case.layer, case.name, case.ty
        );
    }
}

/// The operand with which an operation touches one bit alone: the bit, or all others.
fn mask(form: &FormOf<'_>, thread: i64) -> i64 {
    let bit = 1_i64 << thread;
    let others = interp::run(form, 32, 0b1010, &[1]).memory & 0b1110;
    if others == 0b1010 { bit } else { !bit }
}
