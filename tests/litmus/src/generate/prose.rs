//! Explains the verdict of a test in a sentence or two.

use crate::generate::case::{Placement, barrier};
use crate::generate::rules::{self, Between, Entry, Part, Reason, Why};
use crate::generate::shape::AccessKind;
use atomics_spec::model::op::{Form, Ordering};

/// The reason of a verdict.
pub(super) fn reason(placement: &Placement<'_, '_>, reason: Option<Reason>) -> String {
    let (thread, at) = placement.place;
    let function = &placement.call.function;
    if placement.is_lone() {
        return format!(
            "P{thread} has a single access, {function}(), so it has nothing to reorder, and the \
             other threads have full barriers between their accesses."
        );
    }
    let (entry, exit) = placement.shape.ends(thread);
    let Some(reason) = reason else {
        return format!(
            "To forbid the outcome, P{thread}'s accesses would have to be {}, but {}.",
            rules::needed(entry, exit),
            missing(placement, at == 0)
        );
    };
    let since = match reason.entry {
        _ if reason.entry == entry => String::new(),
        Entry::Overwrites { .. } => {
            format!(", which is enough since {function}() also overwrites the value that it reads")
        }
        _ => {
            format!(", which is enough since {function}() also reads the value that it overwrites")
        }
    };
    let atomic = match (reason.exit, placement.shape.kind((thread, 1))) {
        (Part::Write, AccessKind::R) => {
            "; and since the operation is atomic, a write that overwrites the value it read also \
             comes after its own write"
        }
        (Part::Read, AccessKind::W) => {
            "; and a write that overwrites its write also comes after its read"
        }
        _ => "",
    };
    format!(
        "The outcome is forbidden because P{thread}'s accesses are {}{since}: {}{atomic}.",
        rules::needed(reason.entry, exit),
        given(placement, reason.why)
    )
}

/// What orders the accesses.
fn given(placement: &Placement<'_, '_>, why: Why) -> String {
    let function = &placement.call.function;
    match why {
        Why::FullFirst if placement.call.form.form == Form::Store => {
            format!("{function}() is a store followed by a full barrier (memory-barriers.txt)")
        }
        Why::FullFirst => format!(
            "{function}() is fully ordered, as if an smp_mb() followed it (atomic_t.txt, ORDERING)"
        ),
        Why::FullSecond => format!(
            "{function}() is fully ordered, as if an smp_mb() preceded it (atomic_t.txt, ORDERING)"
        ),
        Why::Acquire => format!(
            "{function}() is an acquire, so its read is ordered before all later accesses \
             (atomic_t.txt, ORDERING)"
        ),
        Why::Release => format!(
            "{function}() is a release, so all earlier accesses, and the writes of other threads \
             that they read, are ordered before its write (atomic_t.txt, ORDERING)"
        ),
        Why::Between => between(placement),
    }
}

/// The barrier or dependency between the accesses that orders them.
fn between(placement: &Placement<'_, '_>) -> String {
    let function = &placement.call.function;
    let name = barrier(placement.between).unwrap_or_default();
    match placement.between {
        // Never a reason: nothing stands between the accesses.
        Between::Nothing => String::new(),
        Between::Mb => format!("{name}() is a full barrier"),
        Between::Rmb => format!(
            "{name}() orders reads, including that of {function}() (memory-barriers.txt, \
             VARIETIES OF MEMORY BARRIER)"
        ),
        Between::Wmb => format!(
            "{name}() orders writes, including that of {function}() (memory-barriers.txt, \
             VARIETIES OF MEMORY BARRIER)"
        ),
        Between::BeforeAtomic | Between::AfterAtomic => format!(
            "{name}() and {function}() together act as a full barrier (atomic_t.txt, The barriers)"
        ),
        Between::Address => "there is an address dependency from the first one to the second one \
             (explanation.txt, DEPENDENCY RELATIONS)"
            .into(),
        Between::Data => "there is a data dependency from the first one to the write of the \
             second one (explanation.txt, DEPENDENCY RELATIONS)"
            .into(),
        Between::Control => "there is a control dependency from the first one to the write of the \
             second one (explanation.txt, DEPENDENCY RELATIONS)"
            .into(),
    }
}

/// Why the accesses are not ordered, or not strongly enough.
fn missing(placement: &Placement<'_, '_>, is_first: bool) -> String {
    let function = &placement.call.function;
    let own = match (placement.call.ordering, is_first) {
        _ if placement.fails => {
            format!("a failed {function}() provides no ordering (atomic_t.txt, ORDERING)")
        }
        (Ordering::Full, _) => format!(
            "the barrier of {function}() comes after its store, not before it \
             (memory-barriers.txt)"
        ),
        (Ordering::Acquire, true) => format!(
            "{function}() orders only its read, not its write, before later accesses \
             (atomic_t.txt, ORDERING)"
        ),
        (Ordering::Acquire, false) => {
            format!("{function}() is an acquire, which does not order earlier accesses")
        }
        (Ordering::Release, true) => {
            format!("{function}() is a release, which does not order later accesses")
        }
        (Ordering::Release, false) => format!(
            "{function}() orders earlier accesses only before its write, and is not a full \
             barrier (atomic_t.txt, ORDERING)"
        ),
        (Ordering::Relaxed, _) => format!("{function}() is unordered (atomic_t.txt, ORDERING)"),
    };
    let besides = match placement.between {
        Between::Rmb if placement.call.form.form == Form::Void => {
            "smp_rmb() does not order the read of an operation that returns no value"
        }
        Between::Rmb => "smp_rmb() orders only reads",
        Between::Wmb => "smp_wmb() orders only writes",
        Between::Data => "a data dependency does not order writes of other threads",
        Between::Control if is_read(placement) => "a control dependency does not order later reads",
        Between::Control => "a control dependency does not order writes of other threads",
        _ => return own,
    };
    format!("{own}, and {besides}")
}

/// Whether the second access of the thread only reads.
fn is_read(placement: &Placement<'_, '_>) -> bool {
    let (thread, at) = placement.place;
    let writes = at == 1 && placement.call.access(placement.fails).writes;
    placement.shape.kind((thread, 1)) == AccessKind::R && !writes
}

/// Wraps a text to lines of at most `width` characters.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
