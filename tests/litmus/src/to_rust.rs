//! Writes a test in C as `litmus!` takes it: the other direction of [`read_rust`](crate::read_rust).

mod names;
mod thread;

use std::fmt::Write as _;

use atomics_spec::Spec;

use crate::lang::ast::{Location, Proposition, Quantifier, Type, Value};
use crate::test::Test;
use crate::verdict::Verdict;

use names::{Names, element};
use thread::Printer;

/// A test in Rust. Its claim is the result that the test states, or else what its condition asks
/// for.
///
/// # Errors
///
/// The first construct that `litmus!` does not have, with its place.
pub fn to_rust(spec: &Spec, test: &Test) -> Result<String, String> {
    let (litmus, file) = (&test.litmus, test.source());
    if let Some((what, span)) = &litmus.skipped {
        return Err(format!("{what} at {}", file.place(*span)));
    }
    if let Some((_, span)) = litmus.filter.as_ref().and_then(|f| f.locations().pop()) {
        return Err(format!("a filter at {}", file.place(span)));
    }
    let names = Names::of(litmus);
    let mut out = String::from("litmus! {\n");
    let _ = writeln!(out, "    fn {}();", names::function(&litmus.name));
    out.push_str("    shared {\n");
    let mut shared: Vec<&str> = litmus.shared().into_iter().collect();
    // The address of a variable can be an initial value below it.
    shared.sort_by_key(|name| matches!(litmus.initial(name), Value::Address(_)));
    for name in shared {
        let ty = litmus.type_of(name);
        let element = element(spec, &ty).ok_or_else(|| unknown(&ty))?;
        let value = match (litmus.initial(name), ty.pointee()) {
            (Value::Address(to), _) => format!("&{}", names.shared(&to)),
            (Value::Number(0), Some(_)) => "core::ptr::null()".into(),
            (Value::Number(number), _) => number.to_string(),
        };
        let _ = writeln!(
            out,
            "        {}: Atomic<{element}> = {value},",
            names.shared(name)
        );
    }
    out.push_str("    }\n");
    for number in 0..litmus.threads.len() {
        let printer = Printer {
            spec,
            file,
            litmus,
            names: &names,
            number,
        };
        let _ = writeln!(out, "    thread {{\n{}    }}", printer.print()?);
    }
    let claim = match (
        litmus.result.map(|stated| stated.verdict),
        litmus.quantifier,
    ) {
        (Some(Verdict::Never), _) | (None, Quantifier::NotExists) => "never",
        (Some(Verdict::Always), _) | (None, Quantifier::Forall) => "always",
        (Some(Verdict::Sometimes), _) | (None, Quantifier::Exists) => "sometimes",
        (Some(Verdict::Deadlock), _) => return Err("a deadlock as the result".into()),
    };
    let condition = condition(&names, &litmus.condition);
    let _ = writeln!(out, "    {claim} ({condition})\n}}");
    Ok(out)
}

fn unknown(ty: &Type) -> String {
    match ty {
        Type::Named(name) => format!("the type `{name}`"),
        Type::Pointer(to) => format!("a pointer to {}", unknown(to)),
    }
}

fn condition(names: &Names, proposition: &Proposition) -> String {
    let location = |location: &Location| match location {
        Location::Local(thread, name) => names.local(*thread, name),
        Location::Shared(name) => names.shared(name),
    };
    let sign = |negated: &bool| if *negated { "!=" } else { "==" };
    match proposition {
        Proposition::True => "true".into(),
        Proposition::Is(of, Value::Number(number), negated, _) => {
            format!("{} {} {number}", location(of), sign(negated))
        }
        Proposition::Is(of, Value::Address(to), negated, _) => {
            format!("{} {} &{}", location(of), sign(negated), names.shared(to))
        }
        Proposition::Same(a, b, negated, _) => {
            format!("{} {} {}", location(a), sign(negated), location(b))
        }
        Proposition::Not(inner) => format!("!({})", condition(names, inner)),
        Proposition::And(a, b) => {
            format!("({} && {})", condition(names, a), condition(names, b))
        }
        Proposition::Or(a, b) => format!("({} || {})", condition(names, a), condition(names, b)),
    }
}
