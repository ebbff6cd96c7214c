/*
 * A function for each operation, which Rust calls: see src/implementation/calls.rs. "atomics.h" is
 * the kernel's headers, or the generated C.
 */

#include "atomics.h"

#define GET(type, prefix, result, name, c_name)				\
	result call_##prefix##name(type *v);				\
	result call_##prefix##name(type *v)				\
	{								\
		return prefix##c_name(v);				\
	}
#define OF_ONE(type, prefix, result, value, name)			\
	result call_##prefix##name(type *v, value i);			\
	result call_##prefix##name(type *v, value i)			\
	{								\
		return prefix##name(i, v);				\
	}
#define AFTER(type, prefix, result, value, name, c_name)		\
	result call_##prefix##name(type *v, value i);			\
	result call_##prefix##name(type *v, value i)			\
	{								\
		return prefix##c_name(v, i);				\
	}
#define AFTER_TWO(type, prefix, result, value, name, c_name)		\
	result call_##prefix##name(type *v, value i, value u);		\
	result call_##prefix##name(type *v, value i, value u)		\
	{								\
		return prefix##c_name(v, i, u);				\
	}

#define EACH_OF_ONE(type, prefix, result, value, name)			\
	OF_ONE(type, prefix, result, value, name##_relaxed)		\
	OF_ONE(type, prefix, result, value, name##_acquire)		\
	OF_ONE(type, prefix, result, value, name##_release)		\
	OF_ONE(type, prefix, result, value, name)
#define EACH_GET(type, prefix, result, name)				\
	GET(type, prefix, result, name##_relaxed, name##_relaxed)	\
	GET(type, prefix, result, name##_acquire, name##_acquire)	\
	GET(type, prefix, result, name##_release, name##_release)	\
	GET(type, prefix, result, name, name)

#define CALLS(type, prefix, value)					\
	GET(type, prefix, value, load, read)				\
	GET(type, prefix, value, load_acquire, read_acquire)		\
	AFTER(type, prefix, void, value, store, set)			\
	AFTER(type, prefix, void, value, store_release, set_release)	\
	OF_ONE(type, prefix, void, value, add)				\
	OF_ONE(type, prefix, void, value, sub)				\
	GET(type, prefix, void, inc, inc)				\
	GET(type, prefix, void, dec, dec)				\
	OF_ONE(type, prefix, void, value, and)				\
	OF_ONE(type, prefix, void, value, andnot)			\
	OF_ONE(type, prefix, void, value, or)				\
	OF_ONE(type, prefix, void, value, xor)				\
	EACH_OF_ONE(type, prefix, value, value, add_return)		\
	EACH_OF_ONE(type, prefix, value, value, fetch_add)		\
	EACH_OF_ONE(type, prefix, value, value, fetch_sub)		\
	EACH_OF_ONE(type, prefix, value, value, fetch_and)		\
	EACH_OF_ONE(type, prefix, value, value, fetch_or)		\
	EACH_OF_ONE(type, prefix, value, value, fetch_xor)		\
	EACH_OF_ONE(type, prefix, bool, value, add_negative)		\
	EACH_GET(type, prefix, value, fetch_inc)			\
	EACH_GET(type, prefix, value, dec_return)			\
	AFTER(type, prefix, value, value, xchg_relaxed, xchg_relaxed)	\
	AFTER(type, prefix, value, value, xchg_acquire, xchg_acquire)	\
	AFTER(type, prefix, value, value, xchg_release, xchg_release)	\
	AFTER(type, prefix, value, value, xchg, xchg)			\
	AFTER_TWO(type, prefix, value, value, compare_relaxed, cmpxchg_relaxed) \
	AFTER_TWO(type, prefix, value, value, compare_acquire, cmpxchg_acquire) \
	AFTER_TWO(type, prefix, value, value, compare_release, cmpxchg_release) \
	AFTER_TWO(type, prefix, value, value, compare, cmpxchg)		\
	OF_ONE(type, prefix, bool, value, sub_and_test)			\
	GET(type, prefix, bool, dec_and_test, dec_and_test)		\
	GET(type, prefix, bool, inc_and_test, inc_and_test)		\
	AFTER_TWO(type, prefix, value, value, fetch_add_unless, fetch_add_unless) \
	AFTER_TWO(type, prefix, bool, value, add_unless, add_unless)	\
	GET(type, prefix, bool, inc_not_zero, inc_not_zero)		\
	GET(type, prefix, bool, inc_unless_negative, inc_unless_negative) \
	GET(type, prefix, bool, dec_unless_positive, dec_unless_positive) \
	GET(type, prefix, value, dec_if_positive, dec_if_positive)

CALLS(atomic_t, atomic_, int)
CALLS(atomic64_t, atomic64_, s64)

void call_smp_mb(void);
void call_smp_mb(void)
{
	smp_mb();
}

void call_smp_rmb(void);
void call_smp_rmb(void)
{
	smp_rmb();
}

void call_smp_wmb(void);
void call_smp_wmb(void)
{
	smp_wmb();
}
