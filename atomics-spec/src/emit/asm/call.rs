//! Calls of other functions of the module.

use crate::model::Variant;
use crate::model::op::ArgKind;
use crate::names::rust_ident;

/// Why a function can call another one of the module.
pub(super) const SAME_CONTRACT: &str =
    "The caller upholds the contract, which both functions share.";

/// The function's own arguments by name, without the variable.
pub(super) fn own_args(v: &Variant<'_>) -> Vec<String> {
    v.of.op.operands().map(|a| rust_ident(&a.name)).collect()
}

/// A call of `target` in the function of `v`, on the same variable, with `operands` in order.
pub(super) fn format_call(v: &Variant<'_>, target: &Variant<'_>, operands: &[String]) -> String {
    let mut operands = operands.iter();
    let args = target.of.op.args.iter().map(|arg| match arg.kind {
        ArgKind::Variable { .. } => rust_ident(v.of.op.variable()),
        _ => operands.next().cloned().unwrap_or_default(),
    });
    format!(
        "{}({})",
        rust_ident(&target.name()),
        args.collect::<Vec<_>>().join(", ")
    )
}
