//! Why a test has its verdict, in a sentence or two.

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
            "P{thread} has one access, {function}(), so that nothing can be out of order in it, \
             and the other threads have full barriers between theirs."
        );
    }
    let (entry, exit) = placement.shape.ends(thread);
    let Some(reason) = reason else {
        return format!(
            "P{thread}'s accesses would have to be {}, but {}.",
            rules::needed(entry, exit),
            missing(placement, at == 0)
        );
    };
    let since = match reason.entry {
        _ if reason.entry == entry => String::new(),
        Entry::Overwrites { .. } => format!(" since {function}() overwrites what it reads,"),
        _ => format!(" since {function}() reads what it overwrites,"),
    };
    let atomic = match (reason.exit, placement.shape.kind((thread, 1))) {
        (Part::Write, AccessKind::R) => {
            "; and since it is atomic, what overwrites the value that it read comes after its write"
        }
        (Part::Read, AccessKind::W) => {
            "; and what overwrites its write comes after its read as well"
        }
        _ => "",
    };
    format!(
        "P{thread}'s accesses must be {},{since} and they are: {}{atomic}.",
        rules::needed(reason.entry, exit),
        given(placement, reason.why)
    )
}

/// What gives the order.
fn given(placement: &Placement<'_, '_>, why: Why) -> String {
    let function = &placement.call.function;
    match why {
        Why::FullFirst if placement.call.form.form == Form::Store => {
            format!("a full barrier follows the store of {function}() (memory-barriers.txt)")
        }
        Why::FullFirst => {
            format!("it is as if smp_mb() stood after {function}() (atomic_t.txt, ORDERING)")
        }
        Why::FullSecond => {
            format!("it is as if smp_mb() stood before {function}() (atomic_t.txt, ORDERING)")
        }
        Why::Acquire => format!(
            "all that follows {function}() comes after its read, which is an acquire \
             (atomic_t.txt, ORDERING)"
        ),
        Why::Release => format!(
            "all that precedes {function}(), the writes of others that were read included, comes \
             before its write, which is a release (atomic_t.txt, ORDERING)"
        ),
        Why::Between => between(placement),
    }
}

/// What stands between and gives the order.
fn between(placement: &Placement<'_, '_>) -> String {
    let function = &placement.call.function;
    let name = barrier(placement.between).unwrap_or_default();
    match placement.between {
        // It orders nothing, so that it is no reason.
        Between::Nothing => String::new(),
        Between::Mb => format!("{name}() is a full barrier"),
        Between::Rmb => format!(
            "{name}() orders reads, also that of {function}() (memory-barriers.txt, VARIETIES OF \
             MEMORY BARRIER)"
        ),
        Between::Wmb => format!(
            "{name}() orders writes, also that of {function}() (memory-barriers.txt, VARIETIES OF \
             MEMORY BARRIER)"
        ),
        Between::BeforeAtomic | Between::AfterAtomic => format!(
            "{name}() makes a full barrier of itself and {function}() (atomic_t.txt, The barriers)"
        ),
        Between::Address => "the first one's value is the address of the second one \
             (explanation.txt, DEPENDENCY RELATIONS)"
            .into(),
        Between::Data => "the second one writes what is computed from the first one's value \
             (explanation.txt, DEPENDENCY RELATIONS)"
            .into(),
        Between::Control => "whether the second one writes hangs on the first one's value \
             (explanation.txt, DEPENDENCY RELATIONS)"
            .into(),
    }
}

/// Why there is no order, or not enough.
fn missing(placement: &Placement<'_, '_>, is_first: bool) -> String {
    let function = &placement.call.function;
    let own = match (placement.call.ordering, is_first) {
        _ if placement.fails => {
            format!("{function}(), which fails, orders nothing (atomic_t.txt, ORDERING)")
        }
        (Ordering::Full, _) => format!(
            "the barrier of {function}() follows its store and does not precede it \
             (memory-barriers.txt)"
        ),
        (Ordering::Acquire, true) => format!(
            "{function}() orders only its read before what follows, and not its write \
             (atomic_t.txt, ORDERING)"
        ),
        (Ordering::Acquire, false) => {
            format!("{function}(), an acquire, does not order what precedes it")
        }
        (Ordering::Release, true) => {
            format!("{function}(), a release, does not order what follows it")
        }
        (Ordering::Release, false) => format!(
            "{function}() orders what precedes it only before its write, and is not a full \
             barrier (atomic_t.txt, ORDERING)"
        ),
        (Ordering::Relaxed, _) => format!("{function}() is unordered (atomic_t.txt, ORDERING)"),
    };
    let besides = match placement.between {
        Between::Rmb if placement.call.form.form == Form::Void => {
            "smp_rmb() does not count the read of an operation that returns nothing"
        }
        Between::Rmb => "smp_rmb() orders reads alone",
        Between::Wmb => "smp_wmb() orders writes alone",
        Between::Data => "a data dependency orders no writes of other threads",
        Between::Control if is_read(placement) => "a control dependency orders no later reads",
        Between::Control => "a control dependency orders no writes of other threads",
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

/// A text in lines of a width.
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
