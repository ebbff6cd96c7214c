/* What code does with atomics: the functions of src/realistic.rs. */

REALISTIC(four_field_loads)
{
	(void)n;
	return atomic_read(&w->a) + atomic_read(&w->b) + atomic_read(&w->c) +
	       atomic_read(&w->d);
}

REALISTIC(five_constant_stores)
{
	(void)n;
	atomic_set(&w->a, 1);
	atomic_set(&w->b, 2);
	atomic_set(&w->c, 3);
	atomic_set(&w->d, 4);
	atomic_set(&w->e, 5);
	return 0;
}

REALISTIC(copy_field)
{
	(void)n;
	atomic_set(&w->b, atomic_read(&w->a));
	return 0;
}

REALISTIC(compare_fields)
{
	(void)n;
	return atomic_read(&w->a) == atomic_read(&w->b);
}

REALISTIC(add_to_fields)
{
	atomic_add(1, &w->a);
	atomic_add(2, &w->b);
	atomic_add(n, &w->c);
	return 0;
}

REALISTIC(sum_array)
{
	int k, sum = 0;

	(void)n;
	for (k = 0; k < 64; k++)
		sum += atomic_read(&w->array[k]);
	return sum;
}

REALISTIC(clear_array)
{
	int k;

	(void)n;
	for (k = 0; k < 64; k++)
		atomic_set(&w->array[k], 0);
	return 0;
}

REALISTIC(raise_array)
{
	int k;

	for (k = 0; k < 64; k++)
		atomic_set(&w->array[k], atomic_read(&w->array[k]) + n);
	return 0;
}

REALISTIC(count_array)
{
	int k, count = 0;

	(void)n;
	for (k = 0; k < 64; k++) {
		if (atomic_read(&w->array[k]))
			count++;
	}
	return count;
}

REALISTIC(indexed_load)
{
	return atomic_read(&w->array[n & 63]);
}

REALISTIC(indexed_store)
{
	atomic_set(&w->array[n & 63], n);
	return 0;
}

REALISTIC(indexed_add)
{
	return atomic_fetch_add_relaxed(1, &w->array[n & 63]);
}

REALISTIC(static_load)
{
	(void)w;
	(void)n;
	return atomic_read(&counter);
}

REALISTIC(static_store)
{
	(void)w;
	(void)n;
	atomic_set(&counter, 7);
	return 0;
}

REALISTIC(static_count)
{
	(void)w;
	(void)n;
	atomic_inc(&counter);
	return 0;
}

REALISTIC(static_switch)
{
	return atomic_read_acquire(&enabled) ? atomic_read(&w->a) : n;
}

REALISTIC(static_set_switch)
{
	(void)w;
	atomic_set_release(&enabled, n);
	return 0;
}

REALISTIC(static_table)
{
	(void)w;
	return atomic_read_acquire(&table[n & 7]);
}

REALISTIC(static_set_table)
{
	(void)w;
	atomic_set(&table[n & 7], n);
	return 0;
}

REALISTIC(next_identifier)
{
	(void)n;
	return atomic_fetch_add_relaxed(1, &w->e);
}

REALISTIC(get_reference)
{
	(void)n;
	return atomic_inc_not_zero(&w->references) ? atomic_read(&w->a) : -1;
}

REALISTIC(get_reference_below)
{
	(void)n;
	return atomic_add_unless(&w->references, 1, 1000) ? atomic_read(&w->a) : -1;
}

REALISTIC(put_reference)
{
	(void)n;
	if (!atomic_dec_and_test(&w->references))
		return 0;
	atomic_set_release(&w->references, 1);
	return 1;
}

REALISTIC(get_and_put_reference)
{
	int value;

	(void)n;
	if (!atomic_inc_not_zero(&w->references))
		return -1;
	value = atomic_read(&w->a);
	if (atomic_dec_and_test(&w->references))
		atomic_set_release(&w->references, 1);
	return value;
}

REALISTIC(try_down)
{
	(void)n;
	if (atomic_dec_if_positive(&w->references) >= 0) {
		atomic_inc(&w->references);
		return 1;
	}
	atomic_set(&w->references, 1);
	return 0;
}

REALISTIC(lock_and_unlock)
{
	int free = 0, value;

	(void)n;
	if (!atomic_try_cmpxchg_acquire(&w->lock, &free, 1))
		return -1;
	value = atomic_read(&w->a) + 1;
	atomic_set(&w->a, value);
	atomic_set_release(&w->lock, 0);
	return value;
}

REALISTIC(spin_and_unlock)
{
	int tries = 0;

	for (;;) {
		int free = 0;

		if (!atomic_read(&w->lock) &&
		    atomic_try_cmpxchg_acquire(&w->lock, &free, 1))
			break;
		if (++tries == 100)
			return -1;
	}
	atomic_set(&w->b, n);
	atomic_set_release(&w->lock, 0);
	return tries;
}

REALISTIC(test_and_set_bit)
{
	int bit = 1 << (n & 15);

	return (atomic_fetch_or(bit, &w->d) & bit) != 0;
}

REALISTIC(test_and_clear_bit)
{
	int bit = 1 << (n & 15);

	return (atomic_fetch_and(~bit, &w->d) & bit) != 0;
}

REALISTIC(set_and_clear_bits)
{
	(void)n;
	atomic_or(0x10, &w->d);
	atomic_andnot(0x20, &w->d);
	return 0;
}

REALISTIC(exchange_flag)
{
	(void)n;
	if (!atomic_xchg(&w->flag, 0))
		return 0;
	atomic_set_release(&w->flag, 1);
	return 1;
}

REALISTIC(publish)
{
	atomic_set(&w->a, n);
	atomic_set(&w->b, 1);
	atomic_set(&w->c, 2);
	atomic_set_release(&w->flag, 1);
	return 0;
}

REALISTIC(consume)
{
	(void)n;
	if (!atomic_read_acquire(&w->flag))
		return 0;
	return atomic_read(&w->a) + atomic_read(&w->b) + atomic_read(&w->c);
}

REALISTIC(poll_flag)
{
	int tries = 0;

	(void)n;
	while (!atomic_read_acquire(&w->flag)) {
		if (++tries == 100)
			return -1;
	}
	return tries;
}

REALISTIC(read_sequence)
{
	(void)n;
	for (;;) {
		int before = atomic_read_acquire(&w->sequence);
		int sum = atomic_read(&w->a) + atomic_read(&w->b);

		smp_rmb();
		if (!(before & 1) && atomic_read(&w->sequence) == before)
			return sum;
	}
}

REALISTIC(write_sequence)
{
	int before = atomic_read(&w->sequence);

	atomic_set(&w->sequence, before + 1);
	smp_wmb();
	atomic_set(&w->a, n);
	atomic_set(&w->b, n);
	atomic_set_release(&w->sequence, before + 2);
	return 0;
}

REALISTIC(store_then_load)
{
	(void)n;
	atomic_set(&w->a, 1);
	smp_mb();
	return atomic_read(&w->b);
}

REALISTIC(raise_maximum)
{
	int old = atomic_read(&w->c);

	while (old < n) {
		if (atomic_try_cmpxchg_relaxed(&w->c, &old, n))
			return 1;
	}
	return 0;
}

REALISTIC(advance_state)
{
	int one = 1, two = 2;

	(void)n;
	return atomic_try_cmpxchg_acquire(&w->flag, &one, 2) &&
	       atomic_try_cmpxchg_release(&w->flag, &two, 1);
}

REALISTIC(push_to_list)
{
	int index = n & 15, first = atomic_read(&w->first);

	do {
		atomic_set(&w->slots[index], first);
	} while (!atomic_try_cmpxchg_release(&w->first, &first, index));
	return first;
}

REALISTIC(take_list)
{
	(void)n;
	return atomic_xchg_acquire(&w->first, -1);
}

REALISTIC(ring_push)
{
	int head = atomic_read(&w->head);

	if (head - atomic_read_acquire(&w->tail) == 16)
		return 0;
	atomic_set(&w->slots[head & 15], n);
	atomic_set_release(&w->head, head + 1);
	return 1;
}

REALISTIC(ring_pop)
{
	int tail = atomic_read(&w->tail), value;

	(void)n;
	if (atomic_read_acquire(&w->head) == tail)
		return -1;
	value = atomic_read(&w->slots[tail & 15]);
	atomic_set_release(&w->tail, tail + 1);
	return value;
}

REALISTIC(ring_push_and_pop)
{
	int head = atomic_read(&w->head), tail, value;

	if (head - atomic_read_acquire(&w->tail) != 16) {
		atomic_set(&w->slots[head & 15], n);
		atomic_set_release(&w->head, head + 1);
	}
	tail = atomic_read(&w->tail);
	if (atomic_read_acquire(&w->head) == tail)
		return -1;
	value = atomic_read(&w->slots[tail & 15]);
	atomic_set_release(&w->tail, tail + 1);
	return value;
}

REALISTIC(wide_sum)
{
	(void)n;
	return (int)((atomic64_read(&w->wide) + atomic64_read(&w->wide_neighbour)) >> 1);
}

REALISTIC(wide_count)
{
	atomic64_add(1, &w->wide);
	atomic64_add(n, &w->wide_neighbour);
	return 0;
}

REALISTIC(wide_time)
{
	s64 next = atomic64_read(&w->wide) + 1000;

	(void)n;
	atomic64_set_release(&w->wide, next);
	return (int)next;
}
