//! Writes a test as input for herd7 with the Linux kernel's memory model.
//!
//! herd7 supports only a subset of C. Other constructs are rewritten to constructs of that subset
//! with the same accesses, orderings and dependencies:
//!
//! - `try_cmpxchg(x, &r0, n)` becomes a cmpxchg and a comparison. Then `r0` is set to the result of
//!   the cmpxchg, which does not change it if the cmpxchg succeeded.
//! - A conditional operation that the definitions cannot have is a cmpxchg, if among the values
//!   that the variable may have at most one makes it succeed. A failed one is a load without order,
//!   as a failed cmpxchg is.
//! - `!a` becomes `a == 0`, `a && b` becomes `(a != 0) & (b != 0)`, and so on.
//! - All integers become `int`, because herd7 ignores the width of integers.

mod definitions;
pub mod model;
mod rewrite;
#[cfg(test)]
mod tests;
mod text;
mod thread;

use std::fmt::Write as _;

use atomics_spec::Spec;

use crate::lang::ast::{ExprKind, Litmus, Location, Proposition, Quantifier, Thread, Type, Value};
use crate::lang::{self, values::Values};
use thread::Printer;

pub use definitions::Definitions;
pub use text::location as location_text;

/// Prints a test for herd7. herd7 prints the final values of the locations `shown`.
///
/// # Errors
///
/// What cannot be expressed for herd7.
pub fn print(
    spec: &Spec,
    definitions: &dyn Definitions,
    test: &Litmus,
    shown: &[Location],
) -> Result<String, String> {
    let values = Values::of(spec, test);
    if let Some(wide) = wide(spec, test, &values) {
        return Err(format!("{wide}: herd7 computes C in 32 bits"));
    }
    let mut out = format!("C {}\n\n{{\n", test.name);
    for init in &test.init {
        // herd7 cannot parse the type of a pointer to a pointer here, and does not need it.
        let deep = |ty: &&Type| ty.pointee().is_some_and(|to| to.pointee().is_some());
        let ty = init.ty.as_ref().filter(|ty| !deep(ty));
        let ty = ty.map(|ty| format!("{} ", text::initial(spec, ty)));
        let value = text::value(&init.value);
        let _ = writeln!(out, "{}{} = {value};", ty.unwrap_or_default(), init.name);
    }
    for register in &test.registers {
        let (thread, name) = (register.thread, &register.name);
        let _ = writeln!(out, "{thread}:{name} = {};", text::value(&register.value));
    }
    out.push_str("}\n");
    for (number, thread) in test.threads.iter().enumerate() {
        let parameters = thread.parameters.iter();
        let parameters: Vec<String> = parameters
            .map(|p| format!("{}{}", text::spaced(&text::ty(spec, &p.ty)), p.name))
            .collect();
        let _ = writeln!(out, "\nP{number}({})\n{{", parameters.join(", "));
        out.push_str(&Printer::new(spec, definitions, &values, thread).body()?);
        out.push_str("}\n");
    }
    let shown: Vec<String> = shown.iter().map(text::location).collect();
    if !shown.is_empty() {
        let _ = writeln!(out, "\nlocations [{}]", shown.join("; "));
    }
    if let Some(filter) = &test.filter {
        let _ = writeln!(out, "filter ({})", text::proposition(filter));
    }
    let quantifier = match test.quantifier {
        Quantifier::Exists => "exists",
        Quantifier::NotExists => "~exists",
        Quantifier::Forall => "forall",
    };
    let _ = writeln!(out, "{quantifier} ({})", text::proposition(&test.condition));
    Ok(out)
}

/// A number of a test that does not fit into 32 bits, or a computation whose result may not.
fn wide(spec: &Spec, test: &Litmus, values: &Values<'_>) -> Option<String> {
    if let Some(number) = written(test) {
        return Some(number.to_string());
    }
    // In 32 bits, the machine code computes the same as herd7.
    let locals = test.threads.iter().flat_map(Thread::locals);
    let locals = locals.map(|(_, ty)| ty.clone());
    let shared = test.shared().into_iter().map(|name| test.type_of(name));
    let mut types = locals.chain(shared);
    let has_wide = types.any(|ty| match lang::types::Type::of(spec, &ty) {
        Some(lang::types::Type::Int(int)) => int.bits > 32,
        _ => false,
    });
    values.wide().filter(|_| has_wide)
}

/// A number in a test that does not fit into 32 bits.
fn written(test: &Litmus) -> Option<i64> {
    let initial = test.init.iter().map(|init| &init.value);
    let initial = initial.chain(test.registers.iter().map(|register| &register.value));
    let initial = initial.filter_map(|value| match value {
        Value::Number(number) => Some(*number),
        Value::Address(_) => None,
    });
    let expressions = test.threads.iter().flat_map(Thread::expressions);
    let written = expressions.filter_map(|expr| match expr.kind {
        ExprKind::Number(number) => Some(number),
        _ => None,
    });
    let compared = test.filter.iter().chain([&test.condition]);
    let compared = compared.flat_map(Proposition::numbers);
    let mut numbers = initial.chain(written).chain(compared);
    numbers.find(|number| i32::try_from(*number).is_err())
}
