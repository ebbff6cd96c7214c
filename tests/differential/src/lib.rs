//! Every legal call of every layer as data: see `build/calls.rs`.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicI8, AtomicI16, AtomicI32, AtomicI64, Ordering as Order};

use atomics_core::*;

/// Through what an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// C's names.
    Raw,
    /// `Atomic<T>`.
    Typed,
    /// Functions on raw pointers.
    Pointer,
}

/// One way to call one operation, in one ordering, on one type.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Through what it is called.
    pub layer: Layer,
    /// What the test reports call it.
    pub name: &'static str,
    /// The form's name without family and ordering.
    pub base: &'static str,
    /// The type of the variable.
    pub ty: &'static str,
    /// Calls it with operands, and returns what it returns; a `p` operand changes.
    pub run: fn(Place<'_>, &mut [i64]) -> Option<i64>,
}

/// Memory for variables of any type: one, or several beside each other.
#[derive(Debug, Default)]
#[repr(C, align(8))]
pub struct Variable(UnsafeCell<u64>);

// SAFETY: The memory is only accessed atomically while it is shared.
unsafe impl Sync for Variable {}

impl Variable {
    /// A variable of `bits` that holds `value`.
    pub fn new(bits: u32, value: i64) -> Self {
        let mut this = Self::default();
        this.set(bits, value);
        this
    }

    /// Has it hold `value`, when nobody else uses it.
    pub fn set(&mut self, bits: u32, value: i64) {
        self.place(bits, 0).set(bits, value);
    }

    /// What it holds, when nobody else uses it.
    pub fn get(&mut self, bits: u32) -> i64 {
        self.place(bits, 0).get(bits)
    }

    /// The place of a variable of `bits`; it may have neighbours, which are counted from 0.
    ///
    /// # Panics
    ///
    /// If there are not as many.
    pub fn place(&self, bits: u32, index: usize) -> Place<'_> {
        let size = bits as usize / 8;
        assert!((index + 1) * size <= size_of::<Self>(), "no such place");
        Place {
            address: self.0.get().cast::<u8>().wrapping_add(index * size),
            memory: PhantomData,
        }
    }
}

/// Where a variable is. It is aligned for the type that it was made for.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    address: *mut u8,
    memory: PhantomData<&'a Variable>,
}

// SAFETY: It stands for a shared reference to a `Variable`, which is `Sync`.
unsafe impl Send for Place<'_> {}
// SAFETY: As above.
unsafe impl Sync for Place<'_> {}

impl Place<'_> {
    /// A pointer to it.
    pub fn pointer<T>(&self) -> *mut T {
        self.address.cast()
    }

    /// It as a variable of C.
    pub fn raw<T: AtomicImpl>(&self) -> &AtomicRepr<T> {
        // SAFETY: The memory is aligned, and only accessed atomically while it is shared.
        unsafe { AtomicRepr::from_ptr(self.pointer()) }
    }

    /// It as an atomic variable.
    pub fn typed<T: AtomicType>(&self) -> &Atomic<T> {
        // SAFETY: The memory is aligned, and only accessed atomically while it is shared.
        unsafe { Atomic::from_ptr(self.pointer()) }
    }

    /// It as what Rust's own library has for an atomic variable, `A`. That is another opinion than
    /// that of the operations under test.
    fn library<A: Sync>(&self) -> &A {
        // SAFETY: The memory is aligned for the width that the place was made for, which is that
        // of `A`; any bits are a valid `A`, and while it is shared, it is only accessed atomically.
        unsafe { &*self.pointer() }
    }

    /// Stores a value there, by what Rust's library has.
    pub fn set(&self, bits: u32, value: i64) {
        match bits {
            8 => self
                .library::<AtomicI8>()
                .store(value as i8, Order::Relaxed),
            16 => self
                .library::<AtomicI16>()
                .store(value as i16, Order::Relaxed),
            32 => self
                .library::<AtomicI32>()
                .store(value as i32, Order::Relaxed),
            _ => self.library::<AtomicI64>().store(value, Order::Relaxed),
        }
    }

    /// What is there, by what Rust's library has.
    pub fn get(&self, bits: u32) -> i64 {
        match bits {
            8 => self.library::<AtomicI8>().load(Order::Relaxed).into(),
            16 => self.library::<AtomicI16>().load(Order::Relaxed).into(),
            32 => self.library::<AtomicI32>().load(Order::Relaxed).into(),
            _ => self.library::<AtomicI64>().load(Order::Relaxed),
        }
    }

    /// Flips the lowest bit, by what Rust's library has.
    pub fn flip(&self, bits: u32) {
        match bits {
            8 => _ = self.library::<AtomicI8>().fetch_xor(1, Order::Relaxed),
            16 => _ = self.library::<AtomicI16>().fetch_xor(1, Order::Relaxed),
            32 => _ = self.library::<AtomicI32>().fetch_xor(1, Order::Relaxed),
            _ => _ = self.library::<AtomicI64>().fetch_xor(1, Order::Relaxed),
        }
    }
}

/// A value as a number and back: its bits as a signed number, as the reference has it.
pub trait Word: Copy {
    /// The value with the low bits of a number.
    fn from_word(word: i64) -> Self;
    /// The number.
    fn to_word(self) -> i64;
}

macro_rules! word {
    ($($ty:ty as $signed:ty),*) => {$(
        impl Word for $ty {
            fn from_word(word: i64) -> Self {
                word as Self
            }

            fn to_word(self) -> i64 {
                self as $signed as i64
            }
        }
    )*};
}

word!(i8 as i8, i16 as i16, i32 as i32, i64 as i64, isize as isize);
word!(u8 as i8, u16 as i16, u32 as i32, u64 as i64, usize as isize);

impl Word for bool {
    fn from_word(word: i64) -> Self {
        word & 1 != 0
    }

    fn to_word(self) -> i64 {
        self.into()
    }
}

impl<T> Word for *const T {
    fn from_word(word: i64) -> Self {
        core::ptr::without_provenance(word as usize)
    }

    fn to_word(self) -> i64 {
        self.addr() as isize as i64
    }
}

impl<T> Word for *mut T {
    fn from_word(word: i64) -> Self {
        core::ptr::without_provenance_mut(word as usize)
    }

    fn to_word(self) -> i64 {
        self.addr() as isize as i64
    }
}

include!(concat!(env!("OUT_DIR"), "/calls.rs"));
