//! Rust signatures: of the functions of variants, with the arguments in the order of the C
//! prototype, and of the methods of the traits.

use crate::expr::Yields;
use crate::model::op::{Arg, ArgKind};
use crate::model::ty::Operand;
use crate::model::{FormOf, Variant};
use crate::names::rust_ident;

/// The parameters of a variant in the order of the C prototype.
pub(super) fn params(variant: &Variant<'_>) -> Vec<String> {
    let op = variant.of.op;
    op.args
        .iter()
        .map(|arg| format!("{}: {}", rust_ident(&arg.name), param(variant, arg)))
        .collect()
}

fn param(variant: &Variant<'_>, arg: &Arg) -> String {
    let value = variant.family.repr.rust();
    match arg.kind {
        ArgKind::Variable { constant: true } => format!("*const {value}"),
        ArgKind::Variable { constant: false } | ArgKind::Pointer => format!("*mut {value}"),
        ArgKind::Value => value.into(),
    }
}

/// The return type of a form, if it returns a value; `value` is the type of its values.
pub(super) fn returns(form: &FormOf<'_>, value: &str) -> Option<String> {
    form.result().map(|result| match result.yields() {
        Yields::Truth => "bool".into(),
        Yields::Value => value.into(),
    })
}

/// The return type of a variant, if it returns a value.
pub(super) fn ret(variant: &Variant<'_>) -> Option<String> {
    returns(&variant.of, variant.family.repr.rust())
}

/// The operands of a trait method on `of`, with their types.
pub(super) fn operands(form: &FormOf<'_>, of: &str) -> Vec<String> {
    let operand = |a: &Arg| {
        format!(
            "{}: {}",
            rust_ident(&a.name),
            operand_type(form, a.kind, of)
        )
    };
    form.op.operands().map(operand).collect()
}

/// The type of an operand of a trait method on `of`.
fn operand_type(form: &FormOf<'_>, kind: ArgKind, of: &str) -> String {
    match kind {
        ArgKind::Pointer => format!("&mut {of}"),
        _ if form.class.operand == Operand::Delta => format!("{of}::Delta"),
        _ => of.into(),
    }
}

/// Whether the form does not depend on all operands, because only other forms do.
pub(super) fn ignores_operands(form: &FormOf<'_>) -> bool {
    let result = form.result();
    let exprs = [&form.meaning.new, &form.meaning.fails, &result];
    let used = |name: &str| exprs.into_iter().flatten().any(|e| e.mentions(name));
    let mut values = form.op.operands().filter(|a| a.kind != ArgKind::Pointer);
    values.any(|a| !used(&a.name))
}
