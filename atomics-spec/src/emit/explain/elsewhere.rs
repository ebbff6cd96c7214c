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
const NOT_ATOMIC: &str = "Neither this nor C is atomic as a whole: only for a word that nothing else \
     changes meanwhile, no interrupt of this CPU either.";
const OWN_CPU: &str = "C's is atomic only against the code of its own CPU, and this_cpu_*() finds the \
     variable of that CPU in the same step. This is atomic against all CPUs, but `x` is found before: \
     unless preemption is disabled, it may be the variable of another CPU by then.";
const SATURATES: &str = "This counter wraps where refcount_t saturates and warns. Kernel code has \
     kernel::sync::Refcount.";

const POLLS: &str = "`seen != 0` stands for the condition. Some architectures wait in C without \
     polling; this polls, and cpu_relax() is core::hint::spin_loop().";
const VIRTUAL: &str = "C's is smp_mb() and its kin, also in a kernel for one CPU, whose hypervisor has \
     several. This orders devices as well.";

const LAST: &str = "x.fetch_sub(1, Release) == 1 && {
    smp_mb(Read);
    true
}";
const WAIT_RELAXED: &str = "let seen = loop {
    let seen = x.load(Relaxed);
    if seen != 0 {
        break seen;
    }
    core::hint::spin_loop();
};";
const WAIT_ACQUIRE: &str = "let seen = loop {
    let seen = x.load(Acquire);
    if seen != 0 {
        break seen;
    }
    core::hint::spin_loop();
};";

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
        "Acquire if the bit was clear, as in C. Where it is set already, C may only load \
         (`include/asm-generic/bitops/lock.h`); this always stores.",
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
        &["refcount_dec_and_test"],
        REFERENCES,
        LAST,
        "Release, and acquire for who sees the last reference go, as in C: \
         smp_acquire__after_ctrl_dep() is smp_rmb(). `x.dec_and_test(Full)` orders more. This \
         counter wraps where refcount_t saturates and warns; kernel code has \
         kernel::sync::Refcount.",
    ),
    row(
        &["kref_put"],
        REFERENCES,
        LAST,
        "If it is true, call what C's release() is. It is ordered as in C: release, and acquire for \
         who sees the last reference go. This counter wraps where refcount_t saturates and warns.",
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
        ],
        REFERENCES,
        "x.add_unless(-1, 1, Full)",
        "If it returns false, this may be the last reference: take the lock, then call \
         `x.dec_and_test(Full)`, and release the lock if that returns false.",
    ),
    row(
        &[
            "refcount_dec_and_lock",
            "refcount_dec_and_lock_irqsave",
            "refcount_dec_and_mutex_lock",
            "kref_put_lock",
            "kref_put_mutex",
        ],
        REFERENCES,
        "x.add_unless(-1, 1, Full)",
        "If it returns false, this may be the last reference: take the lock, then call \
         `x.dec_and_test(Full)`, and release the lock if that returns false. Fully ordered, which is \
         more than C's. This counter wraps where refcount_t saturates and warns.",
    ),
    row(
        &["REFCOUNT_INIT", "KREF_INIT"],
        "n: i32",
        "Atomic::new(n)",
        SATURATES,
    ),
    row(
        &["smp_cond_load_relaxed", "atomic_cond_read_relaxed"],
        "x: &Atomic<i32>",
        WAIT_RELAXED,
        POLLS,
    ),
    row(
        &["atomic64_cond_read_relaxed"],
        "x: &Atomic<i64>",
        WAIT_RELAXED,
        POLLS,
    ),
    row(
        &["atomic_long_cond_read_relaxed"],
        "x: &Atomic<isize>",
        WAIT_RELAXED,
        POLLS,
    ),
    row(
        &["smp_cond_load_acquire", "atomic_cond_read_acquire"],
        "x: &Atomic<i32>",
        WAIT_ACQUIRE,
        POLLS,
    ),
    row(
        &["atomic64_cond_read_acquire"],
        "x: &Atomic<i64>",
        WAIT_ACQUIRE,
        POLLS,
    ),
    row(
        &["atomic_long_cond_read_acquire"],
        "x: &Atomic<isize>",
        WAIT_ACQUIRE,
        POLLS,
    ),
    row(
        &["smp_acquire__after_ctrl_dep"],
        "",
        "smp_mb(Read)",
        "After a load and a branch on its value, it makes an acquire of the two, as in C, where it \
         is smp_rmb() (`include/asm-generic/barrier.h`).",
    ),
    row(
        &["smp_mb__after_spinlock"],
        "",
        "smp_mb(Full)",
        "C leaves it out where the lock is as strong already. On riscv, C's also orders accesses to \
         devices, as `mb(Full)` does (`arch/riscv/include/asm/barrier.h`).",
    ),
    row(
        &["smp_mb__after_unlock_lock"],
        "",
        "smp_mb(Full)",
        "C leaves it out where the lock is as strong already.",
    ),
    row(
        &[
            "smp_mb__after_srcu_read_lock",
            "smp_mb__after_srcu_read_unlock",
        ],
        "",
        "smp_mb(Full)",
        "C's is no instruction: what it follows has a full barrier (`include/linux/srcu.h`).",
    ),
    row(
        &["smp_read_barrier_depends"],
        "x: &Atomic<*mut u32>",
        "x.load(Relaxed)",
        "It is gone from C: every READ_ONCE() orders what is accessed through the pointer, and so does \
         every relaxed load.",
    ),
    row(&["virt_mb"], "", "mb(Full)", VIRTUAL),
    row(&["virt_rmb"], "", "mb(Read)", VIRTUAL),
    row(&["virt_wmb"], "", "mb(Write)", VIRTUAL),
    row(
        &[
            "rcu_dereference",
            "rcu_dereference_bh",
            "rcu_dereference_check",
            "rcu_dereference_raw",
            "rcu_dereference_sched",
            "srcu_dereference",
        ],
        "x: &Atomic<*mut u32>",
        "x.load(Relaxed)",
        "What is accessed through the pointer is ordered after it by the address dependency, as in C, \
         unless a comparison lets the compiler take another pointer for it: see \
         `Documentation/RCU/rcu_dereference.rst`. The read-side critical section is the caller's: \
         kernel code has kernel::sync::rcu.",
    ),
    row(
        &["rcu_access_pointer"],
        "x: &Atomic<*mut u32>",
        "x.load(Relaxed)",
        "Only to compare the pointer, such as with null, as in C: not to access what it points to.",
    ),
    row(
        &["rcu_dereference_protected"],
        "x: &Atomic<*mut u32>",
        "x.load(Relaxed)",
        "Only with the lock that keeps the pointer from changing, as in C.",
    ),
    row(
        &["rcu_assign_pointer"],
        "x: &Atomic<*mut u32>, new: *mut u32",
        "x.store(new, Release)",
        "Release, as in C.",
    ),
    row(
        &["RCU_INIT_POINTER"],
        "x: &Atomic<*mut u32>, new: *mut u32",
        "x.store(new, Relaxed)",
        "Relaxed, as in C: for null, and before readers can see `x` or what `new` points to changes no \
         more.",
    ),
    row(
        &[
            "cmpxchg_local",
            "try_cmpxchg_local",
            "this_cpu_cmpxchg",
            "this_cpu_try_cmpxchg",
        ],
        "x: &Atomic<i32>, old: i32, new: i32",
        "x.cmpxchg(old, new, Relaxed)",
        OWN_CPU,
    ),
    row(
        &["cmpxchg64_local", "try_cmpxchg64_local"],
        "x: &Atomic<i64>, old: i64, new: i64",
        "x.cmpxchg(old, new, Relaxed)",
        OWN_CPU,
    ),
    row(
        &["local_cmpxchg", "local_try_cmpxchg"],
        "x: &Atomic<isize>, old: isize, new: isize",
        "x.cmpxchg(old, new, Relaxed)",
        OWN_CPU,
    ),
    row(
        &["local_read", "this_cpu_read"],
        "x: &Atomic<isize>",
        "x.load(Relaxed)",
        OWN_CPU,
    ),
    row(
        &["local_set", "this_cpu_write"],
        "x: &Atomic<isize>, i: isize",
        "x.store(i, Relaxed)",
        OWN_CPU,
    ),
    row(
        &["local_add", "this_cpu_add"],
        "x: &Atomic<isize>, i: isize",
        "x.add(i, Relaxed)",
        OWN_CPU,
    ),
    row(
        &["local_sub", "this_cpu_sub"],
        "x: &Atomic<isize>, i: isize",
        "x.sub(i, Relaxed)",
        OWN_CPU,
    ),
    row(
        &["local_inc", "this_cpu_inc"],
        "x: &Atomic<isize>",
        "x.inc(Relaxed)",
        OWN_CPU,
    ),
    row(
        &["local_dec", "this_cpu_dec"],
        "x: &Atomic<isize>",
        "x.dec(Relaxed)",
        OWN_CPU,
    ),
    row(
        &["this_cpu_xchg", "local_xchg"],
        "x: &Atomic<isize>, i: isize",
        "x.xchg(i, Relaxed)",
        OWN_CPU,
    ),
    row(
        &["sync_cmpxchg", "sync_try_cmpxchg"],
        "x: &Atomic<i32>, old: i32, new: i32",
        "x.cmpxchg(old, new, Full)",
        "C's also works against a hypervisor in a kernel for one CPU. So does inline assembly, and the \
         C helpers of such a kernel do not: they have no `lock` on x86.",
    ),
    row(
        &["cmpxchg128", "try_cmpxchg128"],
        "x: &Atomic<*mut (u64, u64)>, old: *mut (u64, u64), new: *mut (u64, u64)",
        "x.cmpxchg(old, new, Full)",
        "There is no type of 128 bits. A pointer to two values can be exchanged if these never change, \
         and are not freed or used again while anybody may hold the pointer, as RCU guarantees; \
         otherwise, take a lock.",
    ),
    row(
        &["data_race"],
        REFERENCES,
        "x.load(Relaxed)",
        "A write is `x.store(v, Relaxed)`. In Rust, a plain access to what another CPU changes is \
         undefined behaviour, so nothing can mark one as harmless.",
    ),
    row(
        &["ACCESS_ONCE"],
        REFERENCES,
        "x.load(Relaxed)",
        "A write is `x.store(v, Relaxed)`. C has READ_ONCE() and WRITE_ONCE() in its place.",
    ),
    row(
        &["READ_ONCE_NOCHECK"],
        REFERENCES,
        "x.load(Relaxed)",
        "C's is a READ_ONCE() that KASAN does not check.",
    ),
    row(
        &["ATOMIC_INIT"],
        "i: i32",
        "Atomic::new(i)",
        "It is const, for statics.",
    ),
    row(
        &["ATOMIC64_INIT"],
        "i: i64",
        "Atomic::new(i)",
        "It is const, for statics.",
    ),
    row(
        &["ATOMIC_LONG_INIT"],
        "i: isize",
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
