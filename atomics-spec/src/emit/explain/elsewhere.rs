//! What C has beside the operations of the table, and what to write in its place.

/// C's names of one thing, and what to write in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The names.
    pub names: &'static [&'static str],
    /// The variables in `rust`, with their types.
    pub given: &'static str,
    /// What to write.
    pub rust: &'static str,
    /// How it differs, and where the rule is from.
    pub note: &'static str,
}

const fn row(
    names: &'static [&'static str],
    given: &'static str,
    rust: &'static str,
    note: &'static str,
) -> Elsewhere {
    Elsewhere {
        names,
        given,
        rust,
        note,
    }
}

const BITS: &str = "x: &Atomic<usize>, n: u32";
const REFERENCES: &str = "x: &Atomic<i32>";
const UNORDERED_BIT: &str = "Unordered, as in C (`Documentation/atomic_bitops.txt`). `x` is the word \
     with the bit, BIT_WORD(nr), and `n` the bit in it.";
const FULL_BIT: &str = "Fully ordered, as in C (`Documentation/atomic_bitops.txt`). `x` is the word \
     with the bit, BIT_WORD(nr), and `n` the bit in it.";
const ORDERS_MORE: &str = "Fully ordered, which is more than C's. This counter wraps where refcount_t \
     saturates and warns. Kernel code has kernel::sync::Refcount.";
const NOT_ATOMIC: &str = "Neither this nor C is atomic as a whole: only for a word that no other CPU \
     changes meanwhile.";
const OWN_CPU: &str =
    "C's is atomic only against the code of its own CPU; this is against all CPUs.";
const SATURATES: &str = "This counter wraps where refcount_t saturates and warns. Kernel code has \
     kernel::sync::Refcount.";

/// The rows. A test compiles what they say to write.
pub const ELSEWHERE: &[Elsewhere] = &[
    row(&["set_bit"], BITS, "x.or(1 << n, Relaxed)", UNORDERED_BIT),
    row(
        &["clear_bit"],
        BITS,
        "x.andnot(1 << n, Relaxed)",
        UNORDERED_BIT,
    ),
    row(
        &["change_bit"],
        BITS,
        "x.xor(1 << n, Relaxed)",
        UNORDERED_BIT,
    ),
    row(
        &["test_bit"],
        BITS,
        "x.load(Relaxed) & (1 << n) != 0",
        "A relaxed load, as in C. `x` is the word with the bit, BIT_WORD(nr), and `n` the bit in \
         it.",
    ),
    row(
        &["test_bit_acquire"],
        BITS,
        "x.load(Acquire) & (1 << n) != 0",
        "An acquire load, as in C. `x` is the word with the bit, BIT_WORD(nr), and `n` the bit in \
         it.",
    ),
    row(
        &["test_and_set_bit"],
        BITS,
        "x.fetch_or(1 << n, Full) & (1 << n) != 0",
        FULL_BIT,
    ),
    row(
        &["test_and_clear_bit"],
        BITS,
        "x.fetch_andnot(1 << n, Full) & (1 << n) != 0",
        FULL_BIT,
    ),
    row(
        &["test_and_change_bit"],
        BITS,
        "x.fetch_xor(1 << n, Full) & (1 << n) != 0",
        FULL_BIT,
    ),
    row(
        &["test_and_set_bit_lock"],
        BITS,
        "x.fetch_or(1 << n, Acquire) & (1 << n) != 0",
        "Acquire, as in C. Where the bit is set already, C may only load, and orders nothing \
         (`Documentation/atomic_bitops.txt`); this always stores.",
    ),
    row(
        &["clear_bit_unlock", "__clear_bit_unlock"],
        BITS,
        "x.fetch_andnot(1 << n, Release)",
        "Release, as in C (`Documentation/atomic_bitops.txt`). The result is dropped: `andnot` \
         returns nothing and is therefore unordered.",
    ),
    row(
        &["xor_unlock_is_negative_byte"],
        "x: &Atomic<usize>, mask: usize",
        "x.fetch_xor(mask, Release) & (1 << 7) != 0",
        "Release, as in C.",
    ),
    row(
        &["__set_bit"],
        BITS,
        "x.store(x.load(Relaxed) | (1 << n), Relaxed)",
        NOT_ATOMIC,
    ),
    row(
        &["__clear_bit"],
        BITS,
        "x.store(x.load(Relaxed) & !(1 << n), Relaxed)",
        NOT_ATOMIC,
    ),
    row(
        &["__change_bit"],
        BITS,
        "x.store(x.load(Relaxed) ^ (1 << n), Relaxed)",
        NOT_ATOMIC,
    ),
    row(
        &["set_mask_bits"],
        "x: &Atomic<usize>, mask: usize, bits: usize",
        "let mut old = x.load(Relaxed);\n\
         while let Err(found) = x.cmpxchg(old, (old & !mask) | bits, Full) {\n    \
         old = found;\n\
         }",
        "Fully ordered, as in C. Afterwards, `old` is the value before.",
    ),
    row(
        &["bit_clear_unless"],
        "x: &Atomic<usize>, clear: usize, test: usize",
        "let mut old = x.load(Relaxed);\n\
         while old & test == 0 {\n    \
         match x.cmpxchg(old, old & !clear, Full) {\n        \
         Ok(_) => break,\n        \
         Err(found) => old = found,\n    \
         }\n\
         }",
        "Fully ordered if it clears, as in C. Afterwards, `old & test == 0` says whether it did.",
    ),
    row(
        &["refcount_set"],
        "x: &Atomic<i32>, n: i32",
        "x.store(n, Relaxed)",
        SATURATES,
    ),
    row(&["kref_init"], REFERENCES, "x.store(1, Relaxed)", SATURATES),
    row(
        &["refcount_set_release"],
        "x: &Atomic<i32>, n: i32",
        "x.store(n, Release)",
        SATURATES,
    ),
    row(
        &["refcount_read", "kref_read"],
        REFERENCES,
        "x.load(Relaxed)",
        SATURATES,
    ),
    row(
        &["refcount_inc", "kref_get"],
        REFERENCES,
        "x.fetch_add(1, Relaxed)",
        SATURATES,
    ),
    row(
        &["refcount_add"],
        "x: &Atomic<i32>, i: i32",
        "x.fetch_add(i, Relaxed)",
        SATURATES,
    ),
    row(
        &["refcount_inc_not_zero", "kref_get_unless_zero"],
        REFERENCES,
        "x.inc_not_zero(Full)",
        ORDERS_MORE,
    ),
    row(
        &["refcount_inc_not_zero_acquire"],
        REFERENCES,
        "x.inc_not_zero(Full)",
        ORDERS_MORE,
    ),
    row(
        &["refcount_add_not_zero"],
        "x: &Atomic<i32>, i: i32",
        "x.add_unless(i, 0, Full)",
        ORDERS_MORE,
    ),
    row(
        &["refcount_add_not_zero_acquire"],
        "x: &Atomic<i32>, i: i32",
        "x.add_unless(i, 0, Full)",
        ORDERS_MORE,
    ),
    row(
        &["refcount_dec"],
        REFERENCES,
        "x.fetch_sub(1, Release)",
        SATURATES,
    ),
    row(
        &["refcount_dec_and_test", "kref_put"],
        REFERENCES,
        "x.fetch_sub(1, Release) == 1 && {\n    \
         smp_mb(Read);\n    \
         true\n\
         }",
        "Release, and acquire for who sees the last reference go, as in C: \
         smp_acquire__after_ctrl_dep() is smp_rmb(). `x.dec_and_test(Full)` orders more. This \
         counter wraps where refcount_t saturates and warns; kernel code has \
         kernel::sync::Refcount.",
    ),
    row(
        &["refcount_sub_and_test"],
        "x: &Atomic<i32>, i: i32",
        "x.fetch_sub(i, Release) == i && {\n    \
         smp_mb(Read);\n    \
         true\n\
         }",
        "Release, and acquire for who sees the last reference go, as in C: \
         smp_acquire__after_ctrl_dep() is smp_rmb(). `x.sub_and_test(i, Full)` orders more. This \
         counter wraps where refcount_t saturates and warns.",
    ),
    row(
        &["refcount_dec_if_one"],
        REFERENCES,
        "x.cmpxchg(1, 0, Release).is_ok()",
        SATURATES,
    ),
    row(
        &["refcount_dec_not_one"],
        REFERENCES,
        "x.add_unless(-1, 1, Full)",
        ORDERS_MORE,
    ),
    row(
        &[
            "atomic_dec_and_lock",
            "atomic_dec_and_lock_irqsave",
            "atomic_dec_and_mutex_lock",
            "refcount_dec_and_lock",
            "refcount_dec_and_lock_irqsave",
            "refcount_dec_and_mutex_lock",
            "kref_put_lock",
            "kref_put_mutex",
        ],
        REFERENCES,
        "x.add_unless(-1, 1, Full)",
        "If it returns false, this may be the last reference: take the lock, then call \
         `x.dec_and_test(Full)`, and release the lock if that returns false.",
    ),
    row(
        &[
            "smp_cond_load_relaxed",
            "atomic_cond_read_relaxed",
            "atomic64_cond_read_relaxed",
        ],
        REFERENCES,
        "let seen = loop {\n    \
         let seen = x.load(Relaxed);\n    \
         if seen != 0 {\n        \
         break seen;\n    \
         }\n    \
         core::hint::spin_loop();\n\
         };",
        "`seen != 0` stands for the condition. Some architectures wait in C without polling; \
         this polls, and cpu_relax() is core::hint::spin_loop().",
    ),
    row(
        &[
            "smp_cond_load_acquire",
            "atomic_cond_read_acquire",
            "atomic64_cond_read_acquire",
        ],
        REFERENCES,
        "let seen = loop {\n    \
         let seen = x.load(Acquire);\n    \
         if seen != 0 {\n        \
         break seen;\n    \
         }\n    \
         core::hint::spin_loop();\n\
         };",
        "`seen != 0` stands for the condition. Some architectures wait in C without polling; \
         this polls, and cpu_relax() is core::hint::spin_loop().",
    ),
    row(
        &["smp_acquire__after_ctrl_dep"],
        "",
        "smp_mb(Read)",
        "After a load and a branch on its value, it makes an acquire of the two, as in C, where it \
         is smp_rmb() (`include/asm-generic/barrier.h`).",
    ),
    row(
        &[
            "smp_mb__after_spinlock",
            "smp_mb__after_unlock_lock",
            "smp_mb__after_srcu_read_unlock",
        ],
        "",
        "smp_mb(Full)",
        "C leaves it out where the lock is as strong already.",
    ),
    row(
        &[
            "rcu_dereference",
            "rcu_dereference_check",
            "rcu_dereference_raw",
            "rcu_access_pointer",
        ],
        "x: &Atomic<*mut u32>",
        "x.load(Relaxed)",
        "What is accessed through the pointer is ordered after it by the address dependency, as in \
         C. The read-side critical section is the caller's: kernel code has kernel::sync::rcu.",
    ),
    row(
        &["rcu_assign_pointer"],
        "x: &Atomic<*mut u32>, new: *mut u32",
        "x.store(new, Release)",
        "Release, as in C.",
    ),
    row(
        &[
            "cmpxchg_local",
            "cmpxchg64_local",
            "try_cmpxchg_local",
            "try_cmpxchg64_local",
            "local_cmpxchg",
            "local_try_cmpxchg",
            "this_cpu_cmpxchg",
            "this_cpu_try_cmpxchg",
        ],
        "x: &Atomic<i32>, old: i32, new: i32",
        "x.cmpxchg(old, new, Relaxed)",
        OWN_CPU,
    ),
    row(
        &["local_add", "this_cpu_add"],
        "x: &Atomic<isize>, i: isize",
        "x.add(i, Relaxed)",
        OWN_CPU,
    ),
    row(
        &["local_inc", "this_cpu_inc"],
        "x: &Atomic<isize>",
        "x.inc(Relaxed)",
        OWN_CPU,
    ),
    row(
        &["sync_cmpxchg", "sync_try_cmpxchg"],
        "x: &Atomic<i32>, old: i32, new: i32",
        "x.cmpxchg(old, new, Full)",
        "C's also works against a hypervisor in a kernel for one CPU, and so does this.",
    ),
    row(
        &[
            "cmpxchg128",
            "cmpxchg128_local",
            "try_cmpxchg128",
            "try_cmpxchg128_local",
            "cmpxchg_double",
        ],
        "x: &Atomic<*mut (u64, u64)>, old: *mut (u64, u64), new: *mut (u64, u64)",
        "x.cmpxchg(old, new, Full)",
        "There is no type of 128 bits: exchange a pointer to the two values, or take a lock.",
    ),
    row(
        &["data_race", "READ_ONCE_NOCHECK", "ACCESS_ONCE"],
        REFERENCES,
        "x.load(Relaxed)",
        "In Rust, a plain read of what another CPU changes is undefined behaviour, so that there is \
         no data_race().",
    ),
    row(
        &["ATOMIC_INIT", "ATOMIC64_INIT", "ATOMIC_LONG_INIT"],
        "i: i32",
        "Atomic::new(i)",
        "It is const, for statics.",
    ),
    row(
        &["cpu_relax"],
        "",
        "core::hint::spin_loop()",
        "Kernel code has kernel::processor::cpu_relax().",
    ),
];
