//! The machine code of a user's own Rust: a test that `litmus!` has is compiled as it is written,
//! and not as what its C would be in Rust.
//!
//! Only what the condition names is observed, so that no variable has to have a counterpart in the
//! other language.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use atomics_litmus_syntax::{Kept, Narrow, Own, OwnThread};

use crate::lang::ast::{Litmus, Location, Value};
use crate::outcome::Observed;

/// What ends the module of a test.
pub const CLOSING: &str = "}\n";

/// What the tokens of a test may name, besides its own functions and structures. Waiting does
/// nothing.
const PRELUDE: &str = "    mod known {
        pub use atomics::barrier::*;
        pub use atomics::*;
        pub use core::ptr::{from_ref, null, null_mut};
        pub fn spin_loop() {}
        pub fn yield_now() {}
        pub fn cpu_relax() {}
    }
    use known::*;
";

/// The beginning of the module of a test, with its functions and structures.
pub fn opening(own: &Own, index: usize) -> String {
    format!("mod own{index} {{\n{PRELUDE}{}", own.items)
}

/// A thread as a function called `name`, which leaves what the condition names in registers.
pub fn thread(thread: &OwnThread, name: &str, registers: &[String]) -> String {
    let parameters = thread.parameters.iter();
    let parameters: Vec<String> = parameters
        .map(|(name, ty)| format!("{name}: &{ty}"))
        .collect();
    let operands = thread.kept.iter().zip(registers);
    let operands: String = operands
        .map(|(kept, register)| format!("in(\"{register}\") {{ {} }}, ", kept.rust))
        .collect();
    let mut out = format!(
        "#[unsafe(no_mangle)]\npub extern \"C\" fn {name}({}) {{\n{}",
        parameters.join(", "),
        thread.body
    );
    let options = "options(nostack, preserves_flags)";
    // The emitted `unsafe` is sound: the asm has no instructions.
    let _ = writeln!(
        out,
        "    unsafe {{ core::arch::asm!(\"\", {operands}{options}) }};\n}}"
    );
    out
}

/// What is observed: what the condition names, and the shared variables.
pub fn observed(own: &Own, test: &Litmus) -> Observed {
    let locals = own.threads.iter().map(|thread| {
        let kept = thread.kept.iter();
        kept.map(|kept| kept.local.clone()).collect()
    });
    Observed {
        locals: locals.collect(),
        shared: test.shared().into_iter().map(str::to_owned).collect(),
    }
}

/// States as they are compared: what has no value is 0, and what is narrower than in C has its own
/// width.
pub fn comparable(
    own: &Own,
    observed: &Observed,
    states: BTreeSet<Vec<Value>>,
) -> BTreeSet<Vec<Value>> {
    let locations = observed.locations();
    let states = states.into_iter().map(|state| {
        let value = |thread: usize, name: &str| {
            let place = Location::Local(thread, name.to_owned());
            let at = locations.iter().position(|location| *location == place)?;
            state.get(at)
        };
        let lacks = |thread: usize, kept: &Kept| {
            kept.given
                .iter()
                .any(|(name, wanted)| match value(thread, name) {
                    Some(found) => (*found != Value::Number(0)) != *wanted,
                    None => false,
                })
        };
        let values = locations.iter().zip(&state);
        let values = values.map(|(location, value)| match (location, value) {
            (Location::Local(thread, name), _) => {
                let mut kept = own.threads[*thread].kept.iter();
                match kept.find(|kept| kept.local == *name) {
                    Some(kept) if lacks(*thread, kept) => Value::Number(0),
                    _ => value.clone(),
                }
            }
            (Location::Shared(name), Value::Number(number)) => {
                let mut narrow = own.narrow.iter();
                match narrow.find(|narrow| narrow.name == *name) {
                    Some(narrow) => Value::Number(cut(*number, narrow)),
                    None => value.clone(),
                }
            }
            _ => value.clone(),
        });
        values.collect()
    });
    states.collect()
}

/// The value that a variable holds for the machine code, whose accesses are as wide as in C: bits
/// above its own are 0.
pub fn stored(own: &Own, name: &str, value: Value) -> Value {
    let narrow = own.narrow.iter().find(|narrow| narrow.name == name);
    match (narrow, value) {
        (Some(narrow), Value::Number(number)) => Value::Number(number & !(-1 << narrow.bits)),
        (_, value) => value,
    }
}

/// The number that the lowest bits are.
fn cut(number: i64, narrow: &Narrow) -> i64 {
    let above = 64 - narrow.bits;
    match narrow.signed {
        true => number << above >> above,
        false => number & !(-1 << narrow.bits),
    }
}
