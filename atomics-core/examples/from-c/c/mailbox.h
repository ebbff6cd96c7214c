#ifndef MAILBOX_H
#define MAILBOX_H

#include "kernel.h"

#define MAILBOX_SLOTS 8

/* Bits of flags. */
#define MAILBOX_SENDING 0
#define MAILBOX_RECEIVING 1

/* A queue of messages, between any number of senders and receivers. */
struct mailbox {
	atomic_t users;
	bool closed;
	unsigned long flags;
	u32 head; /* of the senders: how many messages were sent */
	u32 tail; /* of the receivers: how many were received */
	u32 slots[MAILBOX_SLOTS];
	atomic_long_t sent; /* for statistics */
};

/* Takes a reference, unless the mailbox is closed or has no user any more. */
bool mailbox_get(struct mailbox *m);
/* Drops a reference. Returns whether it was the last one. */
bool mailbox_put(struct mailbox *m);
/* Keeps those who see it from taking a reference; who does not see it yet may still take one. */
void mailbox_close(struct mailbox *m);
/* Sends a message, unless somebody else is sending or all slots are full. */
bool mailbox_send(struct mailbox *m, u32 message);
/* Receives a message, unless somebody else is receiving or there is none. */
bool mailbox_receive(struct mailbox *m, u32 *message);

#endif
