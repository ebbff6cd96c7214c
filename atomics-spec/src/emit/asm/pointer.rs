//! Expressions, and the pointee of a `p` argument.

use crate::emit::text::{Text, fresh};
use crate::expr::Expr;
use crate::model::Variant;
use crate::names::rust_ident;

const POINTER: &str = "The caller guarantees that the pointer is valid.";

/// An expression in Rust, with `old` for the variable and the pointee for a `p` argument.
pub(super) fn format_expr(v: &Variant<'_>, expr: &Expr, old: &str) -> String {
    let op = v.of.op;
    expr.rust(v.family.repr.rust(), &|name| {
        if name == op.variable() {
            old.to_owned()
        } else if op.pointer().is_some_and(|p| p.name == name) {
            pointee(v)
        } else {
            rust_ident(name)
        }
    })
}

/// The local variable that holds the pointee of the `p` argument.
pub(super) fn pointee(v: &Variant<'_>) -> String {
    fresh("expected", v.of.op)
}

/// Emits the read of the pointee of the `p` argument, if there is one.
pub(super) fn emit_read_pointer(t: &mut Text, v: &Variant<'_>) {
    if let Some(pointer) = v.of.op.pointer() {
        let name = rust_ident(&pointer.name);
        let before = format!("let {} = ", pointee(v));
        t.proven(POINTER, &before, &format!("*{name}"), ";");
    }
}

/// Emits the write of the old value through the `p` argument, for an operation that failed.
pub(super) fn emit_write_pointer(t: &mut Text, v: &Variant<'_>, failed: &str, found: &str) {
    if let Some(pointer) = v.of.op.pointer() {
        t.block(&format!("if {failed}"), |t| {
            t.proven(
                POINTER,
                "",
                &format!("*{} = {found}", rust_ident(&pointer.name)),
                ";",
            );
        });
    }
}
