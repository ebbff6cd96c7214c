//! Values that let a test tell which write each access read or overwrote.

use crate::generate::call::Call;
use crate::generate::shape::Role;
use atomics_spec::interp::{self, Outcome};
use atomics_spec::model::op::Form;

/// The values of an operation's variable and operands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Values {
    /// The initial value of the variable.
    pub init: i64,
    /// The value that another thread writes, if one does.
    pub other: i64,
    /// The operands.
    pub operands: Vec<i64>,
    /// What the operation does in the outcome that the test asks for.
    pub outcome: Outcome,
}

/// The values to try. Those that one would choose by hand come first.
const VARIABLE: [i64; 6] = [0, 1, 2, -1, 3, -2];
const OPERAND: [i64; 5] = [1, 2, 0, -1, 3];

/// Values for an operation in a role, with which it stores a new value, or fails if `fails` is set;
/// `None` if there are none, for instance because the operation cannot have the role.
pub(super) fn values(call: &Call<'_>, fails: bool, role: Role) -> Option<Values> {
    let count = call.form.op.operands().count();
    let others: &[i64] = match role {
        Role::OnlyWriter => &[0],
        _ => &[1, 2, 0, -1, 3, -2],
    };
    let mut all = Vec::new();
    for init in VARIABLE {
        for &other in others {
            for operands in lists(count) {
                all.push((init, other, operands));
            }
        }
    }
    // Readers expect the initial value 0, and small numbers are easy to follow.
    all.sort_by_key(|(init, other, operands)| {
        // An operand 0 often degenerates an operation.
        let of_operand = |n: &i64| if *n == 0 { 2 } else { cost(*n) };
        let size: i64 = operands.iter().map(of_operand).sum();
        (cost(*init) > 1, size + cost(*other) + cost(*init))
    });
    let try_one = |(init, other, operands)| attempt(call, fails, role, init, other, operands);
    all.into_iter().find_map(try_one)
}

fn cost(number: i64) -> i64 {
    // Use a negative number only if necessary.
    if number < 0 { 3 - number } else { number }
}

fn attempt(
    call: &Call<'_>,
    fails: bool,
    role: Role,
    init: i64,
    other: i64,
    operands: Vec<i64>,
) -> Option<Values> {
    let form = &call.form;
    let run = |memory| interp::run(form, 32, memory, &operands);
    // The value that the operation finds in the outcome of the condition, and in other outcomes.
    let (found, else_found) = match role {
        Role::OnlyWriter => (init, None),
        Role::FirstWriter | Role::ReadsInitial => (init, Some(other)),
        Role::LastWriter | Role::ReadsWritten => (other, Some(init)),
    };
    let outcome = run(found);
    if outcome.stored != (form.form != Form::Load && !fails) {
        return None;
    }
    if outcome.stored && outcome.memory == found {
        return None;
    }
    if let Some(else_found) = else_found {
        let others = run(else_found);
        // It has to fail with one of the two values and succeed with the other.
        let splits = outcome.stored != others.stored;
        if found == else_found || (form.can_fail() && !splits) {
            return None;
        }
        // The stored value has to differ from all other values of the variable.
        let mut stored = [outcome, others].into_iter().filter(|o| o.stored);
        if stored.any(|o| [init, other].contains(&o.memory)) {
            return None;
        }
        let tells = outcome.result.is_some() && outcome.result != others.result;
        let is_known = match role {
            // Either by what it returns, or by the last value.
            Role::FirstWriter => tells || others.stored,
            Role::LastWriter | Role::OnlyWriter => outcome.stored,
            Role::ReadsWritten | Role::ReadsInitial => tells,
        };
        if !is_known {
            return None;
        }
    }
    Some(Values {
        init,
        other,
        operands,
        outcome,
    })
}

/// All lists of operands of a length.
fn lists(length: usize) -> Vec<Vec<i64>> {
    (0..length).fold(vec![Vec::new()], |lists, _| {
        let longer = |list: Vec<i64>| OPERAND.map(|value| [&list[..], &[value]].concat());
        lists.into_iter().flat_map(longer).collect()
    })
}
