#![allow(
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unreachable_pub,
    unused,
    reason = "it is never compiled further than to its error"
)]

pub use ordering::{Acquire, Full, Relaxed, Release};

mod unknown {
    pub struct Unknown<T, const FAULT: usize>(pub T);
}

pub type Atomic<T = ()> = unknown::Unknown<T, { $fault }>;
pub type AtomicRepr<T = ()> = Atomic<T>;
pub type AtomicFlag = Atomic;

pub trait AtomicImpl: Sized + Copy {
    type Delta;
}

pub unsafe trait AtomicType: Sized + Copy {
    type Repr: AtomicImpl;
}

pub unsafe trait AtomicAdd<Rhs = Self>: AtomicType {
    fn rhs_into_delta(rhs: Rhs) -> <Self::Repr as AtomicImpl>::Delta;
}

macro_rules! stands_for {
    ($type:ty) => {
        impl AtomicImpl for $type {
            type Delta = Self;
        }

        unsafe impl AtomicType for $type {
            type Repr = Self;
        }

        unsafe impl AtomicAdd for $type {
            fn rhs_into_delta(rhs: Self) -> Self {
                rhs
            }
        }
    };
}

impl AtomicImpl for *const () {
    type Delta = isize;
}

unsafe impl AtomicType for bool {
    type Repr = i8;
}

unsafe impl<T> AtomicType for *const T {
    type Repr = *const ();
}

unsafe impl<T> AtomicType for *mut T {
    type Repr = *const ();
}

pub mod barrier {
    use super::Atomic;
    pub use super::ordering;
    pub use super::ordering::{Full, Read, Write};

    pub trait MemoryBarrier<Flavour = ()> {}
    impl<T, Flavour> MemoryBarrier<Flavour> for T {}

    pub fn mb<T>(_: T) {}
    pub fn smp_mb<T>(_: T) {}
    pub fn dma_mb<T>(_: T) {}
    pub fn barrier() {}
    pub fn smp_mb__before_atomic() {}
    pub fn smp_mb__after_atomic() {}
    pub fn smp_store_mb<T>(_: &Atomic<T>, _: T) {}
}

