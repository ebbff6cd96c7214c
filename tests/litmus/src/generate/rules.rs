//! The rules that predict which outcomes the memory model forbids.
//!
//! All threads of a test but one have `smp_mb()` between their accesses, so the verdict depends on
//! one thread: the outcome is allowed unless something orders its two accesses strongly enough.
//! This module answers three questions.
//!
//! **Which order is needed** depends on how the cycle enters the thread's first access and how it
//! leaves the second ([`is_enough`]). `tools/memory-model/linux-kernel.cat` distinguishes how other
//! threads observe an order:
//!
//! | the first access | the second | needed | why |
//! | --- | --- | --- | --- |
//! | reads what a thread with a barrier wrote | any | any order | the read proves that the write came before (`hb`) |
//! | reads what a thread without a barrier wrote | is read | a release or a full barrier | only they are A-cumulative: they also order the writes of other threads (`cumul-fence`) |
//! | overwrites, or is a write that another thread did not see | is read | `smp_wmb()`, a release or a full barrier | the writes must propagate in order (`cumul-fence`); execution in order is not enough |
//! | all other cases | is overwritten, or read too early to see a write | a full barrier | neither of two consecutive links proves when its access happened (`pb`) |
//!
//! **Which order there is** depends on the operation, its ordering, and the barrier or dependency
//! between the accesses ([`links`]). It links the read or the write of the first access to the read
//! or the write of the second.
//!
//! **Which way the cycle takes**: a read-modify-write is both a read and a write. If it reads what
//! another thread wrote, it also overwrites it; if it is overwritten, its read also came before.
//! The outcome is forbidden if at least one way through the thread is ordered strongly enough
//! ([`forbids`]).

use atomics_spec::model::op::{Form, Ordering};

/// How the cycle enters the first access of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It reads what a thread wrote after its barrier.
    Reads,
    /// It reads what a thread with a single access wrote.
    ReadsAfar,
    /// It comes after another thread's access to the same variable.
    Overwrites {
        /// Whether that access is a write.
        writes: bool,
    },
}

/// How the cycle leaves the second access of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Another thread reads what it writes.
    IsRead,
    /// Another thread's write to the same variable comes after it.
    IsOverwritten,
}

/// The barrier or dependency between the two accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Between {
    Nothing,
    Mb,
    Rmb,
    Wmb,
    BeforeAtomic,
    AfterAtomic,
    /// An address dependency: the second access goes to the address that the first one reads.
    Address,
    /// A data dependency: the second access writes a value computed from what the first one reads.
    Data,
    /// A control dependency: the second access is conditional on what the first one reads.
    Control,
}

/// What the model knows about an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Access {
    /// Whether it reads.
    pub reads: bool,
    /// Whether it writes.
    pub writes: bool,
    /// Whether it returns a value.
    returns: bool,
    /// Whether it is a read-modify-write, successful or not.
    pub is_rmw: bool,
    /// Its ordering; relaxed if it fails.
    ordering: Ordering,
}

impl Access {
    /// The access of a form with an ordering; `fails` says whether a conditional operation fails.
    pub fn new(form: Form, ordering: Ordering, fails: bool) -> Self {
        Self {
            reads: form != Form::Store,
            writes: form != Form::Load && !fails,
            returns: !matches!(form, Form::Store | Form::Void),
            is_rmw: !matches!(form, Form::Load | Form::Store),
            // atomic_t.txt, ORDERING: conditional operations are unordered on failure.
            ordering: if fails { Ordering::Relaxed } else { ordering },
        }
    }

    /// Its read and its write, if it has them.
    fn parts(&self) -> impl Iterator<Item = Part> + use<> {
        let parts = [(Part::Read, self.reads), (Part::Write, self.writes)];
        parts
            .into_iter()
            .filter_map(|(part, has)| has.then_some(part))
    }
}

/// One half of a read-modify-write, or the whole of another access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Read,
    Write,
}

/// The strength of an order between two accesses, from weak to strong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    /// The thread executes one before the other.
    Executes,
    /// Two writes reach each other thread in this order.
    Propagates,
    /// So do the writes of other threads that this thread has read.
    Cumulative,
    /// The first one has reached every thread before the second one is executed.
    Full,
}

/// An order between a part of the first access and one of the second.
#[derive(Clone, Copy, Debug)]
struct Link {
    from: Part,
    to: Part,
    strength: Strength,
    why: Why,
}

/// What makes a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The first access, which is fully ordered.
    FullFirst,
    /// The second access, which is fully ordered.
    FullSecond,
    /// The first access is an acquire.
    Acquire,
    /// The second access is a release.
    Release,
    /// The barrier or dependency between the accesses.
    Between,
}

/// What forbids an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    /// What makes the order.
    pub why: Why,
    /// How the cycle enters the first access.
    pub entry: Entry,
    /// The part of the second access from which the cycle leaves.
    pub exit: Part,
}

/// What forbids the outcome of a test whose verdict depends on these two accesses; `None` if it is
/// allowed.
pub(super) fn forbids(
    first: Access,
    between: Between,
    second: Access,
    (entry, exit): (Entry, Exit),
) -> Option<Reason> {
    let links = links(first, between, second);
    let mut reasons = Vec::new();
    for (entry, from) in entries(entry, first) {
        for to in exits(exit, second) {
            let fits = |l: &&Link| (l.from, l.to) == (from, to);
            let enough = |l: &&Link| is_enough(l.strength, entry, exit);
            let link = links.iter().filter(fits).find(enough);
            reasons.extend(link.map(|link| Reason {
                why: link.why,
                entry,
                exit: to,
            }));
        }
    }
    // Prefer the way through the thread that the shape is named for.
    let known = reasons.iter().find(|r| r.entry == entry);
    known.or(reasons.first()).copied()
}

/// Whether an order between two accesses is strong enough, given how the cycle enters the first and
/// leaves the second.
fn is_enough(strength: Strength, entry: Entry, exit: Exit) -> bool {
    let needed = match (entry, exit) {
        (Entry::Reads, _) => Strength::Executes,
        (Entry::ReadsAfar, Exit::IsRead) => Strength::Cumulative,
        (Entry::Overwrites { .. }, Exit::IsRead) => Strength::Propagates,
        (Entry::ReadsAfar | Entry::Overwrites { .. }, Exit::IsOverwritten) => Strength::Full,
    };
    strength >= needed
}

/// The order that [`is_enough`] needs, in words.
pub(super) fn needed(entry: Entry, exit: Exit) -> &'static str {
    match (entry, exit) {
        (Entry::Reads, _) => "executed in order",
        (Entry::ReadsAfar, Exit::IsRead) => "ordered by a release or a full barrier",
        (Entry::Overwrites { .. }, Exit::IsRead) => {
            "ordered by smp_wmb(), a release or a full barrier"
        }
        _ => "ordered by a full barrier",
    }
}

/// The parts of the first access that the cycle can enter.
fn entries(entry: Entry, access: Access) -> Vec<(Entry, Part)> {
    // A read-modify-write that reads a write also overwrites it, atomically, and one that
    // overwrites a write also reads it.
    let (read, write) = match entry {
        Entry::Reads | Entry::ReadsAfar => (Some(entry), Entry::Overwrites { writes: true }),
        Entry::Overwrites { writes: true } => (Some(Entry::Reads), entry),
        // If a read comes before the write, the read-modify-write may have read anything.
        Entry::Overwrites { writes: false } => (None, entry),
    };
    let entry_of = |part| match part {
        Part::Read => read.map(|e| (e, part)),
        Part::Write => Some((write, part)),
    };
    access.parts().filter_map(entry_of).collect()
}

/// The parts of the second access from which the cycle can leave.
fn exits(exit: Exit, access: Access) -> impl Iterator<Item = Part> {
    access.parts().filter(move |part| match exit {
        // The other thread reads the value of the write.
        Exit::IsRead => *part == Part::Write,
        // A read-modify-write is atomic: a write that comes after its read comes after its write.
        Exit::IsOverwritten => true,
    })
}

/// The orders between the parts of two accesses.
fn links(first: Access, between: Between, second: Access) -> Vec<Link> {
    let mut links = Vec::new();
    for from in first.parts() {
        for to in second.parts() {
            let mut add = |strength, why| {
                links.push(Link {
                    from,
                    to,
                    strength,
                    why,
                });
            };
            let own = ordered(first, from, second, to);
            own.into_iter().for_each(|(s, why)| add(s, why));
            if let Some(strength) = separated(first, from, between, second, to) {
                add(strength, Why::Between);
            }
        }
    }
    // The read of a read-modify-write is executed before its write.
    let through: Vec<_> = links
        .iter()
        .flat_map(|link| {
            let before = (link.from == Part::Write && first.reads).then_some(Link {
                from: Part::Read,
                strength: Strength::Executes,
                ..*link
            });
            let after = (link.to == Part::Read && second.writes).then_some(Link {
                to: Part::Write,
                ..*link
            });
            before.into_iter().chain(after)
        })
        .collect();
    links.extend(through);
    links
}

/// The order that the orderings of the accesses themselves give (atomic_t.txt, ORDERING).
fn ordered(first: Access, from: Part, second: Access, to: Part) -> Option<(Strength, Why)> {
    // A fully ordered operation acts as if smp_mb() stood before and after it. smp_store_mb(), the
    // only fully ordered store, has its barrier after the store (memory-barriers.txt).
    if first.ordering == Ordering::Full && from == Part::Write {
        return Some((Strength::Full, Why::FullFirst));
    }
    if second.ordering == Ordering::Full && to == Part::Read {
        return Some((Strength::Full, Why::FullSecond));
    }
    // The read is ordered before all later accesses; the write is not.
    if first.ordering == Ordering::Acquire && from == Part::Read {
        return Some((Strength::Executes, Why::Acquire));
    }
    // The write is ordered after all earlier accesses; the read is not.
    if second.ordering == Ordering::Release && to == Part::Write {
        return Some((Strength::Cumulative, Why::Release));
    }
    None
}

/// The order that a barrier or dependency between the accesses gives.
fn separated(
    first: Access,
    from: Part,
    between: Between,
    second: Access,
    to: Part,
) -> Option<Strength> {
    let (orders, strength) = match between {
        Between::Nothing => (false, Strength::Executes),
        Between::Mb => (true, Strength::Full),
        // smp_rmb() ignores the read of an operation that returns nothing (linux-kernel.cat,
        // R4rmb).
        Between::Rmb => (
            (from, to) == (Part::Read, Part::Read) && first.returns && second.returns,
            Strength::Executes,
        ),
        Between::Wmb => (
            (from, to) == (Part::Write, Part::Write),
            Strength::Propagates,
        ),
        // atomic_t.txt: these apply to the read-modify-write that they stand next to.
        Between::BeforeAtomic => (second.is_rmw, Strength::Full),
        Between::AfterAtomic => (first.is_rmw, Strength::Full),
        // memory-barriers.txt: an address dependency orders reads and writes, the others only
        // writes.
        Between::Address => (from == Part::Read && first.returns, Strength::Executes),
        Between::Data | Between::Control => (
            (from, to) == (Part::Read, Part::Write) && first.returns,
            Strength::Executes,
        ),
    };
    orders.then_some(strength)
}
