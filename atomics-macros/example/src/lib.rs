//! A driver with its own atomic operations, types and C functions.
//!
//! - `tables/` has the operations, what they compute, and which types have them. They are added to
//!   the built-in operations (`extend = true`).
//! - `build.rs` writes C functions from the same tables. The module calls them, and so does the C half
//!   of the driver, `c/driver.c`.

#![deny(warnings)]

atomics_macros::atomics! {
    /// The atomics of the driver.
    pub mod atomics;

    table = "tables/atomics.tbl",
    semantics = "tables/semantics.tbl",
    types = "tables/types.tbl",
    docs = "tables/docs",
    extend = true,
    backend = c("own_"),
    path = "own_tables::atomics",
}

use atomics::{Acquire, Atomic, Full, Release};

/// What a device does.
#[derive(atomics_macros::AtomicType, Clone, Copy, Debug, PartialEq, Eq)]
#[atomic(crate = crate::atomics)]
#[repr(u8)]
pub enum State {
    /// It waits.
    Idle,
    /// It transfers data.
    Busy,
}

/// A device, whose parts have owners in Rust and in C.
#[repr(C)]
pub struct Device {
    owned: Atomic<i32>,
    state: Atomic<State>,
}

impl Device {
    /// A device without owners.
    pub const fn new() -> Self {
        Self {
            owned: Atomic::new(0),
            state: Atomic::new(State::Idle),
        }
    }

    /// Claims parts of the device, unless one of them has an owner.
    pub fn claim(&self, parts: i32) -> bool {
        self.owned.claim(parts, Acquire)
    }

    /// Gives parts back.
    pub fn release(&self, parts: i32) {
        self.owned.fetch_andnot(parts, Release);
    }

    /// Starts a transfer, unless there is one.
    pub fn start(&self) -> bool {
        self.state.cmpxchg(State::Idle, State::Busy, Full).is_ok()
    }
}

impl Default for Device {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" {
        /// The C half, in `c/driver.c`.
        fn driver_claim(owned: *mut i32, parts: i32) -> bool;
    }

    #[test]
    fn rust_and_c_share_the_parts() {
        let device = Device::new();
        assert!(device.claim(0b0011));
        // SAFETY: The pointer is valid, and all accesses are atomic.
        let in_c = |parts| unsafe { driver_claim(device.owned.as_ptr(), parts) };
        assert!(!in_c(0b0110));
        assert!(in_c(0b0100));
        assert!(!device.claim(0b0100));
        device.release(0b0100);
        assert!(device.claim(0b0100));
    }

    #[test]
    fn a_transfer_starts_once() {
        let device = Device::default();
        assert!(device.start());
        assert!(!device.start());
    }

    #[test]
    fn one_of_several_threads_owns_a_part() {
        let device = Device::new();
        let claimed = std::thread::scope(|scope| {
            let claim = || (0..32).filter(|part| device.claim(1 << part)).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(claim)).collect();
            let counts = threads.into_iter().map(|t| t.join().expect("it ends"));
            counts.sum::<usize>()
        });
        assert_eq!(claimed, 32);
    }

    #[test]
    fn arithmetic_wraps_in_c() {
        let x = Atomic::new(i32::MAX);
        assert_eq!(x.add_return(1, Full), i32::MIN);
        assert_eq!(x.fetch_nand(0, Full), i32::MIN);
        assert_eq!(x.load(Acquire), -1);
    }
}
