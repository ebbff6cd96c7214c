/* The driver in C. */

#include "mailbox.h"

bool mailbox_get(struct mailbox *m)
{
	return !READ_ONCE(m->closed) && atomic_inc_not_zero(&m->users);
}

bool mailbox_put(struct mailbox *m)
{
	return atomic_dec_and_test(&m->users);
}

void mailbox_close(struct mailbox *m)
{
	WRITE_ONCE(m->closed, true);
}

bool mailbox_send(struct mailbox *m, u32 message)
{
	bool sent = false;
	u32 head;

	if (test_and_set_bit_lock(MAILBOX_SENDING, &m->flags))
		return false;
	head = READ_ONCE(m->head);
	if (head - smp_load_acquire(&m->tail) < MAILBOX_SLOTS) {
		WRITE_ONCE(m->slots[head % MAILBOX_SLOTS], message);
		smp_store_release(&m->head, head + 1);
		atomic_long_inc(&m->sent);
		sent = true;
	}
	clear_bit_unlock(MAILBOX_SENDING, &m->flags);
	return sent;
}

bool mailbox_receive(struct mailbox *m, u32 *message)
{
	bool received = false;
	u32 tail;

	if (test_and_set_bit_lock(MAILBOX_RECEIVING, &m->flags))
		return false;
	tail = READ_ONCE(m->tail);
	if (tail != smp_load_acquire(&m->head)) {
		*message = READ_ONCE(m->slots[tail % MAILBOX_SLOTS]);
		smp_store_release(&m->tail, tail + 1);
		received = true;
	}
	clear_bit_unlock(MAILBOX_RECEIVING, &m->flags);
	return received;
}

/* Where the fields are, for the test that Rust has them in the same places. */
extern const size_t mailbox_layout[8];

const size_t mailbox_layout[8] = {
	sizeof(struct mailbox),
	offsetof(struct mailbox, users),
	offsetof(struct mailbox, closed),
	offsetof(struct mailbox, flags),
	offsetof(struct mailbox, head),
	offsetof(struct mailbox, tail),
	offsetof(struct mailbox, slots),
	offsetof(struct mailbox, sent),
};
