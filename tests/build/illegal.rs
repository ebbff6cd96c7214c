//! Every illegal call: the complement of the tables.

use std::fmt::Write as _;

use atomics_spec::model::op::Ordering;
use atomics_spec::model::ty::Type;
use atomics_spec::{FormOf, Spec, names};

/// A Rust type as it is written.
fn rust_type(ty: &Type) -> String {
    if ty.is_pointer() {
        format!("{} u16", ty.name)
    } else {
        ty.name.clone()
    }
}

/// A crate in which each line that begins with `fn illegal_` is one mistake.
pub fn crate_root(spec: &Spec) -> String {
    let mut out = "#![allow(unused)]\nuse atomics_core::*;\n".to_owned();
    let mut count = 0;
    for form in spec.typed_forms() {
        for ty in &spec.types.types {
            let has = ty.classes.contains(&form.meaning.class);
            for ordering in Ordering::ALL {
                let legal = form.orderings().contains(&ordering);
                // A type without the operation is one mistake, whatever the ordering.
                let mistake = if has {
                    !legal
                } else {
                    ordering == form.orderings()[0]
                };
                if mistake {
                    calls(&mut out, &form, ty, ordering, &mut count);
                }
            }
        }
    }
    out
}

fn calls(out: &mut String, form: &FormOf<'_>, ty: &Type, ordering: Ordering, count: &mut usize) {
    let rust = rust_type(ty);
    let value = match ty.name.as_str() {
        "bool" => "true",
        "*const" => "core::ptr::null()",
        "*mut" => "core::ptr::null_mut()",
        _ => "1",
    };
    let value = format!("{value} as {rust}");
    let mut args = vec![value; form.op.operands().count()];
    args.push(ordering.name().to_owned());
    let args = args.join(", ");
    let method = form.method();
    let _ = writeln!(
        out,
        "fn illegal_{count}(x: &Atomic<{rust}>) {{ x.{}({args}); }}",
        names::rust_ident(&method)
    );
    let _ = writeln!(
        out,
        "fn illegal_{}(x: *mut {rust}) {{ unsafe {{ {}(x, {args}) }}; }}",
        *count + 1,
        names::pointer_function(&method)
    );
    *count += 2;
}
