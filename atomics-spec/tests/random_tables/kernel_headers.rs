//! The parts of a kernel's headers that its C helpers need.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use atomics_spec::Spec;
use atomics_spec::expr::Yields;

/// The types and macros.
const KERNEL_HEADERS: &str = "\
#include <stdbool.h>
#include <stdint.h>
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;
typedef struct { long counter; } atomic_long_t;
#define __rust_helper
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val) (*(volatile __typeof__(x) *)&(x) = (val))
#define smp_load_acquire(p) READ_ONCE(*p)
#define smp_store_release(p, v) WRITE_ONCE(*p, v)
#define xchg(p, v) __atomic_exchange_n(p, v, 5)
#define xchg_acquire(p, v) xchg(p, v)
#define xchg_release(p, v) xchg(p, v)
#define xchg_relaxed(p, v) xchg(p, v)
#define cmpxchg(p, o, n) ({ __typeof__(*(p)) o_ = (o); try_cmpxchg(p, &o_, n); o_; })
#define cmpxchg_acquire(p, o, n) cmpxchg(p, o, n)
#define cmpxchg_release(p, o, n) cmpxchg(p, o, n)
#define cmpxchg_relaxed(p, o, n) cmpxchg(p, o, n)
#define try_cmpxchg(p, o, n) __atomic_compare_exchange_n(p, o, n, 0, 5, 5)
#define try_cmpxchg_acquire(p, o, n) try_cmpxchg(p, o, n)
#define try_cmpxchg_release(p, o, n) try_cmpxchg(p, o, n)
#define try_cmpxchg_relaxed(p, o, n) try_cmpxchg(p, o, n)
#define smp_mb__before_atomic() __atomic_thread_fence(5)
#define smp_mb__after_atomic() __atomic_thread_fence(5)
";

/// Writes the headers below a folder, with the functions of `spec` that the helpers wrap.
pub fn write(spec: &Spec, folder: &Path) {
    let mut functions = KERNEL_HEADERS.to_owned();
    for family in &spec.types.families {
        let known = ["atomic_t", "atomic64_t", "atomic_long_t"];
        if let Some(object) = family.c_object.as_deref().filter(|o| !known.contains(o)) {
            let value = &family.c_value;
            let _ = writeln!(functions, "typedef struct {{ {value} counter; }} {object};");
        }
    }
    for variant in spec.variants().filter(|v| v.family.c_object.is_some()) {
        let value = match variant.of.result().map(|r| r.yields()) {
            None => "void",
            Some(Yields::Truth) => "bool",
            Some(Yields::Value) => &variant.family.c_value,
        };
        let _ = writeln!(functions, "{value} {}();", variant.function());
    }
    for (path, contents) in [
        ("linux/atomic.h", functions.as_str()),
        ("asm/barrier.h", ""),
        ("asm/rwonce.h", ""),
    ] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
        fs::write(path, format!("#pragma once\n{contents}")).expect("a writable folder");
    }
}
