//! Writes a call of each operation of a model, with what the reference interpreter says of it.

use std::fmt::Write as _;

use atomics_spec::interp;
use atomics_spec::model::op::{ArgKind, Ordering};
use atomics_spec::model::ty::Type;
use atomics_spec::names;
use atomics_spec::{FormOf, Spec};

/// Values with which operations are called.
const VALUES: [i64; 8] = [0, 1, -1, 42, 127, -128, i64::MAX, i64::MIN];

/// The functions and the table `CALLS`. Without `all`, there is one call for each method.
pub fn module(spec: &Spec, all: bool) -> String {
    let mut calls = Calls::default();
    for variant in spec.variants().filter(|_| all) {
        let ty = match variant.family.repr.rust() {
            "*const c_void" => "*const core::ffi::c_void",
            int => int,
        };
        let variable = format!("internal::AtomicRepr::<{ty}>::new(<{ty}>::from_word(m))");
        let call = variant.function();
        let bits = variant.family.bits(usize::BITS);
        calls.add(&variant.of, ty, bits, &variable, &call, "", false);
    }
    for (index, form) in spec.typed_forms().enumerate() {
        let has = |t: &&Type| t.classes.contains(&form.meaning.class);
        let types = spec.types.types.iter().filter(has);
        for (n, ty) in types.enumerate().take(if all { usize::MAX } else { 1 }) {
            let orderings = form.orderings();
            let ordering: Ordering = orderings[(index + n) % orderings.len()];
            let rust = match ty.is_pointer() {
                true => format!("{} u16", ty.name),
                false => ty.name.clone(),
            };
            let variable = format!("Atomic::<{rust}>::new(<{rust}>::from_word(m))");
            let call = names::rust_ident(&form.method());
            let bits = spec.types.families[ty.family].bits(usize::BITS);
            calls.add(
                &form,
                &rust,
                bits,
                &variable,
                &call,
                ordering.name(),
                ty.name == "bool",
            );
        }
    }
    let Calls {
        functions, table, ..
    } = calls;
    format!(
        "#[allow(warnings)]\npub mod calls {{\nuse super::*;\nuse crate::{{Call, Case, Word}};\n\
         {functions}pub const CALLS: &[Call] = &[\n{table}];\n}}\n"
    )
}

#[derive(Default)]
struct Calls {
    count: usize,
    functions: String,
    table: String,
}

impl Calls {
    #[allow(clippy::too_many_arguments, reason = "each is one part of the text")]
    fn add(
        &mut self,
        form: &FormOf<'_>,
        ty: &str,
        bits: u32,
        variable: &str,
        method: &str,
        ordering: &str,
        truth: bool,
    ) {
        let typed = !ordering.is_empty();
        let mut args = Vec::new();
        let mut after = "(x.as_ptr().read().word(), r)".to_owned();
        let (mut before, mut result) = (String::new(), "r.word()".to_owned());
        for (at, arg) in form.op.operands().enumerate() {
            let value = format!("<{ty}>::from_word(a[{at}])");
            if arg.kind != ArgKind::Pointer {
                args.push(value);
            } else if typed && form.returns_result() {
                args.push(value);
                result = format!(
                    "{{ let ok = r.is_ok(); a[{at}] = r.unwrap_or_else(|f| f).word(); ok.word() }}"
                );
            } else {
                before = format!("let mut p = {value};");
                args.push("&mut p".into());
                after = format!("{{ a[{at}] = p.word(); {after} }}");
            }
        }
        if typed {
            args.push(ordering.into());
        }
        if form.result().is_none() {
            result = "0".into();
        }
        let index = self.count;
        self.count += 1;
        let _ = writeln!(
            self.functions,
            "fn call_{index}(m: i64, a: &mut [i64; 4]) -> (i64, i64) {{\n    let x = {variable};\n    \
             {before} let r = x.{method}({}); let r = {result};\n    unsafe {{ {after} }}\n}}",
            args.join(", ")
        );
        let _ = writeln!(
            self.table,
            "Call {{ name: {method:?}, run: call_{index}, bits: {bits}, cases: &["
        );
        for case in 0..VALUES.len() {
            let value = |n: usize| match VALUES[(case * (n + 1) + n * n) % VALUES.len()] {
                v if truth => v & 1,
                v => v << (64 - bits) >> (64 - bits),
            };
            let memory = value(0);
            let count = form.op.operands().count();
            let operands: Vec<i64> = (1..=count).map(value).collect();
            let outcome = interp::run(form, bits, memory, &operands);
            let mut after = operands.clone();
            let pointer = form.op.operands().position(|a| a.kind == ArgKind::Pointer);
            if let (Some(at), Some(value)) = (pointer, outcome.pointee) {
                after[at] = value;
            }
            let list = |operands: &[i64]| {
                let all = operands.iter().copied().chain([0; 4]).take(4);
                all.map(|v| format!("{v}")).collect::<Vec<_>>().join(", ")
            };
            let _ = writeln!(
                self.table,
                "    Case {{ before: ({memory}, [{}]), after: ({}, {}, [{}]) }},",
                list(&operands),
                outcome.memory,
                outcome.result.unwrap_or(0),
                list(&after)
            );
        }
        self.table += "] },\n";
    }
}
