//! Calls of other functions of the module.

use super::body::Body;
use crate::expr::Expr;
use crate::model::Variant;
use crate::model::op::ArgKind;
use crate::names::rust_ident;

/// The function's own arguments by name, without the variable.
pub(super) fn own_args(v: &Variant<'_>) -> Vec<String> {
    v.of.op.operands().map(|a| rust_ident(&a.name)).collect()
}

/// A call of `target` in a function, on the same variable, with `operands` in order.
pub(super) fn format_call(body: &Body<'_>, target: &Variant<'_>, operands: &[String]) -> String {
    format!("call!({})", format_callee(body, target, operands))
}

/// The function and the arguments of such a call.
pub(super) fn format_callee(body: &Body<'_>, target: &Variant<'_>, operands: &[String]) -> String {
    let mut operands = operands.iter();
    let args = target.of.op.args.iter().map(|arg| match arg.kind {
        ArgKind::Variable { .. } => rust_ident(body.v.of.op.variable()),
        _ => operands.next().cloned().unwrap_or_default(),
    });
    let args: Vec<String> = args.collect();
    let callee = body.symbols.code("callee", &rust_ident(&target.name()));
    format!("{callee}({})", args.join(", "))
}

/// An expression that is one name, as a Rust identifier.
pub(super) fn format_name(expr: &Expr) -> String {
    match expr {
        Expr::Var(name) => rust_ident(name),
        other => other.to_string(),
    }
}
