/*
 * The functions of src/operations.rs and src/realistic.rs, in C. "atomics.h" is the kernel's headers,
 * or the generated C.
 */

#include "atomics.h"

typedef long long number;

#define OPERATION(name, atomic, value, result, expression)		\
	result bench_##name(atomic *v, value i, value u);		\
	result bench_##name(atomic *v, value i, value u)		\
	{								\
		(void)i;						\
		(void)u;						\
		return expression;					\
	}								\
	number loop_##name(atomic *v, unsigned long n);			\
	number loop_##name(atomic *v, unsigned long n)			\
	{								\
		number sum = 0;						\
		unsigned long k;					\
									\
		for (k = 0; k < n; k++) {				\
			value i = (value)k, u = (value)(k + 1);		\
									\
			(void)i;					\
			(void)u;					\
			sum += (expression);				\
		}							\
		return sum;						\
	}

#define VOID_OPERATION(name, atomic, value, expression)			\
	void bench_##name(atomic *v, value i, value u);			\
	void bench_##name(atomic *v, value i, value u)			\
	{								\
		(void)i;						\
		(void)u;						\
		expression;						\
	}								\
	number loop_##name(atomic *v, unsigned long n);			\
	number loop_##name(atomic *v, unsigned long n)			\
	{								\
		unsigned long k;					\
									\
		for (k = 0; k < n; k++) {				\
			value i = (value)k;				\
									\
			(void)i;					\
			expression;					\
		}							\
		return 0;						\
	}

#include "operations.h"

/* The structure `World` of src/world.rs. */
struct world {
	atomic_t word, neighbour;
	atomic64_t wide, wide_neighbour;
	atomic_t a, b, c, d, e, flag, references, lock, sequence, first, head, tail;
	atomic_t slots[16];
	atomic_t array[64];
} __attribute__((aligned(128)));

static atomic_t counter = { 0 };
static atomic_t enabled = { 1 };
static atomic_t table[8] = { { 3 }, { 3 }, { 3 }, { 3 }, { 3 }, { 3 }, { 3 }, { 3 } };

/* A function that has a body of its own, and a loop of it. */
#define REALISTIC(name)							\
	static inline __attribute__((always_inline)) int		\
	body_##name(struct world *w, int n);				\
	int bench_##name(struct world *w, int n);			\
	int bench_##name(struct world *w, int n)			\
	{								\
		return body_##name(w, n);				\
	}								\
	number loop_##name(struct world *w, unsigned long n);		\
	number loop_##name(struct world *w, unsigned long n)		\
	{								\
		number sum = 0;						\
		unsigned long k;					\
									\
		for (k = 0; k < n; k++)					\
			sum += body_##name(w, (int)k);			\
		return sum;						\
	}								\
	static inline __attribute__((always_inline)) int		\
	body_##name(struct world *w, int n)

#include "realistic.h"
