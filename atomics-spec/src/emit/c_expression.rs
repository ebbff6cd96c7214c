//! Fills the operands into the C expressions of the tables.

use crate::model::Variant;

/// Fills the operands into a C expression.
pub(super) fn fill_expression(v: &Variant<'_>, line: &str) -> String {
    let variable = v.of.op.variable();
    let place = match v.family.c_object {
        Some(_) => format!("&{variable}->counter"),
        None => variable.to_owned(),
    };
    let mut text = line
        .replace("{v}", &place)
        .replace("{type}", &v.family.c_value);
    // Access a member directly instead of through a pointer to it.
    if v.family.c_object.is_some() {
        text = text.replace(&format!("(*{place}"), &format!("({variable}->counter"));
    }
    for arg in v.of.op.operands() {
        text = text.replace(&format!("{{{}}}", arg.name), &arg.name);
    }
    text
}
