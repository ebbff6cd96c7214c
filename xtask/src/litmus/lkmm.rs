//! A test as herd7 is given it, to ask the Linux kernel's memory model.
//!
//! herd7 reads less of C than a kernel's programmer writes. What it lacks is put into what it has,
//! with the same accesses, orderings and dependencies:
//!
//! - `try_cmpxchg(x, &r0, n)` is a cmpxchg and a comparison. Afterwards `r0` is what the cmpxchg
//!   returned: that is what it was before if it succeeded.
//! - A conditional operation that the definitions cannot have is a cmpxchg, if among the values that
//!   the variable may have at most one makes it succeed. A failed one is a load without order, as a
//!   failed cmpxchg is.
//! - `!a` is `a == 0`, `a && b` is `(a != 0) & (b != 0)`, and so on.
//! - All integers are `int`, because herd7's have no width.

use std::fmt::Write as _;

use atomics_spec::table::{ArgKind, Ordering};
use atomics_spec::{Spec, Variant, expr, interp, names};

use super::ast::{
    Expr, ExprKind, Location, Proposition, Quantifier, Statement, Test, Thread, Type, Value,
};
use super::calls::{Call, resolve};
use super::values::Values;

/// What herd7's definitions have.
pub trait Definitions {
    /// Whether a C function is defined.
    fn has(&self, variant: &Variant<'_>) -> bool;
}

/// Prints a test for herd7, with `shown` as the locations whose values are wanted.
///
/// # Errors
///
/// What herd7 has no way to say.
pub fn print(
    spec: &Spec,
    definitions: &dyn Definitions,
    test: &Test,
    shown: &[Location],
) -> Result<String, String> {
    if let Some(wide) = wide(test) {
        return Err(format!("{wide}: herd7 computes C in 32 bits"));
    }
    let mut out = format!("C {}\n\n{{\n", test.name);
    for init in &test.init {
        let ty = init
            .ty
            .as_ref()
            .map(|ty| format!("{} ", type_text(spec, ty)));
        let value = value_text(&init.value);
        let _ = writeln!(out, "{}{} = {value};", ty.unwrap_or_default(), init.name);
    }
    out.push_str("}\n");
    let values = Values::of(spec, test);
    for (number, thread) in test.threads.iter().enumerate() {
        let parameters = thread.parameters.iter();
        let parameters: Vec<String> = parameters
            .map(|p| format!("{}{}", spaced(&type_text(spec, &p.ty)), p.name))
            .collect();
        let _ = writeln!(out, "\nP{number}({})\n{{", parameters.join(", "));
        let mut printer = Printer {
            spec,
            definitions,
            values: &values,
            temporaries: 0,
            taken: thread
                .locals()
                .iter()
                .map(|(name, _)| (*name).into())
                .collect(),
            out: String::new(),
        };
        printer
            .taken
            .extend(thread.parameters.iter().map(|p| p.name.clone()));
        for statement in &thread.body {
            printer.statement(statement, 1)?;
        }
        out.push_str(&printer.out);
        out.push_str("}\n");
    }
    let shown: Vec<String> = shown.iter().map(location_text).collect();
    if !shown.is_empty() {
        let _ = writeln!(out, "\nlocations [{}]", shown.join("; "));
    }
    if let Some(filter) = &test.filter {
        let _ = writeln!(out, "filter ({})", proposition_text(filter));
    }
    let quantifier = match test.quantifier {
        Quantifier::Exists => "exists",
        Quantifier::NotExists => "~exists",
        Quantifier::Forall => "forall",
    };
    let _ = writeln!(out, "{quantifier} ({})", proposition_text(&test.condition));
    Ok(out)
}

/// A number of a test that does not fit into 32 bits.
fn wide(test: &Test) -> Option<i64> {
    let initial = test.init.iter().filter_map(|init| match init.value {
        Value::Number(number) => Some(number),
        Value::Address(_) => None,
    });
    let expressions = test.threads.iter().flat_map(Thread::expressions);
    let written = expressions.filter_map(|expr| match expr.kind {
        ExprKind::Number(number) => Some(number),
        _ => None,
    });
    let compared = test.filter.iter().chain([&test.condition]);
    let compared = compared.flat_map(Proposition::numbers);
    let mut numbers = initial.chain(written).chain(compared);
    numbers.find(|number| i32::try_from(*number).is_err())
}

/// A location as herd7 writes it.
pub fn location_text(location: &Location) -> String {
    match location {
        Location::Local(thread, name) => format!("{thread}:{name}"),
        Location::Shared(name) => name.clone(),
    }
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Address(name) => name.clone(),
    }
}

fn proposition_text(proposition: &Proposition) -> String {
    match proposition {
        Proposition::True => "true".into(),
        Proposition::Is(location, value, negated, _) => {
            let is = format!("{}={}", location_text(location), value_text(value));
            if *negated { format!("~({is})") } else { is }
        }
        Proposition::Not(p) => format!("~({})", proposition_text(p)),
        Proposition::And(p, q) => {
            format!("({} /\\ {})", proposition_text(p), proposition_text(q))
        }
        Proposition::Or(p, q) => {
            format!("({} \\/ {})", proposition_text(p), proposition_text(q))
        }
    }
}

/// A type: the variable's, with `int` for all that is no structure.
fn type_text(spec: &Spec, ty: &Type) -> String {
    match ty {
        Type::Pointer(to) => format!("{}*", spaced(&type_text(spec, to))),
        Type::Named(name) if is_atomic(spec, name) => "atomic_t".into(),
        Type::Named(name) if name.starts_with("struct") || name.ends_with("_t") => name.clone(),
        Type::Named(_) => "int".into(),
    }
}

/// Whether a type is the structure around an atomic variable.
fn is_atomic(spec: &Spec, name: &str) -> bool {
    let mut families = spec.types.families.iter();
    families.any(|family| family.c_object.as_deref() == Some(name))
}

/// A type with a blank behind it, if it does not end in `*`.
fn spaced(ty: &str) -> String {
    if ty.ends_with('*') {
        ty.into()
    } else {
        format!("{ty} ")
    }
}

struct Printer<'a> {
    spec: &'a Spec,
    definitions: &'a dyn Definitions,
    values: &'a Values<'a>,
    temporaries: usize,
    taken: Vec<String>,
    out: String,
}

type Printed<T> = Result<T, String>;

impl Printer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "\t".repeat(depth));
    }

    /// A local variable that the thread does not have.
    fn temporary(&mut self) -> String {
        loop {
            let name = format!("t{}", self.temporaries);
            self.temporaries += 1;
            if !self.taken.contains(&name) {
                return name;
            }
        }
    }

    fn statement(&mut self, statement: &Statement, depth: usize) -> Printed<()> {
        match statement {
            Statement::Declare(ty, name, value, _) => {
                let ty = spaced(&type_text(self.spec, ty));
                match value {
                    None => self.line(depth, &format!("{ty}{name};")),
                    Some(value) => {
                        let value = self.whole(value, depth)?;
                        self.line(depth, &format!("{ty}{name} = {value};"));
                    }
                }
            }
            Statement::Assign(name, value, _) => {
                let value = self.whole(value, depth)?;
                self.line(depth, &format!("{name} = {value};"));
            }
            Statement::Store(to, value, _) => {
                let value = self.whole(value, depth)?;
                let to = self.expr(to, depth)?;
                self.line(depth, &format!("{to} = {value};"));
            }
            Statement::Call(expr) => {
                let text = self.whole(expr, depth)?;
                let is_value = match &expr.kind {
                    ExprKind::Call(name, _) => self.has_result(name),
                    _ => true,
                };
                if is_value {
                    let unused = self.temporary();
                    self.line(depth, &format!("int {unused} = {text};"));
                } else {
                    self.line(depth, &format!("{text};"));
                }
            }
            Statement::If(condition, yes, no) => {
                let condition = self.whole(condition, depth)?;
                self.line(depth, &format!("if ({condition}) {{"));
                self.block(yes, depth + 1)?;
                if !no.is_empty() {
                    self.line(depth, "} else {");
                    self.block(no, depth + 1)?;
                }
                self.line(depth, "}");
            }
            Statement::Loop(word, _) => return Err(format!("a loop (`{word}`)")),
            Statement::Block(body) => {
                for statement in body {
                    self.statement(statement, depth)?;
                }
            }
        }
        Ok(())
    }

    /// The statements of a block, which herd7 wants to have at least one.
    fn block(&mut self, body: &[Statement], depth: usize) -> Printed<()> {
        if body.is_empty() {
            let unused = self.temporary();
            self.line(depth, &format!("int {unused} = 0;"));
        }
        body.iter().try_for_each(|s| self.statement(s, depth))
    }

    fn has_result(&self, name: &str) -> bool {
        match resolve(self.spec, name) {
            Call::Function(variant) | Call::Plain(variant) => variant.of.result().is_some(),
            Call::Macro(found) => matches!(found.access, super::calls::Access::Load(_)),
            _ => false,
        }
    }

    /// An expression that is not part of another. A call that has to be put otherwise comes before
    /// it, which changes nothing if it is the only one.
    fn whole(&mut self, expr: &Expr, depth: usize) -> Printed<String> {
        let mut calls = 0;
        let mut others = 0;
        expr.walk(&mut |e| {
            if let ExprKind::Call(name, _) = &e.kind {
                calls += 1;
                others += usize::from(self.rewrites(name).is_some());
            }
        });
        if others > 0 && calls > 1 {
            return Err("several calls in an expression, of which one is not herd7's".into());
        }
        self.expr(expr, depth)
    }

    /// The operation that a call has to be put otherwise for.
    fn rewrites(&self, name: &str) -> Option<Variant<'_>> {
        match resolve(self.spec, name) {
            Call::Function(v) if !self.definitions.has(&v) => Some(v),
            Call::Plain(v) if v.of.op.pointer().is_some() => Some(v),
            _ => None,
        }
    }

    fn expr(&mut self, expr: &Expr, depth: usize) -> Printed<String> {
        Ok(match &expr.kind {
            ExprKind::Number(number) => number.to_string(),
            ExprKind::Name(name) => name.clone(),
            ExprKind::Deref(inner) => format!("*{}", self.expr(inner, depth)?),
            ExprKind::Address(name) => format!("&{name}"),
            ExprKind::Unary(sign, inner) => {
                let inner = self.expr(inner, depth)?;
                match *sign {
                    "!" => format!("({inner} == 0)"),
                    "~" => format!("({inner} ^ -1)"),
                    _ => format!("(0 - {inner})"),
                }
            }
            ExprKind::Binary(sign @ ("&&" | "||"), a, b) => {
                let mut calls = false;
                b.walk(&mut |e| calls |= matches!(e.kind, ExprKind::Call(..)));
                if calls {
                    return Err(format!("a call on the right of `{sign}`"));
                }
                let (a, b) = (self.expr(a, depth)?, self.expr(b, depth)?);
                let sign = if *sign == "&&" { "&" } else { "|" };
                format!("(({a} != 0) {sign} ({b} != 0))")
            }
            ExprKind::Binary(sign, a, b) => {
                let (a, b) = (self.expr(a, depth)?, self.expr(b, depth)?);
                format!("({a} {sign} {b})")
            }
            ExprKind::Call(name, arguments) => {
                self.call(name, arguments, expr.span.start, depth)?
            }
        })
    }

    fn call(&mut self, name: &str, arguments: &[Expr], at: usize, depth: usize) -> Printed<String> {
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
        let of_kind = |wanted: fn(ArgKind) -> bool| {
            let index = args.iter().position(|arg| wanted(arg.kind));
            index.and_then(|index| arguments.get(index))
        };
        let is_variable = |kind| matches!(kind, ArgKind::Variable { .. });
        let place = of_kind(is_variable).ok_or_else(|| format!("`{name}` without a variable"))?;
        let place_text = self.expr(place, depth)?;
        let mut numbers = Vec::new();
        let mut texts = Vec::new();
        for (arg, argument) in args.iter().zip(arguments) {
            if is_variable(arg.kind) {
                continue;
            }
            numbers.push(match &argument.kind {
                ExprKind::Number(number) => Some(*number),
                _ => None,
            });
            texts.push(self.expr(argument, depth)?);
        }
        if let Some(ExprKind::Address(local)) = of_kind(|k| k == ArgKind::Pointer).map(|a| &a.kind)
        {
            let cmpxchg = self.cmpxchg(&variant, is_plain)?;
            let (old, truth) = (self.temporary(), self.temporary());
            let new = texts.last().cloned().unwrap_or_default();
            self.line(
                depth,
                &format!("int {old} = {cmpxchg}({place_text}, {local}, {new});"),
            );
            self.line(depth, &format!("int {truth} = ({old} == {local});"));
            self.line(depth, &format!("{local} = {old};"));
            return Ok(truth);
        }
        let cannot = || format!("`{name}`, which herd7's definitions cannot have");
        if !variant.of.can_fail() {
            return Err(cannot());
        }
        let ExprKind::Name(variable) = &place.kind else {
            return Err(cannot());
        };
        let numbers: Option<Vec<i64>> = numbers.into_iter().collect();
        let (Some(numbers), Some(set)) = (numbers, self.values.found_by(at, variable)) else {
            return Err(format!("{}: its values cannot be told", cannot()));
        };
        let bits = variant.family.bits(64);
        let run = |old: i64| interp::run(&variant.of, bits, old, &numbers);
        let good: Vec<i64> = set.iter().copied().filter(|old| run(*old).stored).collect();
        let (expected, new) = match good.as_slice() {
            // It always fails: no value of the variable is this one.
            [] => {
                let none = set.last().map_or(0, |last| last.wrapping_add(1));
                (none, none)
            }
            [one] => (*one, run(*one).memory),
            _ => {
                let bad: Vec<i64> = set
                    .iter()
                    .copied()
                    .filter(|old| !run(*old).stored)
                    .collect();
                if let Some(text) = self.add_unless(&variant, &place_text, &good, &bad, &run) {
                    return Ok(text);
                }
                let list: Vec<String> = good.iter().map(ToString::to_string).collect();
                let list = list.join(", ");
                return Err(format!("{}: it succeeds with {list}", cannot()));
            }
        };
        let cmpxchg = self.cmpxchg(&variant, is_plain)?;
        let old = self.temporary();
        self.line(
            depth,
            &format!("int {old} = {cmpxchg}({place_text}, {expected}, {new});"),
        );
        result_text(&set.into_iter().collect::<Vec<_>>(), &old, &|v| {
            run(v).result
        })
        .ok_or_else(|| format!("{}: its result is no simple function", cannot()))
    }

    /// A conditional operation as an add_unless, if it adds the same to all values but one, is
    /// fully ordered, and returns whether it has.
    fn add_unless(
        &self,
        variant: &Variant<'_>,
        place: &str,
        good: &[i64],
        bad: &[i64],
        run: &dyn Fn(i64) -> interp::Outcome,
    ) -> Option<String> {
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
        let form = forms.find(|f| f.result().is_some_and(|r| r.kind() == expr::Kind::Truth))?;
        let name = names::variant(form.op, form.form, variant.ordering);
        let name = names::function(variant.family, &name);
        Some(format!("{name}({place}, {added}, {unless})"))
    }

    /// The cmpxchg with the ordering of a variant, which the definitions have.
    fn cmpxchg(&self, variant: &Variant<'_>, is_plain: bool) -> Printed<String> {
        let lacks = || "a table without a cmpxchg in that ordering".to_owned();
        let mut forms = self.spec.forms().filter(|form| form.op.name == "cmpxchg");
        let form = forms.find(|f| f.orderings().contains(&variant.ordering));
        let form = form.ok_or_else(lacks)?;
        let name = names::variant(form.op, form.form, variant.ordering);
        Ok(match is_plain {
            true => name,
            false => names::function(variant.family, &name),
        })
    }
}

/// A result as a function of the old value: the value plus a number, or 1 for one of the values
/// and 0 for the others, or the other way round. It depends on the old value as the result of the
/// call does.
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
    // The same for all values.
    let first = pairs.first()?.1;
    let same = pairs.iter().all(|(_, r)| *r == first);
    same.then(|| format!("(({old} - {old}) + {first})"))
}
