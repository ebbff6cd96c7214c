//! Rewrites calls that `linux-kernel.def` lacks into calls it has.

use atomics_spec::model::op::{ArgKind, Ordering};
use atomics_spec::{Variant, expr, interp, names};

use crate::lang::ast::{Expr, ExprKind};
use crate::lang::calls::{Call, resolve};
use crate::lkmm::thread::{Printed, Printer};

/// A call to rewrite.
struct Rewritten<'a> {
    name: &'a str,
    variant: Variant<'a>,
    /// Whether it is the kernel's macro for plain variables.
    is_plain: bool,
    /// The argument that is the variable's address, and its printed form.
    place: &'a Expr,
    place_text: String,
    /// Its place in the file.
    at: usize,
    depth: usize,
}

impl Printer<'_> {
    /// Prints a call, rewritten if necessary.
    ///
    /// # Errors
    ///
    /// What cannot be expressed for herd7.
    pub fn call(
        &mut self,
        name: &str,
        arguments: &[Expr],
        at: usize,
        depth: usize,
    ) -> Printed<String> {
        let spec = self.spec;
        let (variant, is_plain) = match resolve(spec, name) {
            Call::Function(v) if !self.definitions.has(&v) => (v, false),
            Call::Plain(v) if v.of.op.pointer().is_some() => (v, true),
            _ => {
                let texts: Printed<Vec<String>> =
                    arguments.iter().map(|a| self.expr(a, depth)).collect();
                return Ok(format!("{name}({})", texts?.join(", ")));
            }
        };
        let args = &variant.of.op.args;
        let is_variable = |kind| matches!(kind, ArgKind::Variable { .. });
        let mut places = args.iter().zip(arguments);
        let place = places.find(|(arg, _)| is_variable(arg.kind));
        let (_, place) = place.ok_or_else(|| format!("`{name}` without a variable"))?;
        let call = Rewritten {
            name,
            variant,
            is_plain,
            place,
            place_text: self.expr(place, depth)?,
            at,
            depth,
        };
        let others = args.iter().zip(arguments);
        let others: Vec<_> = others.filter(|(arg, _)| !is_variable(arg.kind)).collect();
        let texts = others
            .iter()
            .map(|(_, argument)| self.expr(argument, depth));
        let texts: Vec<String> = texts.collect::<Printed<_>>()?;
        let mut expected = others
            .iter()
            .filter(|(arg, _)| arg.kind == ArgKind::Pointer);
        if let Some((_, argument)) = expected.next()
            && let ExprKind::Address(local) = &argument.kind
        {
            let new = texts.last().map_or("", String::as_str);
            return self.try_cmpxchg(&call, local, new);
        }
        let number = |(_, argument): &(_, &Expr)| match argument.uncast().kind {
            ExprKind::Number(number) => Some(number),
            _ => None,
        };
        let numbers: Option<Vec<i64>> = others.iter().map(number).collect();
        self.conditional(&call, numbers)
    }

    /// Rewrites a call that takes the expected value by address to a cmpxchg and a comparison.
    fn try_cmpxchg(&mut self, call: &Rewritten<'_>, local: &str, new: &str) -> Printed<String> {
        let (place, depth) = (&call.place_text, call.depth);
        let cmpxchg = self.cmpxchg(call)?;
        let (old, truth) = (self.temporary(), self.temporary());
        self.line(
            depth,
            &format!("int {old} = {cmpxchg}({place}, {local}, {new});"),
        );
        self.line(depth, &format!("int {truth} = ({old} == {local});"));
        self.line(depth, &format!("{local} = {old};"));
        Ok(truth)
    }

    /// Rewrites a conditional operation to a cmpxchg, if its operands are numbers and it succeeds
    /// with at most one value of the variable.
    fn conditional(&mut self, call: &Rewritten<'_>, operands: Option<Vec<i64>>) -> Printed<String> {
        let Rewritten {
            name,
            variant,
            place,
            place_text,
            at,
            depth,
            ..
        } = call;
        let cannot = || format!("`{name}` cannot be defined for herd7");
        let (true, ExprKind::Name(variable)) = (variant.of.can_fail(), &place.kind) else {
            return Err(cannot());
        };
        let (Some(operands), Some(set)) = (operands, self.values.found_by(*at, variable)) else {
            return Err(format!("{}: its values are unknown", cannot()));
        };
        let bits = variant.family.bits(64);
        let run = |old: i64| interp::run(&variant.of, bits, old, &operands);
        let (good, bad): (Vec<i64>, Vec<i64>) = set.iter().partition(|old| run(**old).stored);
        let (expected, new) = match good.as_slice() {
            // It always fails: the cmpxchg expects a value that the variable never has.
            [] => {
                let none = set.last().map_or(0, |last| last.wrapping_add(1));
                (none, none)
            }
            [one] => (*one, run(*one).memory),
            _ => {
                if let Some(text) = self.add_unless(call, &good, &bad, &run) {
                    return Ok(text);
                }
                let list: Vec<String> = good.iter().map(ToString::to_string).collect();
                let list = list.join(", ");
                return Err(format!("{}: it succeeds with {list}", cannot()));
            }
        };
        let cmpxchg = self.cmpxchg(call)?;
        let old = self.temporary();
        self.line(
            *depth,
            &format!("int {old} = {cmpxchg}({place_text}, {expected}, {new});"),
        );
        let set: Vec<i64> = set.into_iter().collect();
        result_text(&set, &old, &|v| run(v).result)
            .ok_or_else(|| format!("{}: its result is not a simple function", cannot()))
    }

    /// Rewrites a conditional operation to an add_unless, if it adds the same number to all values
    /// but one, is fully ordered, and returns whether it succeeded.
    fn add_unless(
        &self,
        call: &Rewritten<'_>,
        good: &[i64],
        bad: &[i64],
        run: &dyn Fn(i64) -> interp::Outcome,
    ) -> Option<String> {
        let variant = &call.variant;
        let ([unless], Ordering::Full) = (bad, variant.ordering) else {
            return None;
        };
        let added = run(*good.first()?).memory.wrapping_sub(*good.first()?);
        let adds = |v: &i64| run(*v).memory == v.wrapping_add(added) && run(*v).result == Some(1);
        if !good.iter().all(adds) || run(*unless).result != Some(0) {
            return None;
        }
        let forms = self.spec.forms();
        let mut forms = forms.filter(|form| form.op.name == "add_unless");
        let form = forms.find(|f| {
            f.result()
                .is_some_and(|r| r.yields() == expr::Yields::Truth)
        })?;
        let name = names::variant(form.op, form.form, variant.ordering);
        let name = names::function(variant.family, &name);
        let place = &call.place_text;
        Some(format!("{name}({place}, {added}, {unless})"))
    }

    /// The cmpxchg with the ordering of a call.
    fn cmpxchg(&self, call: &Rewritten<'_>) -> Printed<String> {
        let variant = &call.variant;
        let lacks = || "the table has no cmpxchg with that ordering".to_owned();
        let mut forms = self.spec.forms().filter(|form| form.op.name == "cmpxchg");
        let form = forms.find(|f| f.orderings().contains(&variant.ordering));
        let form = form.ok_or_else(lacks)?;
        let name = names::variant(form.op, form.form, variant.ordering);
        Ok(match call.is_plain {
            true => name,
            false => names::function(variant.family, &name),
        })
    }
}

/// The result as an expression of the old value `old`: the value plus a constant; or 1 for one
/// value and 0 for the others, or the reverse. So it carries the same dependency on the read as the
/// result of the call.
fn result_text(values: &[i64], old: &str, result: &dyn Fn(i64) -> Option<i64>) -> Option<String> {
    let pairs: Option<Vec<(i64, i64)>> = values.iter().map(|v| Some((*v, result(*v)?))).collect();
    let Some(pairs) = pairs else {
        return Some(old.to_owned());
    };
    let offset = pairs.first().map_or(0, |(v, r)| r.wrapping_sub(*v));
    if pairs.iter().all(|(v, r)| r.wrapping_sub(*v) == offset) {
        return Some(format!("({old} + {offset})"));
    }
    for (one, sign) in [(1, "=="), (0, "!=")] {
        let matching: Vec<i64> = pairs
            .iter()
            .filter(|(_, r)| *r == one)
            .map(|(v, _)| *v)
            .collect();
        let others = pairs.iter().filter(|(_, r)| *r != one);
        if let ([v], true) = (
            matching.as_slice(),
            others.clone().all(|(_, r)| *r == 1 - one),
        ) {
            return Some(format!("({old} {sign} {v})"));
        }
    }
    // A constant, with a dependency on the old value.
    let first = pairs.first()?.1;
    let same = pairs.iter().all(|(_, r)| *r == first);
    same.then(|| format!("(({old} - {old}) + {first})"))
}
