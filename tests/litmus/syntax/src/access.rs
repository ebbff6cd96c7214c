//! The methods of shared variables.

use atomics_spec::expr::Yields;
use atomics_spec::model::op::{ArgKind, Ordering};
use atomics_spec::names::rust_ident;
use quote::ToTokens;
use syn::{Expr, ExprMethodCall};

use crate::jumps::Step;
use crate::scope::{Thread, compare, error};
use crate::types::Element;
use crate::value::{Choice, Int, Place, Value};

/// The suffix of C's exchanges.
fn suffix(ordering: Ordering) -> &'static str {
    match ordering {
        Ordering::Relaxed => "_relaxed",
        Ordering::Acquire => "_acquire",
        Ordering::Release => "_release",
        Ordering::Full => "",
    }
}

impl Thread<'_> {
    /// A call of a method of a shared variable.
    pub fn access(&mut self, place: &Place, call: &ExprMethodCall) -> syn::Result<Value> {
        self.uses(place);
        let method = call.method.to_string();
        let Some((last, values)) = split_last(call) else {
            return error(
                call,
                format!("the model has no method `{method}` without arguments"),
            );
        };
        let ordering = self.ordering(last)?;
        let mut texts = Vec::new();
        for value in &values {
            texts.push(self.stored(value, place)?);
        }
        let x = &place.text;
        let is_atomic = place.name.as_ref().is_some_and(|n| self.is_atomic(n));
        let count = |right: usize| match values.len() == right {
            true => Ok(()),
            false => error(
                call,
                format!("`{method}` takes {right} values and an ordering"),
            ),
        };
        let wrong = |ordering: Ordering| {
            let message = format!("`{method}` has no ordering `{}`", ordering.name());
            error(last, message)
        };
        match (method.as_str(), ordering) {
            ("load", Ordering::Relaxed) if !is_atomic => {
                count(0)?;
                Ok(self.loaded(format!("READ_ONCE(*{x})"), place))
            }
            ("load", Ordering::Acquire) if !is_atomic => {
                count(0)?;
                Ok(self.loaded(format!("smp_load_acquire({x})"), place))
            }
            ("store", Ordering::Relaxed) if !is_atomic => {
                count(1)?;
                self.steps
                    .push(Step::Call(format!("WRITE_ONCE(*{x}, {})", texts[0])));
                Ok(Value::Unit)
            }
            ("store", Ordering::Release) if !is_atomic => {
                count(1)?;
                self.steps
                    .push(Step::Call(format!("smp_store_release({x}, {})", texts[0])));
                Ok(Value::Unit)
            }
            ("load" | "store", ordering) if !is_atomic => wrong(ordering),
            ("xchg", ordering) => {
                count(1)?;
                let name = self.exchange("xchg", place, ordering, is_atomic);
                Ok(self.loaded(format!("{name}({x}, {})", texts[0]), place))
            }
            // They differ in what C does with the value found.
            ("cmpxchg" | "try_cmpxchg", ordering) => {
                count(2)?;
                let name = self.exchange("cmpxchg", place, ordering, is_atomic);
                let text = format!("{name}({x}, {}, {})", texts[0], texts[1]);
                let old = self.loaded(text, place);
                Ok(self.compared(old, &texts[0]))
            }
            (name, ordering) => self.operation(place, call, name, ordering, (&texts, last)),
        }
    }

    /// `Ok` if the value found is the expected one.
    fn compared(&mut self, old: Value, expected: &str) -> Value {
        let text = match &old {
            Value::Int(int) => int.text.clone(),
            Value::Pointer(text, _) => text.clone(),
            _ => String::new(),
        };
        let good = match expected.parse() {
            Ok(number) => compare(&text, number),
            Err(_) => Int::truth(format!("({text} == {expected})")),
        };
        Value::Choice(Choice {
            optional: false,
            good,
            yes: Box::new(old.clone()),
            no: Box::new(old),
        })
    }

    fn exchange(&self, name: &str, place: &Place, ordering: Ordering, is_atomic: bool) -> String {
        let prefix = match (is_atomic, place.element) {
            (true, Element::Int(kind)) => format!("{}_", kind.family),
            _ => String::new(),
        };
        format!("{prefix}{name}{}", suffix(ordering))
    }

    /// An operation of the tables.
    fn operation(
        &mut self,
        place: &Place,
        call: &ExprMethodCall,
        method: &str,
        ordering: Ordering,
        (texts, last): (&[String], &Expr),
    ) -> syn::Result<Value> {
        let Element::Int(kind) = place.element else {
            return error(&call.method, format!("a pointer has no method `{method}`"));
        };
        let spec = self.world.spec;
        let forms = spec.typed_forms().collect::<Vec<_>>();
        let Some(of) = forms.iter().find(|of| rust_ident(&of.method()) == method) else {
            let message = format!(
                "the model has no method `{method}`: the methods are those of `Atomic<T>` that \
                 take an ordering"
            );
            return error(&call.method, message);
        };
        if kind.bits < 32 && !["load", "store"].contains(&method) {
            let message = format!(
                "`{method}` of an `Atomic<{}>` wraps elsewhere than the model's numbers, which have \
                 32 bits: use `Atomic<i32>`",
                kind.rust
            );
            return error(&call.method, message);
        }
        let Some(name) = &place.name else {
            let message = format!(
                "through a pointer, the model has `load`, `store`, `xchg` and `cmpxchg`, and not \
                 `{method}`"
            );
            return error(&call.method, message);
        };
        self.atomic.insert(name.clone());
        let subtracts = ["sub", "dec"].iter().any(|word| method.contains(word));
        self.differs |= subtracts && kind.is_unsigned();
        let mut variants = spec.variants_of(kind.family);
        let variant = variants.find(|v| {
            let same = v.of.op.name == of.op.name && v.of.method() == of.method();
            same && v.ordering == ordering
        });
        let Some(variant) = variant else {
            let message = format!("`{method}` has no ordering `{}`", ordering.name());
            return error(last, message);
        };
        let mut values = texts.iter();
        let arguments = variant.of.op.args.iter().map(|arg| match arg.kind {
            ArgKind::Variable { .. } => Some(place.text.clone()),
            ArgKind::Value => values.next().cloned(),
            ArgKind::Pointer => None,
        });
        let arguments: Option<Vec<String>> = arguments.collect();
        let (Some(arguments), None) = (arguments, values.next()) else {
            return error(call, format!("wrong number of arguments of `{method}`"));
        };
        let text = format!("{}({})", variant.function(), arguments.join(", "));
        Ok(match variant.of.result().map(|result| result.yields()) {
            None => {
                self.steps.push(Step::Call(text));
                Value::Unit
            }
            Some(Yields::Truth) => Value::Int(Int::truth(self.effect(text, "int"))),
            Some(Yields::Value) => self.loaded(text, place),
        })
    }

    /// The result of a call that returns what a variable holds.
    fn loaded(&mut self, text: String, place: &Place) -> Value {
        let local = self.effect(text, &place.element.c());
        match place.element {
            Element::Int(kind) => Value::Int(Int::of(local, kind)),
            Element::Pointer(to) => Value::Pointer(local, Some(to)),
        }
    }

    /// Whether a variable is an `atomic_t`, by its C name.
    pub fn is_atomic(&self, name: &str) -> bool {
        self.atomic.contains(name)
    }

    /// The text of a value that a variable is to hold.
    fn stored(&mut self, value: &Expr, place: &Place) -> syn::Result<String> {
        match (self.value(value)?, place.element) {
            (Value::Int(int), Element::Int(_)) => Ok(int.bare().to_owned()),
            (Value::Pointer(text, _), Element::Pointer(_)) => Ok(text),
            (Value::Place(at), Element::Pointer(_)) => {
                self.uses(&at);
                Ok(at.text)
            }
            _ => error(value, "this is not a value that the variable can hold"),
        }
    }

    /// An ordering.
    pub fn ordering(&mut self, at: &Expr) -> syn::Result<Ordering> {
        let name = match self.value(at) {
            Ok(Value::Marker(name)) => name,
            _ => String::new(),
        };
        let mut all = Ordering::ALL.into_iter();
        match all.find(|ordering| ordering.name() == name) {
            Some(ordering) => Ok(ordering),
            None => error(
                &at.to_token_stream(),
                "the model needs the ordering here: `Relaxed`, `Acquire`, `Release` or `Full`",
            ),
        }
    }
}

/// The last argument, and those before it.
fn split_last(call: &ExprMethodCall) -> Option<(&Expr, Vec<&Expr>)> {
    let mut all: Vec<&Expr> = call.args.iter().collect();
    let last = all.pop()?;
    Some((last, all))
}
