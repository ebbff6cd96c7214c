//! The functions of a Rust module of a kernel with the drop-in: one for each type, operation and
//! ordering. It calls the method of `Atomic<T>`, or, if there is none, C's function in `raw`.

use atomics_spec::model::op::{Arg, ArgKind, Form};
use atomics_spec::model::ty::Type;
use atomics_spec::names::{raw_type, rust_ident};
use atomics_spec::{Spec, Variant};

use crate::point::{PREFIX, Point};

/// The first lines of the module.
const HEAD: &str = "\
// SPDX-License-Identifier: GPL-2.0

//! A function for each operation.

#![allow(improper_ctypes_definitions, missing_docs, clippy::missing_safety_doc)]

use core::ffi::c_void;
use kernel::sync::atomic::{
    raw,
    Acquire,
    Atomic,
    Full,
    Relaxed,
    Release, //
};
";

/// The barriers of the drop-in, which are beside an operation. The kernel has a module of its own for
/// the others.
const BARRIERS: [(&str, [&str; 2]); 2] = [
    ("smp_mb__before_atomic", ["SELF()", "v.inc(Relaxed)"]),
    ("smp_mb__after_atomic", ["v.inc(Relaxed)", "SELF()"]),
];

/// A function of the module.
pub struct Call<'p> {
    /// The kernel's operation to compare it with. If C does not have the operation on the type, this
    /// is the one on `atomic_long_t`, of another width.
    pub kernel: &'p Point,
    /// What it does.
    pub point: Point,
    /// Its text.
    text: String,
}

/// The functions of the module, of whose operations C has `points`. Pointers have `bits` bits.
pub fn calls<'p>(spec: &Spec, bits: u32, points: &'p [Point]) -> Vec<Call<'p>> {
    let find = |name: &str| points.iter().find(|point| point.name == name);
    let mut calls = Vec::new();
    let mut call = |v: &Variant<'_>, name: String, text: String| {
        let sibling = format!("atomic_long_{}", v.name());
        let kernel = find(&v.function()).or_else(|| find(&sibling));
        calls.extend(kernel.map(|kernel| Call {
            kernel,
            point: kernel.on(name, v.family.bits(bits)),
            text,
        }));
    };
    for ty in &spec.types.types {
        let family = &spec.types.families[ty.family];
        let forms = spec.typed_forms();
        let forms = forms.filter(|form| ty.classes.contains(&form.meaning.class));
        for v in forms.flat_map(|form| form.variants(family)) {
            let name = name(&v, ty);
            call(&v, name.clone(), method(&v, &name, ty));
        }
    }
    for v in spec.variants().filter(|v| !v.of.is_typed()) {
        call(&v, v.function(), raw(&v));
    }
    for (name, lines) in BARRIERS {
        let path = format!("kernel::sync::atomic::barrier::{name}");
        let lines = lines.map(|line| format!("    {};\n", line.replace("SELF", &path)));
        calls.extend(find(name).map(|kernel| Call {
            kernel,
            text: head(name, "v: &Atomic<i32>", "") + &lines.concat() + "}\n",
            point: kernel.clone(),
        }));
    }
    calls
}

/// The text of the module.
pub fn module(calls: &[Call<'_>]) -> String {
    let texts = calls.iter().map(|call| call.text.as_str());
    texts.fold(HEAD.to_owned(), |text, function| text + "\n" + function)
}

/// The name of a function: that of C for the type of C's values.
fn name(v: &Variant<'_>, ty: &Type) -> String {
    let ty = match ty.name.as_str() {
        "*const" => return v.function(),
        "*mut" => "mut_ptr",
        name if name == v.family.repr.rust() => return v.function(),
        name => name,
    };
    format!("atomic_{ty}_{}", v.name())
}

/// The first line of a function with these parameters and this result.
fn head(name: &str, parameters: &str, arrow: &str) -> String {
    format!("#[unsafe(no_mangle)]\npub extern \"C\" fn {PREFIX}{name}({parameters}){arrow} {{\n")
}

/// The text of a function that calls a variant as a method of a type.
fn method(v: &Variant<'_>, name: &str, ty: &Type) -> String {
    let ty = match ty.is_pointer() {
        true => format!("{} c_void", ty.name),
        false => ty.name.clone(),
    };
    let returns_result = v.of.returns_result();
    let argument = |arg: &Arg| match arg.kind {
        // The method takes the value, and returns what it found.
        ArgKind::Pointer if returns_result => format!("*{}", rust_ident(&arg.name)),
        _ => rust_ident(&arg.name),
    };
    let mut arguments: Vec<String> = v.of.op.operands().map(argument).collect();
    arguments.push(v.ordering.name().to_owned());
    let call = call(v, &v.of.method(), &arguments);
    let body = match v.of.op.pointer() {
        Some(pointer) if returns_result => {
            let pointer = rust_ident(&pointer.name);
            format!(
                "match {call} {{\n        Ok(_) => true,\n        Err(found) => {{\n            \
                 *{pointer} = found;\n            false\n        }}\n    }}"
            )
        }
        _ => call,
    };
    function(v, name, &format!("Atomic<{ty}>"), &ty, &body)
}

/// The text of a function that calls a variant under its C name.
fn raw(v: &Variant<'_>) -> String {
    let arguments: Vec<String> = v.of.op.operands().map(|a| rust_ident(&a.name)).collect();
    let name = v.function();
    let object = format!("raw::{}", raw_type(v.family));
    let body = call(v, &name, &arguments);
    function(v, &name, &object, v.family.repr.rust(), &body)
}

/// A call of a method of the variable.
fn call(v: &Variant<'_>, method: &str, arguments: &[String]) -> String {
    let variable = rust_ident(v.of.op.variable());
    let method = rust_ident(method);
    format!("{variable}.{method}({})", arguments.join(", "))
}

/// A function with the parameters of a variant on a variable of type `object`, whose value has the
/// type `ty`.
fn function(v: &Variant<'_>, name: &str, object: &str, ty: &str, body: &str) -> String {
    let parameter = |arg: &Arg| {
        let ty = match arg.kind {
            ArgKind::Variable { .. } => format!("&{object}"),
            ArgKind::Pointer => format!("&mut {ty}"),
            ArgKind::Value => ty.to_owned(),
        };
        format!("{}: {ty}", rust_ident(&arg.name))
    };
    let parameters: Vec<String> = v.of.op.args.iter().map(parameter).collect();
    let arrow = match (v.of.result().is_some(), v.of.form) {
        (false, _) => String::new(),
        (true, Form::Truth(_)) => " -> bool".into(),
        (true, _) => format!(" -> {ty}"),
    };
    head(name, &parameters.join(", "), &arrow) + &format!("    {body}\n}}\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::point::points;

    /// Every typed variant of every type has a function, and every other C function has one.
    #[test]
    fn every_variant_has_one_function() {
        let spec = Spec::builtin().unwrap();
        for bits in [32, 64] {
            let points = points(&spec, bits);
            let calls = calls(&spec, bits, &points);
            let names: BTreeSet<&str> = calls.iter().map(|c| c.point.name.as_str()).collect();
            assert_eq!(names.len(), calls.len());
            for ty in &spec.types.types {
                let family = &spec.types.families[ty.family];
                let forms = spec.typed_forms();
                for form in forms.filter(|form| ty.classes.contains(&form.meaning.class)) {
                    for v in form.variants(family) {
                        let name = name(&v, ty);
                        assert!(names.contains(name.as_str()), "{name}");
                    }
                }
            }
            for v in spec.variants() {
                assert!(names.contains(v.function().as_str()), "{}", v.function());
            }
            for (name, _) in BARRIERS {
                assert!(names.contains(name));
            }
        }
    }

    #[test]
    fn functions_call_methods() {
        let spec = Spec::builtin().unwrap();
        let points = points(&spec, 64);
        let calls = calls(&spec, 64, &points);
        let text = module(&calls);
        for function in [
            "fn parity_atomic64_fetch_add_acquire(i: i64, v: &Atomic<i64>) -> i64 {\n    \
             v.fetch_add(i, Acquire)\n}\n",
            "fn parity_atomic_u8_sub_and_test(i: u8, v: &Atomic<u8>) -> bool {\n    \
             v.sub_and_test(i, Full)\n}\n",
            "fn parity_atomic_mut_ptr_set_release(v: &Atomic<*mut c_void>, i: *mut c_void) {\n    \
             v.store(i, Release)\n}\n",
            "fn parity_atomic_try_cmpxchg(v: &Atomic<i32>, old: &mut i32, new: i32) -> bool {\n    \
             match v.cmpxchg(*old, new, Full) {\n",
            "fn parity_atomic_long_cmpxchg_relaxed(v: &raw::atomic_long_t, old: isize, new: isize) \
             -> isize {\n    v.atomic_long_cmpxchg_relaxed(old, new)\n}\n",
            "fn parity_smp_mb__after_atomic(v: &Atomic<i32>) {\n    v.inc(Relaxed);\n    \
             kernel::sync::atomic::barrier::smp_mb__after_atomic();\n}\n",
        ] {
            assert!(text.contains(function), "{function}");
        }
        // C has no `atomic_t` of 8 bits; the lengths of other functions are comparable.
        let find = |name: &str| calls.iter().find(|call| call.point.name == name).unwrap();
        let call = find("atomic_u8_fetch_add");
        assert_eq!(
            (&*call.kernel.name, call.point.width),
            ("atomic_long_fetch_add", 8)
        );
        let call = find("atomic_u32_fetch_add");
        assert_eq!(
            (&*call.kernel.name, call.point.width),
            ("atomic_fetch_add", 32)
        );
    }
}
