//! Values with which an operation shows what it does, for examples and tests.

use crate::interp;
use crate::model::FormOf;
use crate::table::Form;
use crate::types::{Type, Width};

/// The width in which values of a type are computed.
pub(super) fn bits(ty: &Type) -> u32 {
    match ty.width() {
        Width::Bits(bits) => bits,
        // What fits into 32 bits is the same in 64.
        Width::Pointer => 32,
    }
}

/// A value of the variable and operands with which the operation stores something new, or with
/// which it fails.
pub(super) fn sample(form: &FormOf<'_>, ty: &Type, wanted: bool) -> Option<(i64, Vec<i64>)> {
    if !wanted && !form.can_fail() {
        return None;
    }
    let is_bool = ty.name == "bool";
    let shown = |value: i64| value >= 0 || !(ty.is_unsigned() || ty.is_pointer());
    let count = form.op.operands().count();
    let memories: &[i64] = if is_bool {
        &[0, 1]
    } else {
        &[42, 12, 1, 0, -1]
    };
    let choices: &[[i64; 3]] = match is_bool {
        true => &[[1, 0, 1], [0, 1, 0]],
        false => &[[10, 3, 5], [12, 7, 9], [1, 0, 2], [42, 43, 44]],
    };
    for &memory in memories.iter().filter(|m| shown(**m)) {
        for choice in choices {
            let operands: Vec<i64> = choice.iter().copied().cycle().take(count).collect();
            let outcome = interp::run(form, bits(ty), memory, &operands);
            let stored = outcome.stored || !form.can_fail();
            let shows = !wanted || form.form == Form::Load || outcome.memory != memory;
            let written = shown(outcome.memory) && outcome.result.is_none_or(shown);
            if stored == wanted && shows && written {
                return Some((memory, operands));
            }
        }
    }
    None
}
