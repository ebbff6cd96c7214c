//! One test: an operation in the place of one access of a shape.

use crate::generate::call::{Call, Calls};
use crate::generate::rules::{self, Access, Between, Reason};
use crate::generate::shape::{AccessKind, Place, Shape};
use crate::verdict::Verdict;
use atomics_spec::model::op::{Form, Ordering};
use atomics_spec::names;

/// The number of coverage keys of a test.
pub(super) const KEYS: usize = 4;

/// An operation in a place of a shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement<'c, 's> {
    /// The operations on the variable.
    pub calls: &'c Calls<'s>,
    /// The operation.
    pub call: &'c Call<'s>,
    /// Whether it fails.
    pub fails: bool,
    /// The shape.
    pub shape: &'static Shape,
    /// Where in it the operation stands.
    pub place: Place,
    /// The barrier or dependency between it and the other access of its thread.
    pub between: Between,
}

impl Placement<'_, '_> {
    /// Whether the operation can do the access of its place.
    pub fn is_possible(&self) -> bool {
        let access = self.call.access(self.fails);
        let does = match self.shape.kind(self.place) {
            AccessKind::R => access.reads,
            AccessKind::W => access.writes,
        };
        does && (!self.fails || self.call.form.can_fail())
    }

    /// What forbids the outcome, if an order between the thread's two accesses does.
    pub fn reason(&self) -> Option<Reason> {
        let (thread, at) = self.place;
        let own = self.call.access(self.fails);
        let other = match self.shape.kind((thread, 1 - at)) {
            AccessKind::R => Access::new(Form::Load, Ordering::Relaxed, false),
            AccessKind::W => Access::new(Form::Store, Ordering::Relaxed, false),
        };
        let (first, second) = if at == 0 { (own, other) } else { (other, own) };
        rules::forbids(first, self.between, second, self.shape.ends(thread))
    }

    /// Whether the operation is the only access of its thread.
    pub fn is_lone(&self) -> bool {
        self.shape.threads[self.place.0].len() == 1
    }

    /// The name of the test.
    pub fn name(&self) -> String {
        let own = names::litmus_access(&self.call.function, self.fails);
        let threads = self
            .shape
            .threads
            .iter()
            .enumerate()
            .map(|(thread, accesses)| {
                let is_own = thread == self.place.0;
                match (accesses.len(), is_own) {
                    (1, true) => own.clone(),
                    (1, false) => names::LITMUS_ONCE.to_owned(),
                    (_, true) => names::litmus_thread(&own, self.place.1 == 0, self.between.name()),
                    (_, false) => Between::Mb.name().to_owned(),
                }
            });
        names::litmus_test(self.shape.name, threads)
    }

    /// The coverage keys of the test.
    pub fn keys(&self, expected: Verdict) -> [String; KEYS] {
        let Self {
            call,
            fails,
            shape,
            place,
            between,
            ..
        } = self;
        let family = &self.calls.family;
        let (kind, ordering) = (shape.kind(*place), call.ordering);
        let set = call.form.orderings();
        [
            // Each ordering of each set of forms in each role.
            format!(
                "{set:?} {ordering:?} {fails} {kind:?} {} {between:?}",
                place.1
            ),
            // Each ordering in each place of each shape.
            format!("{} {place:?} {ordering:?} {expected:?}", shape.name),
            // Each form of each operation, as a function and as a macro.
            format!("{} {} {fails}", call.form.base(), self.calls.is_plain()),
            // Each ordering in each family.
            format!("{family} {set:?} {ordering:?} {fails}"),
        ]
    }
}

impl Between {
    /// Its name in names of tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Mb => "mb",
            Self::Rmb => "rmb",
            Self::Wmb => "wmb",
            Self::BeforeAtomic => "before_atomic",
            Self::AfterAtomic => "after_atomic",
            Self::Address => "addr",
            Self::Data => "data",
            Self::Control => "ctrl",
        }
    }
}

/// The C barrier, if it is one.
pub(super) fn barrier(between: Between) -> Option<String> {
    match between {
        Between::Mb | Between::Rmb | Between::Wmb => Some(format!("smp_{}", between.name())),
        Between::BeforeAtomic | Between::AfterAtomic => Some(format!("smp_mb__{}", between.name())),
        Between::Nothing | Between::Address | Between::Data | Between::Control => None,
    }
}
