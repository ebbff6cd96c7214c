//! Every call of every layer does what the reference interpreter of `semantics.tbl` says: alone,
//! with threads that use the same variable or its neighbours, and when it is interrupted.
//!
//! The backend is the one that the crate was built with: `--features c-helpers` tests C's. The
//! architecture is the one that it was built for: `cargo xtask cross` tests the others.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use atomics_differential::{CALLS, Call, Layer, Variable};
use atomics_spec::interp::{self, Outcome};
use atomics_spec::{FormOf, Spec, Tables};
use fastrand::Rng;

#[path = "differential/interrupts.rs"]
mod interrupts;
#[path = "differential/neighbours.rs"]
mod neighbours;
#[path = "differential/threads.rs"]
mod threads;

/// Random cases per call, besides the edges.
const RANDOM: u32 = 100;

/// How often to do something that is done `full` times on this machine's own CPU. An emulated one
/// is slower: `LKMM_TEST_SLOWNESS` says how many times, and divides the number. It stays at a
/// tenth at least, which is still enough to see what the tests are there to see.
fn times(full: u32) -> u32 {
    (full / slowness().clamp(1, 10)).max(1)
}

fn slowness() -> u32 {
    number("LKMM_TEST_SLOWNESS", 1)
}

/// Whether threads are to make a call: where that takes long, only the calls of C's names. All
/// other layers come to the same functions as they do.
fn is_for_threads(call: &Call) -> bool {
    slowness() == 1 || call.layer == Layer::Raw
}

/// The number in a variable of the environment, or another one if it is not there.
fn number(variable: &str, otherwise: u32) -> u32 {
    std::env::var(variable).map_or(otherwise, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is {text:?}, which is no number"))
    })
}

/// The model, without how architectures carry it out: that is what is tested, and takes an emulator
/// long to read.
static SPEC: LazyLock<Spec> = LazyLock::new(|| {
    let tables = Tables {
        archs: Vec::new(),
        ..Tables::builtin()
    };
    Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"))
});

/// The forms by the names that calls have for them.
static FORMS: LazyLock<BTreeMap<String, FormOf<'static>>> =
    LazyLock::new(|| SPEC.forms().map(|form| (form.base(), form)).collect());

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
fn random(ty: &str, rng: &mut Rng) -> i64 {
    let raw = rng.i64(..);
    match (ty, rng.u32(..) % 2) {
        ("bool", _) => raw & 1,
        (_, 0) => raw % 4,
        _ => raw << (64 - bits(ty)) >> (64 - bits(ty)),
    }
}

/// What a call did, in the terms of the reference: the variable, the result, and the operands
/// afterwards.
type Effect = (i64, Option<i64>, Vec<i64>);

/// Sets a variable up, calls, and reports what happened.
fn call(call: &Call, memory: i64, operands: &[i64]) -> Effect {
    let mut operands = operands.to_vec();
    let mut x = Variable::new(bits(call.ty), memory);
    let result = (call.run)(x.place(bits(call.ty), 0), &mut operands);
    (x.get(bits(call.ty)), result, operands)
}

/// What the reference says, and the effect that follows from it.
fn expect(form: &FormOf<'_>, bits: u32, memory: i64, operands: &[i64]) -> (Outcome, Effect) {
    let outcome = interp::run(form, bits, memory, operands);
    let mut after = operands.to_vec();
    if let Some(pointee) = outcome.pointee {
        let pointer = form.op.pointer();
        let at = form.op.operands().position(|a| pointer == Some(a));
        after[at.unwrap_or(0)] = pointee;
    }
    (outcome, (outcome.memory, outcome.result, after))
}

fn compare(form: &FormOf<'_>, case: &Call, memory: i64, operands: &[i64]) -> Outcome {
    let (outcome, expected) = expect(form, bits(case.ty), memory, operands);
    let found = call(case, memory, operands);
    assert_eq!(
        found, expected,
        "{:?} {} on {} that holds {memory}, with {operands:?}: variable, result, operands after",
        case.layer, case.name, case.ty,
    );
    outcome
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
    let mut rng = Rng::with_seed(1);
    let mut cases = 0_usize;
    for case in CALLS {
        let form = &FORMS[case.base];
        let count = form.op.operands().count();
        let (mut stored, mut failed) = (false, false);
        let mut run = |memory: i64, operands: &[i64]| {
            let outcome = compare(form, case, memory, operands);
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
        for _ in 0..times(RANDOM) {
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
    let raw = CALLS.iter().filter(|c| c.layer == Layer::Raw).count();
    assert_eq!(raw, SPEC.variants().count());
    for ty in &SPEC.types.types {
        for layer in [Layer::Typed, Layer::Pointer] {
            let named = |c: &&Call| c.layer == layer && c.ty.starts_with(ty.name.as_str());
            let found = CALLS.iter().filter(named).count();
            let forms = SPEC
                .typed_forms()
                .filter(|f| ty.classes.contains(&f.meaning.class));
            let expected: usize = forms.map(|f| f.orderings().len()).sum();
            assert_eq!(found, expected, "{layer:?} calls on {}", ty.name);
        }
    }
}
