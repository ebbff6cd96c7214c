//! An `Atomic<T>` hands values of `T` to other threads.

use atomics_core::AtomicType;
use std::marker::PhantomData;

#[derive(AtomicType, Clone, Copy)]
#[repr(transparent)]
struct Local(*mut u8);

#[derive(AtomicType, Clone, Copy)]
#[repr(transparent)]
struct Marked(u32, PhantomData<*mut u8>);

fn main() {}
