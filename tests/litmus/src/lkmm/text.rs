//! Types, values and conditions in herd7's syntax.

use atomics_spec::Spec;

use crate::lang::ast::{Location, Proposition, Type, Value};
use crate::lang::types;

/// A location in herd7's syntax.
pub fn location(place: &Location) -> String {
    match place {
        Location::Local(thread, name) => format!("{thread}:{name}"),
        Location::Shared(name) => name.clone(),
    }
}

/// A value.
pub fn value(what: &Value) -> String {
    match what {
        Value::Number(number) => number.to_string(),
        Value::Address(name) => name.clone(),
    }
}

/// A condition.
pub fn proposition(what: &Proposition) -> String {
    match what {
        Proposition::True => "true".into(),
        Proposition::Is(place, is, negated, _) => {
            let is = format!("{}={}", location(place), value(is));
            if *negated { format!("~({is})") } else { is }
        }
        Proposition::Same(a, b, negated, _) => {
            let same = format!("{}={}", location(a), location(b));
            if *negated { format!("~({same})") } else { same }
        }
        Proposition::Not(p) => format!("~({})", proposition(p)),
        Proposition::And(p, q) => {
            format!("({} /\\ {})", proposition(p), proposition(q))
        }
        Proposition::Or(p, q) => {
            format!("({} \\/ {})", proposition(p), proposition(q))
        }
    }
}

/// The type of an initial value. herd7 prints the final value of what has a type other than `int`
/// here as an unsigned number.
pub fn initial(spec: &Spec, of: &Type) -> String {
    match of {
        Type::Named(name) if is_atomic(spec, name) => "int".into(),
        _ => ty(spec, of),
    }
}

/// A type. All types of integers become `int`.
pub fn ty(spec: &Spec, of: &Type) -> String {
    match of {
        Type::Pointer(to) => format!("{}*", spaced(&ty(spec, to))),
        Type::Named(name) if is_atomic(spec, name) => "atomic_t".into(),
        Type::Named(_) if matches!(types::Type::of(spec, of), Some(types::Type::Int(_))) => {
            "int".into()
        }
        Type::Named(name) if name.starts_with("struct") || name.ends_with("_t") => name.clone(),
        Type::Named(_) => "int".into(),
    }
}

/// Whether a type is the C type of an atomic variable, such as `atomic_t`.
fn is_atomic(spec: &Spec, name: &str) -> bool {
    let mut families = spec.types.families.iter();
    families.any(|family| family.c_object.as_deref() == Some(name))
}

/// A type followed by a space, unless it ends in `*`.
pub fn spaced(ty: &str) -> String {
    if ty.ends_with('*') {
        ty.into()
    } else {
        format!("{ty} ")
    }
}
