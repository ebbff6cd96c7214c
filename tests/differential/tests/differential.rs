//! Checks that every call of every layer does what the reference interpreter of `semantics.tbl`
//! says: alone, while other threads use the same variable or its neighbours, and when a signal
//! interrupts it.
//!
//! The tests cover the backend and the architecture that they are built for. `--features c-helpers`
//! selects the C backend, and `cargo xtask cross` tests other architectures.

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

/// The number of random cases per call, in addition to the edge values.
const RANDOM: u32 = 100;

/// Scales down a number of repetitions for a slow CPU. `LKMM_TEST_SLOWNESS` says how many times
/// slower than this machine's CPU an emulated one is. A tenth of the repetitions always remains,
/// which is enough for the tests to find faults.
fn scale(full: u32) -> u32 {
    (full / slowness().clamp(1, 10)).max(1)
}

/// How many times slower than this machine's CPU the tests run.
fn slowness() -> u32 {
    read_number("LKMM_TEST_SLOWNESS", 1)
}

/// Whether the tests with threads make this call. On a slow CPU, they only call the functions with
/// C's names, because all other layers end up in those functions.
fn is_for_threads(call: &Call) -> bool {
    slowness() == 1 || call.layer == Layer::Raw
}

/// Reads a number from an environment variable, or returns `default` if the variable is not set.
fn read_number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is {text:?}, which is not a number"))
    })
}

/// The model without the tables of the architectures. The tests do not need these, and an emulator
/// takes long to parse them.
static SPEC: LazyLock<Spec> = LazyLock::new(|| {
    let tables = Tables {
        archs: Vec::new(),
        ..Tables::builtin()
    };
    Spec::load(&tables).unwrap_or_else(|e| panic!("{e}"))
});

/// The forms, by the name that [`Call::base`] has.
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

/// The edge values of a type, as the reference interpreter represents them.
fn edges(ty: &str) -> Vec<i64> {
    if ty == "bool" {
        return vec![0, 1];
    }
    let min = i64::MIN >> (64 - bits(ty));
    vec![0, 1, -1, min, !min]
}

/// Picks a random value of a type. Half of the values are small, so that equal ones occur.
fn pick_random(ty: &str, rng: &mut Rng) -> i64 {
    let raw = rng.i64(..);
    match (ty, rng.u32(..) % 2) {
        ("bool", _) => raw & 1,
        (_, 0) => raw % 4,
        _ => raw << (64 - bits(ty)) >> (64 - bits(ty)),
    }
}

/// What a call did, as the reference represents it: the new value of the variable, the result, and
/// the operands after the call.
type Effect = (i64, Option<i64>, Vec<i64>);

/// Makes a call on a new variable that holds `memory`.
fn call(call: &Call, memory: i64, operands: &[i64]) -> Effect {
    let mut operands = operands.to_vec();
    let mut x = Variable::new(bits(call.ty), memory);
    let result = (call.run)(x.place(bits(call.ty), 0), &mut operands);
    (x.get(bits(call.ty)), result, operands)
}

/// Runs the reference, and returns its outcome and the effect that a call must have.
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

/// Makes a call, compares it with the reference, and returns the outcome.
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

/// All lists of `count` values out of `values`.
fn list_tuples(values: &[i64], count: usize) -> Vec<Vec<i64>> {
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
            for operands in list_tuples(&edges, count) {
                run(*memory, &operands);
            }
        }
        for _ in 0..scale(RANDOM) {
            let operands: Vec<i64> = (0..count).map(|_| pick_random(case.ty, &mut rng)).collect();
            run(pick_random(case.ty, &mut rng), &operands);
        }
        // The cases must cover both paths of a conditional operation.
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
