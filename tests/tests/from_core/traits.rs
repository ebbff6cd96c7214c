//! What the atomics of `core` implement, ours do.

use core::fmt::{Debug, Pointer};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::sync::atomic as core_atomic;

use atomics_core::{Acquire, Atomic, AtomicFlag, Full, Relaxed, Release};

/// The traits of the atomics of `core`, for one with values of type `V`.
fn implements<A, V>()
where
    A: Debug + Default + From<V> + RefUnwindSafe + UnwindSafe + Send + Sync + Unpin,
{
}

/// The trait that only the pointers of `core` have.
fn is_pointer<A: Pointer>() {}

/// A variable of `core` and ours have the same traits.
macro_rules! have_the_same_traits {
    ($($theirs:ty, $ours:ty: $value:ty;)*) => {$(
        implements::<$theirs, $value>();
        implements::<$ours, $value>();
    )*};
}

#[test]
fn the_traits_are_those_of_core() {
    have_the_same_traits! {
        core_atomic::AtomicBool, Atomic<bool>: bool;
        core_atomic::AtomicBool, AtomicFlag: bool;
        core_atomic::AtomicI8, Atomic<i8>: i8;
        core_atomic::AtomicI16, Atomic<i16>: i16;
        core_atomic::AtomicI32, Atomic<i32>: i32;
        core_atomic::AtomicI64, Atomic<i64>: i64;
        core_atomic::AtomicIsize, Atomic<isize>: isize;
        core_atomic::AtomicU8, Atomic<u8>: u8;
        core_atomic::AtomicU16, Atomic<u16>: u16;
        core_atomic::AtomicU32, Atomic<u32>: u32;
        core_atomic::AtomicU64, Atomic<u64>: u64;
        core_atomic::AtomicUsize, Atomic<usize>: usize;
        core_atomic::AtomicPtr<u8>, Atomic<*mut u8>: *mut u8;
    }
    is_pointer::<core_atomic::AtomicPtr<u8>>();
    is_pointer::<Atomic<*mut u8>>();
    is_pointer::<Atomic<*const u8>>();
}

/// What the traits do is what those of `core` do.
#[test]
fn the_traits_do_the_same() {
    assert_eq!(
        Atomic::<u32>::default().into_inner(),
        core_atomic::AtomicU32::default().into_inner()
    );
    assert!(!AtomicFlag::default().into_inner());
    assert!(!Atomic::<bool>::default().into_inner());
    let mut value = 7_u32;
    let ptr = &raw mut value;
    assert!(Atomic::<*mut u32>::default().into_inner().is_null());
    let (theirs, ours) = (core_atomic::AtomicPtr::from(ptr), Atomic::from(ptr));
    assert_eq!(
        format!("{theirs:p} {theirs:?}"),
        format!("{ours:p} {ours:?}")
    );
    let (theirs, ours) = (core_atomic::AtomicI8::from(-1), Atomic::from(-1_i8));
    assert_eq!(format!("{theirs:?}"), format!("{ours:?}"));
    assert!(AtomicFlag::from(true).load(Relaxed));
}

/// Calls the methods that both have under one name, and checks that they do the same.
macro_rules! call_both {
    ($theirs:ident, $value:ty: $one:expr, $two:expr) => {
        const {
            let theirs = core_atomic::$theirs::new($one).into_inner();
            assert!(theirs == Atomic::<$value>::new($one).into_inner());
        };
        let mut theirs = core_atomic::$theirs::new($one);
        let mut ours: Atomic<$value> = Atomic::new($one);
        *theirs.get_mut() = $two;
        *ours.get_mut() = $two;
        // SAFETY: The pointers are valid, and nothing else accesses the variables.
        let (theirs, ours) = unsafe {
            (
                core_atomic::$theirs::from_ptr(theirs.as_ptr()),
                Atomic::from_ptr(ours.as_ptr()),
            )
        };
        let order = core_atomic::Ordering::SeqCst;
        assert_eq!(
            theirs.load(core_atomic::Ordering::Acquire),
            ours.load(Acquire)
        );
        theirs.store($one, core_atomic::Ordering::Release);
        ours.store($one, Release);
        assert_eq!(theirs.swap($two, order), ours.xchg($two, Full));
        for (old, new) in [($one, $one), ($two, $one)] {
            assert_eq!(
                theirs.compare_exchange(old, new, order, order),
                ours.cmpxchg(old, new, Full)
            );
        }
        assert_eq!(theirs.load(order), ours.load(Relaxed));
    };
}

#[test]
fn the_methods_of_one_name_do_the_same() {
    call_both!(AtomicBool, bool: false, true);
    call_both!(AtomicU64, u64: 1, u64::MAX);
    call_both!(AtomicI8, i8: -1, 7);
}

#[test]
fn a_plain_variable_is_atomic_while_it_is_borrowed() {
    let mut plain = 7_u16;
    let shared: &Atomic<u16> = Atomic::from_mut(&mut plain);
    std::thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| shared.add(1, Relaxed));
        }
    });
    assert_eq!(plain, 9);
}
