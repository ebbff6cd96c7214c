//! The reference interpreter: what a variant does, straight from `semantics.tbl`.

use crate::model::FormOf;
use crate::model::op::ArgKind;
use crate::semantics::NEW;

/// The effect of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The value of the variable afterwards.
    pub memory: i64,
    /// The result, if any; true is 1 and false is 0.
    pub result: Option<i64>,
    /// The value that a `p` argument points to afterwards.
    pub pointee: Option<i64>,
    /// Whether the operation stored something.
    pub stored: bool,
}

/// Executes `form` on a variable of `bits` bits that holds `memory`. `operands` are the arguments
/// without the variable, in order; for a `p` argument, the value that it points to. Missing
/// operands are 0.
pub fn run(form: &FormOf<'_>, bits: u32, memory: i64, operands: &[i64]) -> Outcome {
    let op = form.op;
    let lookup = |name: &str| {
        if name == op.variable() {
            return memory;
        }
        let index = op.operands().position(|a| a.name == name);
        index.and_then(|i| operands.get(i)).copied().unwrap_or(0)
    };
    let new = form
        .meaning
        .new
        .as_ref()
        .map_or(memory, |e| e.eval(bits, &lookup));
    let has_new = op.operands().any(|a| a.name == NEW);
    let value = |name: &str| {
        if name == NEW && !has_new {
            new
        } else {
            lookup(name)
        }
    };
    let failed = form
        .meaning
        .fails
        .as_ref()
        .is_some_and(|e| e.eval(bits, &value) != 0);
    let pointee = op
        .operands()
        .zip(operands)
        .find(|(a, _)| a.kind == ArgKind::Pointer);
    Outcome {
        memory: if failed { memory } else { new },
        result: form.result().map(|e| e.eval(bits, &value)),
        pointee: pointee.map(|(_, expected)| if failed { memory } else { *expected }),
        stored: form.meaning.new.is_some() && !failed,
    }
}
