//! A driver in C, `c/mailbox.c`, and its port to Rust. Both work on the same structure at the same
//! time.

#![deny(warnings)]

use atomics_core::{Acquire, Atomic, Full, Relaxed, Release};

/// How many messages wait.
pub const SLOTS: usize = 8;

/// A bit of `flags`: somebody is sending.
const SENDING: usize = 1 << 0;
/// A bit of `flags`: somebody is receiving.
const RECEIVING: usize = 1 << 1;

/// C's `struct mailbox`: a queue of messages, between any number of senders and receivers.
#[repr(C)]
pub struct Mailbox {
    users: Atomic<i32>,
    closed: Atomic<bool>,
    flags: Atomic<usize>,
    head: Atomic<u32>,
    tail: Atomic<u32>,
    slots: [Atomic<u32>; SLOTS],
    sent: Atomic<isize>,
}

impl Mailbox {
    /// An empty mailbox with one user.
    pub const fn new() -> Self {
        Self {
            users: Atomic::new(1),
            closed: Atomic::new(false),
            flags: Atomic::new(0),
            head: Atomic::new(0),
            tail: Atomic::new(0),
            slots: [const { Atomic::new(0) }; SLOTS],
            sent: Atomic::new(0),
        }
    }

    /// Takes a reference, unless the mailbox is closed or has no user any more.
    pub fn get(&self) -> bool {
        !self.closed.load(Relaxed) && self.users.inc_not_zero(Full)
    }

    /// Drops a reference. Returns whether it was the last one.
    pub fn put(&self) -> bool {
        self.users.dec_and_test(Full)
    }

    /// Keeps those who see it from taking a reference. Who does not see it yet may still take one.
    pub fn close(&self) {
        self.closed.store(true, Relaxed);
    }

    /// Sends a message, unless somebody else is sending or all slots are full.
    pub fn send(&self, message: u32) -> bool {
        if self.flags.fetch_or(SENDING, Acquire) & SENDING != 0 {
            return false;
        }
        let head = self.head.load(Relaxed);
        let has_room = head.wrapping_sub(self.tail.load(Acquire)) < SLOTS as u32;
        if has_room {
            self.slots[head as usize % SLOTS].store(message, Relaxed);
            self.head.store(head.wrapping_add(1), Release);
            self.sent.inc(Relaxed);
        }
        self.flags.fetch_andnot(SENDING, Release);
        has_room
    }

    /// Receives a message, unless somebody else is receiving or there is none.
    pub fn receive(&self) -> Option<u32> {
        if self.flags.fetch_or(RECEIVING, Acquire) & RECEIVING != 0 {
            return None;
        }
        let tail = self.tail.load(Relaxed);
        let is_there = tail != self.head.load(Acquire);
        let message = is_there.then(|| {
            let message = self.slots[tail as usize % SLOTS].load(Relaxed);
            self.tail.store(tail.wrapping_add(1), Release);
            message
        });
        self.flags.fetch_andnot(RECEIVING, Release);
        message
    }

    /// How many messages were sent.
    pub fn sent(&self) -> isize {
        self.sent.load(Relaxed)
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new()
    }
}

/// The same functions in C.
pub mod in_c {
    use super::Mailbox;

    unsafe extern "C" {
        fn mailbox_get(m: *const Mailbox) -> bool;
        fn mailbox_put(m: *const Mailbox) -> bool;
        fn mailbox_close(m: *const Mailbox);
        fn mailbox_send(m: *const Mailbox, message: u32) -> bool;
        fn mailbox_receive(m: *const Mailbox, message: *mut u32) -> bool;
    }

    /// C's [`Mailbox::get`].
    pub fn get(m: &Mailbox) -> bool {
        // SAFETY: C has the same structure, and accesses what is shared atomically.
        unsafe { mailbox_get(m) }
    }

    /// C's [`Mailbox::put`].
    pub fn put(m: &Mailbox) -> bool {
        // SAFETY: As in `get()`.
        unsafe { mailbox_put(m) }
    }

    /// C's [`Mailbox::close`].
    pub fn close(m: &Mailbox) {
        // SAFETY: As in `get()`.
        unsafe { mailbox_close(m) }
    }

    /// C's [`Mailbox::send`].
    pub fn send(m: &Mailbox, message: u32) -> bool {
        // SAFETY: As in `get()`.
        unsafe { mailbox_send(m, message) }
    }

    /// C's [`Mailbox::receive`].
    pub fn receive(m: &Mailbox) -> Option<u32> {
        let mut message = 0;
        // SAFETY: As in `get()`; the pointer to the message is valid for a write.
        let received = unsafe { mailbox_receive(m, &mut message) };
        received.then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::mem::offset_of;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    unsafe extern "C" {
        /// The size of C's structure, and the offsets of its fields.
        static mailbox_layout: [usize; 8];
    }

    /// How many messages a sender sends.
    const MESSAGES: u32 = 100_000;

    #[test]
    fn the_structure_is_the_same_in_c() {
        let layout = [
            size_of::<Mailbox>(),
            offset_of!(Mailbox, users),
            offset_of!(Mailbox, closed),
            offset_of!(Mailbox, flags),
            offset_of!(Mailbox, head),
            offset_of!(Mailbox, tail),
            offset_of!(Mailbox, slots),
            offset_of!(Mailbox, sent),
        ];
        // SAFETY: C defines it with this type, and nothing changes it.
        assert_eq!(unsafe { mailbox_layout }, layout);
    }

    #[test]
    fn one_half_receives_what_the_other_sends() {
        let m = Mailbox::new();
        assert!(m.send(1) && in_c::send(&m, 2));
        assert_eq!((in_c::receive(&m), m.receive()), (Some(1), Some(2)));
        assert_eq!((in_c::receive(&m), m.receive()), (None, None));
        for i in 0..SLOTS as u32 {
            assert!(m.send(i));
        }
        assert!(!m.send(0) && !in_c::send(&m, 0));
    }

    /// Lets others run. A queue that is broken may be full or empty for ever.
    fn wait(start: Instant) {
        assert!(start.elapsed() < Duration::from_secs(60), "it is stuck");
        thread::yield_now();
    }

    /// Sends numbered messages in Rust or in C, with the number of the sender in the upper bits.
    fn send_all(m: &Mailbox, senders: &Atomic<u32>, sender: u32) {
        let start = Instant::now();
        let send = [Mailbox::send, in_c::send][sender as usize % 2];
        for i in 0..MESSAGES {
            while !send(m, sender << 24 | i) {
                wait(start);
            }
        }
        // Release: who sees that all senders have gone sees all messages.
        senders.fetch_dec(Release);
    }

    /// Receives messages in Rust or in C, until all senders have gone and there are none.
    fn receive_all(m: &Mailbox, senders: &Atomic<u32>, receiver: usize) -> Vec<u32> {
        let receive = [Mailbox::receive, in_c::receive][receiver % 2];
        let start = Instant::now();
        let mut messages = Vec::new();
        loop {
            assert!(
                messages.len() <= 4 * MESSAGES as usize,
                "more than was sent"
            );
            let is_over = senders.load(Acquire) == 0;
            match receive(m) {
                Some(message) => messages.push(message),
                None if is_over && m.tail.load(Relaxed) == m.head.load(Relaxed) => return messages,
                None => wait(start),
            }
        }
    }

    #[test]
    fn both_halves_work_at_the_same_time() {
        let (m, senders) = (&Mailbox::new(), &Atomic::new(4));
        let received = thread::scope(|scope| {
            for sender in 0..4 {
                scope.spawn(move || send_all(m, senders, sender));
            }
            let receivers = [0, 1].map(|i| scope.spawn(move || receive_all(m, senders, i)));
            receivers.map(|receiver| receiver.join().expect("it ends"))
        });
        assert_eq!(m.sent(), 4 * MESSAGES as isize);
        // No message is lost, and none comes twice.
        let mut all = received.concat();
        all.sort_unstable();
        let sent = (0..4).flat_map(|sender| (0..MESSAGES).map(move |i| sender << 24 | i));
        assert!(all.into_iter().eq(sent));
        // Nobody receives a message before one that its sender has sent earlier.
        for messages in received {
            let mut last = BTreeMap::new();
            for message in messages {
                let before = last.insert(message >> 24, message);
                assert!(before.is_none_or(|before| before < message));
            }
        }
    }

    #[test]
    fn one_of_all_users_is_the_last() {
        for round in 0..200 {
            let m = Mailbox::new();
            let last = thread::scope(|scope| {
                let threads = [0, 1, 2, 3].map(|user| {
                    let m = &m;
                    scope.spawn(move || match user % 2 {
                        0 => m.get() && m.put(),
                        _ => in_c::get(m) && in_c::put(m),
                    })
                });
                let own = match round % 2 {
                    0 => {
                        m.close();
                        in_c::put(&m)
                    }
                    _ => {
                        in_c::close(&m);
                        m.put()
                    }
                };
                let others = threads.map(|thread| thread.join().expect("it ends"));
                others.into_iter().filter(|is_last| *is_last).count() + usize::from(own)
            });
            assert_eq!(last, 1);
            assert!(!m.get() && !in_c::get(&m));
        }
    }
}
