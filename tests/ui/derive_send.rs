//! An `Atomic<T>` passes values to other threads, so `T` must be `Send`.

use atomics_core::AtomicType;
use std::marker::PhantomData;

#[derive(AtomicType, Clone, Copy)]
#[repr(transparent)]
struct Local(*mut u8);

#[derive(AtomicType, Clone, Copy)]
#[repr(transparent)]
struct Marked(u32, PhantomData<*mut u8>);

fn main() {}
