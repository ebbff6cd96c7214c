//! Builds all composed names. No other module builds one.
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
//! | C macro on plain variables | `READ_ONCE` and its kin, `{base}{_order}`, `{base}64{_order}` | `xchg_acquire` |
//! | class trait on values | `Atomic{Class}Ops` | `AtomicArithmeticOps` |
//! | hidden trait and method for raw pointers | `Mixed{Class}Ops`, `mixed_{base}{_order}` | `mixed_read_acquire` |
//! | class trait on types | `Atomic{Class}` | `AtomicArithmetic` |
//! | set of orderings | `Ordering`, `{A}Only`, `{A}Or{B}` | `AcquireOrRelaxed` |
//! | litmus test | `{shape}+{thread}+{thread}...` | `MP+once-atomic_set_release+mb` |
//! | thread of a litmus test | the access alone; `{access}{-between}-once`, `once{-between}-{access}`; `{between}` | `once`, `atomic_inc-rmb-once`, `mb` |
//! | access under test | `{C function}`, `failed-{C function}` | `failed-atomic_cmpxchg` |
//! | architecture's file | `{arch}.rs` | `x86_64.rs` |

mod keywords;

use std::collections::BTreeSet;

use crate::model::op::{Form, Op, Ordering};
use crate::model::ty::{Class, Family, Repr, Width};

pub use keywords::{
    C_COMPILER_MACROS, C_KEYWORDS, C_TYPES, KERNEL_MACRO_PREFIXES, KERNEL_MACROS, RUST_PATHS,
    RUST_TYPES, c_macro, rust_ident,
};

/// The prefix of the C helpers of the kernel.
pub const HELPER_PREFIX: &str = "rust_helper_";

/// The prefix of the C helpers of `atomics-core`, which has the version of this crate: a program may
/// have several versions of it, and C's names are global.
pub const CORE_PREFIX: &str = concat!(
    "atomics_core_",
    env!("CARGO_PKG_VERSION_MAJOR"),
    "_",
    env!("CARGO_PKG_VERSION_MINOR"),
    "_",
    env!("CARGO_PKG_VERSION_PATCH"),
    "_"
);

/// The name of a form without the family and the ordering: `fetch_add`.
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

/// The name of a variant without the family: `fetch_add_acquire`.
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

/// The module of a backend with the functions of a family.
pub fn backend_module(family: &Family) -> String {
    rust_ident(&family.name)
}

/// The file of the sequence by which a kernel knows a CPU feature, without its extension.
pub fn kernel_sequence(feature: &str) -> String {
    format!("generated_arch_atomic_{feature}_asm")
}

/// The function that returns whether a kernel that decides at boot uses a feature: `has_lse`.
pub fn kernel_choice(feature: &str) -> String {
    format!("has_{feature}")
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

/// The typed method of a form: the base, except where Rust has another name. `read` is `load` and
/// `set` is `store`. A `try_` operation loses its `try_`, because its pointer argument becomes a
/// `Result`.
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

/// The methods that every `Atomic` has, independent of the table.
pub const METHODS: &[&str] = &[
    "new",
    "from_ptr",
    "from_mut",
    "as_ptr",
    "as_raw",
    "get_mut",
    "into_inner",
];

/// The methods of the prelude that every type has and that take `self`. A call `x.into()` means
/// the method of the prelude, even if `Atomic` has a method `into(&self)`.
pub const PRELUDE_METHODS: &[&str] = &["into", "try_into"];

/// The operations of the typed methods that generated code calls.
pub const CALLED: &[(&str, &str)] = &[("read", "load"), ("set", "store")];

/// The type of `core` for variables with values of a type.
pub fn core_atomic(repr: Repr) -> String {
    match repr {
        Repr::Int(name) => format!("Atomic{}", camel(name)),
        Repr::Pointer => "AtomicPtr".into(),
    }
}

/// The functions of the backends that are neither operations nor barriers, except those that ask
/// for a feature of the CPU.
pub const BACKEND_FUNCTIONS: &[&str] = &[
    "fence_acquire",
    "fence_full_after",
    "fence_full_before",
    "fence_release",
    "word_around",
];

/// The modules beside those of the families in a backend, and the crate that they use, except the
/// modules of the architectures and of what a kernel chooses between.
pub const BACKEND_MODULES: &[&str] = &[
    "base",
    "bindings",
    "c",
    "core",
    "helpers",
    "instructions",
    "typed",
];

/// The methods of every raw type.
pub const RAW_METHODS: &[&str] = &["new", "from_ptr", "as_ptr"];

/// The function on a raw pointer for a typed method: `atomic_` and the name of the method, except
/// for the exchanges, which C has for plain fields under the same names.
pub fn pointer_function(method: &str) -> String {
    match method {
        "xchg" | "cmpxchg" => method.into(),
        _ => format!("atomic_{method}"),
    }
}

/// The macros with which C does to a plain variable of a family what an operation does:
/// `READ_ONCE`, `xchg_acquire`. On values of 64 bits, C has another name as well: `cmpxchg64`.
pub fn plain_macros(family: &Family, op: &Op, form: Form, ordering: Ordering) -> Vec<String> {
    let wide = plain_macro_of_64_bits(op, form, ordering);
    let wide = wide.filter(|_| family.width == Width::Bits(64));
    let all = [plain_macro(op, form, ordering), wide];
    all.into_iter().flatten().collect()
}

/// The macro with which C does to a plain variable what an operation does.
pub fn plain_macro(op: &Op, form: Form, ordering: Ordering) -> Option<String> {
    let name = op.name.as_str();
    Some(match (name, form, ordering) {
        ("read", Form::Load, Ordering::Relaxed) => "READ_ONCE".into(),
        ("read", Form::Load, _) => "smp_load_acquire".into(),
        ("set", Form::Store, Ordering::Relaxed) => "WRITE_ONCE".into(),
        ("set", Form::Store, _) => "smp_store_release".into(),
        ("xchg" | "cmpxchg", Form::Value(_), _) | ("try_cmpxchg", Form::Truth(_), _) => {
            variant(op, form, ordering)
        }
        _ => return None,
    })
}

/// The macro for values of 64 bits, which a 32-bit kernel has beside that of smaller ones:
/// `cmpxchg64_acquire`.
pub fn plain_macro_of_64_bits(op: &Op, form: Form, ordering: Ordering) -> Option<String> {
    match op.name.as_str() {
        "cmpxchg" | "try_cmpxchg" => {
            let name = plain_macro(op, form, ordering)?;
            Some(name.replacen("cmpxchg", "cmpxchg64", 1))
        }
        _ => None,
    }
}

/// The traits and types that exist independent of the tables.
const TRAITS: &[&str] = &[
    "AtomicAdd",
    "AtomicFlag",
    "AtomicImpl",
    "AtomicRepr",
    "AtomicType",
];

/// The first trait name of `class` that is already used: by a class in `others`, or by an item of
/// the generated code that does not depend on a table.
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

/// The hidden trait of a class with loads or stores, for functions on raw pointers: `MixedBasicOps`.
pub fn mixed_trait(class: &Class) -> String {
    format!("Mixed{}Ops", camel(&class.name))
}

/// The method of such a trait: `mixed_read_acquire`.
pub fn mixed_method(variant: &str) -> String {
    format!("mixed_{variant}")
}

/// The trait of a class on types: `AtomicArithmetic`.
pub fn class_trait(class: &Class) -> String {
    format!("Atomic{}", camel(&class.name))
}

/// The trait that the orderings of a form implement, and no other orderings.
pub fn ordering_trait(orderings: &[Ordering]) -> String {
    // Relaxed comes last, independent of the order in which a form lists its variants.
    let known = Ordering::ALL.into_iter().filter(|o| orderings.contains(o));
    let names: Vec<_> = known.map(Ordering::name).collect();
    match *names {
        [one] => format!("{one}Only"),
        ref some if some.len() < Ordering::ALL.len() => some.join("Or"),
        // All orderings: the arms above take every smaller set.
        _ => "Ordering".into(),
    }
}

/// The hidden trait that maps a set of orderings to variants: `DispatchAcquireOrRelaxed`.
pub fn dispatch_trait(orderings: &[Ordering]) -> String {
    format!("Dispatch{}", ordering_trait(orderings))
}

/// The name of a KUnit test, which is different from the names that are `taken`, and becomes one.
fn kunit_unique(mut name: String, taken: &mut BTreeSet<String>) -> String {
    while !taken.insert(name.clone()) {
        name += "_method";
    }
    rust_ident(&name)
}

/// The KUnit test of a form without a method: `raw_cmpxchg`.
pub fn kunit_raw(base: &str, taken: &mut BTreeSet<String>) -> String {
    kunit_unique(format!("raw_{base}"), taken)
}

/// The KUnit test of a method by several workers: `add_unless_by_workers`.
pub fn kunit_race(method: &str, taken: &mut BTreeSet<String>) -> String {
    kunit_unique(format!("{method}_by_workers"), taken)
}

/// The name of an access in a litmus test that is not under test.
pub const LITMUS_ONCE: &str = "once";

/// The name of the access under test in a litmus test: `atomic_cmpxchg`, `failed-atomic_cmpxchg`.
/// It is unambiguous, because C names do not contain a `-`.
pub fn litmus_access(function: &str, fails: bool) -> String {
    let failed = if fails { "failed-" } else { "" };
    format!("{failed}{function}")
}

/// The name of a thread of a litmus test with two accesses: `once-rmb-atomic_add_return_relaxed`.
/// `access` is under test and comes first or second; `between` is what separates the two, or empty.
pub fn litmus_thread(access: &str, is_first: bool, between: &str) -> String {
    let (first, second) = match is_first {
        true => (access, LITMUS_ONCE),
        false => (LITMUS_ONCE, access),
    };
    let parts = [first, between, second];
    let parts: Vec<_> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join("-")
}

/// The name of a litmus test and of its file: `MP+mb+atomic_read_acquire-once`.
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

/// The names in `core::sync::atomic` of what a typed method replaces, if they are different: of the
/// method itself, and of what is a loop around it.
pub fn std_aliases(method: &str) -> &'static [&'static str] {
    match method {
        "xchg" => &["swap"],
        "cmpxchg" => &[
            "compare_exchange",
            "compare_exchange_weak",
            "compare_and_swap",
            "fetch_update",
            "fetch_max",
            "fetch_min",
            "fetch_nand",
        ],
        "fetch_xor" => &["fetch_not"],
        _ => &[],
    }
}

/// C's macros for what a typed method that loads or stores does to a plain variable. The others have
/// the name of the operation.
pub fn macro_aliases(op: &Op, form: Form) -> Vec<String> {
    let orderings = match form {
        Form::Load => [Ordering::Relaxed, Ordering::Acquire],
        Form::Store => [Ordering::Relaxed, Ordering::Release],
        _ => return Vec::new(),
    };
    let all = orderings.into_iter();
    all.filter_map(|ordering| plain_macro(op, form, ordering))
        .collect()
}
