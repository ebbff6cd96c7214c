//! Calls: barriers, functions whose bodies are known, and methods of values.

use quote::ToTokens as _;
use syn::visit::Visit;
use syn::{Expr, ExprCall, ExprMethodCall, FnArg, ItemFn, Pat, Path};

use crate::expr::operation;
use crate::jumps::Step;
use crate::scope::{Frame, Thread, error};
use crate::source::Source;
use crate::types;
use crate::value::{Choice, Int, Value};

/// Functions that do nothing in the model.
const NOTHING: [&str; 3] = ["spin_loop", "yield_now", "cpu_relax"];

/// The functions that are no models.
const KNOWN: [&str; 13] = [
    "smp_mb",
    "mb",
    "dma_mb",
    "barrier",
    "smp_mb__before_atomic",
    "smp_mb__after_atomic",
    "smp_store_mb",
    "Ok",
    "Err",
    "Some",
    "null",
    "null_mut",
    "from_ref",
];

/// Whether a function is known without its body.
pub fn is_known(name: &str) -> bool {
    KNOWN.contains(&name) || NOTHING.contains(&name)
}

/// Whether a path names a function of a type, such as `Box::new`, which is never a model.
pub fn is_of_type(path: &Path) -> bool {
    let mut segments = path.segments.iter().rev().skip(1);
    segments.next().is_some_and(|segment| {
        let name = segment.ident.to_string();
        name.starts_with(char::is_uppercase) || types::named(&name).is_some()
    })
}

/// Checks that threads call one function by one path: what is known of a function is its name.
///
/// # Errors
///
/// At the second of two paths that end with one name.
pub fn check_paths(source: &Source) -> syn::Result<()> {
    struct Paths(Vec<Path>, syn::Result<()>);
    impl<'ast> Visit<'ast> for Paths {
        fn visit_expr_call(&mut self, call: &'ast ExprCall) {
            if let Expr::Path(path) = &*call.func
                && let Some(last) = path.path.segments.last()
                && !is_known(&last.ident.to_string())
            {
                let text = |path: &Path| path.to_token_stream().to_string();
                let mut known = self.0.iter();
                let same = known.find(|p| p.segments.last().is_some_and(|s| s.ident == last.ident));
                match same {
                    Some(known) if text(known) != text(&path.path) => {
                        let message = "another path that ends with this name is called as well: give \
                                       the functions names of their own";
                        self.1 = error(path, message);
                    }
                    Some(_) => {}
                    None => self.0.push(path.path.clone()),
                }
            }
            syn::visit::visit_expr_call(self, call);
        }
    }
    let mut paths = Paths(Vec::new(), Ok(()));
    source.threads.iter().for_each(|t| paths.visit_block(t));
    paths.1
}

impl Thread<'_> {
    /// A call of a function.
    pub fn function(&mut self, call: &ExprCall) -> syn::Result<Value> {
        let Expr::Path(path) = &*call.func else {
            return error(
                &call.func,
                "the model has calls of functions by their names",
            );
        };
        let Some(last) = path.path.segments.last() else {
            return error(path, "this is not a function");
        };
        let name = last.ident.to_string();
        let models = self.world.models;
        if let Some(model) = models.iter().find(|model| model.sig.ident == name) {
            return self.model(model, call);
        }
        let first = call.args.first();
        match (name.as_str(), first) {
            ("smp_mb", Some(kind)) => {
                let kind_of = match self.value(kind) {
                    Ok(Value::Marker(kind)) => kind,
                    _ => String::new(),
                };
                let barrier = match kind_of.as_str() {
                    "Full" => "smp_mb",
                    "Read" => "smp_rmb",
                    "Write" => "smp_wmb",
                    _ => return error(kind, "a barrier is `Read`, `Write` or `Full`"),
                };
                self.barrier(barrier)
            }
            ("mb" | "dma_mb", _) => error(
                call,
                "the model has no devices: between CPUs, use `smp_mb(..)`",
            ),
            ("barrier" | "smp_mb__before_atomic" | "smp_mb__after_atomic", None) => {
                self.barrier(&name)
            }
            ("smp_store_mb", Some(variable)) => {
                let Value::Place(place) = self.value(variable)? else {
                    return error(variable, "expected a shared variable");
                };
                self.uses(&place);
                let Some(value) = call.args.get(1) else {
                    return error(call, "`smp_store_mb` takes a variable and a value");
                };
                let value = self.int(value)?;
                let is_atomic = place.name.as_ref().is_some_and(|n| self.is_atomic(n));
                if is_atomic {
                    return error(
                        call,
                        "the model has `smp_store_mb` only of variables without arithmetic",
                    );
                }
                let text = format!("smp_store_mb(*{}, {})", place.text, value.bare());
                self.steps.push(Step::Call(text));
                Ok(Value::Unit)
            }
            ("Ok" | "Err" | "Some", Some(inner)) => {
                let value = self.value(inner)?;
                let is_good = name != "Err";
                let (yes, no) = match is_good {
                    true => (value, Value::Never),
                    false => (Value::Never, value),
                };
                Ok(Value::Choice(Choice {
                    optional: name == "Some",
                    good: Int::known(is_good),
                    yes: Box::new(yes),
                    no: Box::new(match name == "Some" {
                        true => Value::Unit,
                        false => no,
                    }),
                }))
            }
            ("null" | "null_mut", None) => Ok(Value::Pointer("0".into(), None)),
            ("from_ref", Some(inner)) => self.value(inner),
            (name, _) if NOTHING.contains(&name) => Ok(Value::Unit),
            _ if is_of_type(&path.path) => error(
                &call.func,
                "the model has no functions of types: it has variables that are in `shared`, and \
                 nothing is allocated",
            ),
            (name, _) => error(
                &call.func,
                format!(
                    "the model does not know the body of `{name}`: mark the function with \
                     `#[litmus::model]`"
                ),
            ),
        }
    }

    fn barrier(&mut self, name: &str) -> syn::Result<Value> {
        self.steps.push(Step::Call(format!("{name}()")));
        Ok(Value::Unit)
    }

    /// A call of a function whose body is known: its body, with the arguments as variables.
    fn model(&mut self, model: &ItemFn, call: &ExprCall) -> syn::Result<Value> {
        let name = model.sig.ident.to_string();
        if self.calling.contains(&name) {
            return error(
                call,
                format!("the model has no recursion, and `{name}` calls itself"),
            );
        }
        if model.sig.inputs.len() != call.args.len() {
            let count = model.sig.inputs.len();
            return error(call, format!("`{name}` takes {count} arguments"));
        }
        let mut scope: Vec<(String, Value)> = Vec::new();
        for (input, argument) in model.sig.inputs.iter().zip(&call.args) {
            let value = self.value(argument)?;
            let FnArg::Typed(input) = input else {
                return error(input, "a model is no method");
            };
            match &*input.pat {
                Pat::Ident(found) => {
                    let wanted = found.ident.to_string();
                    let value = match found.mutability.is_some() {
                        true => {
                            let value = self.named(&wanted, value);
                            self.changes(&value);
                            value
                        }
                        false => self.frozen(value),
                    };
                    self.settle(&value);
                    scope.push((wanted, value));
                }
                Pat::Wild(_) => {}
                other => return error(other, "a parameter of a model is a name"),
            }
        }
        let outside = std::mem::replace(&mut self.scope, scope);
        let frames = std::mem::take(&mut self.frames);
        self.calling.push(name);
        let end = self.block();
        let frame = Frame {
            label: None,
            end,
            round: None,
            ty: match &model.sig.output {
                syn::ReturnType::Type(_, ty) => Some((**ty).clone()),
                syn::ReturnType::Default => None,
            },
            result: None,
        };
        let value = self.framed(frame, |thread| thread.body(&model.block));
        self.calling.pop();
        self.frames = frames;
        self.scope = outside;
        value
    }

    /// A call of a method.
    pub fn method(&mut self, call: &ExprMethodCall) -> syn::Result<Value> {
        let method = call.method.to_string();
        let receiver = self.value(&call.receiver)?;
        match receiver {
            Value::Place(place) => self.access(&place, call),
            Value::Pointer(text, _) if method == "is_null" => {
                Ok(Value::Int(Int::truth(format!("({text} == 0)"))))
            }
            // Conversions of pointers to pointers.
            value @ Value::Pointer(..) if ["cast_mut", "cast_const"].contains(&&*method) => {
                Ok(value)
            }
            Value::Choice(choice) => {
                let negates = match (method.as_str(), choice.optional) {
                    ("is_ok", false) | ("is_some", true) => false,
                    ("is_err", false) | ("is_none", true) => true,
                    _ => {
                        let message = format!("the model has no method `{method}` of this value");
                        return error(&call.method, message);
                    }
                };
                Ok(Value::Int(match negates {
                    true => choice.good.negated(),
                    false => choice.good,
                }))
            }
            Value::Int(left) => {
                let sign = match method.as_str() {
                    "wrapping_add" => "+",
                    "wrapping_sub" => "-",
                    "wrapping_mul" => "*",
                    _ => {
                        let message = format!("the model has no method `{method}` of numbers");
                        return error(&call.method, message);
                    }
                };
                let Some(right) = call.args.first() else {
                    return error(call, format!("`{method}` takes a number"));
                };
                let left = self.frozen(Value::Int(left));
                let right = self.value(right)?;
                self.unsigned(sign, [&left, &right], call)?;
                operation(sign, left, right, call)
            }
            _ => error(
                &call.method,
                format!("the model has no method `{method}` of this value"),
            ),
        }
    }
}
