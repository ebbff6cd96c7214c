//! C expressions of the tables, with their operands put in place.

use crate::model::Variant;

/// A C expression with its operands.
pub(super) fn c_expression(v: &Variant<'_>, line: &str) -> String {
    let variable = v.of.op.variable();
    let place = match v.family.c_object {
        Some(_) => format!("&{variable}->counter"),
        None => variable.to_owned(),
    };
    let mut text = line
        .replace("{v}", &place)
        .replace("{type}", &v.family.c_value);
    // Of a pointer to a member, what is wanted is often the member.
    if v.family.c_object.is_some() {
        text = text.replace(&format!("(*{place}"), &format!("({variable}->counter"));
    }
    for arg in v.of.op.operands() {
        text = text.replace(&format!("{{{}}}", arg.name), &arg.name);
    }
    text
}
