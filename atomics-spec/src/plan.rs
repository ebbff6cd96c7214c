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

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::arch::{Arch, Features, Fence, Lang, Template};
use crate::model::op::{Form, Ordering};
use crate::model::{FormKey, FormOf, Spec, Variant};

mod choice;
mod derived;
mod index;

pub use choice::{Choice, Planners};
use derived::Goal;
pub use derived::{Derived, Tells};
pub(crate) use derived::{is_try_cmpxchg, loop_reads_pointer, tells_failure};
use index::{Index, Wanted};

#[cfg(test)]
mod tests;

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

/// A variant that the table of an architecture cannot implement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The architecture.
    pub arch: String,
    /// The variant, without the family.
    pub variant: String,
    /// The width of the family.
    pub bits: u32,
    /// What keeps it from being made of a load and a compare-and-exchange, if it is not the table.
    pub lack: Option<Lack>,
}

/// What a model lacks to make an operation of a load and a compare-and-exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The table of operations has no such operations.
    Operations(Vec<&'static str>),
    /// The types of a family do not have their classes.
    Classes {
        /// The family.
        family: String,
        /// The classes.
        classes: Vec<String>,
    },
}

impl Lack {
    /// What keeps `variant` from being made of `load` and `exchange`, if they are to be found in the
    /// tables of operations and types.
    fn new(
        variant: &Variant<'_>,
        load: Option<FormOf<'_>>,
        exchange: Option<FormOf<'_>>,
    ) -> Option<Self> {
        let (Some(load), Some(exchange)) = (load, exchange) else {
            let found = [
                ("read", load.is_some()),
                ("try_cmpxchg", exchange.is_some()),
            ];
            let lacking = found.into_iter().filter(|(_, found)| !found);
            return Some(Self::Operations(lacking.map(|(name, _)| name).collect()));
        };
        let lacking = [load, exchange]
            .into_iter()
            .filter(|f| !f.is_in(variant.family));
        let mut classes: Vec<String> = lacking.map(|f| f.class.name.clone()).collect();
        classes.dedup();
        let family = variant.family.name.clone();
        (!classes.is_empty()).then_some(Self::Classes { family, classes })
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missing {
            arch,
            variant,
            bits,
            lack,
        } = self;
        write!(
            f,
            "error: the table of {arch} cannot implement `{variant}` at {bits} bits\n = help: "
        )?;
        let list = |names: Vec<String>| match &names[..] {
            [one] => one.clone(),
            all => all.join(" and "),
        };
        match lack {
            None => write!(
                f,
                "add a row `op  {variant}  {bits}  ...`; an ordered load or store can also be \
                 derived from a relaxed one, and any other operation from a load and a \
                 compare-and-exchange of this width"
            ),
            Some(Lack::Operations(names)) => write!(
                f,
                "add {} to the table of operations: any operation can be made of `read` and \
                 `try_cmpxchg`. Or add a row `op  {variant}  {bits}  ...` to the table of {arch}",
                list(names.iter().map(|name| format!("`{name}`")).collect())
            ),
            Some(Lack::Classes { family, classes }) => write!(
                f,
                "give the types of the family `{family}` the class {}: any operation can be made \
                 of a load and a compare-and-exchange. Or add a row `op  {variant}  {bits}  ...` \
                 to the table of {arch}",
                list(classes.iter().map(|name| format!("`{name}`")).collect())
            ),
        }
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
    /// The forms by what they compute. Planners for the same architecture share it.
    index: SharedIndex<'s>,
}

/// An index that is made when it is first needed.
type SharedIndex<'s> = Rc<OnceCell<Index<'s>>>;

impl<'s> Planner<'s> {
    /// Finds plans for the variants of `spec` on CPUs of `arch` with `features`.
    pub fn new(spec: &'s Spec, arch: &'s Arch, features: Features) -> Self {
        Self::sharing(spec, arch, features, SharedIndex::default())
    }

    /// The same with the index of other planners for the same architecture.
    fn sharing(spec: &'s Spec, arch: &'s Arch, features: Features, index: SharedIndex<'s>) -> Self {
        Self {
            spec,
            arch,
            features,
            known: RefCell::default(),
            index,
        }
    }

    fn index(&self) -> &Index<'s> {
        let new = || Index::new(self.spec, self.arch);
        self.index.get_or_init(new)
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
            lack: match variant.of.is_rmw() {
                true => Lack::new(variant, self.index().load, self.index().exchange),
                false => None,
            },
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
        let all = |tells, wanted| self.candidates(&goal, tells, wanted);
        if let Some(found) = all(Tells::Result, Wanted::Any).find(resolves) {
            return Some(Plan::Derived(found));
        }
        let telling = |wanted| all(Tells::New, wanted).chain(all(Tells::Old, wanted));
        let found = telling(Wanted::Native).find(is_direct);
        let found = found.or_else(|| self.flipped(variant, above));
        // An operation gets its own loop rather than a loop that fetches if it is void, or if the
        // place where the loop ends says what the result is.
        let has_loop = variant.of.form == Form::Void || tells_failure(&variant.of);
        let rest = || telling(Wanted::Nearer).filter(|_| !has_loop).find(resolves);
        found.or_else(rest).map(Plan::Derived)
    }

    /// A subtraction as the addition of the negative, if the architecture has a template for it;
    /// likewise `and` as `andnot` of the complement.
    fn flipped(&self, variant: &Variant<'s>, above: Option<u32>) -> Option<Derived<'s>> {
        let goal = Goal::new(variant, true)?;
        let has_sum = |source: &Variant<'s>| {
            let fetch = source.of.fetch();
            let fetch = fetch.and_then(|f| source.sibling(f, source.ordering));
            self.needs(source) > above
                || (source.of.form == Form::Return && fetch.is_some_and(|f| self.needs(&f) > above))
        };
        self.candidates(&goal, Tells::Result, Wanted::Native)
            .find(|d| has_sum(&d.source))
    }

    /// The derivations of the goal from variants that return `tells`, in the order of the table.
    fn candidates<'g>(
        &'g self,
        goal: &'g Goal<'s>,
        tells: Tells,
        wanted: Wanted,
    ) -> impl Iterator<Item = Derived<'s>> + use<'g, 's> {
        let own = goal.variant.of;
        let forms = self.index().find(goal, tells, wanted);
        let forms = forms.filter(move |f| *f != own);
        forms.filter_map(move |form| goal.reach(form, tells))
    }

    /// Step 5: a loop.
    fn looped(&self, variant: &Variant<'s>) -> Option<Plan<'s>> {
        let read = variant.sibling(self.index().load?, Ordering::Relaxed)?;
        self.direct(&read)?;
        let exchange = variant.sibling(self.index().exchange?, variant.ordering)?;
        // The exchange must not be a loop itself.
        let made = |goal: Goal<'s>| {
            let mut sources = self.candidates(&goal, Tells::Old, Wanted::Native);
            sources.any(|d| self.direct(&d.source).is_some())
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
