//! The atomics of `tools/memory-model/linux-kernel.def`: how herd7 interprets C's functions.
//!
//! The file defines macros. A macro that returns a value is a single expression; one that does not
//! is a block of statements. Arguments are substituted as text, so an expression must have each
//! parameter exactly once: else its accesses would happen twice, or not at all.

pub mod definitions;
mod rmw;

use std::fmt::{self, Write as _};

use crate::emit::layout::MARKER;
use crate::expr::{Binary, Expr, Unary};
use crate::model::op::{ArgKind, Form, Op, Ordering};
use crate::model::{FormOf, Spec, Variant};
use rmw::{OneValue, Rmw};

/// The name of a macro's parameter for the variable.
const VARIABLE: &str = "X";
/// The names of its first other parameters.
const OPERANDS: [&str; 3] = ["V", "W", "U"];

/// The names that herd7 uses for operations and types of C11.
const C11: [&str; 15] = [
    "atomic_compare_exchange_strong",
    "atomic_compare_exchange_strong_explicit",
    "atomic_compare_exchange_weak",
    "atomic_compare_exchange_weak_explicit",
    "atomic_exchange_explicit",
    "atomic_fetch_add_explicit",
    "atomic_fetch_and_explicit",
    "atomic_fetch_or_explicit",
    "atomic_fetch_sub_explicit",
    "atomic_fetch_xor_explicit",
    "atomic_int",
    "atomic_load_explicit",
    "atomic_store_explicit",
    "atomic_t",
    "atomic_thread_fence",
];

/// A macro. Its `Display` is its line in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Macro {
    /// Its name: that of the C function.
    pub name: String,
    /// Its parameters, in the order of the C prototype.
    pub parameters: Vec<String>,
    /// An expression, or a block of statements.
    pub body: String,
}

impl fmt::Display for Macro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters = self.parameters.join(",");
        write!(f, "{}({parameters}) {}", self.name, self.body)
    }
}

/// The atomics of the file: a comment that lists the functions without a macro, and why; and a
/// macro for each of the others.
pub fn section(spec: &Spec) -> String {
    let mut out = format!(
        "// {MARKER} --kernel TREE`. Not to be edited by hand.\n//\n\
         // herd7 computes in 32 bits, whatever the type: values of atomic64_t and atomic_long_t\n\
         // must fit into that.\n"
    );
    let all = || functions(spec).map(|v| (v, definition(&v)));
    let mut head =
        "//\n// These functions have no definition, because herd7 cannot express them:\n//\n";
    for (v, found) in all() {
        if let Err(reason) = found {
            let _ = writeln!(out, "{head}// {}: {reason}", v.function());
            head = "";
        }
    }
    let mut last = None;
    for (v, found) in all() {
        let Ok(found) = found else { continue };
        let group = Some((&v.family.name, &v.of.op.name));
        if last != group {
            out.push('\n');
        }
        last = group;
        let _ = writeln!(out, "{found}");
    }
    out
}

/// The variants that C has functions for.
pub fn functions(spec: &Spec) -> impl Iterator<Item = Variant<'_>> {
    spec.variants().filter(|v| v.family.c_object.is_some())
}

/// The macro for a variant.
///
/// # Errors
///
/// The reason why there is none, as a part of a sentence about the function.
pub fn definition(v: &Variant<'_>) -> Result<Macro, String> {
    let name = v.function();
    if C11.contains(&name.as_str()) {
        return Err("herd7 uses this name for a C11 operation or type".into());
    }
    let parameters = parameters(v.of.op);
    let (first, second) = calls(&v.of, v.ordering)?;
    let body = |call: &Call| call.body(&v.of, &parameters);
    let body = match (body(&first), second) {
        // If the first call does not fit, the second may.
        (Err(_), Some(second)) => body(&second)?,
        (body, _) => body?,
    };
    Ok(Macro {
        name,
        parameters: parameters.into_iter().map(|(_, name)| name).collect(),
        body,
    })
}

/// The arguments of an operation, and their names in a macro.
fn parameters(op: &Op) -> Vec<(&str, String)> {
    let mut count = 0;
    let named = op.args.iter().map(|arg| {
        let name = match arg.kind {
            ArgKind::Variable { .. } => VARIABLE.to_owned(),
            ArgKind::Value | ArgKind::Pointer => {
                count += 1;
                let name = OPERANDS.get(count - 1);
                name.map_or_else(|| format!("V{count}"), ToString::to_string)
            }
        };
        (arg.name.as_str(), name)
    });
    named.collect()
}

/// A call of one of herd7's operations, or of one of the file's macros for plain variables.
struct Call {
    /// The function, with its ordering.
    function: String,
    /// The variable.
    variable: &'static str,
    /// The operator, if there is one, before the other arguments.
    operator: Option<&'static str>,
    /// The other arguments.
    arguments: Vec<Expr>,
    /// The value that the macro returns, if any; [`CALLED`] is the result of the call.
    result: Option<Expr>,
}

/// The variable that represents a call's result; no argument can have this name.
const CALLED: &str = "()";

/// The call that implements a form, and an alternative, if there is one.
fn calls(form: &FormOf<'_>, ordering: Ordering) -> Result<(Call, Option<Call>), String> {
    let v = form.op.variable();
    let called = Expr::var(CALLED);
    // The result, in terms of the old value.
    let result = form.result().map(|result| form.meaning.expand(&result));
    let returns_old = result.as_ref().map(|r| replaced(r, &Expr::var(v), &called));
    if let Form::Load | Form::Store = form.form {
        let (function, variable) = match (form.form, ordering) {
            (Form::Load, Ordering::Acquire) => ("smp_load_acquire", VARIABLE),
            (Form::Load, _) => ("READ_ONCE", "*X"),
            (_, Ordering::Release) => ("smp_store_release", VARIABLE),
            _ => ("WRITE_ONCE", "*X"),
        };
        let call = Call {
            function: function.into(),
            variable,
            operator: None,
            arguments: form.meaning.new.iter().cloned().collect(),
            result: returns_old,
        };
        return Ok((call, None));
    }
    let tag = match (form.form, ordering) {
        (Form::Void, _) => "NORETURN",
        (_, Ordering::Full) => "MB",
        (_, Ordering::Acquire) => "ACQUIRE",
        (_, Ordering::Release) => "RELEASE",
        (_, Ordering::Relaxed) => "ONCE",
    };
    let call = |function: &str, operator, arguments, result| Call {
        function: format!("{function}{{{tag}}}"),
        variable: VARIABLE,
        operator,
        arguments,
        result,
    };
    let call = match Rmw::of(form)? {
        Rmw::Update(update) => {
            let (operator, operand) = update.parts();
            let call =
                |function, result| call(function, Some(operator), vec![operand.clone()], result);
            let (Some(result), Some(new)) = (result, &form.meaning.new) else {
                return Ok((call("__atomic_op", None), None));
            };
            let returns_new = Some(replaced(&result, new, &called));
            return Ok((
                call("__atomic_op_return", returns_new),
                Some(call("__atomic_fetch_op", returns_old)),
            ));
        }
        Rmw::Exchange(new) => call("__xchg", None, vec![new], returns_old),
        Rmw::CompareExchange { old, new } => call("__cmpxchg", None, vec![old, new], returns_old),
        Rmw::AddUnless { addend, unless } => {
            let result = match result {
                None => None,
                // `__atomic_add_unless` returns whether it added.
                Some(result) => match OneValue::of(&result, v) {
                    Some(test) if test.value == unless && !test.equal => Some(called),
                    Some(test) if test.value == unless => Some(Expr::Binary(
                        Binary::Eq,
                        Box::new(called),
                        Box::new(Expr::Num(0)),
                    )),
                    _ => {
                        return Err(format!(
                            "it returns `{result}`, but herd7's __atomic_add_unless returns only \
                             whether it added"
                        ));
                    }
                },
            };
            call("__atomic_add_unless", None, vec![addend, unless], result)
        }
    };
    Ok((call, None))
}

/// `expr` with every occurrence of `part` replaced by `other`.
fn replaced(expr: &Expr, part: &Expr, other: &Expr) -> Expr {
    if expr == part {
        return other.clone();
    }
    let inner = |e: &Expr| Box::new(replaced(e, part, other));
    match expr {
        Expr::Num(_) | Expr::Var(_) => expr.clone(),
        Expr::Unary(operator, a) => Expr::Unary(*operator, inner(a)),
        Expr::Binary(operator, a, b) => Expr::Binary(*operator, inner(a), inner(b)),
    }
}

impl Call {
    /// The body of the macro for `form` that makes this call; else, why it cannot.
    fn body(&self, form: &FormOf<'_>, parameters: &[(&str, String)]) -> Result<String, String> {
        let parts = self.arguments.iter().chain(&self.result);
        let mut uses = Vec::new();
        parts.for_each(|part| variables(part, &mut uses));
        let count = |name: &str| uses.iter().filter(|used| **used == name).count();
        if let Some(result) = form.result()
            && (count(CALLED) != 1 || count(form.op.variable()) != 0)
        {
            return Err(format!(
                "it returns `{result}`, but a herd7 operation yields only the old or the new \
                 value, once"
            ));
        }
        let mut statements = String::new();
        let mut names: Vec<(&str, String)> = Vec::new();
        for (arg, parameter) in parameters
            .iter()
            .filter(|(arg, _)| *arg != form.op.variable())
        {
            if count(arg) == 1 {
                names.push((arg, parameter.clone()));
            } else if self.result.is_none() {
                // A block of statements can copy it to a local variable.
                let _ = write!(statements, "int __{parameter} = {parameter}; ");
                names.push((arg, format!("__{parameter}")));
            } else {
                let times = if count(arg) == 0 {
                    "not at all"
                } else {
                    "more than once"
                };
                return Err(format!("its expression would evaluate `{arg}` {times}"));
            }
        }
        let name = |wanted: &str| {
            let found = names.iter().find(|(arg, _)| *arg == wanted);
            found.map(|(_, name)| name.clone()).unwrap_or_default()
        };
        let mut call = format!("{}({}", self.function, self.variable);
        let operator = self.operator.map(str::to_owned);
        let arguments = self.arguments.iter().map(|arg| herd(arg, &name));
        for argument in operator.into_iter().chain(arguments) {
            let _ = write!(call, ",{argument}");
        }
        call.push(')');
        Ok(match &self.result {
            None => format!("{{ {statements}{call}; }}"),
            Some(result) => herd(result, &|wanted| match wanted {
                CALLED => call.clone(),
                _ => name(wanted),
            }),
        })
    }
}

/// The variables of an expression, each as often as it occurs.
fn variables<'e>(expr: &'e Expr, found: &mut Vec<&'e str>) {
    match expr {
        Expr::Num(_) => {}
        Expr::Var(name) => found.push(name),
        Expr::Unary(_, a) => variables(a, found),
        Expr::Binary(_, a, b) => {
            variables(a, found);
            variables(b, found);
        }
    }
}

/// An expression in the syntax of herd7, which has no unary operators.
fn herd(expr: &Expr, name: &dyn Fn(&str) -> String) -> String {
    let operand = |e: &Expr| match e {
        Expr::Num(_) | Expr::Var(_) => herd(e, name),
        _ => format!("({})", herd(e, name)),
    };
    match expr {
        Expr::Num(n) => n.to_string(),
        Expr::Var(var) => name(var),
        Expr::Unary(Unary::Neg, a) => format!("0 - {}", operand(a)),
        Expr::Unary(Unary::Not, a) => format!("-1 ^ {}", operand(a)),
        Expr::Binary(op, a, b) => format!("{} {} {}", operand(a), op.symbol(), operand(b)),
    }
}

#[cfg(test)]
mod tests;
