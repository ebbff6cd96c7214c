//! The methods that the fixed parts of the generated code call.
//!
//! A table may define a method of such a name that does something else; these parts are then left
//! out.

use crate::expr::Expr;
use crate::model::op::{ArgKind, Form, Ordering};
use crate::model::ty::Operand;
use crate::model::{FormOf, Spec};

/// The form with the method `load`, `store`, `xchg` or `cmpxchg`, if it is what the name says, on
/// every type with its class.
pub(super) fn find<'s>(spec: &'s Spec, method: &str) -> Option<FormOf<'s>> {
    let found = spec.typed_forms().find(|f| f.method() == method)?;
    let kinds: Vec<ArgKind> = found.op.operands().map(|a| a.kind).collect();
    let operand = |at: usize| found.op.operands().nth(at).map(|a| Expr::var(&a.name));
    let old = Expr::var(found.op.variable());
    let meaning = found.meaning;
    let is_whole = found.orderings().len() == Ordering::ALL.len();
    let fits = match method {
        "load" => found.form == Form::Load,
        "store" => found.form == Form::Store && kinds == [ArgKind::Value],
        "xchg" => {
            let is_old = found.result() == Some(old);
            is_whole && is_old && kinds == [ArgKind::Value] && !found.can_fail()
        }
        "cmpxchg" => {
            let differs = |e: &Expr, a: Expr| {
                let (one, other) = (a.clone(), old.clone());
                *e == Expr::differ(old, a) || *e == Expr::differ(one, other)
            };
            is_whole
                && found.returns_result()
                && kinds == [ArgKind::Pointer, ArgKind::Value]
                && meaning.new == operand(1)
                && operand(0).is_some_and(|a| meaning.fails.as_ref().is_some_and(|e| differs(e, a)))
        }
        _ => false,
    };
    (fits && found.class.operand == Operand::Stored).then_some(found)
}
