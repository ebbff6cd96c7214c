//! Writes every call that the tables do not allow.

use std::fmt::Write as _;

use atomics_spec::model::op::Ordering;
use atomics_spec::model::ty::Type;
use atomics_spec::{FormOf, Spec, names};

/// The Rust source for a type.
fn rust_type(ty: &Type) -> String {
    if ty.is_pointer() {
        format!("{} u16", ty.name)
    } else {
        ty.name.clone()
    }
}

/// Writes a crate in which each line that begins with `fn illegal_` makes one illegal call.
pub fn write_crate(spec: &Spec) -> String {
    let mut out = "#![allow(unused)]\nuse atomics_core::*;\n".to_owned();
    let mut count = 0;
    for form in spec.typed_forms() {
        for ty in &spec.types.types {
            let has = ty.classes.contains(&form.meaning.class);
            for ordering in Ordering::ALL {
                let legal = form.orderings().contains(&ordering);
                // If a type lacks the operation, one ordering is enough to test.
                let mistake = if has {
                    !legal
                } else {
                    ordering == form.orderings()[0]
                };
                if mistake {
                    write_calls(&mut out, &form, ty, ordering, &mut count);
                }
            }
        }
    }
    out
}

/// Writes the method call, and the call of the function on a raw pointer.
fn write_calls(
    out: &mut String,
    form: &FormOf<'_>,
    ty: &Type,
    ordering: Ordering,
    count: &mut usize,
) {
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
