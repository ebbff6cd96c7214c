//! How a form follows from another one: which operands make it compute the same.

use crate::expr::{Bindings, Expr};
use crate::model::op::{ArgKind, Form};
use crate::model::{FormOf, Variant};
use crate::semantics::NEW;

/// A variant in terms of another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived<'s> {
    /// The other variant.
    pub source: Variant<'s>,
    /// The operands of `source`, as expressions of the operands of the derived variant.
    pub args: Vec<Expr>,
    /// What `source` returns.
    pub tells: Tells,
}

impl Derived<'_> {
    /// Whether `v`, which is derived like this, needs the value behind its `p` argument: as an
    /// operand of the call, or after the call.
    pub(crate) fn reads_pointer(&self, v: &Variant<'_>) -> bool {
        let Some(pointer) = v.of.op.pointer() else {
            return false;
        };
        let meaning = v.of.meaning;
        let result = v.of.result();
        let operands = self.source.of.op.operands().zip(&self.args);
        let mut passed = operands
            .filter(|(arg, _)| self.tells != Tells::Result || arg.kind != ArgKind::Pointer)
            .map(|(_, expr)| expr);
        let after = match self.tells {
            Tells::Result => [None, None],
            Tells::Old => [&meaning.fails, &result].map(|e| e.as_ref().map(|e| meaning.expand(e))),
            Tells::New => [meaning.fails.as_ref().map(|e| meaning.expand(e)), result],
        };
        passed.any(|e| e.mentions(&pointer.name))
            || after.iter().flatten().any(|e| e.mentions(&pointer.name))
    }

    /// Whether `v`, which is derived like this, needs what the source returns, or writes through
    /// its `p` argument.
    pub(crate) fn uses_found(&self, v: &Variant<'_>) -> bool {
        let (op, meaning) = (v.of.op, v.of.meaning);
        let uses = |e: Expr| match self.tells {
            Tells::New => e.mentions(NEW) || e.mentions(op.variable()),
            _ => meaning.expand(&e).mentions(op.variable()),
        };
        op.pointer().is_some() || v.of.result().is_some_and(uses)
    }
}

/// Whether `v`, which is a loop, needs the value behind its `p` argument.
pub(crate) fn loop_reads_pointer(v: &Variant<'_>) -> bool {
    let meaning = v.of.meaning;
    let exprs = [meaning.new.clone(), meaning.fails.clone(), v.of.result()];
    let mut exprs = exprs.iter().flatten().map(|e| meaning.expand(e));
    v.of.op
        .pointer()
        .is_some_and(|p| exprs.any(|e| e.mentions(&p.name)))
}

/// What the source of a derived variant returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// The result of the derived variant, if it has one.
    Result,
    /// The old value, as its result or through its `p` argument.
    Old,
    /// The new value.
    New,
}

/// The distance of a form from one that returns the old value. A form is derived from a nearer one.
pub(super) fn rank(form: &FormOf<'_>) -> u8 {
    match form.form {
        Form::Fetch(_) => 0,
        _ if form.op.pointer().is_some() => 2,
        _ if tells_old(form) => 1,
        Form::Return => 3,
        Form::Void => 5,
        _ => 4,
    }
}

/// Whether a form is a `try_cmpxchg`: it stores a value if it finds the expected one, and else
/// writes the value that it found through its pointer.
pub(crate) fn is_try_cmpxchg(form: &FormOf<'_>) -> bool {
    let Some(pointer) = form.op.pointer() else {
        return false;
    };
    let old = form.op.variable();
    let differs = is_comparison(form.meaning.fails.as_ref(), "!=", old, &pointer.name);
    let equals = is_comparison(form.result().as_ref(), "==", old, &pointer.name);
    let new = form.op.operands().find(|a| a.name != pointer.name);
    let stores = new.is_some_and(|a| form.meaning.new == Some(Expr::var(&a.name)));
    differs && equals && stores && form.op.operands().count() == 2
}

fn is_comparison(expr: Option<&Expr>, symbol: &str, left: &str, right: &str) -> bool {
    expr.is_some_and(|e| e.to_string() == format!("{left} {symbol} {right}"))
}

/// What a variant must do, with `new` expanded.
pub(super) struct Goal<'s> {
    pub variant: Variant<'s>,
    pub new: Expr,
    pub fails: Option<Expr>,
    pub result: Option<Expr>,
    flipped: bool,
}

impl<'s> Goal<'s> {
    /// The goal of a variant. With `flipped`, the new value is written as in [`Expr::flipped`],
    /// which makes sense only if no other expression depends on it.
    pub fn new(variant: &Variant<'s>, flipped: bool) -> Option<Self> {
        let meaning = variant.of.meaning;
        let plain = matches!(variant.of.form, Form::Void | Form::Fetch(_) | Form::Return);
        let new = meaning.new.clone()?;
        if flipped && (!plain || meaning.fails.is_some()) {
            return None;
        }
        Some(Self {
            variant: *variant,
            new: if flipped { new.flipped()? } else { new },
            fails: meaning.fails.as_ref().map(|e| meaning.expand(e)),
            result: meaning.result.as_ref().map(|e| meaning.expand(e)),
            flipped,
        })
    }

    /// Derives the goal from `form`, if suitable operands exist and `form` returns `tells`.
    pub fn reach(&self, form: FormOf<'s>, tells: Tells) -> Option<Derived<'s>> {
        let own = self.variant.of;
        let may_tell = match tells {
            Tells::Result => self.same_result(form),
            Tells::Old => true,
            // The new value does not determine the value to write through a pointer.
            Tells::New => form.form == Form::Return && own.op.pointer().is_none(),
        };
        if !may_tell {
            return None;
        }
        let source = self.variant.sibling(form, self.variant.ordering)?;
        let open: Vec<String> = form.op.operands().map(|a| format!("${}", a.name)).collect();
        let open: Vec<&str> = open.iter().map(String::as_str).collect();
        let renamed = |e: &Expr| {
            let mut map: Bindings =
                [(form.op.variable().into(), Expr::var(own.op.variable()))].into();
            map.extend(
                form.op
                    .operands()
                    .map(|a| (a.name.clone(), Expr::Var(format!("${}", a.name)))),
            );
            form.meaning.expand(e).substitute(&map)
        };
        let has_new = own.op.operands().any(|a| a.name == NEW);
        let closed = |e: &Expr| !e.mentions(own.op.variable()) && (has_new || !e.mentions(NEW));
        let mut bindings = Bindings::new();
        let mut same = |ours: Option<&Expr>, theirs: Option<&Expr>| match (ours, theirs) {
            (None, None) => true,
            (Some(a), Some(b)) => a.matches(&renamed(b), &open, &closed, &mut bindings),
            _ => false,
        };
        if !same(Some(&self.new), form.meaning.new.as_ref())
            || !same(self.fails.as_ref(), form.meaning.fails.as_ref())
        {
            return None;
        }
        let computed = own.is_computed();
        let fits = match tells {
            Tells::Result => !computed || same(self.result.as_ref(), form.meaning.result.as_ref()),
            Tells::Old => tells_old(&form),
            // The new value determines a result that does not depend on the old value.
            Tells::New => {
                let old = own.op.variable();
                let result = own.meaning.result.as_ref();
                computed && result.is_some_and(|e| !e.mentions(old))
            }
        };
        let args: Option<Vec<Expr>> = open
            .iter()
            .map(|name| bindings.get(*name).cloned())
            .collect();
        let args = args?;
        (fits && self.is_progress(form, tells, &args)).then_some(Derived {
            source,
            args,
            tells,
        })
    }

    /// Whether the two forms return the same kind of result in the same way.
    fn same_result(&self, form: FormOf<'s>) -> bool {
        let own = self.variant.of;
        std::mem::discriminant(&own.form) == std::mem::discriminant(&form.form)
            && own.op.pointer().is_some() == form.op.pointer().is_some()
    }

    /// Whether the derivation cannot go in a circle. Of two operations with the same meaning, the
    /// later one is derived from the earlier one. A pointer is only passed on unchanged.
    fn is_progress(&self, form: FormOf<'s>, tells: Tells, args: &[Expr]) -> bool {
        let own = self.variant.of;
        if tells != Tells::Result {
            return true;
        }
        let pointers = form.op.operands().zip(args).all(|(arg, expr)| {
            let theirs = form.op.pointer() == Some(arg);
            let ours = own
                .op
                .pointer()
                .is_some_and(|p| *expr == Expr::var(&p.name));
            theirs == ours
        });
        let renames = args.iter().all(|e| matches!(e, Expr::Var(_)))
            && args.len() == own.op.operands().count();
        pointers && (!renames || self.flipped || form.is_before(&own))
    }
}

/// Whether the result of a form is the old value, or its `p` argument holds it afterwards.
pub(super) fn tells_old(form: &FormOf<'_>) -> bool {
    let old = form.op.variable();
    match form.op.pointer() {
        Some(pointer) => is_comparison(form.meaning.fails.as_ref(), "!=", old, &pointer.name),
        None => form.result() == Some(Expr::var(old)),
    }
}

/// Whether a form returns true or false, which says whether it failed, and nothing else.
pub(crate) fn tells_failure(form: &FormOf<'_>) -> bool {
    let fails = form.meaning.fails.as_ref().map(|e| form.meaning.expand(e));
    let holds = fails.and_then(|fails| fails.negated());
    let result = form.result().map(|e| form.meaning.expand(&e));
    matches!(form.form, Form::Truth(_))
        && form.op.pointer().is_none()
        && holds.is_some()
        && holds == result
}
