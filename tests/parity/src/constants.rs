//! Calls of all our functions with constant arguments.
//!
//! A compiler keeps an argument that it does not know in a register of its own. It can do otherwise
//! with one that it knows: some architectures have a register that is always 0, and equal values can
//! share a register.

use std::fmt::Write as _;

use atomics_spec::model::op::ArgKind;
use atomics_spec::names::rust_ident;
use atomics_spec::{Spec, Variant};

/// The constants. Every argument of a call has each of them.
const VALUES: [i8; 3] = [0, 1, -1];

/// The text of a function for each variant and each list of constant arguments.
pub fn text(spec: &Spec) -> String {
    let mut out = "#![allow(dead_code, unused_unsafe)]\nuse core::ffi::c_void;\n".to_owned();
    let mut count = 0_usize;
    for v in spec.variants() {
        for values in lists(v.of.op.operands().count()) {
            write_function(&mut out, &v, &values, count);
            count += 1;
        }
    }
    out
}

/// All lists of `count` constants.
fn lists(count: usize) -> Vec<Vec<i8>> {
    (0..count).fold(vec![Vec::new()], |lists, _| {
        let longer = lists
            .iter()
            .flat_map(|list| VALUES.map(|value| [list.as_slice(), &[value]].concat()));
        longer.collect()
    })
}

/// Writes a function that calls a variant with these operands, and drops the result. No call is
/// left out for that, because each one may have an effect.
fn write_function(out: &mut String, v: &Variant<'_>, values: &[i8], number: usize) {
    let repr = v.family.repr.rust();
    let variable = rust_ident(v.of.op.variable());
    let mut values = values.iter();
    let mut pointees = String::new();
    let args = v.of.op.args.iter().map(|arg| {
        let mut value = || {
            let value = values.next().copied().unwrap_or_default();
            format!("{value}_isize as {repr}")
        };
        match arg.kind {
            ArgKind::Variable { .. } => variable.clone(),
            ArgKind::Value => value(),
            ArgKind::Pointer => {
                let _ = writeln!(pointees, "    let mut expected = {};", value());
                "&raw mut expected".to_owned()
            }
        }
    });
    let call = format!(
        "ours::{}({})",
        v.path(),
        args.collect::<Vec<_>>().join(", ")
    );
    let _ = write!(
        out,
        "\n#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn constants_{number}({variable}: *mut \
         {repr}) {{\n{pointees}    let _ = unsafe {{ {call} }};\n}}\n"
    );
}
