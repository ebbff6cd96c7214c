/*
 * What the driver needs of a kernel's headers, for a program: the same names and orderings,
 * made of the compiler's built-ins. In a kernel, this file is <linux/atomic.h> and others.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t u32;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELAXED)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* Fully ordered. */
static inline bool atomic_dec_and_test(atomic_t *v)
{
	int old;

	smp_mb();
	old = __atomic_fetch_sub(&v->counter, 1, __ATOMIC_RELAXED);
	smp_mb();
	return old == 1;
}

/* Fully ordered if it stores. */
static inline bool atomic_inc_not_zero(atomic_t *v)
{
	int old = READ_ONCE(v->counter);

	smp_mb();
	do {
		if (!old)
			return false;
	} while (!__atomic_compare_exchange_n(&v->counter, &old, old + 1, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	smp_mb();
	return true;
}

/* Unordered. */
static inline void atomic_long_inc(atomic_long_t *v)
{
	__atomic_fetch_add(&v->counter, 1, __ATOMIC_RELAXED);
}

/* An acquire. */
static inline bool test_and_set_bit_lock(int nr, unsigned long *p)
{
	unsigned long bit = 1UL << nr;

	return __atomic_fetch_or(p, bit, __ATOMIC_ACQUIRE) & bit;
}

/* A release. */
static inline void clear_bit_unlock(int nr, unsigned long *p)
{
	__atomic_fetch_and(p, ~(1UL << nr), __ATOMIC_RELEASE);
}

#endif
