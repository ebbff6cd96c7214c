//! A message ring between a driver and a firmware processor, as drivers of GPUs have it: the driver
//! writes a message and advances `write`, the firmware reads it and advances `read`. The pointers
//! count messages; the ring is full when they differ by its size, which is one here: a small ring
//! shows what a large one does, and sooner.
//!
//! `broken` has barriers at places that look right. They are of no use there, and two are missing.
//!
//! ```sh
//! cargo test -p atomics-litmus --example ring
//! ```

use atomics_core::Atomic;

/// What the driver and the firmware share.
pub struct Ring {
    write: Atomic<u32>,
    read: Atomic<u32>,
    message: Atomic<u32>,
}

/// Barriers at places that look right.
pub mod broken {
    #[cfg(test)]
    use atomics_core::Atomic;
    use atomics_core::Relaxed;
    use atomics_core::barrier::{Read, Write, smp_mb};
    use atomics_litmus::{self as litmus, litmus};

    use super::Ring;

    /// Sends a message, unless the ring is full.
    #[litmus::model]
    pub fn send(ring: &Ring, message: u32) -> bool {
        let write = ring.write.load(Relaxed);
        if write != ring.read.load(Relaxed) {
            return false;
        }
        ring.message.store(message, Relaxed);
        ring.write.store(write.wrapping_add(1), Relaxed);
        // "So that the firmware sees it." A barrier has an effect on what is on both sides of it,
        // and here there is nothing on this one.
        smp_mb(Write);
        true
    }

    /// Receives a message, if there is one.
    #[litmus::model]
    pub fn receive(ring: &Ring) -> Option<u32> {
        let read = ring.read.load(Relaxed);
        if read == ring.write.load(Relaxed) {
            return None;
        }
        // The condition above is no barrier: a CPU guesses its result and loads the message early.
        let message = ring.message.load(Relaxed);
        // "The message is read before the slot is free." This barrier is about loads, and what
        // frees the slot is a store.
        smp_mb(Read);
        ring.read.store(read.wrapping_add(1), Relaxed);
        Some(message)
    }

    litmus! {
        /// A message is received that was never sent: what was in the slot before.
        fn an_old_message_is_received();
        shared { ring: Ring { write: Atomic<u32> = 0, read: Atomic<u32> = 0, message: Atomic<u32> = 0 } }
        thread { send(ring, 1); }
        thread { let received = receive(ring); }
        sometimes (received == Some(0))
    }

    litmus! {
        /// A message is lost: the next one is in its slot before it is read.
        fn a_message_is_overwritten();
        shared { ring: Ring { write: Atomic<u32> = 0, read: Atomic<u32> = 0, message: Atomic<u32> = 0 } }
        thread { send(ring, 1); send(ring, 2); }
        thread { let received = receive(ring); }
        sometimes (received == Some(2))
    }
}

/// Each pointer is stored with release and loaded with acquire by the other side.
pub mod right {
    #[cfg(test)]
    use atomics_core::Atomic;
    use atomics_core::{Acquire, Relaxed, Release};
    use atomics_litmus::{self as litmus, litmus};

    use super::Ring;

    /// Sends a message, unless the ring is full.
    #[litmus::model]
    pub fn send(ring: &Ring, message: u32) -> bool {
        let write = ring.write.load(Relaxed);
        if write != ring.read.load(Acquire) {
            return false;
        }
        ring.message.store(message, Relaxed);
        ring.write.store(write.wrapping_add(1), Release);
        true
    }

    /// Receives a message, if there is one.
    #[litmus::model]
    pub fn receive(ring: &Ring) -> Option<u32> {
        let read = ring.read.load(Relaxed);
        if read == ring.write.load(Acquire) {
            return None;
        }
        let message = ring.message.load(Relaxed);
        ring.read.store(read.wrapping_add(1), Release);
        Some(message)
    }

    litmus! {
        /// What is received was sent.
        fn an_old_message_is_received();
        shared { ring: Ring { write: Atomic<u32> = 0, read: Atomic<u32> = 0, message: Atomic<u32> = 0 } }
        thread { send(ring, 1); }
        thread { let received = receive(ring); }
        never (received == Some(0))
    }

    litmus! {
        /// The first that is received is the first that was sent.
        fn a_message_is_overwritten();
        shared { ring: Ring { write: Atomic<u32> = 0, read: Atomic<u32> = 0, message: Atomic<u32> = 0 } }
        thread { send(ring, 1); send(ring, 2); }
        thread { let received = receive(ring); }
        never (received == Some(2))
    }
}

fn main() {
    println!("cargo test -p atomics-litmus --example ring");
}
