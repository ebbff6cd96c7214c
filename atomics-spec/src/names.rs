//! Every name that is made up from parts is made here, and nowhere else.
//!
//! | what | pattern | example |
//! | --- | --- | --- |
//! | C function | `{family}_{base}{_order}` | `atomic64_fetch_add_acquire` |
//! | base | `{fetch_}{op}{_return}` | `fetch_add`, `add_return`, `add` |
//! | C helper | `{prefix}{C function}` | `rust_helper_atomic64_fetch_add_acquire` |
//! | raw method | the C function's name | `atomic64_fetch_add_acquire` |
//! | raw type | the C object, else `{family}_t` | `atomic64_t`, `atomic_i8_t` |
//! | trait method | `atomic_{base}{_order}` | `atomic_fetch_add_acquire` |
//! | typed method | base; see [`method`] | `fetch_add`, `load`, `cmpxchg` |
//! | raw-pointer function | `atomic_{typed method}`; see [`pointer_function`] | `atomic_fetch_add`, `xchg` |
//! | class trait on values | `Atomic{Class}Ops` | `AtomicArithmeticOps` |
//! | class trait on types | `Atomic{Class}` | `AtomicArithmetic` |
//! | set of orderings | `Ordering`, `{A}Only`, `{A}Or{B}` | `AcquireOrRelaxed` |
//! | litmus test | `{shape}+{thread}+{thread}...` | `MP+once-atomic_set_release+mb` |
//! | thread of a litmus test | the access alone; `{access}{-between}-once`, `once{-between}-{access}`; what is between | `once`, `atomic_inc-rmb-once`, `mb` |
//! | access under test | `{C function}`, `failed-{C function}` | `failed-atomic_cmpxchg` |
//! | architecture's file | `{arch}.rs` | `x86_64.rs` |

mod keywords;

use crate::model::op::{Form, Op, Ordering};
use crate::model::ty::{Class, Family};

pub use keywords::{C_KEYWORDS, RUST_PATHS, rust_ident};

/// The prefix of the C helpers of the kernel, and of `atomics-core`.
pub const HELPER_PREFIX: &str = "rust_helper_";

/// The name of a form without family and ordering: `fetch_add`.
pub fn base(op: &Op, form: Form) -> String {
    based(&op.name, form)
}

fn based(name: &str, form: Form) -> String {
    match form {
        Form::Fetch(_) => format!("fetch_{name}"),
        Form::Return => format!("{name}_return"),
        _ => name.into(),
    }
}

/// The name of a variant without family: `fetch_add_acquire`.
pub fn variant(op: &Op, form: Form, ordering: Ordering) -> String {
    let mut name = base(op, form);
    if ordering != form.unmarked() {
        name.push('_');
        name.push_str(&ordering.name().to_ascii_lowercase());
    }
    name
}

/// The C function of a variant, and the raw method: `atomic64_fetch_add_acquire`.
pub fn function(family: &Family, variant: &str) -> String {
    format!("{}_{variant}", family.name)
}

/// The C helper around a function: `rust_helper_atomic64_fetch_add_acquire`.
pub fn helper(prefix: &str, function: &str) -> String {
    format!("{prefix}{function}")
}

/// The raw type of a family: `atomic64_t`.
pub fn raw_type(family: &Family) -> String {
    family
        .c_object
        .clone()
        .unwrap_or_else(|| format!("{}_t", family.name))
}

/// The method of a class trait: `atomic_fetch_add_acquire`.
pub fn trait_method(variant: &str) -> String {
    format!("atomic_{variant}")
}

/// The typed method of a form: the base, but for the names that Rust has for them: `read` is
/// `load`, `set` is `store`, and a `try_` operation, whose pointer argument becomes a `Result`,
/// loses its `try_`.
pub fn method(op: &Op, form: Form) -> String {
    match (op.name.as_str(), form) {
        ("read", Form::Load) => "load".into(),
        ("set", Form::Store) => "store".into(),
        (name, _) if op.pointer().is_some() => {
            based(name.strip_prefix("try_").unwrap_or(name), form)
        }
        _ => base(op, form),
    }
}

/// The methods that every `Atomic` has, whatever the table says.
pub const METHODS: &[&str] = &["new", "from_ptr", "as_ptr", "as_raw", "get_mut"];

/// The function on a raw pointer for a typed method: `atomic_` before its name, but for the
/// exchanges, which C itself has for plain fields under these names.
pub fn pointer_function(method: &str) -> String {
    match method {
        "xchg" | "cmpxchg" => method.into(),
        _ => format!("atomic_{method}"),
    }
}

/// The traits that there are, whatever the table says.
const TRAITS: &[&str] = &["AtomicAdd", "AtomicImpl", "AtomicRepr", "AtomicType"];

/// The first of the names that come from a class and that something else has already: one of the
/// `others`, or an item of the generated code that comes from no table.
pub(crate) fn taken_by_class(class: &Class, others: &[Class]) -> Option<String> {
    let names = |c: &Class| [class_trait(c), ops_trait(c)];
    let taken: Vec<String> = others.iter().flat_map(names).collect();
    names(class)
        .into_iter()
        .find(|n| TRAITS.contains(&n.as_str()) || taken.contains(n))
}

/// The trait of a class on values: `AtomicArithmeticOps`.
pub fn ops_trait(class: &Class) -> String {
    format!("Atomic{}Ops", camel(&class.name))
}

/// The trait of a class on types: `AtomicArithmetic`.
pub fn class_trait(class: &Class) -> String {
    format!("Atomic{}", camel(&class.name))
}

/// The trait that the orderings of a form have in common.
pub fn ordering_trait(orderings: &[Ordering]) -> String {
    // Relaxed last, whatever the order in which a form lists its variants.
    let known = Ordering::ALL.into_iter().filter(|o| orderings.contains(o));
    let names: Vec<_> = known.map(Ordering::name).collect();
    match *names {
        [one] => format!("{one}Only"),
        ref some if some.len() < Ordering::ALL.len() => some.join("Or"),
        // All of them; fewer is always the case above.
        _ => "Ordering".into(),
    }
}

/// The hidden trait that takes a set of orderings to the variants: `DispatchAcquireOrRelaxed`.
pub fn dispatch_trait(orderings: &[Ordering]) -> String {
    format!("Dispatch{}", ordering_trait(orderings))
}

/// The function of the KUnit suite that gives the calls of a method, or of C's function of a form
/// without one: `fetch_add_calls`, `atomic64_cmpxchg_calls`.
pub fn kunit_calls(name: &str) -> String {
    format!("{name}_calls")
}

/// The KUnit test of a method, or, on types with a table of their own, of the first of them:
/// `add_unless`, `xchg_ptr_const`.
pub fn kunit_test(method: &str, ty: Option<&str>) -> String {
    match ty {
        Some(ty) => format!("{method}_{}", ty.replace('*', "ptr_")),
        None => rust_ident(method),
    }
}

/// What a form without a method is called where methods are: `raw_cmpxchg`.
pub fn kunit_raw(base: &str) -> String {
    format!("raw_{base}")
}

/// The KUnit test of a method by several workers: `add_unless_by_workers`.
pub fn kunit_race(method: &str) -> String {
    format!("{method}_by_workers")
}

/// An access in a litmus test that is not under test.
pub const LITMUS_ONCE: &str = "once";

/// The access under test in a litmus test: `atomic_cmpxchg`, `failed-atomic_cmpxchg`. No C name
/// has a `-`.
pub fn litmus_access(function: &str, fails: bool) -> String {
    let failed = if fails { "failed-" } else { "" };
    format!("{failed}{function}")
}

/// The thread of a litmus test with the access under test as the first or the second of two, and
/// something `between` them, or nothing: `once-rmb-atomic_add_return_relaxed`.
pub fn litmus_thread(access: &str, is_first: bool, between: &str) -> String {
    let (first, second) = match is_first {
        true => (access, LITMUS_ONCE),
        false => (LITMUS_ONCE, access),
    };
    let parts = [first, between, second];
    let parts: Vec<_> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join("-")
}

/// A litmus test, which is also the name of its file: `MP+mb+atomic_read_acquire-once`.
pub fn litmus_test(shape: &str, threads: impl IntoIterator<Item = String>) -> String {
    let threads: Vec<_> = threads.into_iter().collect();
    format!("{shape}+{}", threads.join("+"))
}

/// `some_name` as `SomeName`.
fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect()
}

/// What `core::sync::atomic` calls a typed method, where it has another name for it.
pub fn std_alias(method: &str) -> Option<&'static str> {
    match method {
        "xchg" => Some("swap"),
        "cmpxchg" => Some("compare_exchange"),
        _ => None,
    }
}
