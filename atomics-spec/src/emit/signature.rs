//! The Rust signature of a variant's function: the C prototype, argument by argument.

use crate::expr::Kind;
use crate::model::{FormOf, Variant};
use crate::names::rust_ident;
use crate::table::{Arg, ArgKind};

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

/// What a form returns, if anything, when values are written as `value`.
pub(super) fn returns(form: &FormOf<'_>, value: &str) -> Option<String> {
    form.result().map(|result| match result.kind() {
        Kind::Truth => "bool".into(),
        Kind::Value => value.into(),
    })
}

/// What a variant returns, if anything.
pub(super) fn ret(variant: &Variant<'_>) -> Option<String> {
    returns(&variant.of, variant.family.repr.rust())
}
