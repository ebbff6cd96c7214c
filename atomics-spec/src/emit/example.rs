//! Minimal examples whose values come from the reference interpreter.

use std::collections::BTreeSet;

use super::sample::{Sample, Values};
use super::text::Text;
use crate::expr::Yields;
use crate::model::op::{ArgKind, Form};
use crate::model::ty::{Family, Repr, Type, Width};
use crate::model::{FormOf, Spec};
use crate::names::{self, rust_ident};

/// How an example calls an operation of the typed layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// As a method of `Atomic<T>`.
    Method,
    /// As a function on a raw pointer.
    Pointer,
}

/// The lines of an example, with its code fences: one call that stores, and, if the operation can
/// fail, one that fails. Empty if no type has the operation.
pub(super) fn lines(spec: &Spec, form: &FormOf<'_>, path: &str, layer: Layer) -> Vec<String> {
    let Some(ty) = example_type(spec, form) else {
        return Vec::new();
    };
    let example = Example {
        form,
        values: Values::of_type(ty),
        layer,
        can_load: spec.forms().any(|f| f.method() == "load"),
    };
    let mut cases = Vec::new();
    for wanted in [true, false] {
        if let Some(sample) = example.values.sample(form, wanted) {
            if !wanted {
                cases.extend([String::new(), "// It fails, and stores nothing.".to_owned()]);
            }
            cases.extend(example.case(&sample));
        }
    }
    fenced(example.imports(path), cases)
}

/// Lines of code with their imports, between code fences; empty if there is no code.
fn fenced(imports: Vec<String>, code: Vec<String>) -> Vec<String> {
    if code.is_empty() {
        return Vec::new();
    }
    let fence = || vec!["```".to_owned()];
    [fence(), imports, vec![String::new()], code, fence()].concat()
}

/// The type of an example: the first one with the class of the operation; 32-bit integers come
/// first, then other integers, then the rest.
fn example_type<'s>(spec: &'s Spec, form: &FormOf<'s>) -> Option<&'s Type> {
    let rank = |t: &&Type| (!t.name.ends_with("32"), !t.is_integer());
    let types = spec.types.types.iter();
    types
        .filter(|t| t.classes.contains(&form.meaning.class))
        .min_by_key(rank)
}

/// The family of an example, among those that `fits` accepts: 32-bit ones come first, then other
/// integers, then the rest.
pub(super) fn family(spec: &Spec, fits: impl Fn(&Family) -> bool) -> Option<&Family> {
    let rank = |f: &&Family| (f.width != Width::Bits(32), f.repr == Repr::Pointer);
    let families = spec.types.families.iter();
    families.filter(|f| fits(f)).min_by_key(rank)
}

/// A short example of one of C's functions without the names of the type and of the functions,
/// which are different for each family and ordering.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Raw {
    /// The value of the variable before the call.
    before: String,
    /// Statements between the variable and the call.
    setup: Vec<String>,
    /// The call up to the name of the function, and from there.
    call: (String, String),
    /// The value of the variable after the call, if it can be read.
    after: Option<String>,
}

impl Raw {
    /// The example as an argument of the macro `functions`.
    pub fn tokens(&self) -> String {
        let setup = self.setup.iter().map(|line| format!(" let {line:?};"));
        let (head, tail) = &self.call;
        let after = self
            .after
            .as_ref()
            .map_or(String::new(), |v| format!("; {v}"));
        format!(
            "{};{} {head:?} {tail:?}{after}",
            self.before,
            setup.collect::<String>()
        )
    }
}

/// What the examples of C's functions on a family import.
pub(super) fn import_of(family: &Family) -> Option<&'static str> {
    Values::of_family(family).import()
}

/// A short example of C's functions of a form on a family. None if no sample shows their effect.
pub(super) fn raw(spec: &Spec, form: &FormOf<'_>, family: &Family) -> Option<Raw> {
    const NAME: &str = "$";
    let values = Values::of_family(family);
    let sample = values.sample(form, true)?;
    let x = rust_ident(form.op.variable());
    let (setup, args) = operands(form, values, &sample);
    let call = checked(
        form,
        values,
        &sample,
        &format!("{x}.{NAME}({})", args.join(", ")),
    );
    let (head, tail) = call.split_once(NAME)?;
    let reads = spec
        .forms()
        .any(|f| f.form == Form::Load && f.is_in(family));
    Some(Raw {
        before: values.literal(sample.memory),
        setup,
        call: (head.to_owned(), tail.to_owned()),
        after: (reads && form.form != Form::Load).then(|| values.literal(sample.outcome.memory)),
    })
}

/// A short example of a form through the trait of its class, with its fences. None if no family
/// has the form, or if no sample shows its effect.
pub(super) fn ops(spec: &Spec, form: &FormOf<'_>, path: &str) -> Option<Vec<String>> {
    let family = family(spec, |f| form.is_in(f))?;
    let values = Values::of_family(family);
    let sample = values.sample(form, true)?;
    let x = rust_ident(form.op.variable());
    let call = |form: &FormOf<'_>, args: &[String]| {
        let ops = names::ops_trait(form.class);
        let variant = names::variant(form.op, form.form, form.form.unmarked());
        let args = [&[format!("&{x}")], args].concat().join(", ");
        format!("{ops}::{}({args})", names::trait_method(&variant))
    };
    let read = spec
        .forms()
        .find(|f| f.form == Form::Load && f.is_in(family));
    let read = read.filter(|_| form.form != Form::Load);
    let ops = names::ops_trait(form.class);
    let mut used: BTreeSet<String> = ["AtomicRepr".into(), ops].into();
    used.extend(read.map(|read| names::ops_trait(read.class)));
    let used: Vec<String> = used.into_iter().collect();
    let import = format!("use {path}::{{{}}};", used.join(", "));
    let imports = values.import().map(str::to_owned);
    let imports = imports.into_iter().chain([import]).collect();
    let start = values.typed_literal(sample.memory);
    let mut lines = vec![format!("let {x} = AtomicRepr::new({start});")];
    let (setup, args) = operands(form, values, &sample);
    lines.extend(setup);
    lines.push(checked(form, values, &sample, &call(form, &args)));
    if let Some(read) = read {
        let after = values.literal(sample.outcome.memory);
        lines.push(format!("assert_eq!({}, {after});", call(&read, &[])));
    }
    Some(fenced(imports, lines))
}

/// The arguments of a call, and the statements that they need.
fn operands(form: &FormOf<'_>, values: Values<'_>, sample: &Sample) -> (Vec<String>, Vec<String>) {
    let mut setup = Vec::new();
    let mut args = Vec::new();
    for (arg, value) in form.op.operands().zip(&sample.operands) {
        let value = values.literal(*value);
        if arg.kind == ArgKind::Pointer {
            let name = rust_ident(&arg.name);
            setup.push(format!("let mut {name} = {value};"));
            args.push(format!("&mut {name}"));
        } else {
            args.push(value);
        }
    }
    (setup, args)
}

/// A call as a statement that checks its result.
fn checked(form: &FormOf<'_>, values: Values<'_>, sample: &Sample, call: &str) -> String {
    match (sample.outcome.result, form.result()) {
        (Some(value), Some(result)) => returns(call, value, result.yields(), values),
        _ => format!("{call};"),
    }
}

/// An example as a section of a doc comment, if there is one.
pub(super) fn section(t: &mut Text, example: &[String]) {
    if example.is_empty() {
        return;
    }
    t.doc("");
    t.doc("# Examples");
    t.doc("");
    t.doc_lines(example.iter().map(String::as_str));
}

/// The assertion that a call returns `value`.
fn returns(call: &str, value: i64, kind: Yields, values: Values<'_>) -> String {
    match (kind, value) {
        (Yields::Truth, 0) => format!("assert!(!{call});"),
        (Yields::Truth, _) => format!("assert!({call});"),
        (Yields::Value, _) => format!("assert_eq!({call}, {});", values.literal(value)),
    }
}

struct Example<'a> {
    form: &'a FormOf<'a>,
    values: Values<'a>,
    layer: Layer,
    can_load: bool,
}

impl Example<'_> {
    fn ordering(&self) -> &'static str {
        self.form.orderings()[0].name()
    }

    fn imports(&self, path: &str) -> Vec<String> {
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
        let mut lines: Vec<String> = self
            .values
            .import()
            .map(str::to_owned)
            .into_iter()
            .collect();
        lines.push(format!("use {path}::{{{}}};", names.join(", ")));
        lines
    }

    /// One call, its result, and the value afterwards.
    fn case(&self, sample: &Sample) -> Vec<String> {
        let literal = |value: i64| self.values.literal(value);
        let start = self.values.typed_literal(sample.memory);
        let method = self.form.method();
        let mut args: Vec<String> = sample.operands.iter().map(|o| literal(*o)).collect();
        for (arg, text) in self.form.op.operands().zip(&mut args) {
            if arg.kind == ArgKind::Pointer && !self.form.returns_result() {
                *text = format!("&mut {text}");
            }
        }
        args.push(self.ordering().to_owned());
        let mut lines = Vec::new();
        let call = match self.layer {
            Layer::Method => {
                lines.push(format!("let x = Atomic::new({start});"));
                format!("x.{}({})", rust_ident(&method), args.join(", "))
            }
            Layer::Pointer => {
                let stores = self.form.meaning.new.is_some();
                lines.push(format!("let mut field = {start};"));
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
        lines.push(self.check(&call, sample));
        let after = literal(sample.outcome.memory);
        match self.layer {
            Layer::Pointer if self.form.form != Form::Load => {
                lines.push(format!("assert_eq!(field, {after});"));
            }
            Layer::Method if self.can_load && self.form.form != Form::Load => {
                lines.push(format!("assert_eq!(x.load(Relaxed), {after});"));
            }
            _ => {}
        }
        lines
    }

    /// The call with an assertion of its result.
    fn check(&self, call: &str, sample: &Sample) -> String {
        let outcome = &sample.outcome;
        let literal = |value: i64| self.values.literal(value);
        match (outcome.result, self.form.result()) {
            _ if self.form.returns_result() && outcome.stored => {
                let expected = literal(outcome.pointee.unwrap_or(sample.memory));
                format!("assert_eq!({call}, Ok({expected}));")
            }
            _ if self.form.returns_result() => {
                format!("assert_eq!({call}, Err({}));", literal(sample.memory))
            }
            (Some(value), Some(result)) => returns(call, value, result.yields(), self.values),
            _ => format!("{call};"),
        }
    }
}
