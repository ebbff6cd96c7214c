//! How a variant is implemented on one architecture.
//!
//! The choice is made in the order of the kernel's own fallback generator
//! (`scripts/atomic/gen-atomic-fallback.sh`), so that Rust and C have their fences in the same
//! places:
//!
//! 1. the template that the architecture has for the variant;
//! 2. the template of the relaxed variant, between fences;
//! 3. the template of the fully ordered variant, which is stronger than required;
//! 4. another operation with computed operands, or one whose result determines ours. The kernel
//!    has a hand-written file for each of these; here they follow from `semantics.tbl`: `inc` is
//!    `add` with `i` = 1 because `v + 1` is `v + i` with `i` = 1.
//!    If only some CPUs of the architecture have a feature, step 4 has priority over steps 1 to 3
//!    when its template needs more features: a CPU that adds in one instruction does not subtract
//!    in a loop;
//! 5. a loop around a compare-and-exchange in the ordering of the variant. When the operation
//!    fails, the loop has only done a relaxed load: a conditional operation that fails does not
//!    order anything (`Documentation/atomic_t.txt`, section "ORDERING").

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use crate::arch::{Arch, Features, Fence, Lang, Template};
use crate::expr::{Bindings, Expr};
use crate::model::op::{ArgKind, Form, Ordering};
use crate::model::{FormKey, FormOf, Spec, Variant};
use crate::semantics::NEW;

mod choice;

pub use choice::{Choice, Planners};

/// How a variant is implemented.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan<'s> {
    /// By a template of the architecture.
    Native(&'s Template),
    /// By the relaxed variant between fences.
    Fenced {
        /// The relaxed variant, which has a template.
        relaxed: Variant<'s>,
        /// The fence before it.
        before: Option<Fence>,
        /// The fence after it.
        after: Option<Fence>,
    },
    /// By the fully ordered variant, which has a template.
    Stronger(Variant<'s>),
    /// By another variant.
    Derived(Derived<'s>),
    /// By a loop of `exchange` that starts with the value of `read`.
    Loop {
        /// A relaxed load.
        read: Variant<'s>,
        /// A `try_cmpxchg` in the ordering of the variant.
        exchange: Variant<'s>,
    },
}

impl<'s> Plan<'s> {
    /// The kind of plan, in one word.
    pub fn how(&self) -> &'static str {
        match self {
            Self::Native(template) if template.is_loop() => "loop",
            Self::Native(_) => "native",
            Self::Fenced { .. } => "fenced",
            Self::Stronger(_) => "stronger",
            Self::Derived(_) => "derived",
            Self::Loop { .. } => "cmpxchg-loop",
        }
    }

    /// The variants that the plan calls; none for a template.
    pub fn callees(&self) -> Vec<Variant<'s>> {
        match self {
            Self::Native(_) => Vec::new(),
            Self::Fenced { relaxed, .. } => vec![*relaxed],
            Self::Stronger(full) => vec![*full],
            Self::Derived(derived) => vec![derived.source],
            Self::Loop { read, exchange } => vec![*read, *exchange],
        }
    }
}

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

/// A variant that the table of an architecture cannot implement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The architecture.
    pub arch: String,
    /// The variant, without the family.
    pub variant: String,
    /// The width of the family.
    pub bits: u32,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missing {
            arch,
            variant,
            bits,
        } = self;
        write!(
            f,
            "error: the table of {arch} cannot implement `{variant}` at {bits} bits\n \
             = help: add a row `op  {variant}  {bits}  ...`; an ordered load or store can also be \
             derived from a relaxed one, and any other operation from a load and a \
             compare-and-exchange of this width"
        )
    }
}

impl std::error::Error for Missing {}

/// Finds plans for the CPUs of one architecture that have a set of features.
pub struct Planner<'s> {
    /// The model.
    pub spec: &'s Spec,
    /// The architecture.
    pub arch: &'s Arch,
    /// The features of the CPUs.
    pub features: Features,
    /// A cache: whether a form can be implemented in an ordering at a width.
    known: RefCell<BTreeMap<(FormKey, Ordering, u32), bool>>,
}

impl<'s> Planner<'s> {
    /// Finds plans for the variants of `spec` on CPUs of `arch` with `features`.
    pub fn new(spec: &'s Spec, arch: &'s Arch, features: Features) -> Self {
        Self {
            spec,
            arch,
            features,
            known: RefCell::default(),
        }
    }

    /// The plan for a variant.
    ///
    /// # Errors
    ///
    /// If the table of the architecture cannot implement the variant.
    pub fn plan(&self, variant: &Variant<'s>) -> Result<Plan<'s>, Missing> {
        self.resolve(variant).ok_or_else(|| Missing {
            arch: self.arch.name.clone(),
            variant: variant.name(),
            bits: variant.family.bits(self.arch.width),
        })
    }

    fn template(&self, variant: &Variant<'s>) -> Option<&'s Template> {
        let bits = variant.family.bits(self.arch.width);
        self.arch.template(&variant.name(), bits, self.features)
    }

    /// Steps 1 to 3: a template of the architecture for the same form.
    fn direct(&self, variant: &Variant<'s>) -> Option<Plan<'s>> {
        if let Some(template) = self.template(variant) {
            return Some(Plan::Native(template));
        }
        let with = |ordering| variant.sibling(variant.of, ordering);
        if let Some(relaxed) = with(Ordering::Relaxed).filter(|v| self.template(v).is_some()) {
            let (before, after) = match variant.ordering {
                Ordering::Relaxed => return None,
                Ordering::Acquire => (None, Some(Fence::Acquire)),
                Ordering::Release => (Some(Fence::Release), None),
                Ordering::Full => (Some(Fence::FullBefore), Some(Fence::FullAfter)),
            };
            return Some(Plan::Fenced {
                relaxed,
                before,
                after,
            });
        }
        let full = with(Ordering::Full).filter(|v| self.template(v).is_some())?;
        Some(Plan::Stronger(full))
    }

    /// Steps 1 to 5. The recursion ends because each step goes to a more general variant:
    /// `is_progress` ensures this among operations of the same form, `rank` among forms.
    fn resolve(&self, variant: &Variant<'s>) -> Option<Plan<'s>> {
        let direct = self.direct(variant);
        if !variant.of.is_rmw() {
            return direct;
        }
        let needs = self.needs(variant);
        match direct {
            Some(direct) if needs == Some(self.features.count()) => Some(direct),
            Some(direct) => self.derived(variant, needs).or(Some(direct)),
            None => self.derived(variant, None).or_else(|| self.looped(variant)),
        }
    }

    /// How many features the template of steps 1 to 3 needs, if there is one.
    fn needs(&self, variant: &Variant<'s>) -> Option<u32> {
        let template = match self.direct(variant)? {
            Plan::Native(template) => Some(template),
            Plan::Fenced { relaxed: v, .. } | Plan::Stronger(v) => self.template(&v),
            Plan::Derived(_) | Plan::Loop { .. } => None,
        };
        template.map(|template| template.needs.count())
    }

    /// Whether a variant can be implemented.
    fn resolves(&self, variant: &Variant<'s>) -> bool {
        let key = (
            variant.of.key(),
            variant.ordering,
            variant.family.bits(self.arch.width),
        );
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let found = self.resolve(variant).is_some();
        self.known.borrow_mut().insert(key, found);
        found
    }

    /// Step 4. If steps 1 to 3 have a plan, `above` is how many features it needs, and the derived
    /// plan must need more.
    fn derived(&self, variant: &Variant<'s>, above: Option<u32>) -> Option<Plan<'s>> {
        let goal = Goal::new(variant, false)?;
        // `None` is less than any number.
        let is_direct = |d: &Derived<'s>| self.needs(&d.source) > above;
        let resolves = |d: &Derived<'s>| match above {
            None => self.resolves(&d.source),
            Some(_) => is_direct(d),
        };
        if let Some(found) = self.candidates(&goal, Tells::Result).find(resolves) {
            return Some(Plan::Derived(found));
        }
        let telling = self.candidates(&goal, Tells::New);
        let telling = telling.chain(self.candidates(&goal, Tells::Old));
        let telling: Vec<_> = telling
            .filter(|d| is_direct(d) || rank(&d.source.of) < rank(&variant.of))
            .collect();
        let found = telling.iter().find(|d| is_direct(d)).cloned();
        let found = found.or_else(|| self.flipped(variant, above));
        // An operation gets its own loop rather than a loop that fetches if it is void, or if the
        // place where the loop ends says what the result is.
        let has_loop = variant.of.form == Form::Void || tells_failure(&variant.of);
        let rest = || telling.into_iter().filter(|_| !has_loop).find(resolves);
        found.or_else(rest).map(Plan::Derived)
    }

    /// A subtraction as the addition of the negative, if the architecture has a template for it;
    /// likewise `and` as `andnot` of the complement.
    fn flipped(&self, variant: &Variant<'s>, above: Option<u32>) -> Option<Derived<'s>> {
        let goal = Goal::new(variant, true)?;
        let has_sum = |source: &Variant<'s>| {
            let fetch = |f: &FormOf<'_>| f.op == source.of.op && matches!(f.form, Form::Fetch(_));
            let fetch = self.spec.forms().find(fetch);
            let fetch = fetch.and_then(|f| source.sibling(f, source.ordering));
            self.needs(source) > above
                || (source.of.form == Form::Return && fetch.is_some_and(|f| self.needs(&f) > above))
        };
        self.candidates(&goal, Tells::Result)
            .find(|d| has_sum(&d.source))
    }

    /// The derivations of the goal from variants that return `tells`, in the order of the table.
    fn candidates<'g>(
        &self,
        goal: &'g Goal<'s>,
        tells: Tells,
    ) -> impl Iterator<Item = Derived<'s>> + use<'g, 's> {
        let own = goal.variant.of;
        let forms = self.spec.forms().filter(move |f| *f != own);
        forms.filter_map(move |form| goal.reach(form, tells))
    }

    /// Step 5: a loop.
    fn looped(&self, variant: &Variant<'s>) -> Option<Plan<'s>> {
        let load = self.spec.forms().find(|f| f.form == Form::Load)?;
        let read = variant.sibling(load, Ordering::Relaxed)?;
        self.direct(&read)?;
        let exchange = self.spec.forms().find(is_try_cmpxchg)?;
        let exchange = variant.sibling(exchange, variant.ordering)?;
        // The exchange must not be a loop itself.
        let made = |goal: Goal<'s>| {
            let sources = self.candidates(&goal, Tells::Old);
            sources
                .map(|d| d.source)
                .any(|source| self.direct(&source).is_some())
        };
        let is_made =
            self.direct(&exchange).is_some() || Goal::new(&exchange, false).is_some_and(made);
        is_made.then_some(Plan::Loop { read, exchange })
    }

    /// Whether the architecture can exchange a value of `bits` bits alone, without the word that
    /// contains it.
    pub fn is_native_width(&self, bits: u32) -> bool {
        let xchg = |name| self.arch.template(name, bits, self.features);
        let template = xchg("xchg").or_else(|| xchg("xchg_relaxed"));
        self.arch.lang == Lang::Asm && template.is_some_and(|t| t.word.is_none())
    }
}

/// The distance of a form from one that returns the old value. A form is derived from a nearer one.
fn rank(form: &FormOf<'_>) -> u8 {
    match form.form {
        Form::Fetch(_) => 0,
        _ if form.op.pointer().is_some() => 2,
        _ if tells_old(form) => 1,
        Form::Return => 3,
        Form::Void => 5,
        _ => 4,
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
struct Goal<'s> {
    variant: Variant<'s>,
    new: Expr,
    fails: Option<Expr>,
    result: Option<Expr>,
    flipped: bool,
}

impl<'s> Goal<'s> {
    /// The goal of a variant. With `flipped`, the new value is written as in [`Expr::flipped`],
    /// which makes sense only if no other expression depends on it.
    fn new(variant: &Variant<'s>, flipped: bool) -> Option<Self> {
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
    fn reach(&self, form: FormOf<'s>, tells: Tells) -> Option<Derived<'s>> {
        let own = self.variant.of;
        // Most forms do something else: rule them out before the slow comparison below.
        let alike = |ours: &Option<Expr>, theirs: &Option<Expr>| match (ours, theirs) {
            (None, None) => true,
            (Some(a), Some(b)) => a.is_like(b),
            _ => false,
        };
        let new = form.meaning.new.as_ref()?;
        let may_tell = match tells {
            Tells::Result => self.same_result(form),
            Tells::Old => true,
            // The new value does not determine the value to write through a pointer.
            Tells::New => form.form == Form::Return && own.op.pointer().is_none(),
        };
        if !may_tell || !self.new.is_like(new) || !alike(&self.fails, &form.meaning.fails) {
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
        let computed = matches!(own.form, Form::Value(_) | Form::Truth(_));
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
fn tells_old(form: &FormOf<'_>) -> bool {
    let old = form.op.variable();
    match form.op.pointer() {
        Some(pointer) => is_comparison(form.meaning.fails.as_ref(), "!=", old, &pointer.name),
        None => form.result() == Some(Expr::var(old)),
    }
}
