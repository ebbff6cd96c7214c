//! Which outcomes the memory model forbids: the rules that the verdicts come from.
//!
//! All threads of a test but one have `smp_mb()` between their accesses, so that the verdict
//! hangs on one thread: the outcome is possible unless something orders its two accesses well
//! enough. There are three questions, and this module has the answers.
//!
//! **What is needed** depends on how the cycle comes to the thread's first access and how it goes
//! on from the second ([`is_enough`]), because `tools/memory-model/linux-kernel.cat` tells apart
//! how an order is known to others:
//!
//! | the first access | the second | needed | why |
//! | --- | --- | --- | --- |
//! | reads what a thread with a barrier wrote | any | any order | reading is a proof that the write came before (`hb`) |
//! | reads what a thread without a barrier wrote | is read | a release or a full barrier | only they are A-cumulative: they take along what others wrote (`cumul-fence`) |
//! | overwrites, or is a write that somebody did not see | is read | `smp_wmb()`, a release or a full barrier | the writes must propagate in order (`cumul-fence`); that they are executed in order is not enough |
//! | all other cases | is overwritten, or read too early to see a write | a full barrier | of two links in a row, neither is a proof of when it was (`pb`) |
//!
//! **What there is** depends on the operation, its ordering, and what stands between
//! ([`links`]). It links the read or the write of the first access to the read or the write of
//! the second.
//!
//! **Where the cycle passes**: a read-modify-write is both a read and a write. One that reads
//! what another thread wrote also overwrites it, and one that is overwritten also read before.
//! The outcome is forbidden if one of the ways through the thread is ([`forbids`]).

use atomics_spec::model::op::{Form, Ordering};

/// How the cycle comes to the first access of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It reads what a thread wrote after its barrier.
    Reads,
    /// It reads what a thread wrote that does nothing else.
    ReadsAfar,
    /// It comes after another thread's access to the same variable.
    Overwrites {
        /// Whether that access is a write.
        writes: bool,
    },
}

/// How the cycle goes on from the second access of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Another thread reads what it writes.
    IsRead,
    /// Another thread's write to the same variable comes after it.
    IsOverwritten,
}

/// What stands between the two accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Between {
    Nothing,
    Mb,
    Rmb,
    Wmb,
    BeforeAtomic,
    AfterAtomic,
    /// The second access goes where the first one's value points to.
    Address,
    /// The second access writes what it computes from the first one's value.
    Data,
    /// The second access happens if the first one's value is such.
    Control,
}

/// What the model knows about an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Access {
    /// Whether it reads.
    pub reads: bool,
    /// Whether it writes.
    pub writes: bool,
    /// Whether what it reads is returned.
    returns: bool,
    /// Whether it is a read-modify-write, successful or not.
    pub is_rmw: bool,
    /// The ordering that it has; none if it failed.
    ordering: Ordering,
}

impl Access {
    /// A form in an ordering, that does what it does under a condition unless it `fails`.
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

    /// Its read and its write, as far as it has them.
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

/// How much an order between two accesses means, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    /// The thread executes one before the other.
    Executes,
    /// Two writes reach each other thread in this order.
    Propagates,
    /// And so do the writes of others that this thread has read.
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
    /// What stands between.
    Between,
}

/// What forbids an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    /// What makes the order.
    pub why: Why,
    /// How the cycle comes to the first access.
    pub entry: Entry,
    /// Which part of the second access it goes on from.
    pub exit: Part,
}

/// What forbids the outcome of a test in which everything hangs on these two accesses; none if
/// nothing does.
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
    // The way that the shape is known for, if it is one.
    let known = reasons.iter().find(|r| r.entry == entry);
    known.or(reasons.first()).copied()
}

/// Whether an order is enough between an access that the cycle comes to in this way and one that
/// it goes on from in that.
fn is_enough(strength: Strength, entry: Entry, exit: Exit) -> bool {
    let needed = match (entry, exit) {
        (Entry::Reads, _) => Strength::Executes,
        (Entry::ReadsAfar, Exit::IsRead) => Strength::Cumulative,
        (Entry::Overwrites { .. }, Exit::IsRead) => Strength::Propagates,
        (Entry::ReadsAfar | Entry::Overwrites { .. }, Exit::IsOverwritten) => Strength::Full,
    };
    strength >= needed
}

/// In words, what [`is_enough`] asks for.
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

/// The parts of the first access that the cycle comes to.
fn entries(entry: Entry, access: Access) -> Vec<(Entry, Part)> {
    // What reads a write and writes itself overwrites that write, atomically; and what overwrites
    // a write reads that write, if it reads.
    let (read, write) = match entry {
        Entry::Reads | Entry::ReadsAfar => (Some(entry), Entry::Overwrites { writes: true }),
        Entry::Overwrites { writes: true } => (Some(Entry::Reads), entry),
        // Where a read comes before the write, the write may have read anything.
        Entry::Overwrites { writes: false } => (None, entry),
    };
    let entry_of = |part| match part {
        Part::Read => read.map(|e| (e, part)),
        Part::Write => Some((write, part)),
    };
    access.parts().filter_map(entry_of).collect()
}

/// The parts of the second access that the cycle goes on from.
fn exits(exit: Exit, access: Access) -> impl Iterator<Item = Part> {
    access.parts().filter(move |part| match exit {
        // What was read is the write's, whatever it read itself.
        Exit::IsRead => *part == Part::Write,
        // A read-modify-write is atomic: what comes after its read comes after its write.
        Exit::IsOverwritten => true,
    })
}

/// What orders two accesses.
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

/// What the orderings of the accesses themselves do (atomic_t.txt, ORDERING).
fn ordered(first: Access, from: Part, second: Access, to: Part) -> Option<(Strength, Why)> {
    // As if smp_mb() stood before and after. What only stores and is fully ordered,
    // smp_store_mb(), has its barrier after the store (memory-barriers.txt).
    if first.ordering == Ordering::Full && from == Part::Write {
        return Some((Strength::Full, Why::FullFirst));
    }
    if second.ordering == Ordering::Full && to == Part::Read {
        return Some((Strength::Full, Why::FullSecond));
    }
    // The read is ordered before all that comes later; the write is not.
    if first.ordering == Ordering::Acquire && from == Part::Read {
        return Some((Strength::Executes, Why::Acquire));
    }
    // The write is ordered after all that comes earlier; the read is not.
    if second.ordering == Ordering::Release && to == Part::Write {
        return Some((Strength::Cumulative, Why::Release));
    }
    None
}

/// What something between the accesses does.
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
        // The read of an operation that returns nothing does not count (linux-kernel.cat, R4rmb).
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
        // memory-barriers.txt: an address leads to reads and writes, the others to writes alone.
        Between::Address => (from == Part::Read && first.returns, Strength::Executes),
        Between::Data | Between::Control => (
            (from, to) == (Part::Read, Part::Write) && first.returns,
            Strength::Executes,
        ),
    };
    orders.then_some(strength)
}
