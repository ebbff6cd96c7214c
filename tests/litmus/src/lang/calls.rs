//! Resolves the calls of a litmus file.

use atomics_spec::arch::Features;
use atomics_spec::model::op::Ordering;
use atomics_spec::{Spec, Variant};

/// The kinds of calls.
#[derive(Clone, Copy, Debug)]
pub enum Call<'s> {
    /// A load or a store by one of the kernel's macros, such as `READ_ONCE()`.
    Macro(Macro),
    /// A barrier, with its name in the emitted module `barrier`.
    Barrier(&'static str),
    /// An atomic function: `atomic_fetch_add()`.
    Function(Variant<'s>),
    /// An atomic operation on a variable that is not an `atomic_t`: `xchg()`. The family of the
    /// variant means nothing.
    Plain(Variant<'s>),
    /// A call that is not checked on machine code, with what it belongs to.
    OutOfScope(&'static str),
    /// An unknown function.
    Unknown,
}

/// A macro that loads or stores.
#[derive(Clone, Copy, Debug)]
pub struct Macro {
    /// Whether it takes the variable (`*x`) rather than its address (`x`).
    pub lvalue: bool,
    /// Its access.
    pub access: Access,
}

/// The access of a macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A load.
    Load(Ordering),
    /// A store.
    Store(Ordering),
    /// A store followed by a full barrier.
    StoreMb,
}

const fn of(lvalue: bool, access: Access) -> Macro {
    Macro { lvalue, access }
}

/// The macros.
const MACROS: [(&str, Macro); 7] = [
    ("READ_ONCE", of(true, Access::Load(Ordering::Relaxed))),
    ("WRITE_ONCE", of(true, Access::Store(Ordering::Relaxed))),
    (
        "smp_load_acquire",
        of(false, Access::Load(Ordering::Acquire)),
    ),
    (
        "smp_store_release",
        of(false, Access::Store(Ordering::Release)),
    ),
    ("smp_store_mb", of(true, Access::StoreMb)),
    ("rcu_dereference", of(true, Access::Load(Ordering::Relaxed))),
    (
        "rcu_assign_pointer",
        of(true, Access::Store(Ordering::Release)),
    ),
];

/// The barriers, with their calls in the emitted module `barrier`.
const BARRIERS: [(&str, &str); 6] = [
    ("smp_mb", "smp_mb(barrier::Full)"),
    ("smp_rmb", "smp_mb(barrier::Read)"),
    ("smp_wmb", "smp_mb(barrier::Write)"),
    ("smp_mb__before_atomic", "smp_mb__before_atomic()"),
    ("smp_mb__after_atomic", "smp_mb__after_atomic()"),
    ("barrier", "barrier()"),
];

/// Prefixes of functions that are not checked on machine code, with what they belong to.
const OUT_OF_SCOPE: [(&str, &str); 10] = [
    ("spin_", "a lock"),
    ("smp_mb__after_spinlock", "a lock"),
    ("smp_mb__after_unlock_lock", "a lock"),
    ("smp_mb__after_srcu_read_unlock", "SRCU"),
    ("srcu_", "SRCU"),
    ("synchronize_srcu", "SRCU"),
    ("rcu_read_", "RCU"),
    ("synchronize_rcu", "RCU"),
    ("call_rcu", "RCU"),
    ("__", "a herd7 primitive"),
];

/// The operation of the macro `name` on variables that are not an `atomic_t`, according to the
/// table `arch/kernel.tbl`.
fn plain<'s>(spec: &'s Spec, name: &str) -> Option<Variant<'s>> {
    let kernel = spec.arch("kernel")?;
    let mut variants = spec.variants().filter(|v| v.name() == name);
    variants.find(|v| {
        let template = kernel.template(name, 32, Features::NONE);
        let line = template.and_then(|template| template.lines.first());
        let call = line.and_then(|line| line.text.strip_prefix(name));
        v.family.bits(64) == 32 && call.is_some_and(|rest| rest.starts_with('('))
    })
}

/// The macro `name`.
pub fn macro_named(name: &str) -> Option<Macro> {
    let found = MACROS.iter().find(|(known, _)| *known == name);
    found.map(|(_, found)| *found)
}

/// Resolves a call of `name`.
pub fn resolve<'s>(spec: &'s Spec, name: &str) -> Call<'s> {
    if let Some(found) = macro_named(name) {
        return Call::Macro(found);
    }
    if let Some((_, rust)) = BARRIERS.iter().find(|(known, _)| *known == name) {
        return Call::Barrier(rust);
    }
    if let Some(variant) = spec.find(name) {
        return Call::Function(variant);
    }
    if let Some(variant) = plain(spec, name) {
        return Call::Plain(variant);
    }
    let mut others = OUT_OF_SCOPE.iter();
    match others.find(|(start, _)| name.starts_with(start)) {
        Some((_, what)) => Call::OutOfScope(what),
        None => Call::Unknown,
    }
}
