//! Every legal call of every layer and calls with constant operands as data, and cases for the
//! tests. The build script writes them.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicI8, AtomicI16, AtomicI32, AtomicI64, Ordering as Order};

use atomics_core::*;

pub mod cases;
pub mod counts;

/// The interface through which an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The functions with C's names.
    Raw,
    /// `Atomic<T>`.
    Typed,
    /// Functions on raw pointers.
    Pointer,
}

/// One way to call one operation, in one ordering, on one type.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The interface that is called.
    pub layer: Layer,
    /// The name of the call in test reports.
    pub name: &'static str,
    /// The name of the form, without its family and ordering.
    pub base: &'static str,
    /// The type of the variable.
    pub ty: &'static str,
    /// The width of the variable in bits.
    pub bits: u32,
    /// How many operands the call takes.
    pub operands: usize,
    /// Makes the call with these operands, and returns its result. A pointer operand is updated
    /// with what the call stored through it.
    pub run: fn(Place<'_>, &mut [i64]) -> Option<i64>,
}

/// Memory for one variable of any type, or for several small ones next to each other.
#[derive(Debug, Default)]
#[repr(C, align(8))]
pub struct Variable(UnsafeCell<u64>);

// SAFETY: The memory is only accessed atomically while it is shared.
unsafe impl Sync for Variable {}

impl Variable {
    /// Makes a variable of `bits` bits that holds `value`.
    pub fn new(bits: u32, value: i64) -> Self {
        let mut this = Self::default();
        this.set(bits, value);
        this
    }

    /// Stores `value`. `&mut self` rules out that anyone else uses the variable.
    pub fn set(&mut self, bits: u32, value: i64) {
        self.place(bits, 0).set(bits, value);
    }

    /// Reads the value. `&mut self` rules out that anyone else uses the variable.
    pub fn get(&mut self, bits: u32) -> i64 {
        self.place(bits, 0).get(bits)
    }

    /// Returns the place of the variable of `bits` bits with this index. Small variables share the
    /// memory, and are counted from 0.
    ///
    /// # Panics
    ///
    /// If the index is past the end of the memory.
    pub fn place(&self, bits: u32, index: usize) -> Place<'_> {
        let size = bits as usize / 8;
        assert!((index + 1) * size <= size_of::<Self>(), "no such place");
        Place {
            address: self.0.get().cast::<u8>().wrapping_add(index * size),
            memory: PhantomData,
        }
    }
}

/// Where a variable is. The address is aligned for the width that it was made for.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    address: *mut u8,
    memory: PhantomData<&'a Variable>,
}

// SAFETY: A `Place` acts as a shared reference to a `Variable`, which is `Sync`.
unsafe impl Send for Place<'_> {}
// SAFETY: As above.
unsafe impl Sync for Place<'_> {}

impl Place<'_> {
    /// Returns a pointer to the variable.
    pub fn pointer<T>(&self) -> *mut T {
        self.address.cast()
    }

    /// Returns the variable as one with C's names.
    pub fn raw<T: AtomicImpl>(&self) -> &AtomicRepr<T> {
        // SAFETY: The memory is aligned, and only accessed atomically while it is shared.
        unsafe { AtomicRepr::from_ptr(self.pointer()) }
    }

    /// Returns the variable as an `Atomic<T>`.
    pub fn typed<T: AtomicType>(&self) -> &Atomic<T> {
        // SAFETY: The memory is aligned, and only accessed atomically while it is shared.
        unsafe { Atomic::from_ptr(self.pointer()) }
    }

    /// Returns the variable as an atomic type `A` of Rust's own library, which does not depend on
    /// the operations under test.
    fn library<A: Sync>(&self) -> &A {
        // SAFETY: The memory is aligned for the width that the place was made for, which is that
        // of `A`; any bits are a valid `A`, and while it is shared, it is only accessed atomically.
        unsafe { &*self.pointer() }
    }

    /// Stores a value, with Rust's own atomics.
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

    /// Loads the value, with Rust's own atomics.
    pub fn get(&self, bits: u32) -> i64 {
        match bits {
            8 => self.library::<AtomicI8>().load(Order::Relaxed).into(),
            16 => self.library::<AtomicI16>().load(Order::Relaxed).into(),
            32 => self.library::<AtomicI32>().load(Order::Relaxed).into(),
            _ => self.library::<AtomicI64>().load(Order::Relaxed),
        }
    }

    /// Flips the lowest bit, with Rust's own atomics.
    pub fn flip(&self, bits: u32) {
        match bits {
            8 => _ = self.library::<AtomicI8>().fetch_xor(1, Order::Relaxed),
            16 => _ = self.library::<AtomicI16>().fetch_xor(1, Order::Relaxed),
            32 => _ = self.library::<AtomicI32>().fetch_xor(1, Order::Relaxed),
            _ => _ = self.library::<AtomicI64>().fetch_xor(1, Order::Relaxed),
        }
    }
}

/// Conversion to and from the numbers of the reference interpreter, which are the bits of a value
/// as a signed number.
pub trait Word: Copy {
    /// Converts the low bits of a number to a value.
    fn from_word(word: i64) -> Self;
    /// Converts the value to a number.
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
