//! Generic code needs no bound but `AtomicType`, and that of the ordering.

use atomics_core::barrier::smp_store_mb;
use atomics_core::ordering::{AcquireOrRelaxed, Ordering, ReleaseOrRelaxed};
use atomics_core::{Acquire, Atomic, AtomicType, Full, Relaxed, Release};
use atomics_core::{atomic_load, atomic_store, cmpxchg, xchg};

/// What a generic user calls, with any type and any ordering.
fn round<T, L, S, O>(x: &Atomic<T>, values: [T; 3], load: L, store: S, any: O)
where
    T: AtomicType + PartialEq + std::fmt::Debug,
    L: AcquireOrRelaxed,
    S: ReleaseOrRelaxed,
    O: Ordering,
{
    let [a, b, c] = values;
    x.store(a, store);
    assert_eq!(x.load(load), a);
    assert_eq!(x.xchg(b, any), a);
    assert_eq!(x.cmpxchg(b, c, any), Ok(b));
    assert_eq!(x.cmpxchg(a, b, any), Err(c));
    smp_store_mb(x, a);
    let ptr = x.as_ptr();
    // SAFETY: The pointer comes from a variable.
    unsafe {
        assert_eq!(atomic_load(ptr, load), a);
        atomic_store(ptr, b, store);
        assert_eq!(xchg(ptr, c, any), b);
        assert_eq!(cmpxchg(ptr, c, a, any), Ok(c));
    }
    assert_eq!(format!("{x:?}"), format!("{a:?}"));
}

/// A type whose ordering is a parameter.
struct Slot<T: AtomicType, O: Ordering> {
    value: Atomic<T>,
    ordering: std::marker::PhantomData<O>,
}

impl<T: AtomicType, O: Ordering> Slot<T, O> {
    fn replace(&self, value: T) -> T {
        self.value.xchg(value, O::default())
    }
}

#[test]
fn generic_code_loads_stores_and_exchanges() {
    round(&Atomic::new(0_u8), [1, 2, 3], Acquire, Release, Full);
    round(&Atomic::new(0_i64), [1, -2, 3], Relaxed, Relaxed, Relaxed);
    let mut plain = [0_u16; 3];
    let [a, b, c] = &mut plain;
    let pointers: [*mut u16; 3] = [a, b, c];
    round(
        &Atomic::new(pointers[0]),
        pointers,
        Relaxed,
        Release,
        Acquire,
    );
    let slot = Slot {
        value: Atomic::new(1_usize),
        ordering: std::marker::PhantomData::<Full>,
    };
    assert_eq!(slot.replace(2), 1);
    assert_eq!(slot.replace(3), 2);
}
