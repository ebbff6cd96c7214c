//! Minimal examples whose values come from the reference interpreter.

use super::sample::{bits, sample};
use crate::expr::Kind;
use crate::interp::{self, Outcome};
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};
use crate::table::{ArgKind, Form};
use crate::types::Type;

/// Through what an example calls an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// As a method of `Atomic<T>`.
    Method,
    /// As a function on a raw pointer.
    Pointer,
}

/// An example in lines, with its fences: once where the operation stores, and, if it can fail,
/// once where it does not. There is none without a 32-bit type that has the operation.
pub(super) fn lines(spec: &Spec, form: &FormOf<'_>, path: &str, layer: Layer) -> Vec<String> {
    let Some(ty) = example_type(spec, form) else {
        return Vec::new();
    };
    let example = Example {
        form,
        ty,
        layer,
        can_load: spec.forms().any(|f| f.method() == "load"),
    };
    let mut lines = vec!["```".to_owned(), example.imports(path), String::new()];
    for wanted in [true, false] {
        if let Some((memory, operands)) = sample(form, ty, wanted) {
            if !wanted {
                lines.extend([String::new(), "// It fails, and stores nothing.".to_owned()]);
            }
            lines.extend(example.case(memory, &operands));
        }
    }
    lines.push("```".into());
    lines
}

/// The first 32-bit type that has the class of the operation.
fn example_type<'s>(spec: &'s Spec, form: &FormOf<'s>) -> Option<&'s Type> {
    let has = |t: &&Type| {
        t.classes.contains(&form.meaning.class) && t.is_integer() && t.name.ends_with("32")
    };
    spec.types.types.iter().find(has)
}

struct Example<'a> {
    form: &'a FormOf<'a>,
    ty: &'a Type,
    layer: Layer,
    can_load: bool,
}

impl Example<'_> {
    fn ordering(&self) -> &'static str {
        self.form.orderings()[0].name()
    }

    fn imports(&self, path: &str) -> String {
        let function = names::pointer_function(&self.form.method());
        let mut names = vec![self.ordering()];
        match self.layer {
            Layer::Pointer => names.push(&function),
            Layer::Method => {
                names.push("Atomic");
                if self.can_load && self.ordering() != "Relaxed" {
                    names.push("Relaxed");
                }
            }
        }
        names.sort_unstable();
        format!("use {path}::{{{}}};", names.join(", "))
    }

    /// One call, and what comes of it.
    fn case(&self, memory: i64, operands: &[i64]) -> Vec<String> {
        let outcome = interp::run(self.form, bits(self.ty), memory, operands);
        let ty = &self.ty.name;
        let method = self.form.method();
        let mut args: Vec<String> = operands.iter().map(ToString::to_string).collect();
        for (arg, text) in self.form.op.operands().zip(&mut args) {
            if arg.kind == ArgKind::Pointer && !self.form.returns_result() {
                *text = format!("&mut {text}");
            }
        }
        args.push(self.ordering().to_owned());
        let mut lines = Vec::new();
        let call = match self.layer {
            Layer::Method => {
                lines.push(format!("let x = Atomic::new({memory}_{ty});"));
                format!("x.{}({})", rust_ident(&method), args.join(", "))
            }
            Layer::Pointer => {
                let stores = self.form.meaning.new.is_some();
                lines.push(format!("let mut field = {memory}_{ty};"));
                lines.push("let ptr = &raw mut field;".into());
                let others = if stores { "accesses" } else { "changes" };
                lines.push(format!(
                    "// SAFETY: The pointer is valid, and nothing else {others} the field."
                ));
                let function = names::pointer_function(&method);
                format!(
                    "unsafe {{ {}(ptr, {}) }}",
                    rust_ident(&function),
                    args.join(", ")
                )
            }
        };
        lines.push(self.check(&call, &outcome, memory, operands));
        match self.layer {
            Layer::Pointer if self.form.form != Form::Load => {
                lines.push(format!("assert_eq!(field, {});", outcome.memory));
            }
            Layer::Method if self.can_load && self.form.form != Form::Load => {
                lines.push(format!("assert_eq!(x.load(Relaxed), {});", outcome.memory));
            }
            _ => {}
        }
        lines
    }

    /// The call with what it returns.
    fn check(&self, call: &str, outcome: &Outcome, memory: i64, operands: &[i64]) -> String {
        match (outcome.result, self.form.result().map(|r| r.kind())) {
            _ if self.form.returns_result() && outcome.stored => {
                let expected = self
                    .form
                    .op
                    .operands()
                    .position(|a| a.kind == ArgKind::Pointer);
                format!(
                    "assert_eq!({call}, Ok({}));",
                    operands[expected.unwrap_or(0)]
                )
            }
            _ if self.form.returns_result() => format!("assert_eq!({call}, Err({memory}));"),
            (Some(1), Some(Kind::Truth)) => format!("assert!({call});"),
            (Some(_), Some(Kind::Truth)) => format!("assert!(!{call});"),
            (Some(value), _) => format!("assert_eq!({call}, {value});"),
            (None, _) => format!("{call};"),
        }
    }
}
